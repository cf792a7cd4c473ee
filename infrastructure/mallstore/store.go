// Package mallstore keeps the mall's data in SQLite or MySQL: it implements mall.Store and mall.Auditor over
// infrastructure/sqldb, and writes the mall's tasks to the outbox of the same database.
package mallstore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"

	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
)

// Store is the mall's database. It is safe for concurrent use.
type Store struct {
	db    *sqldb.DB
	clock func() time.Time
	wake  func()
	ids   func(now time.Time) string
	moved func(of, to string)
	share func(ctx context.Context, c Change) (error, error)
	asked asked
}

// Option changes how a Store works.
type Option func(*Store)

// WithMessageIDs replaces the numbers of outbox messages, at random within a millisecond otherwise. Later ones must be larger.
func WithMessageIDs(next func(now time.Time) string) Option {
	return func(s *Store) { s.ids = next }
}

// WithMoves has moved called after a commit for each change of status in it: of is payment, refund or order. A commit whose
// answer was lost is left out.
func WithMoves(moved func(of, to string)) Option {
	return func(s *Store) { s.moved = moved }
}

// New returns a store over a migrated database. The clock gives each transaction its time. wake is called after
// each commit that left tasks in the outbox, so that their relay need not wait for its next round; it may be nil.
func New(db *sqldb.DB, clock func() time.Time, wake func(), opts ...Option) *Store {
	if wake == nil {
		wake = func() {}
	}
	s := &Store{db: db, clock: clock, wake: wake, moved: func(string, string) {}, asked: newAsked(db)}
	s.ids = func(time.Time) string { return "" } // the outbox makes them
	for _, opt := range opts {
		opt(s)
	}
	return s
}

// InTx implements mall.Store.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context, tx mall.Tx) error) error {
	var t *tx
	err := s.db.InTx(ctx, func(db *gorm.DB) error {
		t = &tx{ledger: newLedger(s, atOnce{db}, s.now()), db: db}
		t.trace = observe.Parent(ctx)
		return fn(ctx, t)
	})
	if err != nil {
		return translate(err)
	}
	s.tell(t.ledger)
	return nil
}

func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// tell says after a commit what was in it.
func (s *Store) tell(l *ledger) {
	if l.enqueued {
		s.wake()
	}
	for _, m := range l.moves {
		s.moved(m.of, m.to)
	}
}

// read gives a handle for queries outside any transaction.
func (s *Store) read(ctx context.Context) *gorm.DB { return s.db.Read(ctx) }

// translate says in the mall's words what happened to a statement or a transaction. What it does not know stays
// as it is, so that the transaction's retries recognise it.
func translate(err error) error {
	for _, known := range [...]struct{ from, to error }{
		{gorm.ErrRecordNotFound, mall.ErrNotFound},
		{gorm.ErrDuplicatedKey, mall.ErrDuplicate},
		{sqldb.ErrUnknown, mall.ErrUnknown},
		{sqldb.ErrUnavailable, mall.ErrUnavailable},
	} {
		if errors.Is(err, known.from) && !errors.Is(err, known.to) {
			return fmt.Errorf("%w: %w", known.to, err)
		}
	}
	return err
}

// tx implements mall.Tx: everything is carried out when it is asked for.
type tx struct {
	*ledger
	db *gorm.DB
}

// Task returns what an outbox message of the mall asks for.
func Task(m outbox.Message) mall.Task {
	return mall.Task{Topic: mall.Topic(m.Topic), Subject: m.Key}
}

// update writes all columns of row, which has a primary key and a version raised by one, if the stored row still
// has the version before. Errors: mall.ErrConflict.
func update(db *gorm.DB, row any, version int64) error {
	result := db.Model(row).Select("*").Where("version = ?", version).Updates(row)
	if result.Error == nil && result.RowsAffected != 1 {
		return mall.ErrConflict
	}
	return translate(result.Error)
}

// millis stores the zero time as 0.
func millis(t time.Time) int64 {
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

// each maps a slice.
func each[A, B any](in []A, f func(A) B) []B {
	out := make([]B, len(in))
	for i, a := range in {
		out[i] = f(a)
	}
	return out
}
