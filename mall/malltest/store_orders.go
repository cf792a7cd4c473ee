package malltest

import (
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/order"
)

func storeOrders(e *storeEnv) {
	o := e.addOrder("ord_1", "acc_1")
	require.EqualValues(e, 1, o.Version)
	require.Equal(e, order.AwaitingPayment, o.Status)
	require.Equal(e, "茶壶", o.Item.ProductName)

	e.do(func(tx mall.Tx) error {
		locked, err := tx.LockOrder("ord_1")
		require.NoError(e, err)
		require.Equal(e, o, locked)
		require.True(e, locked.Pay(order.Receipt{Payment: "pay_1", TradeNo: "2026", PaidAt: e.now}, e.now).Moved)
		require.True(e, locked.Formed(e.now).Moved)
		require.True(e, locked.Ship("SIM_1", e.now))
		return tx.PutOrder(locked)
	})
	shipped := e.order("ord_1")
	require.EqualValues(e, 2, shipped.Version)
	require.Equal(e, order.Shipped, shipped.Status)
	require.EqualValues(e, "pay_1", shipped.PaidBy)
	require.Equal(e, "2026", shipped.TradeNo)
	require.Equal(e, e.now, shipped.PaidAt)
	require.Equal(e, "SIM_1", shipped.Tracking)
	require.True(e, shipped.NextAt.IsZero())

	history, err := e.store.History(e.ctx, "ord_1")
	require.NoError(e, err)
	var path []order.Status
	for i, m := range history {
		path = append(path, m.To)
		require.Equal(e, e.now, m.At)
		if i > 0 {
			require.Equal(e, history[i-1].To, m.From)
		}
	}
	require.Equal(e, []order.Status{
		order.Created, order.AwaitingPayment, order.Paid, order.Teaming, order.ToShip, order.Shipped,
	}, path)
}

func storeOrderKeys(e *storeEnv) {
	o := e.addOrder("ord_1", "acc_1")
	found, input, err := e.store.OrderByKey(e.ctx, "acc_1", "key-ord_1")
	require.NoError(e, err)
	require.Equal(e, o, found)
	require.Equal(e, "input", input)
	for _, key := range []string{"key-ord_2", "KEY-ord_1", ""} {
		_, _, err = e.store.OrderByKey(e.ctx, "acc_1", key)
		require.ErrorIs(e, err, mall.ErrNotFound, key)
	}
	_, _, err = e.store.OrderByKey(e.ctx, "acc_2", "key-ord_1")
	require.ErrorIs(e, err, mall.ErrNotFound, "keys are a buyer's own")

	err = e.try(func(tx mall.Tx) error {
		return tx.AddOrder(e.newOrder("ord_2", "acc_1"), mall.Key{Value: "key-ord_1", Input: "other"})
	})
	require.ErrorIs(e, err, mall.ErrDuplicate)
	e.do(func(tx mall.Tx) error {
		return tx.AddOrder(e.newOrder("ord_3", "acc_2"), mall.Key{Value: "key-ord_1", Input: "input"})
	})
}

func storeStaleOrders(e *storeEnv) {
	o := e.addOrder("ord_1", "acc_1")
	first, second := o, o
	require.True(e, first.Close("buyer_cancelled", "because", e.now))
	e.do(func(tx mall.Tx) error { return tx.PutOrder(first) })
	require.True(e, second.Pay(order.Receipt{Payment: "pay_1"}, e.now).Moved)
	err := e.try(func(tx mall.Tx) error { return tx.PutOrder(second) })
	require.ErrorIs(e, err, mall.ErrConflict)
	require.Equal(e, order.Closed, e.order("ord_1").Status)
	require.Equal(e, "because", e.order("ord_1").Detail)
	_, err = e.store.Order(e.ctx, "", "ord_none")
	require.ErrorIs(e, err, mall.ErrNotFound)
	err = e.try(func(tx mall.Tx) error { _, err := tx.LockOrder("ord_none"); return err })
	require.ErrorIs(e, err, mall.ErrNotFound)
}

// storeOrdersWait wants transactions that lock the same order to come one after another.
func storeOrdersWait(e *storeEnv) {
	e.addOrder("ord_1", "acc_1")
	e.atOnce(20, func(int) {
		err := e.try(func(tx mall.Tx) error {
			o, err := tx.LockOrder("ord_1")
			if err != nil {
				return err
			}
			o.Amount++
			return tx.PutOrder(o)
		})
		if err != nil {
			e.Error(err)
		}
	})
	require.EqualValues(e, 160_20, e.order("ord_1").Amount)
}

func storeDueOrders(e *storeEnv) {
	for _, id := range []order.ID{"ord_2", "ord_1", "ord_3"} {
		e.addOrder(id, "acc_1")
		e.now = e.now.Add(time.Minute)
	}
	due := func(status order.Status, limit int) (ids []order.ID) {
		orders, err := e.store.DueOrders(e.ctx, status, mall.DueQuery{By: e.now, Limit: limit})
		require.NoError(e, err)
		for _, o := range orders {
			ids = append(ids, o.ID)
		}
		return ids
	}
	require.Empty(e, due(order.AwaitingPayment, 9))
	e.now = e.now.Add(15*time.Minute - 2*time.Minute)
	require.Equal(e, []order.ID{"ord_2", "ord_1"}, due(order.AwaitingPayment, 9), "the longest due first")
	require.Equal(e, []order.ID{"ord_2"}, due(order.AwaitingPayment, 1))
	require.Empty(e, due(order.Created, 9))

	postpone := func(version int64) {
		e.do(func(tx mall.Tx) error { return tx.PostponeOrder("ord_2", version, e.now.Add(time.Minute)) })
	}
	postpone(7)
	require.Equal(e, []order.ID{"ord_2", "ord_1"}, due(order.AwaitingPayment, 9), "it moved since")
	before := e.order("ord_2")
	postpone(1)
	require.Equal(e, []order.ID{"ord_1"}, due(order.AwaitingPayment, 9))
	require.True(e, before.Close("not_paid_in_time", "", e.now))
	e.do(func(tx mall.Tx) error { return tx.PutOrder(before) })
}

func storeOrderLists(e *storeEnv) {
	for _, o := range []struct {
		id    order.ID
		buyer account.ID
	}{{"ord_1", "acc_1"}, {"ord_2", "acc_2"}, {"ord_3", "acc_1"}, {"ord_4", "acc_1"}} {
		e.addOrder(o.id, o.buyer)
	}
	closed := e.order("ord_3")
	require.True(e, closed.Close("buyer_cancelled", "", e.now))
	e.do(func(tx mall.Tx) error { return tx.PutOrder(closed) })
	for name, c := range map[string]struct {
		q    mall.OrderQuery
		want []order.ID
	}{
		"all":      {mall.OrderQuery{}, []order.ID{"ord_4", "ord_3", "ord_2", "ord_1"}},
		"limit":    {mall.OrderQuery{Limit: 2}, []order.ID{"ord_4", "ord_3"}},
		"page":     {mall.OrderQuery{Before: "ord_3"}, []order.ID{"ord_2", "ord_1"}},
		"buyer":    {mall.OrderQuery{Buyer: "acc_1"}, []order.ID{"ord_4", "ord_3", "ord_1"}},
		"statuses": {mall.OrderQuery{Buyer: "acc_1", Statuses: []order.Status{order.Closed, order.Paid}}, []order.ID{"ord_3"}},
		"mode":     {mall.OrderQuery{Mode: order.Solo}, nil},
		"product":  {mall.OrderQuery{Product: "kettle"}, nil},
		"team":     {mall.OrderQuery{Team: "team_1", Buyer: "acc_2"}, []order.ID{"ord_2"}},
	} {
		if c.q.Limit == 0 {
			c.q.Limit = 9
		}
		orders, err := e.store.Orders(e.ctx, c.q)
		require.NoError(e, err)
		var ids []order.ID
		for _, o := range orders {
			ids = append(ids, o.ID)
		}
		require.Equal(e, c.want, ids, name)
	}
	_, err := e.store.Order(e.ctx, "acc_2", "ord_1")
	require.ErrorIs(e, err, mall.ErrNotFound, "another's order does not exist")
	_, err = e.store.Order(e.ctx, "acc_1", "ord_1")
	require.NoError(e, err)
	found, err := e.store.OrdersByID(e.ctx, []order.ID{"ord_1", "ord_2", "ord_9"})
	require.NoError(e, err)
	require.Equal(e, map[order.ID]order.Order{"ord_1": e.order("ord_1"), "ord_2": e.order("ord_2")}, found)
	found, err = e.store.OrdersByID(e.ctx, nil)
	require.NoError(e, err)
	require.Empty(e, found)
}

func storeTeams(e *storeEnv) {
	e.addAccount("acc_1", "ming@example.com")
	e.addOrder("ord_2", "acc_2")
	o := e.addOrder("ord_1", "acc_1")
	e.do(func(tx mall.Tx) error {
		orders, err := tx.LockTeam("team_1")
		require.NoError(e, err)
		require.Len(e, orders, 2)
		require.Equal(e, o, orders[0])
		orders, err = tx.LockTeam("team_2")
		require.NoError(e, err)
		require.Empty(e, orders)
		return nil
	})
	leaders, err := e.store.TeamLeaders(e.ctx, []order.TeamID{"team_1", "team_2"})
	require.NoError(e, err)
	require.Empty(e, leaders, "nobody has paid")
	require.True(e, o.Pay(order.Receipt{Payment: "pay_1"}, e.now).Moved)
	e.do(func(tx mall.Tx) error { return tx.PutOrder(o) })
	leaders, err = e.store.TeamLeaders(e.ctx, []order.TeamID{"team_1", "team_2"})
	require.NoError(e, err)
	require.Equal(e, map[order.TeamID]string{"team_1": "小明"}, leaders)
	leaders, err = e.store.TeamLeaders(e.ctx, nil)
	require.NoError(e, err)
	require.Empty(e, leaders)
}

// A mark changes with every order of the buyer, with every order in a team that still matters to one of them, and
// with nothing else.
func storeMarks(e *storeEnv) {
	ming, hong, team := mall.Watched{Buyer: "acc_1"}, mall.Watched{Buyer: "acc_2"}, mall.Watched{Team: "team_1"}
	var last map[mall.Watched]string
	changed := func(want ...mall.Watched) {
		e.Helper()
		marks, err := e.store.Marks(e.ctx, []mall.Watched{ming, hong, team})
		require.NoError(e, err)
		var got []mall.Watched
		for _, w := range []mall.Watched{ming, hong, team} {
			if marks[w] != last[w] {
				got = append(got, w)
			}
		}
		require.Equal(e, want, got)
		last = marks
	}
	changed()
	o := e.addOrder("ord_1", "acc_1")
	changed(ming, team)
	other := e.addOrder("ord_2", "acc_2")
	changed(ming, hong, team)
	require.True(e, other.Pay(order.Receipt{Payment: "pay_2"}, e.now).Moved)
	e.do(func(tx mall.Tx) error { return tx.PutOrder(other) })
	changed(ming, hong, team)
	require.True(e, o.Close(order.BuyerCancelled, "", e.now))
	e.do(func(tx mall.Tx) error { return tx.PutOrder(o) })
	changed(ming, hong, team)
	e.addOrder("ord_3", "acc_3")
	changed(hong, team)
	changed()
	marks, err := e.store.Marks(e.ctx, nil)
	require.NoError(e, err)
	require.Empty(e, marks)
}
