package malltest

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/account"
)

func (e *storeEnv) newEntry(action string) mall.AuditEntry {
	return mall.AuditEntry{
		At: e.now, Action: action, Subject: "teapot", Before: `{"name":"旧"}`, After: `{"name":"新 🍵"}`,
		Actor: mall.Actor{
			Account: "op_1", Role: account.Operator, Rank: mall.RankEditor, Name: "li.lei", RequestID: "req_1", Address: "2001:db8::1",
		},
	}
}

func (e *storeEnv) audit(q mall.AuditQuery) []mall.AuditEntry {
	e.Helper()
	if q.Limit == 0 {
		q.Limit = 1000
	}
	list, err := e.store.Audit(e.ctx, q)
	require.NoError(e, err)
	return list
}

func storeAuditChain(e *storeEnv) {
	first, second := e.newEntry("product.created"), e.newEntry("product.changed")
	e.do(func(tx mall.Tx) error { return errors.Join(tx.AppendAudit(first), tx.AppendAudit(second)) })
	first = first.Linked(1, "")
	second = second.Linked(2, first.Hash)
	require.Equal(e, []mall.AuditEntry{second, first}, e.audit(mall.AuditQuery{}))
	require.Len(e, first.Hash, 64)
	require.NotEqual(e, first.Hash, second.Hash)
}

func storeAuditAtOnce(e *storeEnv) {
	const writers = 12
	e.atOnce(writers, func(int) {
		if err := e.try(func(tx mall.Tx) error { return tx.AppendAudit(e.newEntry("x")) }); err != nil {
			e.Error(err)
		}
	})
	require.Len(e, e.audit(mall.AuditQuery{}), writers)
	broken, err := e.store.Violations(e.ctx, e.now)
	require.NoError(e, err)
	require.Empty(e, broken)
}

func storeAuditRollsBack(e *storeEnv) {
	cause := errors.New("changed my mind")
	require.ErrorIs(e, e.try(func(tx mall.Tx) error { return errors.Join(tx.AppendAudit(e.newEntry("x")), cause) }), cause)
	require.Empty(e, e.audit(mall.AuditQuery{}))
	e.do(func(tx mall.Tx) error { return tx.AppendAudit(e.newEntry("y")) })
	require.EqualValues(e, 1, e.audit(mall.AuditQuery{})[0].Seq)
}

func storeAuditLists(e *storeEnv) {
	start := e.now
	at := func(n int) time.Time { return start.Add(time.Duration(n) * time.Second) }
	for n, entry := range []mall.AuditEntry{e.newEntry("a"), e.newEntry("b"), e.newEntry("a"), e.newEntry("c")} {
		entry.At, entry.Subject = at(n), string(rune('s'+n))
		if n == 2 {
			entry.Actor.Account = "op_2"
		}
		e.do(func(tx mall.Tx) error { return tx.AppendAudit(entry) })
	}
	for name, c := range map[string]struct {
		query mall.AuditQuery
		want  []int64
	}{
		"all":     {mall.AuditQuery{}, []int64{4, 3, 2, 1}},
		"limit":   {mall.AuditQuery{Limit: 2}, []int64{4, 3}},
		"before":  {mall.AuditQuery{Before: 3}, []int64{2, 1}},
		"actor":   {mall.AuditQuery{Actor: "op_2"}, []int64{3}},
		"action":  {mall.AuditQuery{Action: "a"}, []int64{3, 1}},
		"subject": {mall.AuditQuery{Subject: "t"}, []int64{2}},
		"time":    {mall.AuditQuery{From: at(1), To: at(3)}, []int64{3, 2}},
	} {
		var got []int64
		for _, entry := range e.audit(c.query) {
			got = append(got, entry.Seq)
		}
		require.Equal(e, c.want, got, name)
	}
}
