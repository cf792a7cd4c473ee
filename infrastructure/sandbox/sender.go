package sandbox

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// The states of a notice.
const (
	noticePending   = "pending"
	noticeHeld      = "held" // behind the trade's next one, see Held
	noticeDelivered = "delivered"
	noticeGivenUp   = "given_up"
)

const (
	acknowledged  = "success" // the merchant's answer, these seven bytes and no others
	keptAnswer    = 256       // bytes of an answer that are read and kept
	sendersAtOnce = 8
	batch         = 64
	idle          = time.Second
	soonest       = 5 * time.Millisecond
)

// run sends what is due and closes what is over until ctx ends.
func (s *Sandbox) run(ctx context.Context) {
	for ctx.Err() == nil {
		pause := idle
		if err := errors.Join(s.closeExpired(ctx), s.sendDue(ctx)); err == nil {
			pause = s.untilDue(ctx)
		} else if ctx.Err() == nil {
			s.cfg.Logger.Error("sandbox: background work failed", "error", err)
		}
		s.rest(ctx, pause)
	}
}

// rest waits for pause, or less when there is a new notice.
func (s *Sandbox) rest(ctx context.Context, pause time.Duration) {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-s.wake:
	case <-timer.C:
	}
}

// untilDue is the machine's time until the next notice, at most idle: its clock may be a test's that jumps.
func (s *Sandbox) untilDue(ctx context.Context) time.Duration {
	var next sql.NullInt64
	err := s.db.read.QueryRowContext(ctx, "SELECT min(next_at) FROM notices WHERE next_at > 0").Scan(&next)
	if err != nil || !next.Valid {
		return idle
	}
	return min(max(s.clock.wait(instant(next.Int64)), soonest), idle)
}

// nudge tells the sender that there is a new notice.
func (s *Sandbox) nudge() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

func (s *Sandbox) closeExpired(ctx context.Context) error {
	numbers, err := s.expired(ctx)
	if err != nil {
		return err
	}
	for _, no := range numbers {
		_, _, err := s.db.change(ctx, byOutTradeNo(no), func(t *trade) *failure {
			t.expire(s.now())
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *Sandbox) expired(ctx context.Context) ([]string, error) {
	rows, err := s.db.read.QueryContext(ctx, `SELECT out_trade_no FROM trades
		WHERE status = 'WAIT_BUYER_PAY' AND expires_at <= ? ORDER BY expires_at LIMIT ?`, ms(s.now()), batch)
	if err != nil {
		return nil, fmt.Errorf("sandbox: find expired: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var numbers []string
	for rows.Next() {
		var no string
		if err := rows.Scan(&no); err != nil {
			return nil, fmt.Errorf("sandbox: find expired: %w", err)
		}
		numbers = append(numbers, no)
	}
	return numbers, rows.Err()
}

// sendDue sends each due notice once, a few at a time, so that a slow merchant holds up a few and not all.
func (s *Sandbox) sendDue(ctx context.Context) error {
	due, err := s.due(ctx)
	if err != nil {
		return err
	}
	slots := make(chan struct{}, sendersAtOnce)
	failed := make(chan error, len(due))
	var group sync.WaitGroup
	for _, n := range due {
		slots <- struct{}{}
		group.Go(func() {
			failed <- s.send(ctx, n)
			<-slots
		})
	}
	group.Wait()
	close(failed)
	for e := range failed {
		err = errors.Join(err, e)
	}
	return err
}

func (s *Sandbox) due(ctx context.Context) ([]notice, error) {
	rows, err := s.db.read.QueryContext(ctx, `SELECT notify_id, out_trade_no, url, fields, attempts FROM notices
		WHERE next_at > 0 AND next_at <= ? ORDER BY next_at LIMIT ?`, ms(s.now()), batch)
	if err != nil {
		return nil, fmt.Errorf("sandbox: find notices: %w", err)
	}
	defer func() { _ = rows.Close() }()
	var due []notice
	for rows.Next() {
		var n notice
		var fields []byte
		if err := rows.Scan(&n.id, &n.trade, &n.url, &fields, &n.attempts); err != nil {
			return nil, fmt.Errorf("sandbox: find notices: %w", err)
		}
		if err := json.Unmarshal(fields, &n.fields); err != nil {
			return nil, fmt.Errorf("sandbox: notice %s: %w", n.id, err)
		}
		due = append(due, n)
	}
	return due, rows.Err()
}

// Sending is what became of a notice that left, or should have.
type Sending struct {
	SentAt     time.Time `json:"sent_at"`
	HTTPStatus int       `json:"http_status"`     // 0: no answer
	Answer     string    `json:"answer"`          // its first 256 bytes
	Fault      string    `json:"fault,omitempty"` // why there was no answer
}

// attempt is one line of the delivery log.
type attempt struct {
	Number int `json:"number"`
	Sending
}

func (s *Sandbox) send(ctx context.Context, n notice) error {
	p, err := s.plan(ctx, n)
	if err != nil {
		return err
	}
	a, err := s.carryOut(ctx, n, p)
	if err != nil || ctx.Err() != nil {
		return err // stopped half-way, the merchant's answer is unknown and the notice stays due
	}
	s.cfg.Logger.Info("sandbox: notice sent", "notify_id", n.id, "out_trade_no", n.trade, "attempt", a.Number,
		"status", a.HTTPStatus, "fault", a.Fault)
	return s.record(ctx, n, a)
}

// deliver posts a notice once. That nobody answers is a fault of the sending and no error.
func (s *Sandbox) deliver(ctx context.Context, to string, form url.Values) Sending {
	d := Sending{SentAt: s.now()}
	var err error
	if d.HTTPStatus, d.Answer, err = s.post(ctx, to, form.Encode()); err != nil {
		d.Fault = err.Error()
	}
	return d
}

func (s *Sandbox) post(ctx context.Context, url, form string) (status int, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, strings.NewReader(form))
	if err != nil {
		return 0, "", err
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded; charset=utf-8")
	rsp, err := s.cfg.HTTPClient.Do(req)
	if err != nil {
		return 0, "", err
	}
	defer func() { _ = rsp.Body.Close() }()
	text, err := io.ReadAll(io.LimitReader(rsp.Body, keptAnswer))
	return rsp.StatusCode, strings.ToValidUTF8(string(text), "?"), err
}

// record writes the log line and when, if ever, the notice is sent again.
func (s *Sandbox) record(ctx context.Context, n notice, a attempt) error {
	state, next := s.after(a)
	return s.db.inTx(ctx, func(tx *sql.Tx) error {
		done, err := tx.ExecContext(ctx, `UPDATE notices SET state = ?, attempts = ?, next_at = ?
			WHERE notify_id = ? AND attempts = ?`, state, a.Number, ms(next), n.id, n.attempts)
		if err != nil {
			return fmt.Errorf("sandbox: write notice: %w", err)
		}
		if changed, err := done.RowsAffected(); err != nil || changed == 0 {
			return err // another process sent it too and has kept its own line
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO attempts (notify_id, number, sent_at, http_status, answer, fault)
			VALUES (?, ?, ?, ?, ?, ?)`, n.id, a.Number, ms(a.SentAt), a.HTTPStatus, a.Answer, a.Fault)
		if err != nil {
			return fmt.Errorf("sandbox: write attempt: %w", err)
		}
		return letGo(ctx, tx, n.trade, s.now())
	})
}

func (s *Sandbox) after(a attempt) (state string, next time.Time) {
	gaps := retryGaps()
	switch {
	case a.HTTPStatus == http.StatusOK && a.Answer == acknowledged && a.Fault == "":
		return noticeDelivered, time.Time{}
	case a.Number > len(gaps):
		return noticeGivenUp, time.Time{}
	}
	return noticePending, s.now().Add(gaps[a.Number-1])
}
