package bench

import (
	"context"
	"fmt"
	"strings"

	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
)

// copies make many rows of one that the server itself wrote, in the database and without its help: the rows keep the
// form that this version of the server gives them.
type copies struct {
	table  string
	of     string            // the condition of the row that is copied, or of the rows
	column map[string]string // what differs: SQL of n, the number of the copy
	from   int
	upTo   int // not included
}

// copiesAtOnce are made by one statement.
const copiesAtOnce = 50_000

// numbers are 0 to 999, three times over, in the SQL of both databases.
const numbers = "WITH RECURSIVE d(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM d WHERE i < 999)"

// multiply makes the copies and says how far it is.
func multiply(ctx context.Context, db *sqldb.DB, c copies, progress func(rows int)) error {
	columns, err := columnsOf(ctx, db, c.table)
	if err != nil {
		return err
	}
	values := make([]string, len(columns))
	for i, name := range columns {
		if values[i] = "original." + name; c.column[name] != "" {
			values[i] = c.column[name]
		}
	}
	for from := c.from; from < c.upTo; from += copiesAtOnce {
		upTo := min(from+copiesAtOnce, c.upTo)
		statement := fmt.Sprintf(`INSERT INTO %[1]s (%[2]s) %[3]s SELECT %[4]s FROM (SELECT %[5]d + a.i * 1000 + b.i AS n FROM d a CROSS JOIN d b WHERE a.i < %[6]d) k
			CROSS JOIN (SELECT * FROM %[1]s WHERE %[7]s) original WHERE n < %[8]d ORDER BY n`,
			c.table, strings.Join(columns, ", "), numbers, strings.Join(values, ", "), from, copiesAtOnce/1000, c.of, upTo)
		if err := db.InTx(ctx, func(tx *gorm.DB) error { return tx.Exec(statement).Error }); err != nil {
			return fmt.Errorf("bench: copy rows of %s: %w", c.table, err)
		}
		progress(upTo - from)
	}
	return nil
}

func columnsOf(ctx context.Context, db *sqldb.DB, table string) ([]string, error) {
	rows, err := db.Read(ctx).Raw("SELECT * FROM " + table + " WHERE 1 = 0").Rows()
	if err != nil {
		return nil, fmt.Errorf("bench: columns of %s: %w", table, err)
	}
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		return nil, err
	}
	return names, rows.Err()
}
