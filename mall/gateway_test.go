package mall_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"sync"
	"time"

	"kaituan/mall/payment"
	"kaituan/money"
)

// gateway is a payment provider of a few lines, with a script of failures.
type gateway struct {
	mu      sync.Mutex
	now     func() time.Time
	trades  map[payment.ID]*payment.Trade
	refunds map[payment.RequestNo]money.Fen
	bills   map[payment.Day][]payment.BillLine
	pages   int
	calls   map[string]int

	down    bool                       // nothing gets through
	mute    bool                       // everything is done and no answer gets through
	onPage  func()                     // happens before a page is signed, as another's act
	noPages bool                       // pages cannot be signed
	refuse  bool                       // refunds are refused
	slow    bool                       // refunds are accepted, and never done
	onClose func(trade *payment.Trade) // happens before a close, as another's act
	fault   func(call string, done bool) error
}

func newGateway(now func() time.Time) *gateway {
	return &gateway{
		now: now, trades: map[payment.ID]*payment.Trade{}, refunds: map[payment.RequestNo]money.Fen{}, calls: map[string]int{},
		bills: map[payment.Day][]payment.BillLine{},
	}
}

func (g *gateway) begin(call string) (end func(err *error), err error) {
	g.mu.Lock()
	g.calls[call]++
	if g.down {
		err = payment.ErrUnknown
	} else if g.fault != nil {
		err = g.fault(call, false)
	}
	if err != nil {
		g.mu.Unlock()
		return nil, err
	}
	return func(err *error) {
		if g.mute {
			*err = payment.ErrUnknown
		} else if g.fault != nil {
			if lost := g.fault(call, true); lost != nil {
				*err = lost
			}
		}
		g.mu.Unlock()
	}, nil
}

// set changes the script.
func (g *gateway) set(change func(*gateway)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g)
}

func (g *gateway) count(call string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.calls[call]
}

func (g *gateway) Page(_ context.Context, c payment.Charge) (payment.PageURL, error) {
	if g.onPage != nil {
		g.onPage()
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.noPages {
		return "", errors.New("no key to sign with")
	}
	g.pages++
	return payment.PageURL(fmt.Sprintf("https://pay.example/%s?n=%d", c.ID, g.pages)), nil
}

// buyerOpens makes the trade known to the provider.
func (g *gateway) buyerOpens(id payment.ID, amount money.Fen) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.trades[id] = &payment.Trade{Status: payment.TradeWaiting, ProviderNo: "2026" + string(id), Amount: amount}
}

// buyerPays returns the notice of it.
func (g *gateway) buyerPays(id payment.ID, amount money.Fen) url.Values {
	g.mu.Lock()
	defer g.mu.Unlock()
	t := &payment.Trade{Status: payment.TradeSucceeded, ProviderNo: "2026" + string(id), Amount: amount, PaidAt: g.now()}
	g.trades[id] = t
	return notice(id, *t)
}

func notice(id payment.ID, t payment.Trade) url.Values {
	return url.Values{
		"sign": {"good"}, "notify_id": {"ntf_" + string(id)}, "app_id": {appID}, "seller_id": {sellerID},
		"out_trade_no": {string(id)}, "trade_no": {t.ProviderNo}, "trade_status": {string(t.Status)},
		"total_amount": {t.Amount.String()}, "gmt_payment": {t.PaidAt.Format(time.RFC3339Nano)},
	}
}

func (g *gateway) ReadNotice(form url.Values) (payment.Notice, error) {
	if form.Get("sign") != "good" {
		return payment.Notice{}, payment.ErrForged
	}
	amount, err := money.Parse(form.Get("total_amount"))
	if err != nil {
		return payment.Notice{}, fmt.Errorf("%w: %w", payment.ErrMalformed, err)
	}
	fee, _ := money.Parse(form.Get("refund_fee"))
	paidAt, _ := time.Parse(time.RFC3339Nano, form.Get("gmt_payment"))
	return payment.Notice{
		NotifyID: form.Get("notify_id"), AppID: form.Get("app_id"), SellerID: form.Get("seller_id"),
		ID: payment.ID(form.Get("out_trade_no")), ProviderNo: form.Get("trade_no"),
		Status: payment.TradeStatus(form.Get("trade_status")), Amount: amount, PaidAt: paidAt, RefundFee: fee,
	}, nil
}

func (g *gateway) Query(_ context.Context, id payment.ID) (trade payment.Trade, err error) {
	end, err := g.begin("query")
	if err != nil {
		return trade, err
	}
	defer end(&err)
	if t, ok := g.trades[id]; ok {
		return *t, nil
	}
	return payment.Trade{Status: payment.TradeAbsent}, nil
}

func (g *gateway) Close(_ context.Context, id payment.ID) (err error) {
	end, err := g.begin("close")
	if err != nil {
		return err
	}
	defer end(&err)
	t, ok := g.trades[id]
	if !ok {
		return payment.ErrAbsent
	}
	if g.onClose != nil {
		g.onClose(t)
	}
	if t.Status != payment.TradeWaiting {
		return payment.ErrNotClosable
	}
	t.Status = payment.TradeClosed
	return nil
}

func (g *gateway) Refund(_ context.Context, r payment.RefundOrder) (result payment.RefundResult, err error) {
	end, err := g.begin("refund")
	if err != nil {
		return result, err
	}
	defer end(&err)
	if g.refuse {
		return result, &payment.Rejection{Code: "ACQ.SELLER_BALANCE_NOT_ENOUGH", Message: "balance"}
	}
	if _, again := g.refunds[r.RequestNo]; again {
		return payment.RefundResult{}, nil
	}
	if g.slow {
		return payment.RefundResult{}, nil
	}
	g.refunds[r.RequestNo] = r.Amount
	return payment.RefundResult{Done: true, Amount: r.Amount}, nil
}

func (g *gateway) QueryRefund(_ context.Context, _ payment.ID, no payment.RequestNo) (result payment.RefundResult, err error) {
	end, err := g.begin("query_refund")
	if err != nil {
		return result, err
	}
	defer end(&err)
	amount, ok := g.refunds[no]
	return payment.RefundResult{Done: ok, Amount: amount}, nil
}

// sentBack is all the money that the provider gave back.
func (g *gateway) sentBack() (sum money.Fen) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, amount := range g.refunds {
		sum += amount
	}
	return sum
}

// received is all the money that the provider ever took.
func (g *gateway) received() (sum money.Fen) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, t := range g.trades {
		if t.Status == payment.TradeSucceeded {
			sum += t.Amount
		}
	}
	return sum
}

// buyerWaits opens the page, unless that happened before.
func (g *gateway) buyerWaits(p payment.Payment) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.trades[p.ID] == nil {
		g.trades[p.ID] = &payment.Trade{Status: payment.TradeWaiting, ProviderNo: "2026" + string(p.ID), Amount: p.Amount}
	}
}

// buyerPaysIfOpen returns nil when the trade cannot be paid any more.
func (g *gateway) buyerPaysIfOpen(p payment.Payment) url.Values {
	g.buyerWaits(p)
	g.mu.Lock()
	defer g.mu.Unlock()
	t := g.trades[p.ID]
	if t.Status != payment.TradeWaiting {
		return nil
	}
	t.Status, t.PaidAt = payment.TradeSucceeded, g.now()
	return notice(p.ID, *t)
}
