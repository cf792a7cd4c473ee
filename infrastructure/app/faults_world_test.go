package app_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/app"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/sandbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
	"kaituan/mall/account"
)

// The tests TestFaults_* play what goes wrong in the field, many times at once; docs/faults.md lists them.

// atOnce does something n times at the same moment and waits. What do finds wrong it must tell, not require: it runs
// on a goroutine of its own.
func atOnce(n int, do func(i int)) {
	var all sync.WaitGroup
	start := make(chan struct{})
	for i := range n {
		all.Go(func() {
			<-start
			do(i)
		})
	}
	close(start)
	all.Wait()
}

// crowd is n people who are signed in. They come straight into the books: making hundreds of passwords takes longer
// than whatever they do.
func (w *world) crowd(n int) []*buyer {
	w.t.Helper()
	people := make([]*buyer, n)
	accounts := make([]account.Account, n)
	sessions := make([]account.Session, n)
	for i := range people {
		token, err := account.NewToken(rand.Reader)
		require.NoError(w.t, err)
		id, now := account.ID("acc_"+rand.Text()), time.Now().UTC().Truncate(time.Millisecond)
		people[i] = &buyer{w: w, token: string(token)}
		accounts[i] = account.Account{
			ID: id, Login: account.Login(fmt.Sprintf("%s@example.com", id)), Nickname: string(id), Role: account.Buyer, PasswordHash: "none", CreatedAt: now,
		}
		sessions[i] = account.Session{Hash: token.Hash(), Account: id, StartedAt: now, SeenAt: now}
	}
	w.inMall(func(tx mall.Tx) error {
		for i := range people {
			if err := tx.AddAccount(accounts[i]); err != nil {
				return err
			}
			if err := tx.AddSession(sessions[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return people
}

// inMall writes into the mall's books past the shop.
func (w *world) inMall(write func(tx mall.Tx) error) {
	w.t.Helper()
	store := mallstore.New(w.book(sqldb.Mall), time.Now, nil)
	require.NoError(w.t, store.InTx(context.Background(), func(_ context.Context, tx mall.Tx) error { return write(tx) }))
}

// faults are the scripts of the simulated Alipay in the instance.
func (w *world) faults() sandbox.Faults {
	w.t.Helper()
	keys, err := sandbox.LoadOrCreateKeys(w.config.Data)
	require.NoError(w.t, err)
	box, err := sandbox.New(sandbox.Config{Path: filepath.Join(w.config.Data, "sandbox.db"), Keys: keys})
	require.NoError(w.t, err)
	w.t.Cleanup(func() { require.NoError(w.t, box.Close()) })
	return box.Faults()
}

func (w *world) script(scripts ...sandbox.Script) {
	w.t.Helper()
	faults := w.faults()
	for _, s := range scripts {
		_, err := faults.Script(context.Background(), s)
		require.NoError(w.t, err, "%+v", s)
	}
}

// twin starts a second instance with everything on the same data, and returns its own address; others know both by that
// of the first.
func (w *world) twin() string {
	w.t.Helper()
	flags := map[string]string{
		"data": w.config.Data, "listen": freePort(w.t), "private_listen": freePort(w.t), "demo_data": "false", "mall.ship_after": "0s",
		"groupbuy.db": w.config.GroupBuy.DB, "mall.db": w.config.Mall.DB, "public_url": w.app.PublicURL(),
	}
	c, err := config.Load(config.Source{Flags: flags})
	require.NoError(w.t, err)
	instance, err := app.New(context.Background(), c, slog.New(slog.DiscardHandler))
	require.NoError(w.t, err)
	require.NoError(w.t, instance.Start(context.Background()))
	w.t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(w.t, instance.Stop(ctx))
	})
	return "http://" + c.Listen
}

// endurance bounds what hundreds do at once on a machine that is busy with other tests.
const endurance = 5 * patience

// persist does something again and again until it says that it is done, as people and gateways do that were told to
// come back: a machine that is slow may refuse anybody for a while. It says whether it came to that.
func persist(done func() bool) bool {
	for end := time.Now().Add(endurance); time.Now().Before(end); time.Sleep(pace) {
		if done() {
			return true
		}
	}
	return false
}

// hurry lets everything be due now that the mall would ask the gateway about later.
func (w *world) hurry() {
	w.t.Helper()
	w.do(sqldb.Mall, "UPDATE payments SET next_ask_at = 1 WHERE next_ask_at > 1")
	w.do(sqldb.Mall, "UPDATE refunds SET next_at = 1 WHERE next_at > 1")
}

// count reads one number from a database.
func (w *world) count(service sqldb.Service, query string, args ...any) (n int) {
	w.t.Helper()
	require.NoError(w.t, w.book(service).Read(context.Background()).Raw(query, args...).Scan(&n).Error)
	return n
}

// eventually waits for what the system does by itself.
func (w *world) eventually(why string, holds func() bool) {
	w.t.Helper()
	require.Eventually(w.t, holds, patience, pace, why)
}
