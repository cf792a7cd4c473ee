package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"
)

type totalsView struct {
	Trades      int   `json:"trades"`
	Waiting     int   `json:"waiting"`
	Succeeded   int   `json:"succeeded"`
	Closed      int   `json:"closed"`
	Paid        int   `json:"paid"`
	Refunds     int   `json:"refunds"`
	ReceivedFen int64 `json:"received_fen"`
	RefundedFen int64 `json:"refunded_fen"`
}

type tradeView struct {
	OutTradeNo  string       `json:"out_trade_no"`
	TradeNo     string       `json:"trade_no"`
	Status      Status       `json:"status"`
	AmountFen   int64        `json:"amount_fen"`
	RefundedFen int64        `json:"refunded_fen"`
	PaidAt      *time.Time   `json:"paid_at,omitempty"`
	Refunds     []refundView `json:"refunds"`
	Notices     []noticeView `json:"notices"`
}

type refundView struct {
	OutRequestNo string    `json:"out_request_no"`
	AmountFen    int64     `json:"amount_fen"`
	At           time.Time `json:"at"`
}

type noticeView struct {
	NotifyID string            `json:"notify_id"`
	State    string            `json:"state"`
	NextAt   *time.Time        `json:"next_at,omitempty"`
	Fields   map[string]string `json:"fields"`
	Attempts []attempt         `json:"attempts"`
}

// showBooks is GET /books.
func (s *Sandbox) showBooks(w http.ResponseWriter, r *http.Request) {
	t, err := s.Books().Totals(r.Context())
	if err != nil {
		s.showFault(w, err)
		return
	}
	writeJSON(w, totalsView{
		Trades: t.Trades, Waiting: t.Waiting, Succeeded: t.Succeeded, Closed: t.Closed, Paid: t.Paid,
		Refunds: t.Refunds, ReceivedFen: int64(t.Received), RefundedFen: int64(t.Refunded),
	})
}

// showTrade is GET /trades/{out_trade_no}: the trade, its refunds, its notices and how each was answered.
func (s *Sandbox) showTrade(w http.ResponseWriter, r *http.Request) {
	entry, err := s.Books().Trade(r.Context(), r.PathValue("out_trade_no"))
	if errors.Is(err, ErrNoTrade) {
		http.Error(w, "no such trade", http.StatusNotFound)
		return
	}
	var notices []noticeView
	if err == nil {
		notices, err = s.noticesOf(r.Context(), entry.OutTradeNo)
	}
	if err != nil {
		s.showFault(w, err)
		return
	}
	v := tradeView{
		OutTradeNo: entry.OutTradeNo, TradeNo: entry.TradeNo, Status: entry.Status, AmountFen: int64(entry.Amount),
		RefundedFen: int64(entry.Refunded), PaidAt: given(entry.PaidAt), Refunds: []refundView{}, Notices: notices,
	}
	for _, e := range entry.Refunds {
		v.Refunds = append(v.Refunds, refundView{OutRequestNo: e.RequestNo, AmountFen: int64(e.Amount), At: e.At})
	}
	writeJSON(w, v)
}

func given(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func (s *Sandbox) noticesOf(ctx context.Context, outTradeNo string) ([]noticeView, error) {
	rows, err := s.db.read.QueryContext(ctx, `SELECT notify_id, state, next_at, fields FROM notices
		WHERE out_trade_no = ? ORDER BY created_at, notify_id`, outTradeNo)
	if err != nil {
		return nil, fmt.Errorf("sandbox: read notices: %w", err)
	}
	defer func() { _ = rows.Close() }()
	notices := []noticeView{}
	for rows.Next() {
		var n noticeView
		var next int64
		var fields []byte
		if err := rows.Scan(&n.NotifyID, &n.State, &next, &fields); err != nil {
			return nil, fmt.Errorf("sandbox: read notices: %w", err)
		}
		if err := json.Unmarshal(fields, &n.Fields); err != nil {
			return nil, fmt.Errorf("sandbox: notice %s: %w", n.NotifyID, err)
		}
		n.NextAt = given(instant(next))
		notices = append(notices, n)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("sandbox: read notices: %w", err)
	}
	for i := range notices {
		if notices[i].Attempts, err = s.attemptsOf(ctx, notices[i].NotifyID); err != nil {
			return nil, err
		}
	}
	return notices, nil
}

func (s *Sandbox) attemptsOf(ctx context.Context, notifyID string) ([]attempt, error) {
	rows, err := s.db.read.QueryContext(ctx, `SELECT number, sent_at, http_status, answer, fault FROM attempts
		WHERE notify_id = ? ORDER BY number`, notifyID)
	if err != nil {
		return nil, fmt.Errorf("sandbox: read attempts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	attempts := []attempt{}
	for rows.Next() {
		var a attempt
		var at int64
		if err := rows.Scan(&a.Number, &at, &a.HTTPStatus, &a.Answer, &a.Fault); err != nil {
			return nil, fmt.Errorf("sandbox: read attempts: %w", err)
		}
		a.SentAt = instant(at)
		attempts = append(attempts, a)
	}
	return attempts, rows.Err()
}

func (s *Sandbox) showFault(w http.ResponseWriter, err error) {
	s.cfg.Logger.Error("sandbox: books cannot be read", "error", err)
	http.Error(w, "books cannot be read", http.StatusInternalServerError)
}

func writeJSON(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	_ = json.NewEncoder(w).Encode(v) // a caller that is gone asks again
}
