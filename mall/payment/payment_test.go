package payment_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/mall/payment"
	"kaituan/money"
)

func start() time.Time { return time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC) }

func created() payment.Payment {
	return payment.Start(payment.Payment{ID: "pay_1", Order: "ord_1", Amount: 160, ExpiresAt: start().Add(15 * time.Minute)}, start())
}

func pending() payment.Payment {
	p := created()
	p.Offer("https://pay.example", start())
	return p
}

func TestCheck(t *testing.T) {
	m := payment.Merchant{AppID: "app", SellerID: "seller"}
	good := payment.Notice{AppID: "app", SellerID: "seller", ID: "pay_1", ProviderNo: "2026", Amount: 160, Status: payment.TradeSucceeded}
	require.Empty(t, m.Check(good, pending()))
	for field, change := range map[string]func(*payment.Notice){
		"app_id":       func(n *payment.Notice) { n.AppID = "" },
		"seller_id":    func(n *payment.Notice) { n.SellerID = "Seller" },
		"out_trade_no": func(n *payment.Notice) { n.ID = "pay_2" },
		"total_amount": func(n *payment.Notice) { n.Amount++ },
	} {
		n := good
		change(&n)
		require.Equal(t, []string{field}, m.Check(n, pending()))
	}
	require.Len(t, m.Check(payment.Notice{}, pending()), 4)
	paid := pending()
	paid.Succeed("2025", start(), start())
	require.Equal(t, []string{"trade_no"}, m.Check(good, paid))
}

func TestPays(t *testing.T) {
	require.True(t, payment.Notice{Status: payment.TradeSucceeded}.Pays())
	require.False(t, payment.Notice{Status: payment.TradeSucceeded, RefundFee: 1}.Pays())
	for _, status := range []payment.TradeStatus{payment.TradeAbsent, payment.TradeWaiting, payment.TradeClosed, ""} {
		require.False(t, payment.Notice{Status: status}.Pays(), status)
	}
}

func TestPayment_SucceedsOnce(t *testing.T) {
	p := pending()
	require.True(t, p.Succeed("2026", start(), start()))
	require.False(t, p.Succeed("2027", start(), start()))
	require.False(t, p.Close(start()))
	require.Equal(t, "2026", p.ProviderNo)
	require.True(t, p.NextAskAt.IsZero())
	require.False(t, p.Open())
}

// Money that arrives after all must stand in the books.
func TestPayment_SucceedsAfterItWasClosed(t *testing.T) {
	p := pending()
	require.True(t, p.Close(start()))
	require.False(t, p.Offer("again", start()))
	require.True(t, p.Succeed("2026", start(), start()))
	require.Equal(t, payment.Succeeded, p.Status)
}

func TestPayment_Absent(t *testing.T) {
	p := pending()
	p.Absent(p.ExpiresAt.Add(9 * time.Minute))
	require.Equal(t, payment.Pending, p.Status, "the provider's clock may be behind")
	require.False(t, p.NextAskAt.IsZero())
	p.Absent(p.ExpiresAt.Add(10 * time.Minute))
	require.Equal(t, payment.Closed, p.Status)
}

func TestPayment_Unanswered(t *testing.T) {
	p := pending()
	p.Unanswered(start().Add(30 * time.Second))
	p.Unanswered(start().Add(time.Minute))
	require.Equal(t, start().Add(30*time.Second), p.UnknownSince, "since the first time")
	require.Equal(t, start().Add(90*time.Second), p.NextAskAt)
	p.Answered(start().Add(2 * time.Minute))
	require.True(t, p.UnknownSince.IsZero())
	p.AskSoon(start())
	require.Equal(t, start(), p.NextAskAt)
}

func TestRefund_Life(t *testing.T) {
	r := payment.Owe("rf_1", pending(), "late_payment", start())
	require.Equal(t, start(), r.NextAt, "due at once")
	require.False(t, r.Succeed(start()), "nobody was asked")
	require.False(t, r.Redo(start()))
	require.True(t, r.Claim(start()))
	require.True(t, r.Claim(start()), "asking again is what a lost answer needs")
	require.Len(t, r.Moves, 2)
	r.Undecided(strings.Repeat("错", 1000), start())
	require.Len(t, []rune(r.LastError), 200)
	for i := range 5 {
		require.Equal(t, payment.RefundSubmitted, r.Status, i)
		before := r.NextAt
		r.Refuse("no", time.Minute, start())
		require.NotEqual(t, before, r.NextAt)
	}
	require.Equal(t, payment.RefundFailed, r.Status)
	require.Equal(t, start().Add(time.Hour), r.NextAt, "the money may have moved all the same")
	require.True(t, r.Claim(start()))
	require.Equal(t, payment.RefundFailed, r.Status)
	r.StillFailed(start())
	require.Equal(t, "no", r.LastError)
	require.True(t, r.Redo(start()))
	require.True(t, r.Claim(start()))
	require.True(t, r.Succeed(start()))
	require.False(t, r.Succeed(start()))
	require.False(t, r.Claim(start()))
	require.EqualValues(t, "rf_1", r.No)
}

// Nobody is asked every five seconds for ever, and a person hears of it after a day.
func TestRefund_UndecidedForLong(t *testing.T) {
	r := payment.Owe("rf_1", pending(), "late_payment", start())
	now, asked := start(), 0
	for r.Claim(now) && r.Status == payment.RefundSubmitted {
		r.Undecided("?", now)
		if r.Status == payment.RefundSubmitted {
			wait := r.NextAt.Sub(now)
			require.GreaterOrEqual(t, wait, 5*time.Second)
			require.LessOrEqual(t, wait, 10*time.Minute)
		}
		now = r.NextAt
		asked++
	}
	require.Less(t, asked, 200)
	require.Greater(t, now.Sub(start()), 24*time.Hour)
	require.True(t, r.Redo(now))
	r.Undecided("?", now)
	require.Equal(t, payment.RefundSubmitted, r.Status, "patience begins again")
	require.Equal(t, now.Add(5*time.Second), r.NextAt)
}

// Whatever happens in whatever order, histories are paths in their tables and only open things are looked after.
func TestPaymentAndRefund_AnyStory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := created()
		r := payment.Owe("rf_1", p, "late_payment", start())
		now := start()
		t.Repeat(map[string]func(*rapid.T){
			"offer":   func(*rapid.T) { p.Offer("page", now) },
			"succeed": func(*rapid.T) { p.Succeed("2026", now, now) },
			"close":   func(*rapid.T) { p.Close(now) },
			"absent": func(*rapid.T) {
				if p.Status == payment.Pending {
					p.Absent(now)
				}
			},
			"claim":     func(*rapid.T) { r.Claim(now) },
			"refunded":  func(*rapid.T) { r.Succeed(now) },
			"undecided": func(*rapid.T) { r.Undecided("?", now) },
			"refuse": func(*rapid.T) {
				if r.Status == payment.RefundSubmitted {
					r.Refuse("no", time.Minute, now)
				}
			},
			"redo": func(*rapid.T) { r.Redo(now) },
			"wait": func(t *rapid.T) {
				now = now.Add(time.Duration(rapid.IntRange(1, 600).Draw(t, "seconds")) * time.Second)
			},
			"": func(t *rapid.T) {
				at := payment.Status("")
				for _, m := range p.Moves {
					require.Equal(t, at, m.From)
					if at != "" {
						require.Contains(t, payment.Transitions()[at], m.To)
					}
					at = m.To
				}
				require.Equal(t, at, p.Status)
				require.Equal(t, p.Status == payment.Pending, !p.NextAskAt.IsZero())
				was := payment.RefundStatus("")
				for _, m := range r.Moves {
					require.Equal(t, was, m.From)
					if was != "" {
						require.Contains(t, payment.RefundTransitions()[was], m.To)
					}
					was = m.To
				}
				require.Equal(t, was, r.Status)
			},
		})
	})
}

// Together the refunds of a payment never exceed it.
func TestOwe_TheRestOnly(t *testing.T) {
	p := pending()
	difference, err := payment.OweDifference("rf_1", p, 40, "tier_reached", start())
	require.NoError(t, err)
	require.EqualValues(t, 40, difference.Amount)
	require.Equal(t, payment.Difference, difference.Intent)
	full := payment.Owe("rf_2", p, "after_sale", start(), difference)
	require.EqualValues(t, 120, full.Amount)
	require.Equal(t, payment.Full, full.Intent)
	for name, c := range map[string]struct {
		part    money.Fen
		earlier []payment.Refund
	}{
		"nothing":               {0, nil},
		"less than nothing":     {-1, nil},
		"all of it":             {160, nil},
		"more":                  {161, nil},
		"all that is left":      {120, []payment.Refund{difference}},
		"of a full refund":      {1, []payment.Refund{payment.Owe("rf_3", p, "x", start())}},
		"after everything went": {1, []payment.Refund{difference, full}},
	} {
		_, err := payment.OweDifference("rf_9", p, c.part, "tier_reached", start(), c.earlier...)
		require.Error(t, err, name)
	}
}

func TestDay(t *testing.T) {
	day, err := payment.ParseDay("2026-05-01")
	require.NoError(t, err)
	require.Equal(t, time.Date(2026, 4, 30, 16, 0, 0, 0, time.UTC), day.Start())
	require.Equal(t, day.Add(1).Start(), day.End())
	require.Equal(t, day, payment.DayOf(day.Start()))
	require.Equal(t, day.Add(-1), payment.DayOf(day.Start().Add(-time.Millisecond)))
	require.EqualValues(t, "2026-04-30", day.Add(-1))
	for _, text := range []string{"", "2026-5-1", "2026-02-30", "2026-05-01 ", "today"} {
		_, err := payment.ParseDay(text)
		require.Error(t, err, text)
	}
	require.True(t, payment.Day("").Start().IsZero())
}

func TestBillFault(t *testing.T) {
	fault := &payment.BillFault{File: "a.csv", Line: 3, Detail: "no amount", Advice: "ask again"}
	require.EqualError(t, fault, "payment: bill malformed: a.csv line 3: no amount; ask again")
	fault.Line = 0
	require.EqualError(t, fault, "payment: bill malformed: a.csv: no amount; ask again")
	fault.File = ""
	require.EqualError(t, fault, "payment: bill malformed: no amount; ask again")
}
