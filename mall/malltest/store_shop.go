package malltest

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
)

func storeTransactions(e *storeEnv) {
	failed := errors.New("no")
	err := e.try(func(tx mall.Tx) error {
		require.Equal(e, e.now, tx.Now())
		require.Equal(e, tx.Now(), tx.Now())
		require.NoError(e, tx.PutProduct(teapot()))
		require.NoError(e, tx.Enqueue(mall.Task{Topic: mall.TopicPutGoods, Subject: "teapot"}))
		return failed
	})
	require.ErrorIs(e, err, failed)
	_, err = e.store.Product(e.ctx, "teapot")
	require.ErrorIs(e, err, mall.ErrNotFound, "nothing of a failed transaction stays")
}

func storeInbox(e *storeEnv) {
	once := func(consumer, id string) (first bool) {
		e.do(func(tx mall.Tx) (err error) {
			first, err = tx.Once(consumer, id)
			return err
		})
		return first
	}
	require.True(e, once("a", "1"))
	require.False(e, once("a", "1"))
	require.True(e, once("b", "1"))
	require.True(e, once("a", "2"))
}

func (e *storeEnv) addAccount(id account.ID, login account.Login) account.Account {
	a := account.Account{
		ID: id, Login: login, Nickname: "小明", Role: account.Operator, PasswordHash: "$argon2id$...", CreatedAt: e.now,
	}
	e.do(func(tx mall.Tx) error { return tx.AddAccount(a) })
	return a
}

func storeAccounts(e *storeEnv) {
	a := e.addAccount("acc_1", "ming@example.com")
	found, err := e.store.AccountByLogin(e.ctx, "ming@example.com")
	require.NoError(e, err)
	require.Equal(e, a, found)
	_, err = e.store.AccountByLogin(e.ctx, "hong@example.com")
	require.ErrorIs(e, err, mall.ErrNotFound)

	again := a
	again.ID = "acc_2"
	err = e.try(func(tx mall.Tx) error { return tx.AddAccount(again) })
	require.ErrorIs(e, err, mall.ErrDuplicate)
	names, err := e.store.Nicknames(e.ctx, []account.ID{"acc_1", "acc_2"})
	require.NoError(e, err)
	require.Equal(e, map[account.ID]string{"acc_1": "小明"}, names)
	names, err = e.store.Nicknames(e.ctx, nil)
	require.NoError(e, err)
	require.Empty(e, names)
}

func storeSessions(e *storeEnv) {
	a := e.addAccount("acc_1", "ming@example.com")
	s := account.Session{Hash: account.Token("secret").Hash(), Account: a.ID, StartedAt: e.now, SeenAt: e.now}
	e.do(func(tx mall.Tx) error { return tx.AddSession(s) })
	found, owner, err := e.store.Session(e.ctx, s.Hash)
	require.NoError(e, err)
	require.Equal(e, s, found)
	require.Equal(e, a, owner)

	s.SeenAt = e.now.Add(time.Hour)
	e.do(func(tx mall.Tx) error { return tx.SeeSession(s.Hash, s.SeenAt) })
	found, _, err = e.store.Session(e.ctx, s.Hash)
	require.NoError(e, err)
	require.Equal(e, s, found)

	for range 2 {
		e.do(func(tx mall.Tx) error { return tx.DropSession(s.Hash) })
		_, _, err = e.store.Session(e.ctx, s.Hash)
		require.ErrorIs(e, err, mall.ErrNotFound)
	}
}

func storeExpiredSessions(e *storeEnv) {
	for name, times := range map[string][2]time.Duration{
		"idle": {-2, -2}, "old": {-9, 0}, "live": {-2, 0},
	} {
		e.do(func(tx mall.Tx) error {
			return tx.AddSession(account.Session{
				Hash: account.TokenHash(name), Account: "acc_1", StartedAt: e.now.Add(times[0] * time.Hour), SeenAt: e.now.Add(times[1] * time.Hour),
			})
		})
	}
	e.addAccount("acc_1", "ming@example.com")
	drop := func(limit int) (n int) {
		e.do(func(tx mall.Tx) (err error) {
			n, err = tx.DropSessions(e.now.Add(-time.Hour), e.now.Add(-8*time.Hour), limit)
			return err
		})
		return n
	}
	require.Equal(e, 1, drop(1))
	require.Equal(e, 1, drop(9))
	require.Zero(e, drop(9))
	_, _, err := e.store.Session(e.ctx, "live")
	require.NoError(e, err)
}

func storeProducts(e *storeEnv) {
	p := e.addTeapot()
	found, err := e.store.Product(e.ctx, "teapot")
	require.NoError(e, err)
	require.Equal(e, p, found)
	_, err = e.store.Product(e.ctx, "kettle")
	require.ErrorIs(e, err, mall.ErrNotFound)

	p.Name, p.Shelf, p.Pictures, p.SKUs = "Pot", catalog.OffShelf, nil, []catalog.SKU{{ID: "green", Name: "绿", Price: 1, Stock: 3}, p.SKUs[0]}
	p.SKUs[1].Price = 99_00
	e.do(func(tx mall.Tx) error {
		locked, err := tx.LockProduct("teapot")
		require.NoError(e, err)
		require.Equal(e, found, locked)
		return tx.PutProduct(p)
	})
	p.Version = 2
	found, err = e.store.Product(e.ctx, "teapot")
	require.NoError(e, err)
	require.Equal(e, p, found, "a SKU left out is gone, the order is kept")

	listed, err := e.store.Products(e.ctx, mall.ProductQuery{Shelf: catalog.OnShelf, Limit: 9})
	require.NoError(e, err)
	require.Empty(e, listed)
	listed, err = e.store.Products(e.ctx, mall.ProductQuery{Limit: 9})
	require.NoError(e, err)
	require.Equal(e, []catalog.Product{p}, listed)
	listed, err = e.store.Products(e.ctx, mall.ProductQuery{Limit: 9, Before: mall.ProductCursor{CreatedAt: p.CreatedAt, ID: p.ID}})
	require.NoError(e, err)
	require.Empty(e, listed)
}

func storeStaleProducts(e *storeEnv) {
	p := e.addTeapot()
	err := e.try(func(tx mall.Tx) error { return tx.PutProduct(teapot()) })
	require.ErrorIs(e, err, mall.ErrDuplicate)
	e.do(func(tx mall.Tx) error { return tx.PutProduct(p) })
	err = e.try(func(tx mall.Tx) error { return tx.PutProduct(p) })
	require.ErrorIs(e, err, mall.ErrConflict)
	err = e.try(func(tx mall.Tx) error { _, err := tx.LockProduct("kettle"); return err })
	require.ErrorIs(e, err, mall.ErrNotFound)
}

func (e *storeEnv) stock() int {
	e.Helper()
	p, err := e.store.Product(e.ctx, "teapot")
	require.NoError(e, err)
	return p.SKUs[0].Stock
}

func storeStock(e *storeEnv) {
	p := e.addTeapot()
	e.do(func(tx mall.Tx) error { return tx.TakeStock("teapot", "red", 4) })
	require.Equal(e, 6, e.stock())
	for _, sku := range []catalog.SKUID{"red", "blue", "green"} {
		err := e.try(func(tx mall.Tx) error { return tx.TakeStock("teapot", sku, 7) })
		require.ErrorIs(e, err, mall.ErrStock, sku)
	}
	e.do(func(tx mall.Tx) error { return tx.ReturnStock("teapot", "red", 4) })
	require.Equal(e, 10, e.stock())
	err := e.try(func(tx mall.Tx) error { return tx.ReturnStock("teapot", "green", 1) })
	require.ErrorIs(e, err, mall.ErrNotFound)

	p.SKUs = p.SKUs[1:]
	e.do(func(tx mall.Tx) error { return tx.PutProduct(p) })
	err = e.try(func(tx mall.Tx) error { return tx.TakeStock("teapot", "red", 1) })
	require.ErrorIs(e, err, mall.ErrStock, "what was taken off the product cannot be bought")
	e.do(func(tx mall.Tx) error { return tx.ReturnStock("teapot", "red", 1) })
}

func storeStockAtOnce(e *storeEnv) {
	e.addTeapot()
	results := make([]error, 100)
	e.atOnce(100, func(i int) {
		results[i] = e.try(func(tx mall.Tx) error { return tx.TakeStock("teapot", "red", 1) })
	})
	taken := 0
	for _, err := range results {
		if err == nil {
			taken++
		} else {
			require.ErrorIs(e, err, mall.ErrStock)
		}
	}
	require.Equal(e, 10, taken)
	require.Zero(e, e.stock())
}

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
			o.Item.Quantity++
			return tx.PutOrder(o)
		})
		if err != nil {
			e.Error(err)
		}
	})
	require.Equal(e, 22, e.order("ord_1").Item.Quantity)
}

func storeDueOrders(e *storeEnv) {
	for _, id := range []order.ID{"ord_2", "ord_1", "ord_3"} {
		e.addOrder(id, "acc_1")
		e.now = e.now.Add(time.Minute)
	}
	due := func(status order.Status, limit int) (ids []order.ID) {
		orders, err := e.store.DueOrders(e.ctx, status, e.now, limit)
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
	buyers, err := e.store.OrderBuyers(e.ctx, []order.ID{"ord_1", "ord_2", "ord_9"})
	require.NoError(e, err)
	require.Equal(e, map[order.ID]account.ID{"ord_1": "acc_1", "ord_2": "acc_2"}, buyers)
	buyers, err = e.store.OrderBuyers(e.ctx, nil)
	require.NoError(e, err)
	require.Empty(e, buyers)
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
