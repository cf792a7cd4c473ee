package sandbox

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"time"

	"kaituan/money"
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
	AmountFen   money.Fen    `json:"amount_fen"`
	RefundedFen money.Fen    `json:"refunded_fen"`
	PaidAt      *time.Time   `json:"paid_at,omitempty"`
	Refunds     []refundView `json:"refunds"`
	Notices     []noticeView `json:"notices"`
	Extras      []extraView  `json:"extras"`
}

// extraView is a sending beside the schedule: a further copy, or a forgery.
type extraView struct {
	NotifyID string `json:"notify_id"`
	Forged   string `json:"forged,omitempty"` // field=value
	Sending
}

type refundView struct {
	OutRequestNo string    `json:"out_request_no"`
	AmountFen    money.Fen `json:"amount_fen"`
	At           time.Time `json:"at"`
}

type noticeView struct {
	NotifyID string            `json:"notify_id"`
	State    string            `json:"state"`
	NextAt   *time.Time        `json:"next_at,omitempty"`
	Fields   map[string]string `json:"fields"`
	Attempts []attempt         `json:"attempts"`
}

// showTrade is GET /trades/{out_trade_no}: the trade, its refunds, its notices and how each was answered; a page for a
// browser, JSON for a program.
func (s *Sandbox) showTrade(w http.ResponseWriter, r *http.Request) {
	v, err := s.trade(r.Context(), r.PathValue("out_trade_no"))
	page := wantsPage(w, r)
	switch {
	case errors.Is(err, ErrNoTrade) && page:
		s.page.refuse(w, r, http.StatusNotFound, noTrade())
	case errors.Is(err, ErrNoTrade):
		http.Error(w, "no such trade", http.StatusNotFound)
	case err != nil:
		s.showFault(w, err)
	case page:
		s.showTradeDetails(w, r, v)
	default:
		writeJSON(w, v)
	}
}

// trade collects all that the books know of one trade. Errors: ErrNoTrade.
func (s *Sandbox) trade(ctx context.Context, outTradeNo string) (tradeView, error) {
	entry, err := s.Books().Trade(ctx, outTradeNo)
	if err != nil {
		return tradeView{}, err
	}
	v := tradeView{
		OutTradeNo: entry.OutTradeNo, TradeNo: entry.TradeNo, Status: entry.Status, AmountFen: entry.Amount,
		RefundedFen: entry.Refunded, PaidAt: given(entry.PaidAt), Refunds: []refundView{},
	}
	for _, e := range entry.Refunds {
		v.Refunds = append(v.Refunds, refundView{OutRequestNo: e.RequestNo, AmountFen: e.Amount, At: e.At})
	}
	if v.Notices, err = s.noticesOf(ctx, outTradeNo); err == nil {
		v.Extras, err = s.extrasOf(ctx, outTradeNo)
	}
	return v, err
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

func (s *Sandbox) extrasOf(ctx context.Context, outTradeNo string) ([]extraView, error) {
	rows, err := s.db.read.QueryContext(ctx, `SELECT notify_id, forged, sent_at, http_status, answer, fault FROM extras
		WHERE out_trade_no = ? ORDER BY id`, outTradeNo)
	if err != nil {
		return nil, fmt.Errorf("sandbox: read sendings: %w", err)
	}
	defer func() { _ = rows.Close() }()
	extras := []extraView{}
	for rows.Next() {
		var x extraView
		var at int64
		if err := rows.Scan(&x.NotifyID, &x.Forged, &at, &x.HTTPStatus, &x.Answer, &x.Fault); err != nil {
			return nil, fmt.Errorf("sandbox: read sendings: %w", err)
		}
		x.SentAt = instant(at)
		extras = append(extras, x)
	}
	return extras, rows.Err()
}

func (s *Sandbox) showFault(w http.ResponseWriter, err error) {
	s.cfg.Logger.Error("sandbox: books cannot be read", "error", err)
	http.Error(w, "books cannot be read", http.StatusInternalServerError)
}

func writeJSON(w http.ResponseWriter, v any) { writeJSONStatus(w, http.StatusOK, v) }

func writeJSONStatus(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a caller that is gone asks again
}
