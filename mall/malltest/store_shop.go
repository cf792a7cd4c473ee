package malltest

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/catalog"
)

func storeTransactions(e *storeEnv) {
	failed := errors.New("no")
	err := e.try(func(tx mall.Tx) error {
		require.Equal(e, e.now, tx.Now())
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
	hours := func(n int) time.Time { return e.now.Add(time.Duration(n) * time.Hour) }
	for name, times := range map[string][2]time.Time{
		"idle": {hours(-2), hours(-2)}, "old": {hours(-9), hours(0)}, "live": {hours(-2), hours(0)},
	} {
		e.do(func(tx mall.Tx) error {
			return tx.AddSession(account.Session{
				Hash: account.TokenHash(name), Account: "acc_1", StartedAt: times[0], SeenAt: times[1],
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
	covers := func(want map[catalog.ProductID]string, ids ...catalog.ProductID) {
		found, err := e.store.Covers(e.ctx, ids)
		require.NoError(e, err)
		require.Equal(e, want, found)
	}
	covers(map[catalog.ProductID]string{"teapot": "/a.jpg"}, "kettle", "teapot")
	covers(map[catalog.ProductID]string{})

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
	covers(map[catalog.ProductID]string{}, "teapot")
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

func storeScans(e *storeEnv) {
	add := func(id account.ScanID, at time.Time) account.Scan {
		s := account.Scan{ID: id, Browser: "browser", Status: account.ScanWaiting, StartedAt: at}
		e.do(func(tx mall.Tx) error { return tx.AddScan(s) })
		s.Version = 1
		return s
	}
	first, second := add("scan-1", e.now), add("scan-2", e.now.Add(time.Minute))
	e.do(func(tx mall.Tx) error {
		_, err := tx.LastScanOf("ming")
		require.ErrorIs(e, err, mall.ErrNotFound)
		_, err = tx.LockScan("scan-9")
		require.ErrorIs(e, err, mall.ErrNotFound)
		for _, s := range []*account.Scan{&second, &first} {
			locked, err := tx.LockScan(s.ID)
			require.NoError(e, err)
			require.Equal(e, *s, locked)
			require.True(e, s.See("ming", e.now))
			require.NoError(e, tx.PutScan(*s))
			require.ErrorIs(e, tx.PutScan(*s), mall.ErrConflict)
			s.Version++
		}
		last, err := tx.LastScanOf("ming")
		require.Equal(e, second, last)
		return err
	})
	found, err := e.store.Scan(e.ctx, "scan-1")
	require.NoError(e, err)
	require.Equal(e, first, found)
	marks, err := e.store.Marks(e.ctx, []mall.Watched{{Scan: "scan-1"}})
	require.NoError(e, err)
	require.NotEmpty(e, marks[mall.Watched{Scan: "scan-1"}])

	e.do(func(tx mall.Tx) error {
		n, err := tx.DropScans(e.now, 10)
		require.Equal(e, 1, n)
		return err
	})
	_, err = e.store.Scan(e.ctx, "scan-1")
	require.ErrorIs(e, err, mall.ErrNotFound)
	_, err = e.store.Scan(e.ctx, "scan-2")
	require.NoError(e, err)
}
