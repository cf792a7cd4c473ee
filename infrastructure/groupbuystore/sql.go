package groupbuystore

import (
	"maps"
	"slices"
	"strings"

	"kaituan/groupbuy/team"
	"kaituan/infrastructure/sqldb"
)

// words are what the dialects say differently.
type words struct {
	dialect sqldb.Dialect
	lock    string // behind a locking read
	join    string // that reads the tables in the order written
	primary string // behind a table that is read by its primary key
}

func wordsOf(dialect sqldb.Dialect) words {
	if dialect == sqldb.MySQL {
		return words{dialect: dialect, lock: " FOR UPDATE", join: "STRAIGHT_JOIN", primary: " FORCE INDEX (PRIMARY)"}
	}
	return words{dialect: dialect, join: "CROSS JOIN"} // which SQLite does not reorder
}

// index names the only index to read a table by. MySQL's own choice would change with the size of the table, and with
// it what a locking read holds.
func (w words) index(name string) string {
	if w.dialect == sqldb.MySQL {
		return " FORCE INDEX (" + name + ")"
	}
	return ""
}

// all keeps a select inside another apart, in its order: MySQL would otherwise merge the two and lock the rows of both.
const all = " LIMIT 1000000"

// live is which seats count. A seat whose difference goes back is refunding and live, any other refunding one is not;
// the statuses are there for the indexes.
const (
	live     = "status IN ('held', 'paid', 'refunding') AND ordinal IS NOT NULL"
	liveSeat = "s.status IN ('held', 'paid', 'refunding') AND s.ordinal IS NOT NULL"
)

// columns writes a list of columns of a table.
func columns(table string, names []string) string {
	return table + "." + strings.Join(names, ", "+table+".")
}

// condition is a piece of SQL with its arguments.
type condition struct {
	sql  string
	args []any
}

func (c *condition) or(sql string, args ...any) {
	if c.sql != "" {
		c.sql += " OR "
	}
	c.sql += "(" + sql + ")"
	c.args = append(c.args, args...)
}

// union adds the rows that a select finds in a list, if that is not empty.
func (c *condition) union(sql string, in []string) {
	if len(in) > 0 {
		c.unionAs(sql+places(len(in)), anys(in))
	}
}

func (c *condition) unionWhere(sql string, where condition) { c.unionAs(sql+where.sql, where.args) }

func (c *condition) unionAs(sql string, args []any) {
	if c.sql != "" {
		c.sql += " UNION "
	}
	c.sql += sql
	c.args = append(c.args, args...)
}

// places is a list of n parameters.
func places(n int) string { return "(" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ")" }

func anys[T any](list []T) []any { return mapped(list, func(one T) any { return one }) }

// among asks for pairs in two columns, as one IN list per first value: row constructors get no index on MariaDB.
func among[T any](first, second string, keys []T, pair func(T) (string, string)) condition {
	groups := map[string][]string{}
	for _, key := range keys {
		a, b := pair(key)
		groups[a] = append(groups[a], b)
	}
	var c condition
	for _, a := range slices.Sorted(maps.Keys(groups)) {
		list := distinct(groups[a])
		c.or(first+" = ? AND "+second+" IN "+places(len(list)), append([]any{a}, anys(list)...)...)
	}
	return c
}

func byKey(keys []team.Key) condition {
	return among("partner_id", "out_trade_no", keys, func(k team.Key) (string, string) { return string(k.Partner), k.OutTradeNo })
}

// bySKU asks for stock, as one IN list per goods.
func bySKU(keys []team.StockKey) condition {
	type goods struct{ activity, goods string }
	groups := map[goods][]string{}
	for _, k := range keys {
		of := goods{string(k.Activity), string(k.Goods)}
		groups[of] = append(groups[of], string(k.SKU))
	}
	var c condition
	for of, skus := range groups {
		list := distinct(skus)
		c.or("activity_id = ? AND goods_id = ? AND sku_id IN "+places(len(list)), append([]any{of.activity, of.goods}, anys(list)...)...)
	}
	return c
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}
