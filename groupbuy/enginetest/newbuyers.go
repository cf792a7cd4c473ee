package enginetest

import (
	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

// strictJoin asks for a seat that only a new buyer may have, in a new team of an activity.
func (e *env) strictJoin(id activity.ID, b activity.Buyer) team.Lock {
	e.Helper()
	open := e.lock("leader-of-" + b + "-" + activity.Buyer(id))
	open.Activity, open.Terms.Sizes = id, []int{5}
	join := e.lockIn(e.do(open).Team.ID, b)
	join.Activity, join.Terms.NewBuyersOnly = id, true
	return join
}

// newBuyersPayOnce asks the buyer's history again when the payment is reported.
func newBuyersPayOnce(e *env) {
	join := e.strictJoin("act_1", "bob")
	held := e.do(join).Seat
	require.True(e, held.ForNewBuyers)
	second := e.strictJoin("act_2", "bob")
	require.Equal(e, team.NewBuyersOnly, e.try(second).Refusal, "the other seat is as good as paid")
	e.do(release(held))
	held = e.do(second).Seat

	e.do(settle(e.do(e.lock("bob")).Seat)) // opening is for everybody
	out := e.do(settle(held))
	require.Equal(e, team.RefundRequired, out.Seat.Settlement)
	require.Equal(e, team.NewBuyersOnly, out.Seat.Reason)
	require.Equal(e, 1, out.Team.Held)
	require.Zero(e, out.Team.Paid)
	e.requireSeat(held.Key, team.Released)
	require.True(e, e.do(settle(held)).Replayed)
	e.do(team.ConfirmRefund{Key: held.Key, RefundNo: "back"})

	late := e.do(e.strictJoin("act_3", "cat")).Seat
	e.do(release(late))
	e.do(settle(e.do(e.lock("cat")).Seat))
	require.Equal(e, team.NewBuyersOnly, e.do(settle(late)).Seat.Reason, "a payment that comes late is asked as well")

	lead := e.do(e.strictJoin("act_4", "dan"))
	leader, _, err := e.store().Team(e.ctx, mall, lead.Team.ID)
	require.NoError(e, err)
	e.passLead(leader)
	e.do(settle(e.do(e.lock("dan")).Seat))
	require.Equal(e, team.Failed, e.do(settle(lead.Seat)).Team.Status, "nobody is left")
}

// passLead has the one who opened a team give the seat up.
func (e *env) passLead(t team.Team) {
	e.Helper()
	_, seats, err := e.store().Team(e.ctx, mall, t.ID)
	require.NoError(e, err)
	for _, seat := range seats {
		if seat.Opened {
			e.do(release(seat))
		}
	}
}

// newBuyersTwoAtOnce has a buyer take seats in two activities on two nodes, where no number of theirs collides, and
// then pay for both at once.
func newBuyersTwoAtOnce(e *env) {
	for round := range 15 {
		b := buyer("new", round)
		joins := []team.Command{e.strictJoin("act_1", b), e.strictJoin("act_2", b)}
		var payments []team.Command
		for _, out := range e.concurrently(joins...) {
			if out.Refusal == team.NoRefusal {
				payments = append(payments, settle(out.Seat))
			}
		}
		require.NotEmpty(e, payments)
		settled := map[team.Settlement]int{}
		for _, out := range e.concurrently(payments...) {
			settled[out.Seat.Settlement]++
		}
		require.Equal(e, 1, settled[team.Joined])
		require.Equal(e, len(payments)-1, settled[team.RefundRequired])
	}
}
