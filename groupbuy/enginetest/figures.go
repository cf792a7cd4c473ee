package enginetest

import (
	"cmp"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// figuresEqualACount lets chance drive teams over four days and compares the figures with a count by hand.
func figuresEqualACount(e *env) {
	for _, id := range []activity.ID{"act_1", "act_2"} {
		a := newActivity(id, string(id))
		a.Status = activity.Published
		e.putActivities(a)
	}
	chance := rand.New(rand.NewPCG(20261120, 7)) // the same chance at every run
	const rounds, commands = 5, 80
	for round := range rounds {
		for n := range commands {
			e.stir(chance, time.Duration(round*commands+n)*96*time.Hour/(rounds*commands))
		}
		first := groupbuy.DayOf(time.Now()) - 1
		for _, q := range []groupbuy.FiguresQuery{
			{First: first, Last: first + 6, ByDay: true}, {First: first, Last: first + 6}, {First: first + 2, Last: first + 3},
			{First: first, Last: first + 6, ByDay: true, Activity: "act_2"}, {First: first, Last: first + 6, Partner: "other"},
		} {
			got, err := e.store().Figures(e.ctx, q, 1000)
			require.NoError(e, err)
			require.Equal(e, e.tally(q), got, q)
		}
	}
	for _, row := range e.tally(groupbuy.FiguresQuery{First: 0, Last: 100_000}) { // chance left nothing out
		require.NotZero(e, row.TeamsOpened*row.TeamsFormed*row.TeamsFailed*row.Filled*row.SeatsPaid*row.SeatsRefunded*row.NewBuyers, row)
	}
	rows, err := e.store().Figures(e.ctx, groupbuy.FiguresQuery{First: 0, Last: 100_000, ByDay: true}, 3)
	require.NoError(e, err)
	require.Len(e, rows, 3, "the limit")
}

// stir carries out one random command as if so much time had passed.
func (e *env) stir(chance *rand.Rand, passed time.Duration) {
	seats, err := e.store().FindSeats(e.ctx, groupbuy.SeatQuery{Limit: 1000})
	require.NoError(e, err)
	lock := e.lock(activity.Buyer(rune('a' + chance.IntN(26))))
	lock.Activity = []activity.ID{"act_1", "act_2"}[chance.IntN(2)]
	lock.Terms.Sizes = [][]int{{1}, {2}, {2}, {2, 3}}[chance.IntN(4)]
	lock.Terms.TierPrices = []money.Fen{800, 700}[:len(lock.Terms.Sizes)]
	if len(lock.Terms.Sizes) == 1 {
		lock.Terms.TierPrices = nil
	}
	lock.Terms.Expiry = after(12 * time.Hour)
	cmd := team.Command(lock)
	if len(seats) > 0 && chance.IntN(4) > 0 {
		seat := seats[chance.IntN(min(len(seats), 15))] // they are the newest first
		switch chance.IntN(7) {
		case 0, 1, 2:
			pay := settle(seat)
			pay.PaidAt = time.Now().UTC().Add(passed).Truncate(time.Millisecond)
			cmd = pay
		case 3:
			lock.Team, lock.Activity = seat.Team, seat.Activity
			cmd = lock
		case 4:
			cmd = release(seat)
		case 5:
			cmd = team.ConfirmRefund{Key: seat.Key, RefundNo: "rf-" + seat.Key.OutTradeNo}
		case 6:
			cmd = team.Expire{Team: seats[chance.IntN(len(seats))].Team}
		}
	}
	e.batchAt(0, passed, cmd) // refusals are part of the game
}

// tally adds figures up the slow way, from every team and seat.
func (e *env) tally(q groupbuy.FiguresQuery) []groupbuy.Figures {
	e.Helper()
	sum := &figuresTally{query: q, rows: map[figuresRow]*groupbuy.Figures{}, fills: map[figuresRow][]time.Duration{}}
	teams, err := e.store().FindTeams(e.ctx, groupbuy.TeamQuery{Limit: 10_000})
	require.NoError(e, err)
	for _, t := range teams {
		sum.team(t)
	}
	seats, err := e.store().FindSeats(e.ctx, groupbuy.SeatQuery{Limit: 10_000})
	require.NoError(e, err)
	slices.SortFunc(seats, func(a, b team.Seat) int { return cmp.Or(a.PaidAt.Compare(b.PaidAt), cmp.Compare(a.ID, b.ID)) })
	seen := map[activity.Buyer]bool{}
	for _, s := range seats {
		if s.Settlement == team.Joined || s.Settlement == team.FormedTeam {
			sum.seat(s, !seen[s.Buyer])
			seen[s.Buyer] = true
		}
	}
	return sum.sorted()
}

type figuresRow struct {
	activity activity.ID
	day      groupbuy.Day
}

type figuresTally struct {
	query groupbuy.FiguresQuery
	rows  map[figuresRow]*groupbuy.Figures
	fills map[figuresRow][]time.Duration
}

// row is where something of an instant is counted; nil when it is not asked for.
func (f *figuresTally) row(p partner.ID, a activity.ID, at time.Time) (figuresRow, *groupbuy.Figures) {
	day := groupbuy.DayOf(at)
	q := f.query
	if at.IsZero() || day < q.First || day > q.Last || q.Activity != "" && q.Activity != a || q.Partner != "" && q.Partner != p {
		return figuresRow{}, nil
	}
	key := figuresRow{a, day}
	if !q.ByDay {
		key.day = 0
	}
	if f.rows[key] == nil {
		f.rows[key] = &groupbuy.Figures{Activity: a, Name: string(a), Day: key.day}
	}
	return key, f.rows[key]
}

func (f *figuresTally) team(t team.Team) {
	if _, row := f.row(t.Partner, t.Activity, t.OpenedAt); row != nil {
		row.TeamsOpened++
	}
	key, row := f.row(t.Partner, t.Activity, t.EndedAt)
	switch {
	case row == nil:
	case t.Status == team.Failed:
		row.TeamsFailed++
	case t.Status == team.Formed:
		row.TeamsFormed++
		if t.Target() > 1 && t.Virtual == 0 {
			row.Filled++
			f.fills[key] = append(f.fills[key], t.EndedAt.Sub(t.OpenedAt))
		}
	}
}

func (f *figuresTally) seat(s team.Seat, isNew bool) {
	_, row := f.row(s.Key.Partner, s.Activity, s.PaidAt)
	if row == nil {
		return
	}
	row.SeatsPaid++
	row.GMV += s.Amount
	if s.Status == team.Refunded || s.Status == team.Refunding && s.Ordinal == 0 {
		row.SeatsRefunded++
	}
	if isNew {
		row.NewBuyers++
	}
}

func (f *figuresTally) sorted() []groupbuy.Figures {
	var out []groupbuy.Figures
	for key, row := range f.rows {
		if fills := f.fills[key]; len(fills) > 0 {
			slices.Sort(fills)
			middle := fills[(len(fills)-1)/2] + fills[len(fills)/2]
			row.MedianFill = (middle / 2).Truncate(time.Millisecond)
		}
		out = append(out, *row)
	}
	slices.SortFunc(out, func(a, b groupbuy.Figures) int {
		return cmp.Or(cmp.Compare(a.Activity, b.Activity), cmp.Compare(a.Day, b.Day))
	})
	return out
}
