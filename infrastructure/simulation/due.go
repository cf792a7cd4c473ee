package simulation

import (
	"database/sql"
	"time"

	"kaituan/infrastructure/sqldb"
)

// The columns tell since when each job has something to do; 0 is never. They only spare the simulation the seconds in
// which nothing happens: what a job takes, its own query decides.
const (
	engineDue = `SELECT
	COALESCE((SELECT MIN(next_at) FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL), 0) AS engine_outbox,
	COALESCE((SELECT MIN(expires_at) FROM teams WHERE closed_at = 0), 0) AS expire_teams,
	COALESCE((SELECT MIN(expires_at) FROM seats WHERE status = 'held'), 0) AS release_overdue`
	mallDue = `SELECT
	COALESCE((SELECT MIN(next_at) FROM outbox WHERE sent_at IS NULL AND dead_at IS NULL), 0) AS mall_outbox,
	COALESCE((SELECT MIN(next_ask_at) FROM payments WHERE status = 'pending'), 0) AS query_pending,
	COALESCE((SELECT MIN(next_at) FROM refunds WHERE next_at > 0), 0) AS push_refunds,
	COALESCE((SELECT MIN(next_at) FROM orders WHERE status = 'awaiting_payment' AND next_at > 0), 0) AS close_unpaid,
	COALESCE((SELECT MIN(next_at) FROM orders WHERE status = 'created' AND next_at > 0), 0) AS repair_created,
	COALESCE((SELECT MIN(next_at) FROM orders WHERE status IN ('paid', 'teaming') AND next_at > 0), 0) AS check_teams,
	COALESCE((SELECT MIN(next_at) FROM orders WHERE status = 'to_ship' AND next_at > 0), 0) AS ship_due`
)

// question is a statement that is asked again and again: parsing it takes longer than answering.
type question struct {
	statement *sql.Stmt
	columns   []string
}

func (w *world) prepare(db *sqldb.DB, text string) (question, error) {
	pool, err := db.Read(w.ctx).DB()
	if err != nil {
		return question{}, err
	}
	statement, err := pool.PrepareContext(w.ctx, text)
	if err != nil {
		return question{}, err
	}
	rows, err := statement.QueryContext(w.ctx)
	if err != nil {
		return question{}, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err == nil {
		err = rows.Err()
	}
	return question{statement, columns}, err
}

// dues asks both databases when each job is due.
func (w *world) dues() map[string]time.Time {
	dues := make(map[string]time.Time, len(w.jobs))
	for _, q := range w.questions {
		values := make([]int64, len(q.columns))
		into := make([]any, len(values))
		for i := range values {
			into[i] = &values[i]
		}
		w.must(q.statement.QueryRowContext(w.ctx).Scan(into...), "ask what is due")
		for i, at := range values {
			if at > 0 {
				dues[q.columns[i]] = time.UnixMilli(at).UTC()
			}
			if q.columns[i] == "ship_due" && at > 0 {
				dues["ship_due"] = dues["ship_due"].Add(w.shipDelay)
			}
		}
	}
	return dues
}
