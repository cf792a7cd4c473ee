package simulation

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"kaituan/mall/payment"
	"kaituan/money"
)

// channel is how one node of the mall reaches the provider.
type channel struct {
	payment.Channel // the rest of the port, bills: nothing in a story asks for them
	w               *world
	from            *node
}

// Page implements payment.Channel.
func (c channel) Page(_ context.Context, charge payment.Charge) (payment.PageURL, error) {
	c.w.meanwhile()
	return page(charge), nil
}

// ask carries a question to the provider and its answer back, or fails to.
func (c channel) ask(what string, answer func() error) error {
	w := c.w
	if err := w.leave(c.from, "before "+what); err != nil {
		return unknown(err)
	}
	w.meanwhile()
	down := w.now.Before(w.gateway.downUntil)
	if !down && w.hit(w.faults.gatewayDown, "gateway down") {
		down, w.gateway.downUntil = true, w.now.Add(w.between(time.Second, 5*time.Minute))
	}
	if down || w.hit(w.faults.gatewayLost, "question lost on the way to the gateway") {
		return unknown(errNetwork)
	}
	err := answer()
	w.meanwhile()
	if err := w.leave(c.from, "after "+what); err != nil {
		return unknown(err)
	}
	if w.hit(w.faults.gatewayMute, "gateway's answer lost") {
		return unknown(errNetwork)
	}
	return err
}

func unknown(err error) error { return fmt.Errorf("%w: %w", payment.ErrUnknown, err) }

// Query implements payment.Channel.
func (c channel) Query(_ context.Context, id payment.ID) (found payment.Trade, err error) {
	err = c.ask("query of "+string(id), func() error {
		found = c.w.gateway.query(id)
		return nil
	})
	return found, err
}

func (g *gateway) query(id payment.ID) payment.Trade {
	t := g.trades[id]
	if t == nil {
		return payment.Trade{Status: payment.TradeAbsent}
	}
	g.expire(t)
	return payment.Trade{Status: t.status, ProviderNo: t.no, Amount: t.amount, PaidAt: t.paidAt}
}

// Close implements payment.Channel.
func (c channel) Close(_ context.Context, id payment.ID) error {
	return c.ask("close of "+string(id), func() error {
		t := c.w.gateway.trades[id]
		if t == nil {
			return payment.ErrAbsent
		}
		c.w.gateway.expire(t)
		if t.status != payment.TradeWaiting {
			return payment.ErrNotClosable
		}
		t.status = payment.TradeClosed
		c.w.gateway.announce(t, 0)
		return nil
	})
}

// Refund implements payment.Channel.
func (c channel) Refund(_ context.Context, r payment.RefundOrder) (result payment.RefundResult, err error) {
	err = c.ask("refund "+string(r.RequestNo), func() (err error) {
		result, err = c.w.gateway.refund(r)
		return err
	})
	return result, err
}

func (g *gateway) refund(r payment.RefundOrder) (payment.RefundResult, error) {
	if before := g.refunds[r.RequestNo]; before != nil {
		if before.of != r.ID || before.amount != r.Amount {
			return payment.RefundResult{}, &payment.Rejection{Code: "ACQ.DISCORDANT_REPEAT_REQUEST"}
		}
		return before.result(g.w.now), nil
	}
	t := g.trades[r.ID]
	if t == nil || t.paidAt.IsZero() {
		return payment.RefundResult{}, &payment.Rejection{Code: "ACQ.TRADE_STATUS_ERROR"}
	}
	if r.Amount < 1 || g.sentBack(t)+r.Amount > t.amount {
		g.w.fail("refund %s of %d fen is more than is left of %s", r.RequestNo, r.Amount, t.id)
		return payment.RefundResult{}, &payment.Rejection{Code: "ACQ.REFUND_AMT_NOT_EQUAL_TOTAL"}
	}
	if g.w.hit(g.w.faults.refundRefused, "refund refused") {
		return payment.RefundResult{}, &payment.Rejection{Code: "ACQ.SELLER_BALANCE_NOT_ENOUGH"}
	}
	done := &refund{of: r.ID, amount: r.Amount, doneAt: g.w.now}
	if g.w.hit(g.w.faults.refundSlow, "refund slow") {
		done.doneAt = g.w.now.Add(g.w.between(time.Second, 20*time.Minute))
	}
	g.refunds[r.RequestNo] = done
	t.refunds = append(t.refunds, r.RequestNo)
	g.w.note("gateway sends %d fen of %s back as %s", r.Amount, t.id, r.RequestNo)
	if g.sentBack(t) == t.amount {
		t.status = payment.TradeClosed
	}
	g.announce(t, g.sentBack(t))
	return done.result(g.w.now), nil
}

func (r *refund) result(now time.Time) payment.RefundResult {
	if now.Before(r.doneAt) {
		return payment.RefundResult{}
	}
	return payment.RefundResult{Done: true, Amount: r.amount}
}

// sentBack is what of a trade went back.
func (g *gateway) sentBack(t *trade) money.Fen {
	var sum money.Fen
	for _, no := range t.refunds {
		sum += g.refunds[no].amount
	}
	return sum
}

// QueryRefund implements payment.Channel.
func (c channel) QueryRefund(_ context.Context, id payment.ID, no payment.RequestNo) (result payment.RefundResult, err error) {
	err = c.ask("query of refund "+string(no), func() error {
		if r := c.w.gateway.refunds[no]; r != nil && r.of == id {
			result = r.result(c.w.now)
		}
		return nil
	})
	return result, err
}

// ReadNotice implements payment.Channel.
func (channel) ReadNotice(form url.Values) (payment.Notice, error) {
	if form.Get("sign") != signature(form) {
		return payment.Notice{}, payment.ErrForged
	}
	amount, err := money.Parse(form.Get("total_amount"))
	if err != nil {
		return payment.Notice{}, fmt.Errorf("%w: %w", payment.ErrMalformed, err)
	}
	n := payment.Notice{
		NotifyID: form.Get("notify_id"), AppID: form.Get("app_id"), SellerID: form.Get("seller_id"),
		ID: payment.ID(form.Get("out_trade_no")), ProviderNo: form.Get("trade_no"),
		Status: payment.TradeStatus(form.Get("trade_status")), Amount: amount,
	}
	n.RefundFee, _ = money.Parse(form.Get("refund_fee"))
	n.PaidAt, _ = time.Parse(time.RFC3339Nano, form.Get("gmt_payment"))
	return n, nil
}
