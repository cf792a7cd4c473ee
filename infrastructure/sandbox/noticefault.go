package sandbox

import (
	"context"
	"database/sql"
	"fmt"
	"net/url"
	"slices"
	"sync"
	"time"
)

// about tells what a notice is about from what it says.
func (n notice) about() Event {
	switch {
	case n.fields["out_biz_no"] != "":
		return Refunded
	case n.fields["trade_status"] == string(StatusClosed):
		return Closed
	default:
		return Paid
	}
}

// firstSending is when a new notice is due, and in which state it waits: at once, unless Late or Held strikes. One
// notice of a trade is held at a time, as it is the next one that sets it free.
func firstSending(ctx context.Context, tx *sql.Tx, n notice) (state string, at time.Time, err error) {
	var held bool
	err = tx.QueryRowContext(ctx, "SELECT count(*) > 0 FROM notices WHERE out_trade_no = ? AND state = ?", n.trade, noticeHeld).Scan(&held)
	if err != nil {
		return "", time.Time{}, fmt.Errorf("sandbox: find held notices: %w", err)
	}
	hits, err := strikeIn(ctx, tx, n.trade, OnNotice, func(s Script) bool {
		return s.suits(n.about(), Late, Held) && (s.Fault == Late || !held)
	})
	if err != nil {
		return "", time.Time{}, err
	}
	if i := slices.IndexFunc(hits, func(s Script) bool { return s.Fault == Held }); i >= 0 {
		if hits[i].Delay == 0 {
			return noticeHeld, time.Time{}, nil
		}
		return noticeHeld, n.at.Add(hits[i].Delay), nil
	}
	var late time.Duration
	for _, s := range hits {
		late = max(late, s.Delay)
	}
	return noticePending, n.at.Add(late), nil
}

// letGo makes the notices that are held back due: of one trade, or of all when it is empty.
func letGo(ctx context.Context, tx *sql.Tx, outTradeNo string, now time.Time) error {
	text, args := "UPDATE notices SET state = ?, next_at = ? WHERE state = ?", []any{noticePending, ms(now), noticeHeld}
	if outTradeNo != "" {
		text, args = text+" AND out_trade_no = ?", append(args, outTradeNo)
	}
	_, err := tx.ExecContext(ctx, text, args...)
	if err != nil {
		return fmt.Errorf("sandbox: let go of notices: %w", err)
	}
	return nil
}

// plan is what the scripts make of one sending.
type plan struct {
	unsent    string // why the true notice does not leave; empty: it does
	copies    int    // how many of it leave at once
	forgeries []Script
}

func (s *Sandbox) plan(ctx context.Context, n notice) (plan, error) {
	hits, err := s.db.strikeAll(ctx, n.trade, OnNotice, n.about(), Lost, Doubled, Forged)
	p := plan{copies: 1}
	for _, hit := range hits {
		switch hit.Fault {
		case Doubled:
			p.copies = max(p.copies, hit.Copies)
		case Forged:
			p.forgeries = append(p.forgeries, hit)
		}
		if hit.Fault == Lost || hit.Instead {
			p.unsent = fmt.Sprintf("%s by fault script %d", hit.Fault, hit.ID)
		}
	}
	return p, err
}

// carryOut sends the forgeries and then, or else, the true notice. Only what answers the first true copy counts for
// the schedule.
func (s *Sandbox) carryOut(ctx context.Context, n notice, p plan) (attempt, error) {
	for _, f := range p.forgeries {
		if _, err := s.sendForged(ctx, n, f); err != nil {
			return attempt{}, err
		}
	}
	a := attempt{Number: n.attempts + 1, Sending: Sending{SentAt: s.now(), Fault: p.unsent}}
	if p.unsent != "" {
		return a, nil
	}
	form, err := s.noticeForm(n, a.SentAt)
	if err != nil {
		return attempt{}, err
	}
	sent := make([]Sending, p.copies)
	var group sync.WaitGroup
	for i := range sent {
		group.Go(func() { sent[i] = s.deliver(ctx, n.url, form) })
	}
	group.Wait()
	a.Sending = sent[0]
	for _, further := range sent[1:] {
		if err := s.keepExtra(ctx, n, "", further); err != nil {
			return attempt{}, err
		}
	}
	return a, nil
}

func (s *Sandbox) sendForged(ctx context.Context, n notice, script Script) (Sending, error) {
	form, err := s.noticeForm(n, s.now())
	if err != nil {
		return Sending{}, err
	}
	if err := s.forge(form, script); err != nil {
		return Sending{}, err
	}
	sent := s.deliver(ctx, n.url, form)
	s.cfg.Logger.Info("sandbox: forged notice sent", "notify_id", n.id, "out_trade_no", n.trade, "field", script.Field,
		"status", sent.HTTPStatus, "fault", sent.Fault)
	return sent, s.keepExtra(ctx, n, script.Field+"="+form.Get(script.Field), sent)
}

func (s *Sandbox) keepExtra(ctx context.Context, n notice, forged string, d Sending) error {
	_, err := s.db.write.ExecContext(ctx, `INSERT INTO extras (notify_id, out_trade_no, forged, sent_at, http_status, answer, fault)
		VALUES (?, ?, ?, ?, ?, ?, ?)`, n.id, n.trade, forged, ms(d.SentAt), d.HTTPStatus, d.Answer, d.Fault)
	if err != nil {
		return fmt.Errorf("sandbox: write sending: %w", err)
	}
	return nil
}

// forge changes one field of a signed notice. sign and sign_type are no part of what is signed.
func (s *Sandbox) forge(form url.Values, script Script) error {
	field, value := script.Field, script.Value
	if value == "" {
		value = wrong(field, form.Get(field), s.now())
	}
	form.Set(field, value)
	if script.Seal == SealMissing {
		form.Del("sign")
		return nil
	}
	if script.Seal == SealBroken || field == "sign" || field == "sign_type" {
		return nil
	}
	return s.signForm(form)
}

// wrong is a value of the same form as the true one that means another thing.
func wrong(field, was string, now time.Time) string {
	value, other := "forged", "forged_"
	switch field {
	case "sign":
		value, other = strayRSA2(), ""
	case "app_id", "auth_app_id":
		value, other = "9021000199999999", "9021000188888888"
	case "seller_id", "buyer_id":
		value, other = "2088199999999999", "2088188888888888"
	case "total_amount", "receipt_amount", "buyer_pay_amount", "invoice_amount", "refund_fee":
		value, other = "0.01", "0.02"
	case "trade_status":
		value, other = string(StatusSuccess), string(StatusClosed)
	case "trade_no":
		value = newTradeNo(now)
	case "notify_id", "alipay_cert_sn":
		value = randomHex()
	case "notify_time", "gmt_create", "gmt_payment", "gmt_close", "gmt_refund":
		value = stamp(now.Add(-48 * time.Hour))
	case "charset":
		value = "GBK"
	}
	if value == was {
		return other
	}
	return value
}

// Forge sends the merchant a forged notice at once and returns what it answered: that the order was paid, whether it
// was or not, with script's Field, Value and Seal. The books stay as they are. Errors: ErrNoTrade; ErrInvalid, also
// for an order without notify_url.
func (f Faults) Forge(ctx context.Context, script Script) (Sending, error) {
	script.Target, script.Fault, script.Event = OnNotice, Forged, ""
	script, err := script.complete()
	if err != nil {
		return Sending{}, err
	}
	t, err := find(ctx, f.box.db.read, byOutTradeNo(script.OutTradeNo))
	if err != nil {
		return Sending{}, err
	}
	if t.notifyURL == "" {
		return Sending{}, &InvalidField{"out_trade_no", flawNoNotice, ""}
	}
	now := f.box.now()
	if !t.paid() {
		t.status, t.paidAt, t.closedAt = StatusSuccess, now, time.Time{}
	}
	t.tell(now, "")
	return f.box.sendForged(ctx, t.told[0], script)
}
