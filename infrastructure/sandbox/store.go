package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kaituan/money"
)

// ErrNoTrade says that the sandbox has no such trade.
var ErrNoTrade = errors.New("sandbox: no such trade")

// errStale says that another process changed the trade in between; the transaction is lost and nothing moved.
var errStale = errors.New("sandbox: trade changed meanwhile")

// key names a trade by one of its unique columns.
type key struct {
	column, value string
}

func byOutTradeNo(no string) key { return key{"out_trade_no", no} }
func byTradeNo(no string) key    { return key{"trade_no", no} }
func byCashier(id string) key    { return key{"cashier_id", id} }

type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}

const tradeColumns = `out_trade_no, trade_no, cashier_id, pay_token, method, subject, body, passback, notify_url,
	return_url, quit_url, total_fen, refunded_fen, status, closed_by, created_at, expires_at, paid_at, refunded_at,
	closed_at, version`

// find reads a trade with its refunds. Errors: ErrNoTrade.
func find(ctx context.Context, q querier, k key) (trade, error) {
	row := q.QueryRowContext(ctx, "SELECT "+tradeColumns+" FROM trades WHERE "+k.column+" = ?", k.value)
	t, err := scanTrade(row)
	if errors.Is(err, sql.ErrNoRows) {
		return trade{}, ErrNoTrade
	}
	if err != nil {
		return trade{}, fmt.Errorf("sandbox: read trade: %w", err)
	}
	if t.refunded > 0 {
		t.refunds, err = findRefunds(ctx, q, t.outTradeNo)
	}
	return t, err
}

func scanTrade(row interface{ Scan(...any) error }) (trade, error) {
	var t trade
	var created, expires, paid, refunded, closed int64
	err := row.Scan(&t.outTradeNo, &t.tradeNo, &t.cashierID, &t.payToken, &t.method, &t.subject, &t.body, &t.passback,
		&t.notifyURL, &t.returnURL, &t.quitURL, &t.total, &t.refunded, &t.status, &t.closed, &created, &expires,
		&paid, &refunded, &closed, &t.version)
	t.createdAt, t.expiresAt, t.paidAt = instant(created), instant(expires), instant(paid)
	t.refundedAt, t.closedAt = instant(refunded), instant(closed)
	return t, err
}

func findRefunds(ctx context.Context, q querier, outTradeNo string) ([]refund, error) {
	rows, err := q.QueryContext(ctx, `SELECT out_request_no, amount_fen, reason, created_at FROM refunds
		WHERE out_trade_no = ? ORDER BY created_at, out_request_no`, outTradeNo)
	if err != nil {
		return nil, fmt.Errorf("sandbox: read refunds: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var refunds []refund
	for rows.Next() {
		var r refund
		var at int64
		if err := rows.Scan(&r.requestNo, &r.amount, &r.reason, &at); err != nil {
			return nil, fmt.Errorf("sandbox: read refunds: %w", err)
		}
		r.at = instant(at)
		refunds = append(refunds, r)
	}
	return refunds, rows.Err()
}

// change lets decide change one trade and keeps the change with its refunds and notices, all or nothing. What
// decide refuses is returned as it is; a trade that it found expired is kept closed all the same. Errors:
// ErrNoTrade, errStale.
func (d *database) change(ctx context.Context, k key, decide func(*trade) *failure) (trade, *failure, error) {
	var t trade
	var why *failure
	err := d.inTx(ctx, func(tx *sql.Tx) error {
		before, err := find(ctx, tx, k)
		if err != nil {
			return err
		}
		t = before
		why = decide(&t)
		if t.version == before.version {
			return nil
		}
		return save(ctx, tx, before, t)
	})
	return t, why, err
}

func save(ctx context.Context, tx *sql.Tx, before, t trade) error {
	done, err := tx.ExecContext(ctx, `UPDATE trades SET refunded_fen = ?, status = ?, closed_by = ?, paid_at = ?,
		refunded_at = ?, closed_at = ?, version = ? WHERE out_trade_no = ? AND version = ?`,
		int64(t.refunded), t.status, t.closed, ms(t.paidAt), ms(t.refundedAt), ms(t.closedAt), t.version,
		t.outTradeNo, before.version)
	if err != nil {
		return fmt.Errorf("sandbox: write trade: %w", err)
	}
	if n, err := done.RowsAffected(); err != nil || n != 1 {
		return errors.Join(errStale, err)
	}
	for _, r := range t.refunds[len(before.refunds):] {
		_, err := tx.ExecContext(ctx, `INSERT INTO refunds (out_trade_no, out_request_no, amount_fen, reason, created_at)
			VALUES (?, ?, ?, ?, ?)`, t.outTradeNo, r.requestNo, int64(r.amount), r.reason, ms(r.at))
		if err != nil {
			return fmt.Errorf("sandbox: write refund: %w", err)
		}
	}
	return insertNotices(ctx, tx, t.told)
}

// open keeps fresh unless the merchant's number is known already, and returns the trade that has it then.
func (d *database) open(ctx context.Context, fresh trade) (trade, error) {
	t := fresh
	err := d.inTx(ctx, func(tx *sql.Tx) error {
		known, err := find(ctx, tx, byOutTradeNo(fresh.outTradeNo))
		if err == nil {
			t = known
			return nil
		}
		if !errors.Is(err, ErrNoTrade) {
			return err
		}
		return insertTrade(ctx, tx, fresh)
	})
	return t, err
}

func insertTrade(ctx context.Context, tx *sql.Tx, t trade) error {
	_, err := tx.ExecContext(ctx, `INSERT INTO trades (`+tradeColumns+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		t.outTradeNo, t.tradeNo, t.cashierID, t.payToken, t.method, t.subject, t.body, t.passback, t.notifyURL,
		t.returnURL, t.quitURL, int64(t.total), int64(t.refunded), t.status, t.closed, ms(t.createdAt),
		ms(t.expiresAt), ms(t.paidAt), ms(t.refundedAt), ms(t.closedAt), t.version)
	if err != nil {
		return fmt.Errorf("sandbox: write trade: %w", err)
	}
	return nil
}

func insertNotices(ctx context.Context, tx *sql.Tx, told []notice) error {
	for _, n := range told {
		fields, err := json.Marshal(n.fields)
		if err != nil {
			return fmt.Errorf("sandbox: write notice: %w", err)
		}
		state, next, err := firstSending(ctx, tx, n)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO notices (notify_id, out_trade_no, url, fields, state, attempts,
			created_at, next_at) VALUES (?, ?, ?, ?, ?, 0, ?, ?)`,
			n.id, n.trade, n.url, string(fields), state, ms(n.at), ms(next))
		if err != nil {
			return fmt.Errorf("sandbox: write notice: %w", err)
		}
	}
	return nil
}

// ms stores an instant as UTC milliseconds, the zero instant as 0.
func ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

func instant(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

// yuan reads an amount as Alipay takes it: two decimals at most, within [low, high]. ok is false otherwise.
func yuan(text string, high money.Fen) (amount money.Fen, ok bool) {
	amount, err := money.Parse(text)
	return amount, err == nil && amount >= 1 && amount <= high
}
