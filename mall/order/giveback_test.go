package order_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/mall/order"
)

// Who changes their mind before the goods are sent gets the money back; nobody else does, and nobody twice.
func TestGiveBack(t *testing.T) {
	given := []order.Status{order.Paid, order.Teaming, order.ToShip}
	for from := range order.Transitions() {
		t.Run(string(from), func(t *testing.T) {
			o := in(t, from)
			before := o.Detail
			v := o.GiveBack(order.RefundAsked, strings.Repeat("改", 600), start())
			if !slices.Contains(given, from) {
				require.Equal(t, order.Verdict{}, v)
				require.Equal(t, from, o.Status)
				require.Equal(t, before, o.Detail)
				require.Empty(t, o.Moves)
				return
			}
			require.Equal(t, order.Verdict{Moved: true, Refund: order.RefundAsked}, v)
			require.Equal(t, order.Refunding, o.Status)
			require.Equal(t, order.RefundAsked, o.Reason)
			require.Len(t, []rune(o.Detail), 500)
			require.Equal(t, order.RefundAsked, o.Moves[0].Reason)
		})
	}
}

func TestHear_AskedAtTheEngine(t *testing.T) {
	news := order.News{SeatStatus: "refunding", Reason: order.RefundAsked, AskedNo: "rf_9", Detail: "by phone"}
	o := in(t, order.Teaming)
	require.Equal(t, order.Verdict{Moved: true, Refund: order.RefundAsked, AskedNo: "rf_9"}, o.Hear(news, start()))
	require.Equal(t, "by phone", o.Detail)
	require.Equal(t, order.Verdict{}, o.Hear(news, start()), "once")

	// A number that belongs to no refund that was asked for is none of the mall's.
	o = in(t, order.Teaming)
	news.Reason = "team_did_not_fill"
	require.Empty(t, o.Hear(news, start()).AskedNo)
	require.Empty(t, o.Detail)
	require.True(t, order.OperatorRefund.Asked())
	require.False(t, order.TeamFailed.Asked())
}
