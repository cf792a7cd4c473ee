package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"time"

	"kaituan/money"
)

// Books is what the sandbox knows about money, to be compared with what a merchant believes. It only reads.
type Books struct {
	db *sql.DB
}

// Totals sums up all trades. Received counts every payment in full, Refunded what went back of it.
type Totals struct {
	Trades    int // Waiting + Succeeded + Closed
	Waiting   int
	Succeeded int
	Closed    int // never paid, or refunded in full
	Paid      int // ever paid, refunded or not
	Refunds   int
	Received  money.Fen
	Refunded  money.Fen
}

// Entry is one trade in the books.
type Entry struct {
	OutTradeNo string
	TradeNo    string
	Status     Status
	Amount     money.Fen
	PaidAt     time.Time // zero unless it was ever paid
	Refunded   money.Fen
	Refunds    []RefundEntry
}

// RefundEntry is one refund that was carried out.
type RefundEntry struct {
	RequestNo string
	Amount    money.Fen
	At        time.Time
}

// Books returns the running sandbox's books; they are closed with it.
func (s *Sandbox) Books() Books {
	return Books{db: s.db.read}
}

// OpenBooks opens the books of a sandbox that need not run, for reading only. The caller closes them. Errors:
// fs.ErrNotExist, a file that is not a sandbox's.
func OpenBooks(path string) (Books, error) {
	if _, err := os.Stat(path); err != nil {
		return Books{}, fmt.Errorf("sandbox books: %w", err)
	}
	db, err := openReader(path, "mode=ro&_pragma=busy_timeout(5000)")
	if err != nil {
		return Books{}, fmt.Errorf("sandbox books %s: %w", path, err)
	}
	books := Books{db: db}
	if _, err := books.Totals(context.Background()); err != nil {
		return Books{}, errors.Join(fmt.Errorf("sandbox books %s: %w", path, err), db.Close())
	}
	return books, nil
}

// Close ends the reading of books that OpenBooks opened.
func (b Books) Close() error {
	return b.db.Close()
}

// Totals adds everything up in one consistent reading.
func (b Books) Totals(ctx context.Context) (Totals, error) {
	var t Totals
	err := b.db.QueryRowContext(ctx, `SELECT count(*),
		coalesce(sum(status = 'WAIT_BUYER_PAY'), 0), coalesce(sum(status = 'TRADE_SUCCESS'), 0),
		coalesce(sum(status = 'TRADE_CLOSED'), 0), coalesce(sum(paid_at > 0), 0),
		coalesce(sum(CASE WHEN paid_at > 0 THEN total_fen END), 0),
		(SELECT count(*) FROM refunds), (SELECT coalesce(sum(amount_fen), 0) FROM refunds)
		FROM trades`).Scan(&t.Trades, &t.Waiting, &t.Succeeded, &t.Closed, &t.Paid, &t.Received, &t.Refunds, &t.Refunded)
	if err != nil {
		return Totals{}, fmt.Errorf("sandbox books: %w", err)
	}
	return t, nil
}

// Trade returns one trade by the merchant's number. Errors: ErrNoTrade.
func (b Books) Trade(ctx context.Context, outTradeNo string) (Entry, error) {
	t, err := find(ctx, b.db, byOutTradeNo(outTradeNo))
	if err != nil {
		return Entry{}, err
	}
	return t.entry(), nil
}

// pageOfTrades is how many trades Each holds in memory.
const pageOfTrades = 500

// Each calls visit with every trade, sorted by the merchant's number, until visit fails. Trades that begin
// meanwhile may be missing.
func (b Books) Each(ctx context.Context, visit func(Entry) error) error {
	after := ""
	for {
		page, err := b.page(ctx, after)
		if err != nil {
			return err
		}
		for _, t := range page {
			if t.refunded > 0 {
				if t.refunds, err = findRefunds(ctx, b.db, t.outTradeNo); err != nil {
					return err
				}
			}
			if err := visit(t.entry()); err != nil {
				return err
			}
			after = t.outTradeNo
		}
		if len(page) < pageOfTrades {
			return nil
		}
	}
}

func (b Books) page(ctx context.Context, after string) ([]trade, error) {
	rows, err := b.db.QueryContext(ctx, "SELECT "+tradeColumns+` FROM trades WHERE out_trade_no > ?
		ORDER BY out_trade_no LIMIT ?`, after, pageOfTrades)
	if err != nil {
		return nil, fmt.Errorf("sandbox books: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var page []trade
	for rows.Next() {
		t, err := scanTrade(rows)
		if err != nil {
			return nil, fmt.Errorf("sandbox books: %w", err)
		}
		page = append(page, t)
	}
	return page, rows.Err()
}

func (t *trade) entry() Entry {
	e := Entry{
		OutTradeNo: t.outTradeNo, TradeNo: t.tradeNo, Status: t.status, Amount: t.total, PaidAt: t.paidAt, Refunded: t.refunded,
	}
	for _, r := range t.refunds {
		e.Refunds = append(e.Refunds, RefundEntry{RequestNo: r.requestNo, Amount: r.amount, At: r.at})
	}
	return e
}
