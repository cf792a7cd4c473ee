package outbox

import (
	"strings"
	"time"

	"github.com/oklog/ulid/v2"

	"kaituan/infrastructure/sqldb"
)

const waiting = "sent_at IS NULL AND dead_at IS NULL"

// findDue is due for a transaction that sends its statements together: the first messages of all that are due.
func findDue(topics []Topic, now time.Time, limit int, into *[]row) sqldb.Query {
	args := []any{now.UnixMilli()}
	for _, topic := range topics {
		args = append(args, string(topic))
	}
	return sqldb.Query{
		SQL: "SELECT id, topic, msg_key, payload, created_at, attempts, trace FROM outbox WHERE " + waiting + " AND next_at <= ? AND topic IN " +
			places(len(topics)) + " ORDER BY next_at, id LIMIT ?",
		Args: append(args, limit),
		Each: func(scan func(...any) error) error {
			var r row
			err := scan(&r.ID, &r.Topic, &r.MsgKey, &r.Payload, &r.CreatedAt, &r.Attempts, &r.Trace)
			*into = append(*into, r)
			return err
		},
	}
}

// leased gives messages that were found due to a fresh owner and counts the attempt. Another relay may have taken some of
// them since; then the number of rows is another one.
func leased(rows []row, now time.Time, lease time.Duration) []sqldb.Write {
	if len(rows) == 0 {
		return nil
	}
	owner, until := ulid.Make().String(), now.Add(lease).UnixMilli()
	args := []any{owner, until, until}
	for i := range rows {
		r := &rows[i]
		r.LeaseOwner, r.LeaseUntil, r.NextAt = owner, until, until
		r.Attempts++
		args = append(args, r.ID)
	}
	return []sqldb.Write{{
		SQL: "UPDATE outbox SET lease_owner = ?, lease_until = ?, next_at = ?, attempts = attempts + 1 WHERE id IN " + places(len(rows)) +
			" AND " + waiting + " AND next_at <= ?",
		Args: append(args, now.UnixMilli()), Rows: len(rows),
	}}
}

// delivered marks messages as sent, those that were claimed together in one statement.
func delivered(outcomes []outcome, now time.Time) []sqldb.Write {
	var writes []sqldb.Write
	for len(outcomes) > 0 {
		owner := outcomes[0].row.LeaseOwner
		args := []any{now.UnixMilli()}
		var others []outcome
		for _, o := range outcomes {
			if o.row.LeaseOwner == owner {
				args = append(args, o.row.ID)
			} else {
				others = append(others, o)
			}
		}
		n := len(args) - 1
		writes = append(writes, sqldb.Write{
			SQL: "UPDATE outbox SET sent_at = ?, last_error = '', lease_owner = '', lease_until = 0 WHERE id IN " + places(n) +
				" AND " + waiting + " AND lease_owner = ?",
			Args: append(args, owner), Rows: n,
		})
		outcomes = others
	}
	return writes
}

func places(n int) string { return "(" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ")" }
