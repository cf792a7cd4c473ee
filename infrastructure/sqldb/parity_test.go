package sqldb_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// schema is a database as both dialects can state it: per table its columns ("name class null default") and its keys
// ("unique (a, b)"), sorted. Key names and the position of columns are left out.
type schema map[string]*table

type table struct{ Columns, Keys []string }

// Both dialects of a service have the same tables, columns and keys.
func TestMigrations_Parity(t *testing.T) {
	for _, service := range services() {
		t.Run(string(service), func(t *testing.T) {
			mysql := readMySQL(t, sqldbtest.OpenMySQL(t, service))
			sqlite := readSQLite(t, sqldbtest.Open(t, service))
			require.Equal(t, sqlite, mysql, "expected: sqlite, actual: mysql")
			require.Contains(t, sqlite, "outbox")
		})
	}
}

func query[T any](t *testing.T, db *sqldb.DB, statement string, args ...any) (rows []T) {
	require.NoError(t, db.Read(t.Context()).Raw(statement, args...).Scan(&rows).Error)
	return rows
}

func column(name, class string, null, hasDefault bool) string {
	return fmt.Sprintf("%s %s null=%t default=%t", name, class, null, hasDefault)
}

func key(unique bool, columns string) string {
	return fmt.Sprintf("unique=%t (%s)", unique, columns)
}

func (s schema) sorted() schema {
	for _, t := range s {
		slices.Sort(t.Columns)
		slices.Sort(t.Keys)
	}
	return s
}

// class is what kind of value a declared type holds; an unknown type is its own class, and so differs.
func class(declared string) string {
	declared, _, _ = strings.Cut(strings.ToLower(declared), "(")
	switch declared {
	case "integer", "bigint", "int", "smallint", "tinyint":
		return "integer"
	case "text", "varchar", "char", "mediumtext", "longtext":
		return "text"
	case "blob", "varbinary", "binary", "mediumblob", "longblob":
		return "bytes"
	default:
		return declared
	}
}

func readSQLite(t *testing.T, db *sqldb.DB) schema {
	s := schema{}
	for _, name := range query[string](t, db, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'goose_db_version'") {
		s[name] = readSQLiteTable(t, db, name)
	}
	return s.sorted()
}

func readSQLiteTable(t *testing.T, db *sqldb.DB, name string) *table {
	type info struct {
		Name, Type string
		Notnull    bool
		HasDefault bool
		Pk         int
	}
	var out table
	var primary []string
	columns := query[info](t, db, "SELECT name, type, `notnull`, dflt_value IS NOT NULL AS has_default, pk FROM pragma_table_info(?) ORDER BY pk", name)
	for _, c := range columns {
		if c.Pk > 0 {
			primary = append(primary, c.Name)
		}
	}
	for _, c := range columns {
		// Only the alias of the row id refuses NULL without saying so; other primary keys of SQLite accept it.
		rowID := c.Pk > 0 && len(primary) == 1 && strings.EqualFold(c.Type, "INTEGER")
		out.Columns = append(out.Columns, column(c.Name, class(c.Type), !c.Notnull && !rowID, c.HasDefault))
	}
	out.Keys = append(out.Keys, key(true, strings.Join(primary, ", ")))
	type index struct {
		Name            string
		Unique, Partial bool
	}
	for _, i := range query[index](t, db, "SELECT name, `unique`, partial FROM pragma_index_list(?) WHERE origin <> 'pk'", name) {
		require.False(t, i.Partial, "%s: MySQL has no partial index", i.Name)
		parts := query[string](t, db, "SELECT name FROM pragma_index_info(?) ORDER BY seqno", i.Name)
		out.Keys = append(out.Keys, key(i.Unique, strings.Join(parts, ", ")))
	}
	return &out
}

func readMySQL(t *testing.T, db *sqldb.DB) schema {
	s := schema{}
	type info struct {
		T, C, Type       string
		Null, HasDefault bool
	}
	// MariaDB writes a missing default as the text NULL.
	for _, c := range query[info](t, db, `SELECT table_name AS t, column_name AS c, data_type AS type, is_nullable = 'YES' AS `+"`null`"+`,
		column_default IS NOT NULL AND column_default <> 'NULL' AS has_default
		FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name <> 'goose_db_version'`) {
		if s[c.T] == nil {
			s[c.T] = &table{}
		}
		s[c.T].Columns = append(s[c.T].Columns, column(c.C, class(c.Type), c.Null, c.HasDefault))
	}
	type index struct {
		T, Columns string
		Uniq       bool
	}
	for _, i := range query[index](t, db, `SELECT table_name AS t, non_unique = 0 AS uniq,
		GROUP_CONCAT(column_name ORDER BY seq_in_index SEPARATOR ', ') AS columns
		FROM information_schema.statistics WHERE table_schema = DATABASE() AND table_name <> 'goose_db_version'
		GROUP BY table_name, index_name, non_unique`) {
		s[i.T].Keys = append(s[i.T].Keys, key(i.Uniq, i.Columns))
	}
	return s.sorted()
}
