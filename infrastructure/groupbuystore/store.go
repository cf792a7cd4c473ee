// Package groupbuystore keeps the engine's data in SQLite or MySQL; it implements groupbuy.Store and groupbuy.Checker.
//
// Isolation: every write runs READ COMMITTED (serial on SQLite). What a decision rests on is read FOR UPDATE, always
// teams by id first, then buyers' seats, then stock, and each row read carries a version that the write compares.
// What is not there yet cannot be locked: unique keys stop two nodes that would both insert it, and the loser decides
// again on what the winner wrote. Config is read REPEATABLE READ, to be of one version.
package groupbuystore

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/sqldb"
)

// Store is the engine's store in one database, migrated for sqldb.GroupBuy. It is safe for concurrent use, by any
// number of processes at once.
type Store struct {
	db     *sqldb.DB
	clock  func() time.Time
	ids    *ids
	sealer Sealer
	moved  func(of, to string)
	sits   sits
	wants  func(to partner.EndpointID, kind string) bool
}

// The ports that a Store serves.
var (
	_ groupbuy.Store   = (*Store)(nil)
	_ groupbuy.Checker = (*Store)(nil)
)

// Option changes how a Store works.
type Option func(*Store)

// WithClock replaces the system's clock.
func WithClock(now func() time.Time) Option { return func(s *Store) { s.clock = now } }

// WithEntropy replaces the random part of identifiers, so that the same entropy makes the same ones.
func WithEntropy(from io.Reader) Option { return func(s *Store) { s.ids = newIDs(from) } }

// WithSealer encrypts the secrets of partners. Without one they are kept as they are.
func WithSealer(sealer Sealer) Option { return func(s *Store) { s.sealer = sealer } }

// WithMoves has moved called after a commit for each change of status in it: of is team or seat. A commit whose answer was
// lost is left out.
func WithMoves(moved func(of, to string)) Option { return func(s *Store) { s.moved = moved } }

// WithWants asks before each delivery whether an endpoint wants events of a kind. Left out, every one wants all.
func WithWants(wants func(to partner.EndpointID, kind string) bool) Option {
	return func(s *Store) { s.wants = wants }
}

// New returns the store in db.
func New(db *sqldb.DB, opts ...Option) *Store {
	s := &Store{db: db, clock: time.Now, ids: newIDs(rand.Reader), sealer: open{}, moved: func(string, string) {}, sits: newSits(db)}
	s.wants = func(partner.EndpointID, string) bool { return true }
	for _, opt := range opts {
		opt(s)
	}
	return s
}

func (s *Store) now() time.Time { return s.clock().UTC().Truncate(time.Millisecond) }

// InTx runs fn in one READ COMMITTED transaction. See groupbuy.Store.
func (s *Store) InTx(ctx context.Context, fn func(ctx context.Context, tx groupbuy.Tx) error) error {
	err := s.db.InTx(ctx, func(db *gorm.DB) error {
		return fn(ctx, &tx{store: s, db: db, now: s.now()})
	})
	return outward(err)
}

// tx is one transaction. Its errors keep the driver's inside, because sqldb decides by those whether to run it again.
type tx struct {
	store *Store
	db    *gorm.DB
	now   time.Time
}

// Now is the transaction's time.
func (t *tx) Now() time.Time { return t.now }

// outward says in the port's words what the database reported.
func outward(err error) error {
	switch {
	case errors.Is(err, sqldb.ErrUnknown) && !errors.Is(err, groupbuy.ErrUnknown):
		return fmt.Errorf("%w: %w", groupbuy.ErrUnknown, err)
	case errors.Is(err, sqldb.ErrUnavailable) && !errors.Is(err, groupbuy.ErrUnavailable):
		return fmt.Errorf("%w: %w", groupbuy.ErrUnavailable, err)
	default:
		return err
	}
}

// failed adds what was tried, and turns the two errors that are answers into the port's.
func failed(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	what := fmt.Sprintf(format, args...)
	switch {
	case errors.Is(err, gorm.ErrRecordNotFound):
		return fmt.Errorf("%s: %w", what, groupbuy.ErrNotFound)
	case sqldb.IsDuplicate(err):
		return fmt.Errorf("%s: %w", what, groupbuy.ErrDuplicate)
	default:
		return outward(fmt.Errorf("groupbuystore: %s: %w", what, err))
	}
}

// millis is how an instant is stored; 0 stands for none.
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

// mapped turns stored rows into what they mean.
func mapped[Row, T any](rows []Row, f func(Row) T) []T {
	out := make([]T, len(rows))
	for i, row := range rows {
		out[i] = f(row)
	}
	return out
}

// mappedOrFail is mapped for rows that hold JSON.
func mappedOrFail[Row, T any](rows []Row, f func(Row) (T, error)) ([]T, error) {
	out := make([]T, len(rows))
	for i, row := range rows {
		var err error
		if out[i], err = f(row); err != nil {
			return nil, err
		}
	}
	return out, nil
}
