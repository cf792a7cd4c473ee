package outbox

import (
	"errors"
	"fmt"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"
	"gorm.io/gorm"
)

// unsent selects rows that are neither sent nor dead; index outbox_due starts with these two columns.
func unsent(tx *gorm.DB) *gorm.DB {
	return tx.Model(&row{}).Where("sent_at IS NULL AND dead_at IS NULL")
}

// due selects rows of topics whose time has come. A leased row is due when its lease has expired, because a claim
// moves next_at to the end of the lease.
func due(tx *gorm.DB, topics []Topic, now time.Time) *gorm.DB {
	return unsent(tx).Where("next_at <= ? AND topic IN ?", now.UnixMilli(), topics)
}

// claim leases up to limit due rows to a fresh owner and counts the attempt. Another relay may take some of them
// between the look and the update; the update's condition decides.
func claim(tx *gorm.DB, topics []Topic, now time.Time, lease time.Duration, limit int) ([]row, error) {
	var rows []row
	if err := due(tx, topics, now).Order("next_at, id").Limit(limit).Find(&rows).Error; err != nil || len(rows) == 0 {
		return nil, err
	}
	owner, until := ulid.Make().String(), now.Add(lease).UnixMilli()
	ids := make([]string, len(rows))
	for i := range rows {
		ids[i] = rows[i].ID
		rows[i].LeaseOwner, rows[i].LeaseUntil, rows[i].NextAt = owner, until, until
		rows[i].Attempts++
	}
	taken := due(tx, topics, now).Where("id IN ?", ids).Updates(map[string]any{
		"lease_owner": owner, "lease_until": until, "next_at": until, "attempts": gorm.Expr("attempts + 1"),
	})
	if taken.Error != nil || taken.RowsAffected == int64(len(rows)) {
		return rows, taken.Error
	}
	var mine []row
	err := unsent(tx).Where("id IN ? AND lease_owner = ?", ids, owner).Order("id").Find(&mine).Error
	return mine, err
}

// fate is what becomes of a claimed row.
type fate string

const (
	sent     fate = "sent"
	again    fate = "again"    // due at next
	dead     fate = "dead"     // kept for ListDead and Redo
	released fate = "released" // the attempt was cut short by Stop and does not count
)

// outcome is the fate of one attempt, decided by judge.
type outcome struct {
	row  row
	fate fate
	next time.Time
	err  error
}

// judge decides what an attempt that ended with err means.
func (s *shift) judge(r row, err error, stopped bool, policy Policy) outcome {
	now := s.opts.Now()
	o := outcome{row: r, fate: again, next: now.Add(policy.delay(r.Attempts, s.opts.Jitter)), err: err}
	later, named := errors.AsType[*RetryAt](err)
	switch {
	case err == nil:
		o.fate = sent
	case errors.Is(err, ErrPoison):
		o.fate = dead
	case stopped:
		o.fate, o.next = released, now
	case r.Attempts >= policy.MaxAttempts:
		o.fate = dead
	case named:
		o.next = later.At
	}
	return o
}

// settle writes outcomes and returns how many rows had been lost to another owner meanwhile, and so stay untouched.
func settle(tx *gorm.DB, outcomes []outcome, now time.Time) (lost int, err error) {
	delivered := map[string][]string{} // ids by lease owner: one update for what was claimed together
	for _, o := range outcomes {
		if o.fate == sent {
			delivered[o.row.LeaseOwner] = append(delivered[o.row.LeaseOwner], o.row.ID)
			continue
		}
		n, err := mark(tx, o.row.LeaseOwner, []string{o.row.ID}, o.columns(now))
		if err != nil {
			return 0, err
		}
		lost += n
	}
	for owner, ids := range delivered {
		n, err := mark(tx, owner, ids, map[string]any{"sent_at": now.UnixMilli(), "last_error": ""})
		if err != nil {
			return 0, err
		}
		lost += n
	}
	return lost, nil
}

// mark ends the lease of rows that owner still holds. Every claim has an owner of its own, so the owner also stands
// for the attempt.
func mark(tx *gorm.DB, owner string, ids []string, columns map[string]any) (lost int, err error) {
	columns["lease_owner"], columns["lease_until"] = "", 0
	done := unsent(tx).Where("id IN ? AND lease_owner = ?", ids, owner).Updates(columns)
	if done.Error != nil {
		return 0, fmt.Errorf("mark outbox rows: %w", done.Error)
	}
	return len(ids) - int(done.RowsAffected), nil
}

func (o outcome) columns(now time.Time) map[string]any {
	columns := map[string]any{"last_error": bounded(o.err)}
	switch o.fate {
	case dead:
		columns["dead_at"] = now.UnixMilli()
	case released:
		columns["attempts"] = gorm.Expr("attempts - 1")
		columns["next_at"] = o.next.UnixMilli()
	default:
		columns["next_at"] = o.next.UnixMilli()
	}
	return columns
}

const maxError = 500

// bounded is the error's text, valid UTF-8 and short enough for its column.
func bounded(err error) string {
	text := []rune(err.Error())
	if len(text) > maxError {
		text = text[:maxError]
	}
	if s := string(text); utf8.ValidString(s) {
		return s
	}
	return "error text is not UTF-8"
}
