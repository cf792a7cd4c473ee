package sqldb

import (
	"context"
	"database/sql"
	"sync"
)

// Asked is a query that is asked so often that its text is sent and understood once for each connection, and not each
// time. Make it with Ask; it is safe for concurrent use.
type Asked struct {
	db   *DB
	text string
	mu   sync.Mutex
	stmt *sql.Stmt // nil before the first question
}

// Ask makes a query of text, whose parameters come with each question. Nothing is sent before the first one.
func (db *DB) Ask(text string) *Asked { return &Asked{db: db, text: text} }

// Each asks outside of any transaction, and calls each for every row, in their order; scan copies its columns. What
// InTx has committed is visible. Errors: those of the database, and of each.
func (a *Asked) Each(ctx context.Context, each func(scan func(into ...any) error) error, args ...any) error {
	stmt, err := a.prepared(ctx) //nolint:sqlclosecheck // it is kept for the next question
	if err != nil {
		return because(ctx, translate(err))
	}
	rows, err := stmt.QueryContext(ctx, args...)
	if err != nil {
		return because(ctx, translate(err))
	}
	defer rows.Close() // after the last row or an error there is nothing left to fail
	for rows.Next() {
		if err := each(rows.Scan); err != nil {
			return err
		}
	}
	return because(ctx, translate(rows.Err()))
}

// prepared is the statement, which database/sql prepares anew on connections that do not know it yet. Closing the
// database closes it.
func (a *Asked) prepared(ctx context.Context) (*sql.Stmt, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.stmt != nil {
		return a.stmt, nil
	}
	stmt, err := a.db.reader.PrepareContext(ctx, a.text)
	if err == nil {
		a.stmt = stmt
	}
	return stmt, err
}
