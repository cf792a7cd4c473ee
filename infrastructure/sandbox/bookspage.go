package sandbox

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"time"

	"kaituan/money"
)

// What the page of the books lists at most.
const (
	shownTrades = 20
	shownLines  = 200
)

// booksView is the page of the books.
type booksView struct {
	Text   panelTexts
	Notice string // that no money moves
	Assets string
	Totals Totals
	Panel  panel
	Trades []tradeView
	Bill   shownBill
}

// shownBill is one day's bill as a merchant gets it.
type shownBill struct {
	Day     string
	Lines   []shownLine
	More    int // lines that are left out
	In, Out money.Fen
}

type shownLine struct {
	At, Order, Request string
	Event              Event
	Amount             money.Fen
}

// wantsPage says that a browser asks and no program.
func wantsPage(w http.ResponseWriter, r *http.Request) bool {
	w.Header().Set("Vary", "Accept")
	return strings.Contains(r.Header.Get("Accept"), "text/html")
}

// showBooks is GET /books: a page for a browser, with the bill of ?day=, or the sums in JSON for a program.
func (s *Sandbox) showBooks(w http.ResponseWriter, r *http.Request) {
	t, err := s.Books().Totals(r.Context())
	switch {
	case err != nil:
		s.showFault(w, err)
	case wantsPage(w, r):
		s.showBooksPage(w, r, t)
	default:
		writeJSON(w, totalsView{
			Trades: t.Trades, Waiting: t.Waiting, Succeeded: t.Succeeded, Closed: t.Closed, Paid: t.Paid,
			Refunds: t.Refunds, ReceivedFen: int64(t.Received), RefundedFen: int64(t.Refunded),
		})
	}
}

func (s *Sandbox) showBooksPage(w http.ResponseWriter, r *http.Request, totals Totals) {
	day := r.URL.Query().Get("day")
	if day == "" {
		day = s.now().In(china()).Format(time.DateOnly)
	}
	if !validDay(day) {
		s.refuseForm(w, r, "books", &InvalidField{"day", flawRange, "yyyy-MM-dd"})
		return
	}
	words := textsFor(r.Header.Get("Accept-Language"))
	v := booksView{Text: panelTextsFor(words.Lang), Notice: words.Notice, Assets: "assets/", Totals: totals}
	var err error
	if v.Panel, err = s.panel(r.Context(), words.Lang, "books", ""); err == nil {
		v.Trades, err = s.latest(r.Context())
	}
	if err == nil {
		v.Bill, err = s.shownBill(r.Context(), day)
	}
	if err != nil {
		s.showFault(w, err)
		return
	}
	write(w, s.page.books, http.StatusOK, v)
}

// latest returns the trades that began last, newest first.
func (s *Sandbox) latest(ctx context.Context) ([]tradeView, error) {
	numbers, err := s.latestNumbers(ctx)
	if err != nil {
		return nil, err
	}
	var list []tradeView
	for _, no := range numbers {
		v, err := s.trade(ctx, no)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	return list, nil
}

func (s *Sandbox) latestNumbers(ctx context.Context) ([]string, error) {
	rows, err := s.db.read.QueryContext(ctx, "SELECT out_trade_no FROM trades ORDER BY rowid DESC LIMIT ?", shownTrades)
	if err != nil {
		return nil, fmt.Errorf("sandbox books: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var numbers []string
	for rows.Next() {
		var no string
		if err := rows.Scan(&no); err != nil {
			return nil, fmt.Errorf("sandbox books: %w", err)
		}
		numbers = append(numbers, no)
	}
	return numbers, rows.Err()
}

func (s *Sandbox) shownBill(ctx context.Context, day string) (shownBill, error) {
	b, err := s.billOn(ctx, day)
	if err != nil {
		return shownBill{}, err
	}
	shown := shownBill{Day: day, More: max(0, len(b.lines)-shownLines)}
	_, _, shown.In, shown.Out = b.sums()
	for _, l := range b.lines[:len(b.lines)-shown.More] {
		shown.Lines = append(shown.Lines, shownLine{stamp(l.doneAt), l.outTradeNo, l.requestNo, l.event(), l.amount})
	}
	return shown, nil
}

// tradePage is the page of one trade.
type tradePage struct {
	Text   panelTexts
	Notice string
	Assets string
	Trade  tradeView
}

func (s *Sandbox) showTradeDetails(w http.ResponseWriter, r *http.Request, v tradeView) {
	words := textsFor(r.Header.Get("Accept-Language"))
	write(w, s.page.details, http.StatusOK, tradePage{panelTextsFor(words.Lang), words.Notice, "../assets/", v})
}

// A template takes one value: Of and OfSending put the words beside what they are about.

type tradeTexts struct {
	Text  panelTexts
	Trade tradeView
}

// Of is for the template of a trade's history.
func (t panelTexts) Of(v tradeView) tradeTexts { return tradeTexts{t, v} }

type sendingTexts struct {
	Text    panelTexts
	Sending Sending
}

// OfSending is for the template of an answer.
func (t panelTexts) OfSending(v Sending) sendingTexts { return sendingTexts{t, v} }
