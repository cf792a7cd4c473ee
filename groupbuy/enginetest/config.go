package enginetest

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
)

func configTests() []test {
	return []test{
		{"InTx_RollsBack", txRollsBack},
		{"InTx_OneTime", txOneTime},
		{"InTx_EndedContext", txEndedContext},
		{"Partners", partners},
		{"LockPartner_Serialises", lockPartnerSerialises},
		{"Keys", keys},
		{"Endpoints", endpoints},
		{"Goods", goods},
		{"Activity_Versions", activityVersions},
		{"Activity_NameTaken", activityNameTaken},
		{"Activity_Rivals", rivals},
		{"Activities_List", activityList},
		{"OpenStock", openStock},
		{"Config", config},
		{"Config_OneView", configOneView},
	}
}

func created(n int) time.Time { return time.UnixMilli(1_700_000_000_000 + int64(n)).UTC() }

func txRollsBack(e *env) {
	cause := errors.New("changed my mind")
	err := e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error {
		require.NoError(e, tx.PutPartner(partner.Partner{ID: mall, Name: "Mall", CreatedAt: created(1)}))
		require.NoError(e, tx.TouchConfig())
		return cause
	})
	require.ErrorIs(e, err, cause)
	_, err = e.store().Partner(e.ctx, mall)
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
}

func txOneTime(e *env) {
	e.inTx(func(tx groupbuy.Tx) error {
		now := tx.Now()
		require.Equal(e, now.Truncate(time.Millisecond), now)
		require.Equal(e, time.UTC, now.Location())
		require.Equal(e, now, tx.Now())
		return nil
	})
}

func txEndedContext(e *env) {
	ended, cancel := context.WithCancel(e.ctx)
	cancel()
	require.ErrorIs(e, e.store().InTx(ended, func(context.Context, groupbuy.Tx) error { return nil }), context.Canceled)
	_, err := e.store().Partners(ended)
	require.ErrorIs(e, err, context.Canceled)
}

func (e *env) putPartner(id partner.ID, n int) partner.Partner {
	e.Helper()
	p := partner.Partner{ID: id, Name: "商城 " + string(id), CreatedAt: created(n)}
	e.inTx(func(tx groupbuy.Tx) error { return tx.PutPartner(p) })
	return p
}

func partners(e *env) {
	second, first := e.putPartner("b", 2), e.putPartner("z", 1)
	list, err := e.store().Partners(e.ctx)
	require.NoError(e, err)
	require.Equal(e, []partner.Partner{first, second}, list)

	renamed := second
	renamed.Name, renamed.CreatedAt = "renamed", created(9)
	e.inTx(func(tx groupbuy.Tx) error { return tx.PutPartner(renamed) })
	got, err := e.store().Partner(e.ctx, "b")
	require.NoError(e, err)
	require.Equal(e, partner.Partner{ID: "b", Name: "renamed", CreatedAt: second.CreatedAt}, got)

	err = e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error { return tx.LockPartner("nobody") })
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
	_, err = e.store().Partner(e.ctx, "B") // ids differ by case
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
}

// lockPartnerSerialises has many transactions each add a key if there is none yet.
func lockPartnerSerialises(e *env) {
	e.putPartner(mall, 1)
	var all sync.WaitGroup
	for range 10 {
		all.Go(func() {
			err := e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error {
				if err := tx.LockPartner(mall); err != nil {
					return err
				}
				if keys, err := tx.Keys(mall); err != nil || len(keys) > 0 {
					return err
				}
				return tx.PutKey(partner.Key{ID: partner.KeyID(e.next("key_")), Partner: mall, Secret: "s", CreatedAt: tx.Now()})
			})
			if err != nil {
				e.Error(err)
			}
		})
	}
	all.Wait()
	keys, err := e.store().PartnerKeys(e.ctx, mall)
	require.NoError(e, err)
	require.Len(e, keys, 1)
}

func keys(e *env) {
	newer := partner.Key{ID: "key_a", Partner: mall, Secret: "s-a", CreatedAt: created(2)}
	older := partner.Key{ID: "key_b", Partner: mall, Secret: "s-b", CreatedAt: created(1)}
	e.inTx(func(tx groupbuy.Tx) error { return errors.Join(tx.PutKey(newer), tx.PutKey(older)) })
	older.RevokedAt = created(3)
	e.inTx(func(tx groupbuy.Tx) error { return tx.PutKey(older) })
	e.inTx(func(tx groupbuy.Tx) error {
		got, err := tx.Keys(mall)
		require.Equal(e, []partner.Key{older, newer}, got)
		return err
	})
	got, err := e.store().PartnerKeys(e.ctx, mall)
	require.NoError(e, err)
	require.Equal(e, []partner.Key{older, newer}, got)

	stolen := partner.Key{ID: "key_a", Partner: "other", Secret: "mine", CreatedAt: created(4)}
	err = e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error { return tx.PutKey(stolen) })
	require.ErrorIs(e, err, groupbuy.ErrDuplicate)
}

func endpoints(e *env) {
	first := partner.Endpoint{ID: "ep_z", Partner: mall, URL: "https://a.example/hook", Secrets: []string{"whsec_1"}, Status: partner.EndpointEnabled, CreatedAt: created(1)}
	second := partner.Endpoint{ID: "ep_a", Partner: mall, URL: "https://b.example/hook", Secrets: []string{"whsec_2", "whsec_3"}, Status: partner.EndpointEnabled, CreatedAt: created(2)}
	e.inTx(func(tx groupbuy.Tx) error { return errors.Join(tx.PutEndpoint(second), tx.PutEndpoint(first)) })
	first.URL, first.Secrets, first.Status = "https://c.example", []string{"whsec_4", "whsec_1"}, partner.EndpointDisabled
	e.inTx(func(tx groupbuy.Tx) error { return tx.PutEndpoint(first) })
	e.inTx(func(tx groupbuy.Tx) error {
		got, err := tx.Endpoint(mall, first.ID)
		require.NoError(e, err)
		require.Equal(e, first, got)
		all, err := tx.Endpoints(mall)
		require.NoError(e, err)
		require.Equal(e, []partner.Endpoint{first, second}, all)
		_, err = tx.Endpoint("other", first.ID)
		require.ErrorIs(e, err, groupbuy.ErrNotFound)
		stolen := second
		stolen.Partner = "other"
		require.ErrorIs(e, tx.PutEndpoint(stolen), groupbuy.ErrDuplicate)
		return nil
	})
	all, err := e.store().PartnerEndpoints(e.ctx, mall)
	require.NoError(e, err)
	require.Equal(e, []partner.Endpoint{first, second}, all)
}

func newGoods(p partner.ID, id activity.GoodsID) activity.Goods {
	return activity.Goods{Partner: p, ID: id, Name: "龙井 " + string(id), UpdatedAt: created(1), SKUs: []activity.SKU{
		{ID: "green", Name: "绿 🍵", OriginalPrice: 1000}, {ID: "black", Name: "红", OriginalPrice: 1200},
	}}
}

func goods(e *env) {
	cups, teas, theirs := newGoods(mall, "cups"), newGoods(mall, tea), newGoods("other", tea)
	e.inTx(func(tx groupbuy.Tx) error {
		return errors.Join(tx.PutGoods(teas), tx.PutGoods(cups), tx.PutGoods(theirs))
	})
	teas.Name, teas.SKUs, teas.UpdatedAt = "changed", teas.SKUs[1:], created(2)
	e.inTx(func(tx groupbuy.Tx) error { return tx.PutGoods(teas) })
	e.inTx(func(tx groupbuy.Tx) error {
		got, err := tx.Goods(mall, []activity.GoodsID{tea, "cups", "unknown"})
		require.NoError(e, err)
		require.Equal(e, []activity.Goods{cups, teas}, got)
		none, err := tx.Goods(mall, nil)
		require.Empty(e, none)
		return err
	})
}

// newActivity fills every field, so that reading it back proves all of them stored.
func newActivity(id activity.ID, name string) activity.Activity {
	return activity.Activity{
		ID: id, Partner: mall, Name: name, Status: activity.Draft, Goods: []activity.GoodsID{tea, "cups"}, Channels: []activity.Channel{app},
		Rules: []activity.Rule{
			{Plan: activity.Plan{Kind: activity.Percent, Share: 8500, Off: 1, From: 2, Price: 3}, Tag: "vip"},
			{Plan: activity.Plan{Kind: activity.Reduce, Off: 100}},
		},
		LeaderDiscount: 50, Tiers: []activity.Tier{{Size: 5, Plan: activity.Plan{Kind: activity.Fixed, Price: 700}}},
		Audience: activity.Audience{See: "known", Join: "gold"}, AllowBuyers: []activity.Buyer{"ann", "bob"}, DenyBuyers: []activity.Buyer{"eve"},
		BlockedChannels: []activity.Channel{"live"}, RolloutPercent: 30, NewBuyersOnly: true, InstantTag: "now", MinReal: 2, BuyAlone: true,
		TeamSize: 3, StartsAt: created(0), EndsAt: created(1000), TeamTTL: time.Hour, SeatTTL: 90 * time.Second, CloseTeamsAtEnd: true,
		MaxQuantity: 7, Limits: activity.Limits{Open: 1, Join: 2, Total: 3},
		Stock: []activity.Stock{{Goods: tea, SKU: green, Pieces: 9}}, CreatedAt: created(1), UpdatedAt: created(2),
	}
}

func (e *env) putActivities(list ...activity.Activity) {
	e.Helper()
	e.inTx(func(tx groupbuy.Tx) error {
		for _, a := range list {
			if err := tx.PutActivity(a); err != nil {
				return err
			}
		}
		return nil
	})
}

func activityVersions(e *env) {
	a := newActivity("act_1", "spring")
	e.putActivities(a)
	a.Version = 1
	got, err := e.store().ActivityByID(e.ctx, a.ID)
	require.NoError(e, err)
	require.Equal(e, a, got)

	a.Name, a.Status, a.Goods, a.Channels, a.Stock, a.UpdatedAt = "summer", activity.Published, []activity.GoodsID{tea}, nil, nil, created(3)
	e.putActivities(a)
	stale := e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error { return tx.PutActivity(a) })
	require.ErrorIs(e, stale, groupbuy.ErrConflict)
	a.Version = 2
	e.inTx(func(tx groupbuy.Tx) error {
		got, err := tx.Activity(a.ID)
		require.Equal(e, a, got)
		return err
	})
	_, err = e.store().ActivityByID(e.ctx, "act_none")
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
	e.inTx(func(tx groupbuy.Tx) error {
		_, err := tx.Activity("act_none")
		require.ErrorIs(e, err, groupbuy.ErrNotFound)
		return nil
	})
}

func activityNameTaken(e *env) {
	e.putActivities(newActivity("act_1", "spring"), newActivity("act_2", "summer"))
	theirs := newActivity("act_3", "spring")
	theirs.Partner = "other"
	e.putActivities(theirs)
	put := func(a activity.Activity) error {
		return e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error { return tx.PutActivity(a) })
	}
	require.ErrorIs(e, put(newActivity("act_4", "spring")), groupbuy.ErrDuplicate)
	renamed := newActivity("act_2", "spring")
	renamed.Version = 1
	require.ErrorIs(e, put(renamed), groupbuy.ErrDuplicate)
	require.NoError(e, put(newActivity("act_4", "Spring"))) // names differ by case
}

func rivals(e *env) {
	window := func(id activity.ID, status activity.Status, from, to int) activity.Activity {
		a := newActivity(id, string(id))
		a.Status, a.StartsAt, a.EndsAt = status, created(from), created(to)
		return a
	}
	e.putActivities(
		window("act_before", activity.Published, 0, 100), window("act_over", activity.Published, 50, 150),
		window("act_paused", activity.Paused, 120, 130), window("act_draft", activity.Draft, 100, 200),
		window("act_ended", activity.Ended, 100, 200), window("act_after", activity.Published, 200, 300))
	e.inTx(func(tx groupbuy.Tx) error {
		found, err := tx.Rivals(mall, created(100), created(200))
		require.Equal(e, []activity.ID{"act_over", "act_paused"}, activityIDs(found))
		none, _ := tx.Rivals("other", created(100), created(200))
		require.Empty(e, none)
		return err
	})
}

func activityIDs(list []activity.Activity) []activity.ID {
	var ids []activity.ID
	for _, a := range list {
		ids = append(ids, a.ID)
	}
	return ids
}

func activityList(e *env) {
	live, theirs := newActivity("act_3", "c"), newActivity("act_4", "d")
	live.Status, theirs.Partner = activity.Published, "other"
	e.putActivities(newActivity("act_1", "a"), newActivity("act_2", "b"), live, theirs)
	list := func(q groupbuy.ActivityQuery) []activity.ID {
		found, err := e.store().Activities(e.ctx, q)
		require.NoError(e, err)
		return activityIDs(found)
	}
	require.Equal(e, []activity.ID{"act_4", "act_3", "act_2", "act_1"}, list(groupbuy.ActivityQuery{Limit: 10}))
	require.Equal(e, []activity.ID{"act_3", "act_2"}, list(groupbuy.ActivityQuery{Partner: mall, Limit: 2}))
	require.Equal(e, []activity.ID{"act_1"}, list(groupbuy.ActivityQuery{Partner: mall, Before: "act_2", Limit: 2}))
	require.Equal(e, []activity.ID{"act_3"}, list(groupbuy.ActivityQuery{Status: activity.Published, Limit: 10}))
}

func openStock(e *env) {
	e.openStock(1)
	e.do(e.lock("ann"))
	e.openStock(1) // publishing again changes nothing
	require.NotEmpty(e, e.try(e.lock("bob")).Refusal)
	e.openStock(2)
	e.do(e.lock("bob"))
	err := e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error {
		return tx.OpenStock(act, []activity.Stock{{Goods: tea, SKU: green, Pieces: 1}})
	})
	require.ErrorIs(e, err, groupbuy.ErrConflict, "less than is taken")
}

func config(e *env) {
	before, err := e.store().ConfigVersion(e.ctx)
	require.NoError(e, err)
	statuses := map[activity.ID]activity.Status{"act_1": activity.Draft, "act_2": activity.Published, "act_3": activity.Paused}
	for id, status := range statuses {
		a := newActivity(id, string(id))
		a.Status, a.EndsAt = status, time.Now().UTC().Add(time.Minute-a.TeamTTL)
		e.putActivities(a)
	}
	past := newActivity("act_7", "past")
	past.Status, past.EndsAt = activity.Published, time.Now().UTC().Truncate(time.Millisecond).Add(-past.TeamTTL)
	longPast := newActivity("act_8", "long past")
	longPast.Status = activity.Paused
	e.putActivities(past, longPast)
	gathering, over := newActivity("act_4", "gathering"), newActivity("act_5", "over")
	gathering.Status, gathering.UpdatedAt = activity.Ended, time.Now().UTC()
	over.Status, over.UpdatedAt = activity.Ended, time.Now().UTC().Add(-over.TeamTTL)
	away := newActivity("act_6", "away")
	away.Status, away.UpdatedAt = activity.Archived, gathering.UpdatedAt
	e.putActivities(gathering, over, away)
	revoked := partner.Key{ID: "key_b", Partner: mall, Secret: "b", CreatedAt: created(2), RevokedAt: created(3)}
	live := partner.Key{ID: "key_a", Partner: mall, Secret: "a", CreatedAt: created(1)}
	e.inTx(func(tx groupbuy.Tx) error {
		return errors.Join(tx.PutGoods(newGoods(mall, tea)), tx.PutKey(live), tx.PutKey(revoked), tx.TouchConfig())
	})
	got, err := e.store().Config(e.ctx)
	require.NoError(e, err)
	require.Equal(e, before+1, got.Version)
	require.Equal(e, []activity.ID{"act_2", "act_3", "act_4", "act_6"}, activityIDs(got.Activities))
	past.Version = 1
	read, err := e.store().ActivityByID(e.ctx, past.ID)
	require.NoError(e, err)
	require.Equal(e, past, read, "what no buyer meets any more is still there")
	listed, err := e.store().Activities(e.ctx, groupbuy.ActivityQuery{Status: activity.Published, Limit: 9})
	require.NoError(e, err)
	require.Equal(e, []activity.ID{"act_7", "act_2"}, activityIDs(listed))
	require.Equal(e, []activity.Goods{newGoods(mall, tea)}, got.Goods)
	require.Equal(e, []partner.Key{live}, got.Keys)
}

// configOneView reads while goods change together with the version: both must be of the same transaction.
func configOneView(e *env) {
	base, err := e.store().ConfigVersion(e.ctx)
	require.NoError(e, err)
	var writer sync.WaitGroup
	writer.Go(func() {
		for n := range 50 {
			err := e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error {
				g := newGoods(mall, tea)
				g.UpdatedAt = created(n + 1)
				return errors.Join(tx.TouchConfig(), tx.PutGoods(g))
			})
			if err != nil {
				e.Error(err)
			}
		}
	})
	for got := base; got < base+50 && !e.Failed(); {
		c, err := e.store().Config(e.ctx)
		require.NoError(e, err)
		if got = c.Version; got > base {
			require.Equal(e, created(int(got-base)), c.Goods[0].UpdatedAt)
		}
	}
	writer.Wait()
}
