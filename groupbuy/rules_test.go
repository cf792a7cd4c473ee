package groupbuy_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	crowds "kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// crowd is the members of tags, as tests set them. A tag that none was set for was never built.
type crowd struct {
	mu   sync.RWMutex
	tags map[activity.TagID][]activity.Buyer
}

func (c *crowd) Tagged(p partner.ID, tag activity.TagID, b activity.Buyer) activity.Membership {
	c.mu.RLock()
	defer c.mu.RUnlock()
	members, built := c.tags[tag]
	switch {
	case !built || p != mall:
		return activity.NeverBuilt
	case slices.Contains(members, b):
		return activity.In
	default:
		return activity.NotIn
	}
}

// tag makes a manual tag with members.
func (w *world) tag(id activity.TagID, members ...activity.Buyer) {
	w.Helper()
	w.crowd.mu.Lock()
	if w.crowd.tags == nil {
		w.crowd.tags = map[activity.TagID][]activity.Buyer{}
	}
	w.crowd.tags[id] = members
	w.crowd.mu.Unlock()
	require.NoError(w, w.faults.InTx(w.ctx, func(_ context.Context, tx groupbuy.Tx) error {
		return tx.PutTag(crowds.Tag{ID: id, Partner: mall, Name: string(id), Kind: crowds.Manual, CreatedAt: tx.Now(), UpdatedAt: tx.Now()})
	}))
}

func off(fen money.Fen) activity.Plan { return activity.Plan{Kind: activity.Reduce, Off: fen} }

func (w *world) trial(buyer activity.Buyer, change func(r *groupbuy.TrialRequest)) groupbuy.Trial {
	w.Helper()
	req := groupbuy.TrialRequest{Buyer: buyer, Channel: app, Items: []groupbuy.TrialItem{{tea, green}}}
	if change != nil {
		change(&req)
	}
	trial, err := w.Trial(w.ctx, mall, req)
	require.NoError(w, err)
	return trial
}

// The price of a lock is that of the trial, and the seat remembers which rule made it.
func TestLock_RemembersTheRule(t *testing.T) {
	onEach(t, func(w *world) {
		w.tag("vip", "ann")
		id := w.publish(func(a *activity.Activity) {
			a.Rules = append(a.Rules, activity.Rule{Plan: off(30_00), Tag: "vip"})
			a.LeaderDiscount = 5_00
		})
		require.Equal(w, money.Fen(65_00), w.trial("ann", nil).Quotes[0].PayPrice)
		opened := w.open(id, "ann").Seat
		require.Equal(w, activity.TagID("vip"), opened.Tag)
		require.Equal(w, off(30_00), opened.Plan)
		require.Equal(w, [2]money.Fen{65_00, 5_00}, [2]money.Fen{opened.PayPrice, opened.LeaderDiscount})
		stored := w.requireSeat(opened.Key, team.Held)
		require.Equal(w, opened.Tag, stored.Tag)
		require.Equal(w, opened.LeaderDiscount, stored.LeaderDiscount)

		_, found, err := w.Seat(w.ctx, mall, opened.Key.OutTradeNo)
		require.NoError(w, err)
		joined := w.join(found, "bob").Seat
		require.Empty(w, joined.Tag)
		require.Equal(w, [2]money.Fen{80_00, 0}, [2]money.Fen{joined.PayPrice, joined.LeaderDiscount})
		w.requireSound()
	})
}

// Who leaves a tag between trial and lock is told the price of now.
func TestLock_PriceChangedWithTheTag(t *testing.T) {
	w := newWorld(t)
	w.tag("vip", "ann")
	id := w.publish(func(a *activity.Activity) { a.Rules = append(a.Rules, activity.Rule{Plan: off(30_00), Tag: "vip"}) })
	req := w.request(id, "ann")
	req.ExpectedPrice = w.trial("ann", nil).Quotes[0].PayPrice
	w.crowd.mu.Lock()
	w.crowd.tags["vip"] = nil
	w.crowd.mu.Unlock()
	_, err := w.Lock(w.ctx, mall, req)
	require.Equal(t, money.Fen(80_00), w.refusal(err, groupbuy.CodePriceChanged).CurrentPrice)
	req.ExpectedPrice = 80_00
	w.lock(req)
}

// Whatever the trial refuses the lock refuses, with the same code.
func TestLock_RefusesWhatTheTrialRefuses(t *testing.T) {
	w := newWorld(t)
	w.tag("gold", "bob")
	for want, change := range map[activity.Reason]func(a *activity.Activity){
		activity.ReasonRolledOut:      func(a *activity.Activity) { a.RolloutPercent = 0 },
		activity.ReasonChannelBlocked: func(a *activity.Activity) { a.BlockedChannels = []activity.Channel{app} },
		activity.ReasonBuyerDenied:    func(a *activity.Activity) { a.DenyBuyers = []activity.Buyer{"zoe", "ann"} },
		activity.ReasonAudience:       func(a *activity.Activity) { a.Audience.Join = "gold" },
	} {
		id := w.publish(change)
		quote := w.trial("ann", func(r *groupbuy.TrialRequest) { r.Activity = id }).Quotes[0]
		require.Equal(t, want, quote.Reason)
		_, err := w.Lock(w.ctx, mall, w.request(id, "ann"))
		w.refused(err, groupbuy.Code(want))
		_, err = w.EndActivity(w.ctx, id)
		require.NoError(t, err)
	}
	id := w.publish(nil)
	w.putGoods(tea, 20_00) // the partner lowers its price to what the activity takes off
	quote := w.trial("ann", func(r *groupbuy.TrialRequest) { r.Activity = id }).Quotes[0]
	require.Equal(t, activity.ReasonNoPrice, quote.Reason)
	require.False(t, quote.Visible)
	_, err := w.Lock(w.ctx, mall, w.request(id, "ann"))
	w.refused(err, groupbuy.Code(activity.ReasonNoPrice))
	_, err = w.ChangeSettings(w.ctx, activity.Settings{Downgraded: true, RolloutPercent: 100})
	require.NoError(t, err)
	_, err = w.Lock(w.ctx, mall, w.request(id, "ann"))
	w.refused(err, groupbuy.Code(activity.ReasonDowngraded))
}

// The tag of all who ever paid may be behind; who takes a seat is looked up exactly.
func TestLock_NewBuyersAreLookedUp(t *testing.T) {
	w := newWorld(t)
	w.tag(activity.PaidBuyers + ".test") // another tag: the built-in one is there already
	id := w.publish(func(a *activity.Activity) { a.NewBuyersOnly = true })
	opened := w.open(id, "ann")
	require.Equal(t, activity.ReasonNewBuyersOnly, w.trial("bob", func(r *groupbuy.TrialRequest) { r.Joining = true }).Quotes[0].Reason)
	w.join(opened.Team, "bob")
}

// Opening for a member of the instant tag forms the team by one payment.
func TestLock_Instant(t *testing.T) {
	w := newWorld(t)
	w.tag("now", "ann")
	id := w.publish(func(a *activity.Activity) { a.InstantTag = "now" })
	require.True(t, w.trial("ann", nil).Quotes[0].Instant)
	opened := w.open(id, "ann")
	require.Equal(t, team.FormedTeam, w.pay(opened.Seat).Seat.Settlement)
	w.requireTeam(opened.Team.ID, team.Formed, 0, 1)
	require.Equal(t, 2, w.open(id, "bob").Team.Target())
	w.requireSound()
}

func TestTrial_Explain(t *testing.T) {
	onEach(t, func(w *world) {
		id := w.publish(func(a *activity.Activity) {
			a.Limits = activity.Limits{Open: 1, Total: 3}
			a.Stock = []activity.Stock{{Goods: tea, SKU: green, Pieces: 2}}
		})
		explain := func(buyer activity.Buyer, change func(r *groupbuy.TrialRequest)) (activity.Quote, map[string]activity.Verdict) {
			trial := w.trial(buyer, func(r *groupbuy.TrialRequest) {
				r.Explain = true
				if change != nil {
					change(r)
				}
			})
			require.Len(w, trial.Verdicts, 1)
			byRule := map[string]activity.Verdict{}
			for _, v := range trial.Verdicts[0] {
				byRule[v.Rule] = v
			}
			return trial.Quotes[0], byRule
		}
		quote, verdicts := explain("ann", nil)
		require.True(w, quote.Joinable)
		require.Len(w, verdicts, 13, "eight checks, three limits, stock, one price")
		require.Equal(w, "2", verdicts["stock_out"].Value)

		opened := w.open(id, "ann")
		quote, verdicts = explain("ann", nil)
		require.Equal(w, activity.Reason(team.LimitOpen), quote.Reason)
		require.False(w, quote.Joinable)
		require.False(w, verdicts["limit_open"].OK)
		require.Equal(w, "1", verdicts["limit_open"].Value)
		require.True(w, verdicts["limit_total"].OK)
		require.Equal(w, "1", verdicts["stock_out"].Value)
		quote, _ = explain("ann", func(r *groupbuy.TrialRequest) { r.Joining = true })
		require.True(w, quote.Joinable)

		w.join(opened.Team, "bob")
		quote, _ = explain("cleo", nil)
		require.Equal(w, activity.Reason(team.StockOut), quote.Reason)
		_, err := w.Lock(w.ctx, mall, w.request(id, "cleo"))
		w.refused(err, groupbuy.Code(team.StockOut))

		quote, verdicts = explain("ann", func(r *groupbuy.TrialRequest) { r.Activity = "act_0" })
		require.Equal(w, activity.ReasonNoActivity, quote.Reason)
		require.Len(w, verdicts, 1)
		_, err = w.Trial(w.ctx, mall, groupbuy.TrialRequest{Buyer: "ann", Channel: app, Items: []groupbuy.TrialItem{{tea, green}}, Activity: "a b"})
		require.Equal(w, "activity_id", w.refusal(err, groupbuy.CodeInvalid).Param)
	})
}

func TestDryRun(t *testing.T) {
	w := newWorld(t)
	w.tag("vip", "ann")
	a := w.draft("later")
	a.StartsAt = w.clock.Now().Add(time.Hour)
	a.Rules = append(a.Rules, activity.Rule{Plan: off(30_00), Tag: "vip"})
	draft, err := w.CreateActivity(w.ctx, a)
	require.NoError(t, err)
	req := groupbuy.TrialRequest{Buyer: "ann", Channel: app, Items: []groupbuy.TrialItem{{tea, green}, {"jars", green}}}
	found, trial, err := w.DryRun(w.ctx, draft.ID, req, time.Time{})
	require.NoError(t, err)
	require.Equal(t, activity.Draft, found.Status)
	require.Equal(t, money.Fen(70_00), trial.Quotes[0].PayPrice)
	require.Equal(t, activity.ReasonActivityNotOpen, trial.Quotes[0].Reason)
	require.Equal(t, activity.ReasonGoodsNotFound, trial.Quotes[1].Reason)
	require.Len(t, trial.Verdicts, 2)
	_, trial, err = w.DryRun(w.ctx, draft.ID, req, w.clock.Now().Add(2*time.Hour))
	require.NoError(t, err)
	require.True(t, trial.Quotes[0].Joinable)
	require.Empty(t, w.events(), "nothing happened")

	_, _, err = w.DryRun(w.ctx, "act_0", req, time.Time{})
	w.refused(err, groupbuy.CodeActivityNotFound)
	_, _, err = w.DryRun(w.ctx, draft.ID, groupbuy.TrialRequest{Buyer: "ann", Channel: app}, time.Time{})
	require.Equal(t, "items", w.refusal(err, groupbuy.CodeInvalid).Param)
}

func TestPublishActivity_UnknownTags(t *testing.T) {
	onEach(t, func(w *world) {
		w.tag("vip")
		a := w.draft("x")
		a.Audience, a.InstantTag = activity.Audience{See: "vip", Join: "gold"}, activity.PaidBuyers
		created, err := w.CreateActivity(w.ctx, a)
		require.NoError(w, err)
		_, err = w.PublishActivity(w.ctx, created.ID)
		refusal := w.refusal(err, groupbuy.CodeActivityInvalid)
		require.Equal(w, []activity.Fault{{Param: "audience.join", Value: "gold", Detail: "the partner has no tag gold"}}, refusal.Faults)
		w.tag("gold")
		_, err = w.PublishActivity(w.ctx, created.ID)
		require.NoError(w, err)
	})
}

// A snapshot is whole or not there: prices that were changed together are seen together, however many read meanwhile.
func TestRules_NobodySeesHalfASnapshot(t *testing.T) {
	w := newWorld(t)
	w.publish(func(a *activity.Activity) { a.Rules[0].Plan = activity.Plan{Kind: activity.Percent, Share: 5000} })
	skus := func(price money.Fen) activity.Goods {
		g := activity.Goods{Partner: mall, ID: tea, Name: "tea"}
		for i := range 50 {
			g.SKUs = append(g.SKUs, activity.SKU{ID: activity.SKUID(fmt.Sprintf("s%d", i)), Name: "x", OriginalPrice: price})
		}
		return g
	}
	_, err := w.PutGoods(w.ctx, skus(100))
	require.NoError(t, err)
	var done atomic.Bool
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for !done.Load() {
				w.readWhole()
			}
		})
	}
	for n := range 60 {
		_, err := w.PutGoods(w.ctx, skus(money.Fen(100*(n+2))))
		require.NoError(t, err)
	}
	done.Store(true)
	readers.Wait()
}

func (w *world) readWhole() {
	req := groupbuy.TrialRequest{Buyer: "ann", Channel: app}
	for i := range 50 {
		req.Items = append(req.Items, groupbuy.TrialItem{Goods: tea, SKU: activity.SKUID(fmt.Sprintf("s%d", i))})
	}
	trial, err := w.Trial(w.ctx, mall, req)
	if err != nil {
		w.Errorf("trial: %v", err)
		return
	}
	first := trial.Quotes[0]
	for _, q := range trial.Quotes {
		if q.Activity == nil || q.PayPrice*2 != q.Original || q.Original != first.Original || !q.Joinable {
			w.Errorf("half a snapshot: %+v beside %+v", q, first)
			return
		}
	}
}
