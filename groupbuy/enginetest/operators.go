package enginetest

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/operator"
	"kaituan/groupbuy/team"
)

func operatorTests() []test {
	return []test{
		{"Operators", operators},
		{"Operators_LoginTaken", operatorLoginTaken},
		{"Sessions", sessions},
		{"Sessions_DropOld", dropOldSessions},
		{"Audit_Chain", auditChain},
		{"Audit_ManyAtOnce", auditManyAtOnce},
		{"Audit_RollsBack", auditRollsBack},
		{"Audit_Filters", auditFilters},
		{"Settings", settings},
		{"Find_Teams", findTeams},
		{"Find_Seats", findSeats},
		{"Timeline", timeline},
		{"Figures_EqualACount", figuresEqualACount},
		{"Figures_DaysAreThoseOfChina", figuresDays},
	}
}

func newOperator(id operator.ID, login string) operator.Operator {
	return operator.Operator{
		ID: id, Login: login, Name: "李雷", Role: operator.Viewer, Status: operator.Active, PasswordHash: "$argon2id$" + login,
		CreatedAt: created(1), UpdatedAt: created(2),
	}
}

func operators(e *env) {
	second, first := newOperator("op_1", "li.lei"), newOperator("op_2", "han.meimei")
	e.inTx(func(tx groupbuy.Tx) error { return errors.Join(tx.PutOperator(second), tx.PutOperator(first)) })
	list, err := e.store().Operators(e.ctx)
	require.NoError(e, err)
	require.Equal(e, []operator.Operator{first, second}, list)

	first.Factor = operator.Factor{Secret: "GEZDGNBVGY3TQOJQ", Since: created(2), Step: 59}
	first.Factor.Recovery[1], first.Factor.Recovery[9] = strings.Repeat("a", 64), strings.Repeat("b", 64)
	first.Name, first.Role, first.Status, first.PasswordHash, first.UpdatedAt = "韩梅梅", operator.Admin, operator.Disabled, "other", created(3)
	e.inTx(func(tx groupbuy.Tx) error {
		if err := tx.PutOperator(first); err != nil {
			return err
		}
		got, err := tx.LockOperator(first.ID)
		require.Equal(e, first, got)
		_, missing := tx.LockOperator("op_9")
		require.ErrorIs(e, missing, groupbuy.ErrNotFound)
		return err
	})
	got, err := e.store().OperatorByLogin(e.ctx, "han.meimei")
	require.NoError(e, err)
	require.Equal(e, first, got)
	_, err = e.store().OperatorByLogin(e.ctx, "nobody")
	require.ErrorIs(e, err, groupbuy.ErrNotFound)

	first.Factor = operator.Factor{}
	e.inTx(func(tx groupbuy.Tx) error { return tx.PutOperator(first) })
	list, err = e.store().Operators(e.ctx)
	require.NoError(e, err)
	require.Equal(e, first, list[0])
}

func operatorLoginTaken(e *env) {
	e.inTx(func(tx groupbuy.Tx) error { return tx.PutOperator(newOperator("op_1", "li.lei")) })
	err := e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error { return tx.PutOperator(newOperator("op_2", "li.lei")) })
	require.ErrorIs(e, err, groupbuy.ErrDuplicate)
}

func newSession(hash operator.TokenHash, of operator.ID, started, seen int) operator.Session {
	return operator.Session{Hash: hash, Operator: of, StartedAt: created(started), SeenAt: created(seen)}
}

func sessions(e *env) {
	who := newOperator("op_1", "li.lei")
	one, two, other := newSession("h1", "op_1", 1, 2), newSession("h2", "op_1", 1, 2), newSession("h3", "op_2", 1, 2)
	e.inTx(func(tx groupbuy.Tx) error {
		return errors.Join(tx.PutOperator(who), tx.PutOperator(newOperator("op_2", "x")), tx.AddSession(one), tx.AddSession(two), tx.AddSession(other))
	})
	one.SeenAt = created(9)
	e.inTx(func(tx groupbuy.Tx) error {
		return errors.Join(tx.SeeSession("h1", created(9)), tx.DropSession("unknown"))
	})
	got, by, err := e.store().OperatorSession(e.ctx, "h1")
	require.NoError(e, err)
	require.Equal(e, one, got)
	require.Equal(e, who, by)
	e.inTx(func(tx groupbuy.Tx) error {
		return errors.Join(tx.AddSession(newSession("h4", "op_1", 1, 2)), tx.DropOtherSessions("op_1", "h2"))
	})
	for hash, want := range map[operator.TokenHash]error{"h1": groupbuy.ErrNotFound, "h2": nil, "h3": nil, "h4": groupbuy.ErrNotFound} {
		_, _, err = e.store().OperatorSession(e.ctx, hash)
		require.ErrorIs(e, err, want, hash)
	}
	e.inTx(func(tx groupbuy.Tx) error { return errors.Join(tx.AddSession(one), tx.DropSession("h1")) })
	_, _, err = e.store().OperatorSession(e.ctx, "h1")
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
	e.inTx(func(tx groupbuy.Tx) error { return tx.DropSessionsOf("op_1") })
	_, _, err = e.store().OperatorSession(e.ctx, "h2")
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
	_, _, err = e.store().OperatorSession(e.ctx, "h3")
	require.NoError(e, err)
}

func dropOldSessions(e *env) {
	idle, old, live := newSession("idle", "op_1", 5, 5), newSession("old", "op_1", 1, 9), newSession("live", "op_1", 5, 9)
	e.inTx(func(tx groupbuy.Tx) error {
		return errors.Join(tx.PutOperator(newOperator("op_1", "x")), tx.AddSession(idle), tx.AddSession(old), tx.AddSession(live))
	})
	for _, want := range []int{1, 1, 0} { // one at a time
		e.inTx(func(tx groupbuy.Tx) error {
			n, err := tx.DropSessions(created(5), created(1), 1)
			require.Equal(e, want, n)
			return err
		})
	}
	_, _, err := e.store().OperatorSession(e.ctx, "live")
	require.NoError(e, err)
}

func newEntry(action string) groupbuy.AuditEntry {
	return groupbuy.AuditEntry{
		At: created(1), Action: action, Subject: "act_1", Before: `{"name":"旧"}`, After: `{"name":"新 🍵"}`,
		Actor: groupbuy.Actor{ID: "op_1", Name: "li.lei", Role: operator.Admin, RequestID: "req_1", Address: "2001:db8::1"},
	}
}

func (e *env) auditLog(q groupbuy.AuditQuery) []groupbuy.AuditEntry {
	e.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	list, err := e.store().Audit(e.ctx, q)
	require.NoError(e, err)
	return list
}

func auditChain(e *env) {
	first, second := newEntry("activity.created"), newEntry("activity.published")
	e.inTx(func(tx groupbuy.Tx) error { return errors.Join(tx.AppendAudit(first), tx.AppendAudit(second)) })
	first = first.Linked(1, "")
	second = second.Linked(2, first.Hash)
	require.Equal(e, []groupbuy.AuditEntry{second, first}, e.auditLog(groupbuy.AuditQuery{}))
	require.Len(e, first.Hash, 64)
	require.NotEqual(e, first.Hash, second.Hash)
}

func auditManyAtOnce(e *env) {
	const writers = 12
	var all sync.WaitGroup
	for n := range writers {
		all.Go(func() {
			err := e.nodes[n%len(e.nodes)].InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error { return tx.AppendAudit(newEntry("x")) })
			if err != nil {
				e.Error(err)
			}
		})
	}
	all.Wait()
	require.Len(e, e.auditLog(groupbuy.AuditQuery{}), writers) // requireSound walks the chain
}

func auditRollsBack(e *env) {
	cause := errors.New("changed my mind")
	err := e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error {
		return errors.Join(tx.AppendAudit(newEntry("x")), cause)
	})
	require.ErrorIs(e, err, cause)
	require.Empty(e, e.auditLog(groupbuy.AuditQuery{}))
	e.inTx(func(tx groupbuy.Tx) error { return tx.AppendAudit(newEntry("y")) })
	require.Equal(e, int64(1), e.auditLog(groupbuy.AuditQuery{})[0].Seq)
}

func auditFilters(e *env) {
	for n, entry := range []groupbuy.AuditEntry{newEntry("a"), newEntry("b"), newEntry("a"), newEntry("c")} {
		entry.At, entry.Subject = created(n), string(rune('s'+n))
		if n == 2 {
			entry.Actor.ID = "op_2"
		}
		e.inTx(func(tx groupbuy.Tx) error { return tx.AppendAudit(entry) })
	}
	tests := map[string]struct {
		query groupbuy.AuditQuery
		want  []int64
	}{
		"all":     {groupbuy.AuditQuery{}, []int64{4, 3, 2, 1}},
		"limit":   {groupbuy.AuditQuery{Limit: 2}, []int64{4, 3}},
		"before":  {groupbuy.AuditQuery{Before: 3}, []int64{2, 1}},
		"actor":   {groupbuy.AuditQuery{Actor: "op_2"}, []int64{3}},
		"action":  {groupbuy.AuditQuery{Action: "a"}, []int64{3, 1}},
		"subject": {groupbuy.AuditQuery{Subject: "t"}, []int64{2}},
		"time":    {groupbuy.AuditQuery{From: created(1), To: created(3)}, []int64{3, 2}},
	}
	for name, tc := range tests {
		var got []int64
		for _, entry := range e.auditLog(tc.query) {
			got = append(got, entry.Seq)
		}
		require.Equal(e, tc.want, got, name)
	}
}

func settings(e *env) {
	got, err := e.store().Settings(e.ctx)
	require.NoError(e, err)
	require.Equal(e, activity.DefaultSettings(), got, "until somebody changes them")
	for _, want := range []activity.Settings{{Downgraded: true, RolloutPercent: 0}, {RolloutPercent: 37}} {
		e.inTx(func(tx groupbuy.Tx) error { return tx.PutSettings(want) })
		e.inTx(func(tx groupbuy.Tx) error {
			got, err := tx.LockSettings()
			require.Equal(e, want, got)
			return err
		})
		config, err := e.store().Config(e.ctx)
		require.NoError(e, err)
		require.Equal(e, want, config.Settings)
	}
}

func (e *env) findTeams(q groupbuy.TeamQuery) []team.ID {
	e.Helper()
	if q.Limit == 0 {
		q.Limit = 10_000
	}
	list, err := e.store().FindTeams(e.ctx, q)
	require.NoError(e, err)
	var ids []team.ID
	for _, t := range list {
		ids = append(ids, t.ID)
	}
	return ids
}

func findTeams(e *env) {
	e.putPartner(mall, 1)
	e.putPartner("other", 2)
	one, _ := e.teamOf(2, "ann", "bob")
	two, seats := e.teamOf(2, "cat")
	e.do(release(seats[0]))
	foreign := e.lock("ann")
	foreign.Key.Partner, foreign.Activity, foreign.Goods = "other", "act_2", "cups"
	three := e.do(foreign).Team.ID
	tests := map[string]struct {
		query groupbuy.TeamQuery
		want  []team.ID
	}{
		"all":         {groupbuy.TeamQuery{}, []team.ID{three, two, one}},
		"limit":       {groupbuy.TeamQuery{Limit: 1}, []team.ID{three}},
		"before":      {groupbuy.TeamQuery{Before: two}, []team.ID{one}},
		"id":          {groupbuy.TeamQuery{ID: two}, []team.ID{two}},
		"partner":     {groupbuy.TeamQuery{Partner: mall}, []team.ID{two, one}},
		"activity":    {groupbuy.TeamQuery{Activity: "act_2"}, []team.ID{three}},
		"goods":       {groupbuy.TeamQuery{Goods: tea}, []team.ID{two, one}},
		"status":      {groupbuy.TeamQuery{Status: team.Failed}, []team.ID{two}},
		"leader":      {groupbuy.TeamQuery{Leader: "ann"}, []team.ID{three, one}},
		"no leader":   {groupbuy.TeamQuery{Leader: "bob"}, nil},
		"all at once": {groupbuy.TeamQuery{Partner: mall, Activity: act, Goods: tea, Status: team.Forming, Leader: "ann"}, []team.ID{one}},
	}
	for name, tc := range tests {
		require.Equal(e, tc.want, e.findTeams(tc.query), name)
	}
}

func findSeats(e *env) {
	e.putPartner(mall, 1)
	id, seats := e.teamOf(3, "ann", "bob")
	e.do(settle(seats[1]))
	tests := map[string]struct {
		query groupbuy.SeatQuery
		want  []team.SeatID
	}{
		"all":     {groupbuy.SeatQuery{}, []team.SeatID{seats[1].ID, seats[0].ID}},
		"limit":   {groupbuy.SeatQuery{Limit: 1}, []team.SeatID{seats[1].ID}},
		"before":  {groupbuy.SeatQuery{Before: seats[1].ID}, []team.SeatID{seats[0].ID}},
		"number":  {groupbuy.SeatQuery{OutTradeNo: seats[0].Key.OutTradeNo}, []team.SeatID{seats[0].ID}},
		"buyer":   {groupbuy.SeatQuery{Buyer: "bob"}, []team.SeatID{seats[1].ID}},
		"team":    {groupbuy.SeatQuery{Team: id, Status: team.Paid}, []team.SeatID{seats[1].ID}},
		"partner": {groupbuy.SeatQuery{Partner: "other", Buyer: "bob"}, nil},
	}
	for name, tc := range tests {
		if tc.query.Limit == 0 {
			tc.query.Limit = 100
		}
		list, err := e.store().FindSeats(e.ctx, tc.query)
		require.NoError(e, err)
		var got []team.SeatID
		for _, seat := range list {
			got = append(got, seat.ID)
		}
		require.Equal(e, tc.want, got, name)
	}
}

func timeline(e *env) {
	id, seats := e.teamOf(2, "ann")
	e.do(settle(seats[0]))
	gone := e.do(e.lockIn(id, "bob")).Seat
	e.do(release(gone))
	last := e.do(e.lockIn(id, "cat")).Seat
	e.do(settle(last))
	t, all, err := e.store().TeamSeats(e.ctx, id)
	require.NoError(e, err)
	require.Equal(e, team.Formed, t.Status)
	require.Len(e, all, 3, "the released one too")

	moments, err := e.store().TeamTimeline(e.ctx, id)
	require.NoError(e, err)
	var events int
	for i, m := range moments {
		require.False(e, i > 0 && m.At.Before(moments[i-1].At))
		if m.Event != "" {
			events++
		}
	}
	require.Equal(e, len(e.events()), events)
	require.Len(e, moments, events+2+6, "forming, formed; held and its end for each of three seats")

	own, err := e.store().SeatTimeline(e.ctx, id, gone.ID)
	require.NoError(e, err)
	var steps, told []string
	for _, m := range own {
		require.Equal(e, string(gone.ID), m.Subject)
		if m.Event == "" {
			steps = append(steps, m.From+">"+m.To)
		} else {
			told = append(told, m.EventType)
		}
	}
	require.Equal(e, []string{">held", "held>released"}, steps)
	require.Equal(e, []string{"seat.held", "seat.released"}, told)
	_, _, err = e.store().TeamSeats(e.ctx, "team_gone")
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
}

func figuresDays(e *env) {
	a := newActivity(act, "day and night")
	a.Status = activity.Published
	e.putActivities(a)
	midnight := groupbuy.DayOf(time.Now()) // of China, which is 16:00 UTC of the day before
	seat := e.do(e.lock("ann")).Seat
	pay := settle(seat)
	pay.PaidAt = midnight.Start().Add(-time.Millisecond)
	e.do(pay)
	other := settle(e.do(e.lock("bob")).Seat)
	other.PaidAt = midnight.Start()
	e.do(other)
	for day, want := range map[groupbuy.Day]int{midnight - 1: 1, midnight: 1, midnight + 1: 0} {
		rows, err := e.store().Figures(e.ctx, groupbuy.FiguresQuery{First: day, Last: day, ByDay: true}, 100)
		require.NoError(e, err)
		paid := 0
		for _, row := range rows {
			require.Equal(e, day, row.Day)
			paid += row.SeatsPaid
		}
		require.Equal(e, want, paid, day)
	}
}
