package groupbuy_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

func TestLock_TakesTheTermsOfTheTrial(t *testing.T) {
	w := newWorld(t)
	id := w.publish(func(a *activity.Activity) {
		a.MaxQuantity, a.TeamTTL, a.SeatTTL = 3, time.Hour, 10*time.Minute
		a.Limits = activity.Limits{Total: 5}
	})
	req := w.request(id, "ann")
	req.Quantity, req.ExpectedPrice = 3, 80_00
	wakes := w.wakes.Load()
	out := w.lock(req)
	require.Greater(t, w.wakes.Load(), wakes, "the relay is told of the events")
	seat := out.Seat
	require.Equal(t, [3]money.Fen{100_00, 80_00, 240_00}, [3]money.Fen{seat.Original, seat.PayPrice, seat.Amount})
	require.Equal(t, activity.Plan{Kind: activity.Reduce, Off: 20_00}, seat.Plan)
	require.Equal(t, activity.Limits{Total: 5}, seat.Limits)
	require.Equal(t, w.clock.Now().Add(10*time.Minute), seat.ExpiresAt)
	require.Equal(t, w.clock.Now().Add(time.Hour), out.Team.ExpiresAt)
	require.Equal(t, 2, out.Team.Target())
	w.requireSound()
}

func TestLock_Refusals(t *testing.T) {
	w := newWorld(t)
	_, err := w.PutPartner(w.ctx, "other", "Other")
	require.NoError(t, err)
	w.putGoods("cups", 50_00)
	id := w.publish(func(a *activity.Activity) { a.Channels = []activity.Channel{app} })
	cups := w.publish(func(a *activity.Activity) { a.Goods, a.MaxQuantity = []activity.GoodsID{"cups"}, 2 })
	paused := func() activity.ID {
		w.putGoods("pots", 50_00)
		id := w.publish(func(a *activity.Activity) { a.Goods = []activity.GoodsID{"pots"} })
		_, err := w.PauseActivity(w.ctx, id)
		require.NoError(t, err)
		return id
	}()
	gathering := w.open(id, "leader").Team
	for _, test := range []struct {
		name   string
		change func(req *groupbuy.LockRequest)
		code   groupbuy.Code
		param  string
	}{
		{"no piece", func(r *groupbuy.LockRequest) { r.Quantity = 0 }, "invalid", "quantity"},
		{"no number", func(r *groupbuy.LockRequest) { r.OutTradeNo = "" }, "invalid", "out_trade_no"},
		{"odd buyer", func(r *groupbuy.LockRequest) { r.Buyer = "a b" }, "invalid", "buyer_id"},
		{"odd channel", func(r *groupbuy.LockRequest) { r.Channel = "" }, "invalid", "channel"},
		{"unknown activity", func(r *groupbuy.LockRequest) { r.Activity = "act_0" }, groupbuy.CodeActivityNotFound, "activity_id"},
		{"an activity over other goods", func(r *groupbuy.LockRequest) { r.Activity = cups }, groupbuy.CodeActivityNotFound, "activity_id"},
		{"unknown goods", func(r *groupbuy.LockRequest) { r.Goods = "jars" }, "goods_not_found", ""},
		{"unknown SKU", func(r *groupbuy.LockRequest) { r.SKU = "black" }, "goods_not_found", ""},
		{"another channel", func(r *groupbuy.LockRequest) { r.Channel = "web" }, "channel_blocked", ""},
		{"paused", func(r *groupbuy.LockRequest) { r.Activity, r.Goods = paused, "pots" }, "activity_not_open", ""},
		{"too many pieces", func(r *groupbuy.LockRequest) { r.Quantity = 2 }, groupbuy.CodeQuantityExceeded, "quantity"},
		{"another price", func(r *groupbuy.LockRequest) { r.ExpectedPrice = 79_99 }, groupbuy.CodePriceChanged, "expected_price_fen"},
		{"unknown team", func(r *groupbuy.LockRequest) { r.Team = "team_0" }, "team_not_found", ""},
		{"a team of another activity", func(r *groupbuy.LockRequest) { r.Activity, r.Goods, r.Team = cups, "cups", gathering.ID }, "team_other_activity", ""},
		{"twice in a team", func(r *groupbuy.LockRequest) { r.Buyer, r.Team = "leader", gathering.ID }, "already_in_team", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			req := w.request(id, "ann")
			test.change(&req)
			_, err := w.Lock(w.ctx, mall, req)
			refusal := w.refusal(err, test.code)
			require.Equal(t, test.param, refusal.Param)
			_, _, err = w.Seat(w.ctx, mall, req.OutTradeNo)
			w.refused(err, "seat_not_found")
		})
	}
	_, err = w.Lock(w.ctx, "other", w.request(id, "ann"))
	w.refused(err, "goods_not_found")
	w.requireTeam(gathering.ID, team.Forming, 1, 0)
	w.requireSound()
}

func TestLock_PriceChangedCarriesThePrice(t *testing.T) {
	w := newWorld(t)
	id := w.publish(nil)
	req := w.request(id, "ann")
	req.ExpectedPrice = 80_00
	w.putGoods(tea, 110_00)
	_, err := w.Lock(w.ctx, mall, req)
	refusal := w.refusal(err, groupbuy.CodePriceChanged)
	require.Equal(t, money.Fen(90_00), refusal.CurrentPrice)
	req.ExpectedPrice = refusal.CurrentPrice
	require.Equal(t, money.Fen(90_00), w.lock(req).Seat.Amount)
}

// The first answer is given again whatever the rules say by now: the caller may have lost it.
func TestLock_ReplayIsAnsweredWhateverChanged(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(w *world, id activity.ID)
		now    groupbuy.Code // what a new request is told
	}{
		{"the price changed", func(w *world, _ activity.ID) { w.putGoods(tea, 150_00) }, groupbuy.CodePriceChanged},
		{"paused", func(w *world, id activity.ID) { _, _ = w.PauseActivity(w.ctx, id) }, "activity_not_open"},
		{"ended", func(w *world, id activity.ID) { _, _ = w.EndActivity(w.ctx, id) }, "activity_not_open"},
		{"the window is over", func(w *world, _ activity.ID) { w.clock.advance(48 * time.Hour) }, "activity_not_open"},
		{"forgotten", func(w *world, id activity.ID) {
			_, _ = w.EndActivity(w.ctx, id)
			w.clock.advance(2 * activity.MaxTTL)
			w.putGoods(tea, 150_00) // has the rules read anew
		}, groupbuy.CodeActivityNotFound},
		{"the goods lost the SKU", func(w *world, _ activity.ID) {
			_, _ = w.PutGoods(w.ctx, activity.Goods{Partner: mall, ID: tea, Name: "tea", SKUs: []activity.SKU{{ID: "black", Name: "black", OriginalPrice: 1}}})
		}, "goods_not_found"},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t)
			id := w.publish(nil)
			req := w.request(id, "ann")
			req.ExpectedPrice = 80_00
			first := w.lock(req)
			events := w.events()
			test.change(w, id)
			again := w.lock(req)
			w.replayed(first, again)
			if test.name == "the price changed" {
				require.Equal(t, events, w.events())
			}

			fresh := req
			fresh.OutTradeNo, fresh.Buyer = "order-new", "bob"
			_, err := w.Lock(w.ctx, mall, fresh)
			w.refused(err, test.now)
			other := req
			other.Buyer = "bob"
			_, err = w.Lock(w.ctx, mall, other)
			w.refused(err, "idempotency_mismatch")
		})
	}
}

// Three windows, never mixed: a team gathers on after its activity ended, unless the operator said otherwise; a
// seat's payment deadline is neither.
func TestLock_JoiningAfterTheActivityEnded(t *testing.T) {
	ways := map[string]func(w *world, id activity.ID){
		"by an operator": func(w *world, id activity.ID) { _, _ = w.EndActivity(w.ctx, id) },
		"by the clock":   func(w *world, _ activity.ID) { w.clock.advance(2 * time.Hour) },
	}
	for name, end := range ways {
		for _, closes := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				w := newWorld(t)
				id := w.publish(func(a *activity.Activity) {
					a.EndsAt, a.CloseTeamsAtEnd = w.clock.Now().Add(time.Hour), closes
				})
				opened := w.open(id, "ann")
				w.pay(opened.Seat)
				end(w, id)
				_, err := w.Lock(w.ctx, mall, w.request(id, "carl"))
				w.refused(err, "activity_not_open")
				req := w.request(id, "bob")
				req.Team = opened.Team.ID
				joined, err := w.Lock(w.ctx, mall, req)
				if closes {
					w.refused(err, "activity_not_open")
					return
				}
				require.NoError(t, err)
				require.Equal(t, team.FormedTeam, w.pay(joined.Seat).Seat.Settlement)
				w.requireSound()
			})
		}
	}
}

func TestSettle_FirstAnswerForEver(t *testing.T) {
	w := newWorld(t)
	id := w.publish(nil)
	ann := w.open(id, "ann")
	bob := w.join(ann.Team, "bob")
	require.Equal(t, team.Joined, w.pay(ann.Seat).Seat.Settlement)
	require.Equal(t, team.FormedTeam, w.pay(bob.Seat).Seat.Settlement)
	events, wakes := w.events(), w.wakes.Load()
	for range 3 {
		again := w.pay(ann.Seat)
		require.True(t, again.Replayed)
		require.Equal(t, team.Joined, again.Seat.Settlement, "although the team is formed by now")
	}
	require.Equal(t, events, w.events())
	require.Equal(t, wakes, w.wakes.Load(), "nothing new to relay")
	w.requireTeam(ann.Team.ID, team.Formed, 0, 2)

	pay := payment(ann.Seat)
	pay.ProviderNo = "another"
	_, err := w.Settle(w.ctx, mall, ann.Seat.Key.OutTradeNo, pay)
	w.refused(err, "idempotency_mismatch")
	_, err = w.Release(w.ctx, mall, ann.Seat.Key.OutTradeNo)
	w.refused(err, "seat_paid")
	w.requireSound()
}

func TestSettle_Refusals(t *testing.T) {
	w := newWorld(t)
	_, err := w.PutPartner(w.ctx, "other", "Other")
	require.NoError(t, err)
	seat := w.open(w.publish(nil), "ann").Seat
	for _, test := range []struct {
		name   string
		by     partner.ID
		change func(p *groupbuy.Payment)
		code   groupbuy.Code
		param  string
	}{
		{"no amount", mall, func(p *groupbuy.Payment) { p.Amount = 0 }, "invalid", "amount_fen"},
		{"no instant", mall, func(p *groupbuy.Payment) { p.PaidAt = time.Time{} }, "invalid", "paid_at"},
		{"no trade number", mall, func(p *groupbuy.Payment) { p.ProviderNo = "" }, "invalid", "provider_no"},
		{"one fen less", mall, func(p *groupbuy.Payment) { p.Amount-- }, "amount_mismatch", ""},
		{"one fen more", mall, func(p *groupbuy.Payment) { p.Amount++ }, "amount_mismatch", ""},
		{"somebody else's", "other", func(*groupbuy.Payment) {}, "seat_not_found", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			pay := payment(seat)
			test.change(&pay)
			_, err := w.Settle(w.ctx, test.by, seat.Key.OutTradeNo, pay)
			require.Equal(t, test.param, w.refusal(err, test.code).Param)
			w.requireSeat(seat.Key, team.Held)
		})
	}
	_, err = w.Settle(w.ctx, mall, "order-0", payment(seat))
	w.refused(err, "seat_not_found")
}

// A payment that comes when the seat is gone is recorded and answered; the money is not stuck.
func TestSettle_TooLateIsSentBack(t *testing.T) {
	w := newWorld(t)
	ann := w.open(w.publish(nil), "ann")
	_, err := w.Release(w.ctx, mall, ann.Seat.Key.OutTradeNo)
	require.NoError(t, err)
	w.requireTeam(ann.Team.ID, team.Failed, 0, 0)
	for range 2 {
		late := w.pay(ann.Seat)
		require.Equal(t, team.RefundRequired, late.Seat.Settlement)
		require.Equal(t, team.TeamNotForming, late.Seat.Reason)
	}
	out, err := w.ConfirmRefund(w.ctx, mall, ann.Seat.Key.OutTradeNo, "rf_1")
	require.NoError(t, err)
	require.Equal(t, "rf_1", out.Seat.RefundNo)
	require.Equal(t, []string{
		"activity.published", "team.opened", "seat.held", "seat.released", "team.failed", "seat.refund_required", "seat.refunded",
	}, w.events())
	w.requireSound()
}

func TestReleaseAndConfirmRefund_Replayed(t *testing.T) {
	w := newWorld(t)
	id := w.publish(nil)
	ann := w.open(id, "ann")
	bob := w.join(ann.Team, "bob")
	w.pay(bob.Seat)
	first, err := w.Release(w.ctx, mall, ann.Seat.Key.OutTradeNo)
	require.NoError(t, err)
	require.Equal(t, activity.Buyer("bob"), first.Team.Leader, "the lead passes to who has paid")
	events := w.events()
	again, err := w.Release(w.ctx, mall, ann.Seat.Key.OutTradeNo)
	require.NoError(t, err)
	w.replayed(first, again)
	require.Equal(t, events, w.events())

	confirm := func(no string) (team.Outcome, error) {
		return w.ConfirmRefund(w.ctx, mall, bob.Seat.Key.OutTradeNo, no)
	}
	_, err = confirm("rf_1")
	w.refused(err, "seat_not_refunding")
	_, err = confirm("rf 1")
	require.Equal(t, "out_request_no", w.refusal(err, groupbuy.CodeInvalid).Param)
	w.clock.advance(25 * time.Hour)
	_, err = w.ExpireTeams(w.ctx, 10)
	require.NoError(t, err)
	_, err = confirm("rf_1")
	require.NoError(t, err)
	replayed, err := confirm("rf_1")
	require.NoError(t, err)
	require.True(t, replayed.Replayed)
	require.Equal(t, team.Refunded, replayed.Seat.Status)
	_, err = confirm("rf_2")
	w.refused(err, "idempotency_mismatch")
	w.requireSound()
}

// Refunded and released seats no longer count against the buyer, who may try again.
func TestLock_LimitsForgetWhatCameToNothing(t *testing.T) {
	w := newWorld(t)
	id := w.publish(func(a *activity.Activity) {
		a.TeamTTL, a.Limits = time.Hour, activity.Limits{Open: 1, Join: 1, Total: 1}
	})
	paid := w.open(id, "ann")
	w.pay(paid.Seat)
	_, err := w.Lock(w.ctx, mall, w.request(id, "ann"))
	w.refused(err, "limit_open")
	w.clock.advance(time.Hour)
	_, err = w.ExpireTeams(w.ctx, 10)
	require.NoError(t, err)
	w.requireSeat(paid.Seat.Key, team.Refunding)
	again := w.open(id, "ann")
	_, err = w.Release(w.ctx, mall, again.Seat.Key.OutTradeNo)
	require.NoError(t, err)
	w.open(id, "ann")
	w.requireSound()
}

func TestSeatAndTeam_BelongToTheirPartner(t *testing.T) {
	w := newWorld(t)
	ann := w.open(w.publish(nil), "ann")
	_, err := w.PutPartner(w.ctx, "other", "Other")
	require.NoError(t, err)
	_, _, err = w.Seat(w.ctx, "other", ann.Seat.Key.OutTradeNo)
	w.refused(err, "seat_not_found")
	_, _, err = w.Team(w.ctx, "other", ann.Team.ID)
	w.refused(err, "team_not_found")
	_, err = w.Release(w.ctx, "other", ann.Seat.Key.OutTradeNo)
	w.refused(err, "seat_not_found")
	_, err = w.ConfirmRefund(w.ctx, "other", ann.Seat.Key.OutTradeNo, "rf_1")
	w.refused(err, "seat_not_found")
}
