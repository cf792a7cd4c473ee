package simulation

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kaituan/mall/payment"
	"kaituan/money"
)

// Who the mall is at the provider.
const (
	appID    = "2021000000000001"
	sellerID = "2088000000000001"
)

// gateway is the payment provider with its own books, which the system cannot see but by asking.
type gateway struct {
	w         *world
	trades    map[payment.ID]*trade
	order     []payment.ID // of trades, as they came to be known
	refunds   map[payment.RequestNo]*refund
	downUntil time.Time
	notices   int
}

// trade is a charge that the provider knows.
type trade struct {
	id      payment.ID
	no      string
	amount  money.Fen
	status  payment.TradeStatus
	expires time.Time
	paidAt  time.Time
	refunds []payment.RequestNo
	told    time.Time // when the first notice of the payment that was taken arrived
}

// refund is money that went back.
type refund struct {
	of     payment.ID
	amount money.Fen
	doneAt time.Time // when the provider says so
}

func newGateway(w *world) *gateway {
	return &gateway{w: w, trades: map[payment.ID]*trade{}, refunds: map[payment.RequestNo]*refund{}}
}

// heal ends what is wrong with the provider.
func (g *gateway) heal() { g.downUntil = time.Time{} }

// page is the signed address of a charge; it holds everything that the provider must know.
func page(c payment.Charge) payment.PageURL {
	return payment.PageURL(fmt.Sprintf("sim://cashier/%s/%d/%d", c.ID, c.Amount, c.ExpiresAt.UnixMilli()))
}

// charge is the trade that a page would begin, or the one that it did.
func (g *gateway) charge(address payment.PageURL) *trade {
	part := strings.Split(strings.TrimPrefix(string(address), "sim://cashier/"), "/")
	id := payment.ID(part[0])
	if t := g.trades[id]; t != nil {
		return t
	}
	amount, _ := strconv.ParseInt(part[1], 10, 64)
	expires, _ := strconv.ParseInt(part[2], 10, 64)
	return &trade{
		id: id, no: "2026" + string(id), amount: money.Fen(amount), status: payment.TradeWaiting, expires: time.UnixMilli(expires).UTC(),
	}
}

// payable says whether somebody who opened the page now could pay.
func (g *gateway) payable(address payment.PageURL) bool {
	t := g.charge(address)
	return t.status == payment.TradeWaiting && g.w.now.Before(t.expires)
}

// open shows the page to the buyer: from now on the provider knows the charge, unless it is too late.
func (g *gateway) open(address payment.PageURL) *trade {
	t := g.charge(address)
	g.expire(t)
	if g.trades[t.id] == nil {
		if t.status != payment.TradeWaiting {
			return nil
		}
		g.trades[t.id] = t
		g.order = append(g.order, t.id)
	}
	return t
}

// expire closes a trade whose time is up.
func (g *gateway) expire(t *trade) {
	if t.status == payment.TradeWaiting && !g.w.now.Before(t.expires) {
		t.status = payment.TradeClosed
	}
}

// pay is the buyer's click. It says whether the money moved.
func (g *gateway) pay(address payment.PageURL) bool {
	t := g.open(address)
	if t == nil || t.status != payment.TradeWaiting {
		return false
	}
	g.w.mustBeOpen(t)
	t.status, t.paidAt = payment.TradeSucceeded, g.w.now
	g.w.note("buyer pays %s, %d fen", t.id, t.amount)
	g.w.counts["payments"]++
	g.announce(t, 0)
	return true
}

// announce begins to tell the mall what became of a trade. A fee is what of it has been refunded so far.
func (g *gateway) announce(t *trade, fee money.Fen) {
	g.notices++
	if g.w.hit(g.w.faults.noticeNever, "notice never sent") {
		return
	}
	n := &notice{g: g, trade: t, form: g.form(t, fee), pays: fee == 0 && t.status == payment.TradeSucceeded}
	g.w.later(g.w.between(100*time.Millisecond, 3*time.Second), n.attempt)
}

func (g *gateway) form(t *trade, fee money.Fen) url.Values {
	form := url.Values{
		"notify_id": {"ntf_" + strconv.Itoa(g.notices)}, "app_id": {appID}, "seller_id": {sellerID}, "out_trade_no": {string(t.id)},
		"trade_no": {t.no}, "trade_status": {string(t.status)}, "total_amount": {t.amount.String()},
	}
	if !t.paidAt.IsZero() {
		form.Set("gmt_payment", t.paidAt.Format(time.RFC3339Nano))
	}
	if fee > 0 {
		form.Set("refund_fee", fee.String())
	}
	form.Set("sign", signature(form))
	return form
}

// signature stands for RSA2: who does not have the key cannot make it.
func signature(form url.Values) string {
	copied := url.Values{}
	for name, values := range form {
		if name != "sign" {
			copied[name] = values
		}
	}
	return "signed(" + copied.Encode() + ")"
}

// gaps are the waits between the attempts of a notice (https://opendocs.alipay.com/open/270/105902).
func gaps() []time.Duration {
	const m, h = time.Minute, time.Hour
	return []time.Duration{4 * m, 10 * m, 10 * m, h, 2 * h, 6 * h, 15 * h}
}

// notice is one message to the mall, sent again until it is taken or the provider gives up.
type notice struct {
	g        *gateway
	trade    *trade
	form     url.Values
	pays     bool // it tells of the payment itself
	attempts int
}

func (n *notice) attempt() {
	w := n.g.w
	n.attempts++
	taken := false
	switch {
	case w.hit(w.faults.noticeLost, "notice lost"):
	case w.hit(w.faults.noticeLate, "notice late"):
		w.later(w.between(time.Second, 3*time.Hour), func() { n.deliver() })
	default:
		taken = n.deliver()
	}
	if taken && w.hit(w.faults.noticeTwice, "notice twice") {
		w.later(w.between(0, 10*time.Minute), func() { n.deliver() })
	}
	if taken && !w.hit(w.faults.noticeMute, "notice taken, answer lost") {
		return
	}
	if waits := gaps(); n.attempts <= len(waits) {
		w.later(waits[n.attempts-1], n.attempt)
	}
}

func (n *notice) deliver() bool {
	w := n.g.w
	began := w.now
	taken := w.push(n.form)
	if taken && n.pays {
		w.note("notice of %s is taken", n.trade.id)
		if n.trade.told.IsZero() {
			n.trade.told = began
		}
		w.mustKnow(n.trade)
	}
	return taken
}

// forge sends a notice that the provider never made: the signature, or something that it covers, is false.
func (g *gateway) forge() {
	if len(g.order) == 0 {
		return
	}
	t := g.trades[pick(g.w, g.order)]
	form := g.form(&trade{
		id: t.id, no: t.no, amount: t.amount, status: payment.TradeSucceeded, paidAt: g.w.now,
	}, 0)
	switch field := pick(g.w, []string{"sign", "app_id", "seller_id", "total_amount", "out_trade_no"}); field {
	case "sign":
		form.Set("sign", "signed(nothing)")
	case "total_amount":
		form.Set(field, (t.amount + 1).String())
		form.Set("sign", signature(form)) // as of another shop whose key leaked
	default:
		form.Set(field, "1"+form.Get(field))
		form.Set("sign", signature(form))
	}
	if g.w.push(form) {
		g.w.fail("a forged notice of %s was taken", t.id)
	}
}
