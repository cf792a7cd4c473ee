package app

import (
	"context"
	"crypto/rand"
	"log/slog"
	"slices"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/cache/cachetest"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// engineNode is an engine on a node that does nothing by the clock: what it learns of others it was told.
func engineNode(t *testing.T, db *sqldb.DB, data, redisURL string) *groupbuy.Engine {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	shared, err := openCache(config.Redis{URL: redisURL, Timeout: 500 * time.Millisecond}, prometheus.NewRegistry(), log)
	require.NoError(t, err)
	sealer, err := loadSealer(config.Config{Data: data})
	require.NoError(t, err)
	engine, err := newEngine(db, groupbuystore.New(db, groupbuystore.WithSealer(sealer)), webhooks{}, nil, nil, shared.configChanged, func() {}, log)
	require.NoError(t, err)
	follower := shared.follow(topicConfig, engine.Refresh, log)
	for _, p := range []part{shared, follower} {
		require.NoError(t, p.Start(context.Background()))
		t.Cleanup(func() { require.NoError(t, p.Stop(context.Background())) })
	}
	return engine
}

// A change is in every node's memory before its next look by the clock.
func TestFanOut_ReachesOtherNodesWithoutPolling(t *testing.T) {
	const rounds = 30
	ctx := context.Background()
	redisURL := cachetest.Shared(t)
	db := sqldbtest.Open(t, sqldb.GroupBuy)
	data := t.TempDir()
	here, there := engineNode(t, db, data, redisURL), engineNode(t, db, data, redisURL)
	require.NoError(t, here.EnsurePartner(ctx, "shop", "A shop"))

	var took []time.Duration
	for range rounds {
		key, err := here.AddKey(ctx, partner.Key{ID: partner.KeyID("key_" + rand.Text()[:8]), Partner: "shop", Secret: rand.Text() + rand.Text()})
		require.NoError(t, err)
		began := time.Now()
		require.Eventually(t, func() bool {
			_, err := there.PartnerByKey(ctx, key.ID)
			return err == nil
		}, 20*time.Second, time.Millisecond)
		took = append(took, time.Since(began))
		_, err = here.RevokeKey(ctx, "shop", key.ID)
		require.NoError(t, err)
		require.Eventually(t, func() bool {
			_, err := there.PartnerByKey(ctx, key.ID)
			return err != nil
		}, 20*time.Second, time.Millisecond)
	}
	slices.Sort(took)
	t.Logf("numbers: a change reached the other node after %s in the middle and %s at most, of %d", took[rounds/2], took[rounds-1], rounds)
}
