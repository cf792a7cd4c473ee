// Package crowdstore keeps order facts and the members of crowd tags in the engine's database; it implements
// groupbuy.Crowds.
//
// Isolation: every write runs READ COMMITTED (serial on SQLite). Facts are read FOR UPDATE before they are changed,
// and the unique order number stops two nodes that insert the same one: the loser reads again. A job holds its tag by
// the tag's job_id, which every write of the job compares. A generation's chunks are never changed once written.
package crowdstore

import (
	"errors"
	"fmt"
	"time"

	"kaituan/groupbuy"
	"kaituan/infrastructure/sqldb"
)

// Store is the crowd's store in one database, migrated for sqldb.GroupBuy. It is safe for concurrent use, by any
// number of processes at once.
type Store struct{ db *sqldb.DB }

var _ groupbuy.Crowds = (*Store)(nil)

// New returns the store in db.
func New(db *sqldb.DB) *Store { return &Store{db: db} }

// failed adds what was tried and says in the port's words what the database reported.
func failed(err error, format string, args ...any) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("crowdstore: "+format+": %w", append(args, err)...)
	switch {
	case errors.Is(err, sqldb.ErrUnknown):
		return fmt.Errorf("%w: %w", groupbuy.ErrUnknown, err)
	case errors.Is(err, sqldb.ErrUnavailable):
		return fmt.Errorf("%w: %w", groupbuy.ErrUnavailable, err)
	}
	return err
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
