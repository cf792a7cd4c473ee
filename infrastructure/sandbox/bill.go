package sandbox

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"kaituan/money"
)

// Bills: https://opendocs.alipay.com/open/028woc
const (
	billTrade   = "trade"
	billAccount = "signcustomer"
	billHour    = 9                // the next day's hour, in China, from which a bill exists
	billLink    = 30 * time.Second // the life of a link, by the machine's clock
)

type billRequest struct {
	Type string `json:"bill_type"`
	Date string `json:"bill_date"`
}

// billURL is alipay.data.dataservice.bill.downloadurl.query. The link has the host under which the merchant reached
// the gateway.
func (s *Sandbox) billURL(r *http.Request) call {
	return func(ctx context.Context, biz []byte) (map[string]any, *failure, error) {
		var req billRequest
		if why := decode(biz, &req); why != nil {
			return nil, why, nil
		}
		day, why := s.billDay(req)
		if why != nil {
			return nil, why, nil
		}
		b, err := s.bill(ctx, day)
		if err != nil {
			return nil, nil, err
		}
		if len(b.lines) == 0 {
			return nil, noBill(), nil
		}
		token, err := s.db.linkBill(ctx, req, s.cfg.Now())
		if err != nil {
			return nil, nil, err
		}
		return map[string]any{"bill_download_url": address(r, "bills/"+token)}, nil, nil
	}
}

// billDay reads which day is asked for and refuses one whose bill cannot exist yet.
func (s *Sandbox) billDay(req billRequest) (time.Time, *failure) {
	if req.Type != billTrade && req.Type != billAccount {
		return time.Time{}, invalid("isv.invalid-parameter", "bill_type 应为 trade 或 signcustomer")
	}
	day, err := time.ParseInLocation(time.DateOnly, req.Date, china())
	if err != nil {
		return time.Time{}, invalid("isv.invalid-parameter", "bill_date 应为 yyyy-MM-dd，沙箱没有月账单")
	}
	if s.now().Before(day.AddDate(0, 0, 1).Add(billHour * time.Hour)) {
		return time.Time{}, noBill()
	}
	return day, nil
}

// address is one below the prefix that the handler is mounted under, as the caller reached it: the part of the request
// that a stripped prefix leaves unchanged is the end of its path.
func address(r *http.Request, path string) string {
	u := url.URL{Scheme: "http", Host: r.Host, Path: r.URL.Path}
	if sent, err := url.ParseRequestURI(r.RequestURI); err == nil {
		u.Path = sent.Path
	}
	if r.TLS != nil || r.Header.Get("X-Forwarded-Proto") == "https" {
		u.Scheme = "https"
	}
	u.Path = u.Path[:strings.LastIndex(u.Path, "/")+1] + path
	return u.String()
}

func (d *database) linkBill(ctx context.Context, req billRequest, now time.Time) (string, error) {
	token := randomHex()
	err := d.inTx(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, "DELETE FROM bill_links WHERE expires_at <= ?", ms(now)); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, "INSERT INTO bill_links (token, bill_type, day, expires_at) VALUES (?, ?, ?, ?)",
			token, req.Type, req.Date, ms(now.Add(billLink)))
		return err
	})
	if err != nil {
		return "", fmt.Errorf("sandbox: write link: %w", err)
	}
	return token, nil
}

// downloadBill is GET /bills/{token}.
func (s *Sandbox) downloadBill(w http.ResponseWriter, r *http.Request) {
	var req billRequest
	err := s.db.read.QueryRowContext(r.Context(), "SELECT bill_type, day FROM bill_links WHERE token = ? AND expires_at > ?",
		r.PathValue("token"), ms(s.cfg.Now())).Scan(&req.Type, &req.Date)
	if errors.Is(err, sql.ErrNoRows) {
		http.Error(w, "no such bill, or its link is over", http.StatusNotFound)
		return
	}
	var file []byte
	var b bill
	if err == nil {
		b, err = s.billOn(r.Context(), req.Date)
	}
	if err == nil {
		file, err = b.zip(req.Type, s.cfg.SellerID, s.now())
	}
	if err != nil {
		s.showFault(w, err)
		return
	}
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s_%s.csv.zip"`, s.cfg.SellerID, b.compactDay()))
	w.Header().Set("Cache-Control", "no-store")
	_, _ = w.Write(file) // a merchant that is gone asks again
}

func (s *Sandbox) billOn(ctx context.Context, date string) (bill, error) {
	day, err := time.ParseInLocation(time.DateOnly, date, china())
	if err != nil {
		return bill{}, fmt.Errorf("sandbox: bill: %w", err)
	}
	return s.bill(ctx, day)
}

// bill is what happened on one day in China.
type bill struct {
	day   time.Time
	lines []billLine
}

// billLine is a payment, or with a request number a refund, whose amount is then below zero.
type billLine struct {
	tradeNo, outTradeNo, requestNo string
	subject, reason                string
	amount                         money.Fen
	createdAt, doneAt              time.Time
}

func (l billLine) event() Event {
	if l.requestNo != "" {
		return Refunded
	}
	return Paid
}

// bill reads a day's bill with the differences that scripts put into it.
func (s *Sandbox) bill(ctx context.Context, day time.Time) (bill, error) {
	lines, err := s.billLines(ctx, day, day.AddDate(0, 0, 1))
	if err != nil {
		return bill{}, err
	}
	list, err := scripts(ctx, s.db.read, "WHERE target = ? ORDER BY out_trade_no = '', id", OnBill)
	b := bill{day: day, lines: lines}
	for _, script := range list {
		if script.Day == "" || script.Day == day.Format(time.DateOnly) {
			b.falsify(script)
		}
	}
	return b, err
}

func (s *Sandbox) billLines(ctx context.Context, from, to time.Time) ([]billLine, error) {
	rows, err := s.db.read.QueryContext(ctx, `
		SELECT trade_no, out_trade_no, '', subject, '', total_fen, created_at, paid_at AS done_at FROM trades
		WHERE paid_at >= ?1 AND paid_at < ?2 AND paid_at > 0
		UNION ALL
		SELECT t.trade_no, t.out_trade_no, r.out_request_no, t.subject, r.reason, -r.amount_fen, t.created_at, r.created_at
		FROM refunds r JOIN trades t ON t.out_trade_no = r.out_trade_no WHERE r.created_at >= ?1 AND r.created_at < ?2
		ORDER BY done_at, 2, 3`, ms(from), ms(to))
	if err != nil {
		return nil, fmt.Errorf("sandbox: read bill: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var lines []billLine
	for rows.Next() {
		var l billLine
		var created, done int64
		err := rows.Scan(&l.tradeNo, &l.outTradeNo, &l.requestNo, &l.subject, &l.reason, &l.amount, &created, &done)
		if err != nil {
			return nil, fmt.Errorf("sandbox: read bill: %w", err)
		}
		l.createdAt, l.doneAt = instant(created), instant(done)
		lines = append(lines, l)
	}
	return lines, rows.Err()
}

// falsify puts one script's difference into a bill, the same one each time.
func (b *bill) falsify(script Script) {
	if script.Fault == LineExtra {
		b.lines = append(b.lines, b.extra(script))
		return
	}
	var lines []billLine
	seen, struck := 0, 0
	for _, l := range b.lines {
		suits := (script.OutTradeNo == "" || script.OutTradeNo == l.outTradeNo) && (script.Event == "" || script.Event == l.event())
		if !suits || script.Times > 0 && struck >= script.Times {
			lines = append(lines, l)
			continue
		}
		seen++
		if !script.hits(uint64(seen)) {
			lines = append(lines, l)
			continue
		}
		struck++
		lines = append(lines, l.falsified(script)...)
	}
	b.lines = lines
}

func (l billLine) falsified(script Script) []billLine {
	switch script.Fault {
	case LineDuplicated:
		return []billLine{l, l}
	case AmountChanged:
		sign := money.Fen(1)
		if l.amount < 0 {
			sign = -1
		}
		l.amount = sign * cmp.Or(script.Amount, sign*l.amount+1)
		return []billLine{l}
	default: // LineMissing
		return nil
	}
}

// extra is a line about nothing that ever happened, at noon.
func (b *bill) extra(script Script) billLine {
	noon := b.day.Add(12 * time.Hour)
	l := billLine{
		tradeNo:    fmt.Sprintf("%s22009%015d", b.compactDay(), script.ID),
		outTradeNo: cmp.Or(script.OutTradeNo, fmt.Sprintf("extra%d", script.ID)),
		subject:    "沙箱多出的一行", amount: script.Amount, createdAt: noon, doneAt: noon,
	}
	if script.Event == Refunded {
		l.requestNo, l.amount = fmt.Sprintf("extra_refund%d", script.ID), -l.amount
	}
	return l
}

func (b *bill) compactDay() string { return b.day.Format("20060102") }
