package groupbuy_test

import (
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/money"
)

// price is what an engine asks for goods outside of any activity.
func (w *world) price(engine *groupbuy.Engine, id activity.GoodsID) money.Fen {
	trial, err := engine.Trial(w.ctx, mall, groupbuy.TrialRequest{Buyer: "ann", Channel: app, Items: []groupbuy.TrialItem{{Goods: id, SKU: green}}})
	if err != nil {
		w.Errorf("trial of %s: %v", id, err)
		return 0
	}
	return trial.Quotes[0].Original
}

// Writers change prices as fast as they can; each must read its own change at once, and no reader may ever see an
// older price after a newer one.
func TestRules_EveryLoadAfterAChangeSeesIt(t *testing.T) {
	onEach(t, func(w *world) {
		const writers, changes = 4, 8
		goods := make([]activity.GoodsID, writers)
		for i := range goods {
			goods[i] = activity.GoodsID(fmt.Sprintf("goods-%d", i))
			w.putGoods(goods[i], 1)
		}
		stop := make(chan struct{})
		var readers sync.WaitGroup
		for range 2 {
			readers.Go(func() { w.readWhile(stop, goods) })
		}
		atOnce(writers, func(i int) {
			for n := range changes {
				set := money.Fen(n + 2)
				_, err := w.PutGoods(w.ctx, activity.Goods{Partner: mall, ID: goods[i], Name: "x", SKUs: []activity.SKU{{ID: green, Name: "x", OriginalPrice: set}}})
				if err != nil {
					w.Errorf("put %s: %v", goods[i], err)
				}
				if got := w.price(w.Engine, goods[i]); got != set {
					w.Errorf("%s cost %d right after it was set to %d", goods[i], got, set)
				}
			}
		})
		close(stop)
		readers.Wait()
	})
}

func (w *world) readWhile(stop <-chan struct{}, goods []activity.GoodsID) {
	last := map[activity.GoodsID]money.Fen{}
	for {
		select {
		case <-stop:
			return
		default:
		}
		for _, id := range goods {
			now := w.price(w.Engine, id)
			if now < last[id] {
				w.Errorf("%s went back from %d to %d", id, last[id], now)
			}
			last[id] = now
		}
	}
}

func TestRules_ChangesOfAnotherNodeAreSeenAfterRefresh(t *testing.T) {
	onEach(t, func(w *world) {
		other := w.secondNode()
		require.Equal(w, money.Fen(100_00), w.price(other, tea))
		w.putGoods(tea, 90_00)
		require.NoError(w, other.Refresh(w.ctx))
		require.Equal(w, money.Fen(90_00), w.price(other, tea))
	})
}

func TestRules_RefreshReadsOnlyWhatChanged(t *testing.T) {
	w := newWorld(t)
	require.NoError(t, w.Refresh(w.ctx))
	before := w.faults.configs.Load()
	require.NoError(t, w.Refresh(w.ctx))
	w.price(w.Engine, tea)
	require.Equal(t, before, w.faults.configs.Load())
}

// Registering goods must not make the next call, which only looks for its key, read all goods again.
func TestRules_KeysDoNotWaitForPrices(t *testing.T) {
	w := newWorld(t)
	key, err := w.CreateKey(w.ctx, mall)
	require.NoError(t, err)
	_, err = w.PartnerByKey(w.ctx, key.ID)
	require.NoError(t, err)
	before := w.faults.configs.Load()
	w.putGoods(tea, 90_00)
	_, err = w.PartnerByKey(w.ctx, key.ID)
	require.NoError(t, err)
	require.Equal(t, before, w.faults.configs.Load())
}

// While the database is away, prices come from memory as they were.
func TestRules_OldOnesServeWhileTheStoreIsAway(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, money.Fen(100_00), w.price(w.Engine, tea))
	w.faults.noVersion.Store(true)
	w.faults.noConfig.Store(true)
	require.ErrorIs(t, w.Refresh(w.ctx), groupbuy.ErrUnavailable)
	require.Equal(t, money.Fen(100_00), w.price(w.Engine, tea))
}

// A node that learns of a change but cannot read it goes on as if it had not learnt of it yet, and tries again.
func TestRules_OldOnesServeWhileAChangeElsewhereCannotBeRead(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, money.Fen(100_00), w.price(w.Engine, tea))
	other := w.secondNode()
	_, err := other.PutGoods(w.ctx, activity.Goods{Partner: mall, ID: tea, Name: "tea", SKUs: []activity.SKU{{ID: green, Name: "green", OriginalPrice: 90_00}}})
	require.NoError(t, err)
	w.faults.noConfig.Store(true)
	require.ErrorIs(t, w.Refresh(w.ctx), groupbuy.ErrUnavailable)
	require.Equal(t, money.Fen(100_00), w.price(w.Engine, tea))
	w.faults.noConfig.Store(false)
	require.NoError(t, w.Refresh(w.ctx))
	require.Equal(t, money.Fen(90_00), w.price(w.Engine, tea))
}

// A node that made a change itself promised it; it rather refuses than quotes a price that is no longer so.
func TestRules_OwnChangeIsNeverIgnored(t *testing.T) {
	w := newWorld(t)
	require.Equal(t, money.Fen(100_00), w.price(w.Engine, tea))
	key, err := w.CreateKey(w.ctx, mall)
	require.NoError(t, err)
	w.faults.noConfig.Store(true)
	w.putGoods(tea, 90_00)
	_, err = w.RevokeKey(w.ctx, mall, key.ID)
	require.NoError(t, err)
	_, err = w.Trial(w.ctx, mall, groupbuy.TrialRequest{Buyer: "ann", Channel: app, Items: []groupbuy.TrialItem{{Goods: tea, SKU: green}}})
	require.ErrorIs(t, err, groupbuy.ErrUnavailable)
	_, err = w.PartnerByKey(w.ctx, key.ID)
	require.ErrorIs(t, err, groupbuy.ErrUnavailable)
	_, err = w.Lock(w.ctx, mall, w.request("act_1", "ann"))
	require.ErrorIs(t, err, groupbuy.ErrUnavailable)
	_, err = w.Activities(w.ctx, mall, app)
	require.ErrorIs(t, err, groupbuy.ErrUnavailable)
	w.faults.noConfig.Store(false)
	require.Equal(t, money.Fen(90_00), w.price(w.Engine, tea))
	_, err = w.PartnerByKey(w.ctx, key.ID)
	require.ErrorIs(t, err, groupbuy.ErrNotFound)
}

func TestRules_FirstReadFails(t *testing.T) {
	w := newWorld(t)
	engine, store := w.engineOn(w.db)
	store.noConfig.Store(true)
	require.ErrorIs(t, engine.Refresh(w.ctx), groupbuy.ErrUnavailable)
	store.noConfig.Store(false)
	require.Equal(t, money.Fen(100_00), w.price(engine, tea))
}

func TestKeys_RevokedIsRefusedAtOnce(t *testing.T) {
	onEach(t, func(w *world) {
		other := w.secondNode()
		key, err := w.CreateKey(w.ctx, mall)
		require.NoError(w, err)
		for _, engine := range []*groupbuy.Engine{w.Engine, other} {
			require.NoError(w, engine.Refresh(w.ctx))
			found, err := engine.PartnerByKey(w.ctx, key.ID)
			require.NoError(w, err)
			require.Equal(w, key.Secret, found.Secret)
			require.Equal(w, mall, found.Partner)
		}
		w.clock.advance(time.Second)
		revoked, err := w.RevokeKey(w.ctx, mall, key.ID)
		require.NoError(w, err)
		require.Equal(w, w.clock.Now(), revoked.RevokedAt)
		_, err = w.PartnerByKey(w.ctx, key.ID)
		require.ErrorIs(w, err, groupbuy.ErrNotFound)
		require.NoError(w, other.Refresh(w.ctx))
		_, err = other.PartnerByKey(w.ctx, key.ID)
		require.ErrorIs(w, err, groupbuy.ErrNotFound)
	})
}
