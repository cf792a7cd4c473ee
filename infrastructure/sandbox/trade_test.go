package sandbox

import (
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/money"
)

// TestTrade_AnyHistory: whatever is asked in whatever order, money is only ever moved as the rules say, each
// change is told once, and what ended stays ended.
func TestTrade_AnyHistory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		now := time.UnixMilli(1_700_000_000_000).UTC()
		tr := trade{
			outTradeNo: "o", payToken: "secret", notifyURL: "http://shop", total: money.Fen(rapid.Int64Range(1, 1000).Draw(t, "total")),
			status: StatusWaiting, createdAt: now, expiresAt: now.Add(time.Hour),
		}
		for range rapid.IntRange(0, 30).Draw(t, "steps") {
			now = now.Add(time.Duration(rapid.IntRange(0, 20).Draw(t, "minutes")) * time.Minute)
			before, told := tr, len(tr.told)
			step(t, &tr, now)
			require.LessOrEqual(t, tr.refunded, tr.total)
			require.GreaterOrEqual(t, tr.refunded, before.refunded)
			require.Equal(t, tr.refunded, sum(tr.refunds))
			require.Equal(t, tr.version-before.version, int64(len(tr.told)-told))
			require.Equal(t, tr.version != before.version, tr.status != before.status || tr.refunded != before.refunded)
			require.True(t, tr.refunded == 0 || tr.paid())
			require.Equal(t, tr.paid() && tr.refunded < tr.total, tr.status == StatusSuccess)
			if before.status == StatusClosed {
				require.Equal(t, before.version, tr.version)
			}
			if tr.paid() {
				require.True(t, tr.paidAt.Before(tr.expiresAt))
			}
		}
	})
}

func step(t *rapid.T, tr *trade, now time.Time) {
	switch rapid.SampledFrom([]string{"pay", "wrong", "close", "refund", "look"}).Draw(t, "step") {
	case "pay":
		tr.pay("secret", now)
	case "wrong":
		require.NotNil(t, tr.pay("guess", now))
	case "close":
		tr.closeUnpaid(now)
	case "refund":
		no, amount := rapid.IntRange(1, 4).Draw(t, "no"), rapid.Int64Range(1, 600).Draw(t, "amount")
		before := tr.refunded
		moved, why := tr.refund(refund{requestNo: strconv.Itoa(no), amount: money.Fen(amount), at: now})
		require.Equal(t, moved, tr.refunded == before+money.Fen(amount))
		require.False(t, moved && why != nil)
	default:
		tr.expire(now)
	}
}

func sum(refunds []refund) (total money.Fen) {
	for _, r := range refunds {
		total += r.amount
	}
	return total
}
