package enginetest

import (
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

func seatTests() []test {
	return []test{
		{"Lock_OpensTeam", lockOpensTeam},
		{"Lock_ReadsBackWhole", lockReadsBackWhole},
		{"Lock_Replayed", lockReplayed},
		{"Lock_Refused", lockRefused},
		{"Settle_Forms", settleForms},
		{"Settle_Replayed", settleReplayed},
		{"Settle_LateTakesSeatAgain", settleLateTakesSeatAgain},
		{"Settle_TooLate", settleTooLate},
		{"Release_FreesSeatStockAndLimit", releaseFrees},
		{"Release_HandsLeadOver", releaseHandsLeadOver},
		{"Expire_RefundsAndReleases", expireRefundsAndReleases},
		{"Expire_LargeTeam", expireLargeTeam},
		{"Batch_SeveralSteps", batchOfSeveralSteps},
		{"Batch_OrdinalHandedOn", batchHandsOrdinalOn},
		{"Batch_NoChangeWritesNothing", batchWithoutChange},
		{"Batch_FailureWritesNothing", batchFailure},
	}
}

func lockOpensTeam(e *env) {
	out := e.do(e.lock("ann"))
	t, seats := e.requireTeam(out.Team.ID, team.Forming, 1, 0)
	require.Equal(e, activity.Buyer("ann"), t.Leader)
	require.Len(e, seats, 1)
	require.True(e, seats[0].Opened)
	require.Equal(e, []string{"team.opened ann", "seat.held ann"}, e.events())
}

func lockReadsBackWhole(e *env) {
	cmd := e.lock("ann")
	cmd.Terms.Plan = activity.Plan{Kind: activity.Threshold, Off: 200, From: 900}
	cmd.Terms.Limits = activity.Limits{Open: 3, Join: 4, Total: 5}
	cmd.Quantity, cmd.Terms.Amount = 3, 2400
	out := e.do(cmd)
	paid := e.do(settle(out.Seat))
	want, wantTeam := paid.Seat, paid.Team
	want.Version, wantTeam.Version = 2, 2

	seat, t, err := e.store().Seat(e.ctx, cmd.Key)
	require.NoError(e, err)
	require.Equal(e, want, seat)
	require.Equal(e, wantTeam, t)
	t, seats, err := e.store().Team(e.ctx, mall, t.ID)
	require.NoError(e, err)
	require.Equal(e, wantTeam, t)
	require.Equal(e, []team.Seat{want}, seats)
}

func lockReplayed(e *env) {
	cmd := e.lock("ann")
	first := e.do(cmd)
	again := cmd
	again.NewSeat, again.NewTeam = "seat_other", "team_other"
	again.Refusal = "activity_not_open" // the rules may have changed; the answer does not
	out := e.try(again)
	require.True(e, out.Replayed)
	require.Equal(e, first.Seat.ID, out.Seat.ID)
	require.Equal(e, first.Team.ID, out.Team.ID)

	other := cmd
	other.Quantity = 2
	require.Equal(e, team.IdempotencyMismatch, e.try(other).Refusal)
	require.Len(e, e.events(), 2)
}

func lockRefused(e *env) {
	e.openStock(1)
	id, _ := e.teamOf(2, "ann")
	before := e.events()

	sold := e.lockIn(id, "bob")
	require.Equal(e, team.StockOut, e.try(sold).Refusal)
	nowhere := e.lockIn("team_none", "bob")
	nowhere.SKU = "black"
	require.Equal(e, team.TeamNotFound, e.try(nowhere).Refusal)
	stranger := e.lockIn(id, "bob")
	stranger.Key.Partner, stranger.SKU = "other", "black"
	require.Equal(e, team.TeamNotFound, e.try(stranger).Refusal)

	require.Equal(e, before, e.events())
	_, _, err := e.store().Seat(e.ctx, sold.Key)
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
}

func settleForms(e *env) {
	id, seats := e.teamOf(2, "ann", "bob")
	require.Equal(e, team.Joined, e.do(settle(seats[0])).Seat.Settlement)
	require.Equal(e, team.FormedTeam, e.do(settle(seats[1])).Seat.Settlement)
	t, _ := e.requireTeam(id, team.Formed, 0, 2)
	require.False(e, t.EndedAt.IsZero())
	require.Equal(e, []string{
		"team.opened ann", "seat.held ann", "seat.held bob", "seat.paid ann", "seat.paid bob", "team.formed ann",
	}, e.events())
}

func settleReplayed(e *env) {
	_, seats := e.teamOf(2, "ann", "bob")
	e.do(settle(seats[0]))
	e.do(settle(seats[1]))
	out := e.try(settle(seats[0]))
	require.True(e, out.Replayed)
	require.Equal(e, team.Joined, out.Seat.Settlement) // the first answer, although the team is formed now

	other := settle(seats[0])
	other.ProviderNo = "another"
	require.Equal(e, team.IdempotencyMismatch, e.try(other).Refusal)
	short := settle(e.do(e.lock("cat")).Seat)
	short.Amount--
	require.Equal(e, team.AmountMismatch, e.try(short).Refusal)
	require.Equal(e, team.SeatNotFound, e.try(team.Settle{Key: team.Key{Partner: "other", OutTradeNo: seats[0].Key.OutTradeNo}}).Refusal)
}

func settleLateTakesSeatAgain(e *env) {
	e.openStock(5)
	id, seats := e.teamOf(3, "ann", "bob")
	e.do(release(seats[1]))
	e.requireSeat(seats[1].Key, team.Released)
	require.Equal(e, team.Joined, e.do(settle(seats[1])).Seat.Settlement)
	back := e.requireSeat(seats[1].Key, team.Paid)
	require.Equal(e, 1, back.Ordinal)
	require.True(e, back.EndedAt.IsZero())
	e.requireTeam(id, team.Forming, 1, 1)
}

func settleTooLate(e *env) {
	id, seats := e.teamOf(1, "ann")
	e.do(release(seats[0]))
	e.requireTeam(id, team.Failed, 0, 0)
	out := e.do(settle(seats[0]))
	require.Equal(e, team.RefundRequired, out.Seat.Settlement)
	require.Equal(e, team.TeamNotForming, out.Seat.Reason)
	require.True(e, e.try(settle(seats[0])).Replayed)

	e.do(team.ConfirmRefund{Key: seats[0].Key, RefundNo: "rf-1"})
	require.True(e, e.try(team.ConfirmRefund{Key: seats[0].Key, RefundNo: "rf-1"}).Replayed)
	seat := e.requireSeat(seats[0].Key, team.Released)
	require.Equal(e, "rf-1", seat.RefundNo)
	require.Equal(e, 1, e.eventsOf(team.EventRefundRequired))
	require.Equal(e, 1, e.eventsOf(team.EventSeatRefunded))
}

func releaseFrees(e *env) {
	e.openStock(2)
	cmd := e.lock("ann")
	cmd.Quantity, cmd.Terms.Amount, cmd.Terms.Limits = 2, 1600, activity.Limits{Total: 1}
	first := e.do(cmd)
	again := e.lock("ann")
	again.Quantity, again.Terms.Amount, again.Terms.Limits = 2, 1600, activity.Limits{Total: 1}
	require.Equal(e, team.LimitTotal, e.try(again).Refusal)
	other := e.lock("bob")
	require.Equal(e, team.StockOut, e.try(other).Refusal)

	e.do(release(first.Seat))
	require.True(e, e.try(release(first.Seat)).Replayed)
	require.Equal(e, 1, e.do(again).Seat.Ordinal)
	require.Equal(e, team.StockOut, e.try(other).Refusal)
}

func releaseHandsLeadOver(e *env) {
	id, seats := e.teamOf(4, "ann", "bob", "cat")
	e.do(settle(seats[2]))
	e.do(release(seats[0]))
	t, live := e.requireTeam(id, team.Forming, 1, 1)
	require.Equal(e, activity.Buyer("cat"), t.Leader) // paid goes before earlier
	require.Len(e, live, 2)
	require.Equal(e, 1, e.eventsOf(team.EventLeaderChanged))
	require.Equal(e, team.SeatPaid, e.try(release(seats[2])).Refusal)
}

func expireRefundsAndReleases(e *env) {
	e.openStock(2) // which must come back, else nobody can buy any more
	id, seats := e.teamOf(3, "ann", "bob")
	e.do(settle(seats[0]))
	early := e.do(team.Expire{Team: id})
	require.True(e, early.Replayed)
	require.Equal(e, team.Forming, early.Team.Status)

	require.False(e, e.batchAt(0, 24*time.Hour, team.Expire{Team: id})[0].Replayed)
	require.True(e, e.batchAt(0, 25*time.Hour, team.Expire{Team: id})[0].Replayed)
	_, all := e.requireTeam(id, team.Failed, 0, 0)
	require.Len(e, all, 2) // an ended team shows everybody

	e.requireSeat(seats[1].Key, team.Released)
	owed := e.requireSeat(seats[0].Key, team.Refunding)
	require.Equal(e, team.TeamDidNotFill, owed.Reason)
	e.do(team.ConfirmRefund{Key: owed.Key, RefundNo: "rf-1"})
	e.requireSeat(owed.Key, team.Refunded)
	require.Equal(e, team.TeamNotFound, e.try(team.Expire{Team: "team_none"}).Refusal)
	require.Equal(e, 1, e.eventsOf(team.EventTeamFailed))
	e.teamOf(2, "ann", "bob")
}

// expireLargeTeam writes more rows than fit one statement.
func expireLargeTeam(e *env) {
	const size = 450
	open := e.lock("leader")
	open.Terms.Sizes = []int{size + 1}
	id := e.do(open).Team.ID
	var cmds []team.Command
	for n := range size {
		cmds = append(cmds, e.lockIn(id, buyer("b", n)))
	}
	require.Equal(e, map[team.Reason]int{team.NoRefusal: size}, tally(e.batch(0, cmds...)))
	e.requireTeam(id, team.Forming, size+1, 0)
	e.batchAt(0, 24*time.Hour, team.Expire{Team: id})
	e.requireTeam(id, team.Failed, 0, 0)
	require.Equal(e, size+1, e.eventsOf(team.EventSeatReleased))
}

// batchOfSeveralSteps passes several states of a seat in one batch; the history must show each.
func batchOfSeveralSteps(e *env) {
	e.openStock(10)
	open := e.lock("ann")
	open.Terms.Sizes = []int{1}
	pay := team.Settle{Key: open.Key, Amount: 800, PaidAt: time.Now().UTC().Truncate(time.Millisecond), ProviderNo: "p-1"}
	out := e.batch(0, open, pay, pay)
	require.Equal(e, team.FormedTeam, out[1].Seat.Settlement)
	require.True(e, out[2].Replayed)
	e.requireTeam(open.NewTeam, team.Formed, 0, 1)

	brief := e.lock("bob")
	e.batch(0, brief, team.Release{Key: brief.Key, Why: team.Cancelled})
	e.requireTeam(brief.NewTeam, team.Failed, 0, 0)

	_, seats := e.teamOf(2, "cat", "dan")
	e.batch(0, release(seats[1]), settle(seats[1]), settle(seats[0]))
	e.requireTeam(seats[0].Team, team.Formed, 0, 2)
}

// batchHandsOrdinalOn lets one seat take, within one batch, the number that another gave up.
func batchHandsOrdinalOn(e *env) {
	first := e.do(e.lock("ann"))
	out := e.batch(0, release(first.Seat), e.lock("ann"))
	require.Equal(e, 1, out[1].Seat.Ordinal)

	_, seats := e.teamOf(3, "bob", "cat")
	e.do(release(seats[1]))
	held := e.do(e.lock("cat"))
	require.Equal(e, 1, held.Seat.Ordinal)
	e.batch(0, release(held.Seat), settle(seats[1]))
	require.Equal(e, 1, e.requireSeat(seats[1].Key, team.Paid).Ordinal)
}

func batchWithoutChange(e *env) {
	_, seats := e.teamOf(2, "ann")
	before, err := e.store().Events(e.ctx, groupbuy.EventQuery{Partner: mall, Limit: 100})
	require.NoError(e, err)
	e.do(team.Release{Key: seats[0].Key, Why: team.SeatDeadline}) // not overdue yet
	e.do(team.Expire{Team: seats[0].Team})
	require.NoError(e, e.store().Batch(e.ctx, team.Touch{}, func(*team.State, time.Time) {}))

	after, err := e.store().Events(e.ctx, groupbuy.EventQuery{Partner: mall, Limit: 100})
	require.NoError(e, err)
	require.Equal(e, before, after)
	require.EqualValues(e, 1, e.requireSeat(seats[0].Key, team.Held).Version)
}

// batchFailure shows that of a batch that cannot be written nothing is: its second seat carries an id that is taken.
func batchFailure(e *env) {
	taken := e.do(e.lock("ann"))
	before := e.events()
	good, bad := e.lock("bob"), e.lock("cat")
	bad.NewSeat = taken.Seat.ID
	cmds := []team.Command{good, bad}
	runs := 0
	err := e.store().Batch(e.ctx, team.TouchOf(cmds), func(s *team.State, now time.Time) {
		runs++
		team.Apply(s, cmds, now)
	})
	require.ErrorIs(e, err, groupbuy.ErrUnavailable)
	require.Greater(e, runs, 1, "a collision is decided again")
	require.Equal(e, before, e.events())
	_, _, err = e.store().Seat(e.ctx, good.Key)
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
}
