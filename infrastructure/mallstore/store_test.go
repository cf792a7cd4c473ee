package mallstore_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/mall"
	"kaituan/mall/malltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestStore(t *testing.T) {
	for name, open := range map[string]func(testing.TB, sqldb.Service) *sqldb.DB{
		"sqlite": sqldbtest.Open, "mysql": sqldbtest.OpenMySQL,
	} {
		t.Run(name, func(t *testing.T) {
			malltest.RunStore(t, func(t *testing.T, clock func() time.Time) malltest.Store {
				return mallstore.New(open(t, sqldb.Mall), clock, nil)
			})
		})
	}
}

func TestInTx_WakesTheRelayAfterTheCommit(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Mall)
	woken := 0
	store := mallstore.New(db, time.Now, func() {
		woken++
		var rows int64
		require.NoError(t, db.Read(t.Context()).Table("outbox").Count(&rows).Error)
		require.EqualValues(t, 2, rows, "what it is woken for is there")
	})
	enqueue := func(fail error, tasks ...mall.Task) error {
		return store.InTx(t.Context(), func(_ context.Context, tx mall.Tx) error {
			require.NoError(t, tx.Enqueue(tasks...))
			return fail
		})
	}
	tasks := []mall.Task{{Topic: mall.TopicSettle, Subject: "ord_1"}, {Topic: mall.TopicRelease, Subject: "ord_2"}}
	require.ErrorIs(t, enqueue(mall.ErrStock, tasks...), mall.ErrStock)
	require.NoError(t, enqueue(nil))
	require.Zero(t, woken)
	require.NoError(t, enqueue(nil, tasks...))
	require.Equal(t, 1, woken)
}

func TestStore_DatabaseGone(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Mall)
	store := mallstore.New(db, time.Now, nil)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := store.InTx(ctx, func(context.Context, mall.Tx) error { return nil })
	require.ErrorIs(t, err, context.Canceled)
}
