package app_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// TestStatements_UseKeys plays purchases on MySQL, writes down every statement of both databases, and has the server
// explain each beside thousands of rows: none may read a table from end to end that grows with the orders.
func TestStatements_UseKeys(t *testing.T) {
	t.Parallel()
	engine, throughEngine := sqldbtest.NewTap(t, sqldbtest.Schema(t))
	shop, throughShop := sqldbtest.NewTap(t, sqldbtest.Schema(t))
	w := openNow(t, map[string]string{"groupbuy.db": string(throughEngine), "mall.db": string(throughShop)})
	activityID := w.sell("cup", 1000, nil)
	anna, bert, carl := w.buyer("anna"), w.buyer("bert"), w.buyer("carl")
	engine.Asked()
	shop.Asked()
	w.purchases(activityID, anna, bert, carl)

	for service, tap := range map[sqldb.Service]*sqldbtest.Tap{sqldb.GroupBuy: engine, sqldb.Mall: shop} {
		statements := hot(tap.Asked())
		require.Greater(t, len(statements), 30)
		for table, taken := range growing() {
			w.multiply(service, table, taken)
		}
		for _, statement := range statements {
			assert.Empty(t, w.unkeyed(service, statement), statement)
		}
	}
}

// purchases has two buyers fill a team and a third leave one, and looks at the product.
func (w *world) purchases(activityID string, anna, bert, carl *buyer) {
	opened := anna.lock("cup", activityID, "")
	anna.pay(opened.OrderID)
	joined := bert.lock("cup", activityID, opened.TeamID)
	bert.pay(joined.OrderID)
	anna.becomes(opened.OrderID, mallwire.OrderStatusShipped)
	bert.becomes(joined.OrderID, mallwire.OrderStatusShipped)
	left := carl.lock("cup", activityID, "")
	carl.cancel(left.OrderID)
	product, err := w.shop().GetProductWithResponse(context.Background(), "cup")
	require.NoError(w.t, err)
	require.NotNil(w.t, product.JSON200)
}

// growing are the tables that grow with the orders, each with the columns of its keys that tell rows apart.
func growing() map[string][]string {
	return map[string][]string{
		"teams": {"id"}, "seats": {"id", "out_trade_no", "buyer"}, "team_history": {"id"}, "seat_history": {"id"}, "events": {"id", "subject"},
		"deliveries": {"id", "event_id"}, "delivery_attempts": {"delivery_id"}, "order_facts": {"order_id", "buyer"},
		"outbox": {"id"}, "inbox": {"message_id"},
		"orders": {"id", "idem_key", "buyer"}, "order_history": {"order_id"}, "payments": {"id", "open_order", "order_id"},
		"payment_history": {"payment_id"}, "notices": {"notify_id", "payment_id"}, "sessions": {"hash"}, "accounts": {"id", "login"},
	}
}

// hot takes the statements apart that were sent together, and leaves out what changes nothing of a purchase: where a
// transaction begins and ends, inserts, and the jobs that look through everything by the clock.
func hot(asked []string) []string {
	var statements []string
	for _, text := range asked {
		for _, statement := range strings.Split(text, ";") {
			verb, _, _ := strings.Cut(strings.TrimSpace(statement), " ")
			byClock := slices.ContainsFunc([]string{" AS subject", "MAX(k)", " jobs ", "> '' AND"}, func(part string) bool { return strings.Contains(statement, part) })
			if slices.Contains([]string{"SELECT", "UPDATE", "DELETE"}, verb) && !byClock {
				statements = append(statements, statement)
			}
		}
	}
	return statements
}

// manyRows are more than the server would rather read all of.
const manyRows = 1000

// multiply copies a row of a table that has one.
func (w *world) multiply(service sqldb.Service, table string, apart []string) {
	w.t.Helper()
	var columns []string
	require.NoError(w.t, w.book(service).Read(context.Background()).
		Raw("SELECT column_name FROM information_schema.columns WHERE table_schema = DATABASE() AND table_name = ?", table).Scan(&columns).Error)
	if len(columns) == 0 {
		return
	}
	var values []string
	for _, c := range columns {
		if slices.Contains(apart, c) {
			c = "CONCAT(LEFT(" + c + ", 40), n)"
		}
		values = append(values, c)
	}
	require.NoError(w.t, w.book(service).InTx(context.Background(), func(tx *gorm.DB) error {
		return tx.Exec(fmt.Sprintf("INSERT IGNORE INTO %s (%s) WITH RECURSIVE copies(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM copies WHERE n < %d) SELECT %s FROM (SELECT * FROM %s LIMIT 1) x, copies",
			table, strings.Join(columns, ","), manyRows, strings.Join(values, ","), table)).Error
	}))
	var told []map[string]any
	require.NoError(w.t, w.book(service).Read(context.Background()).Raw("ANALYZE TABLE "+table).Scan(&told).Error)
}

// unkeyed are the growing tables that a statement reads from end to end.
func (w *world) unkeyed(service sqldb.Service, statement string) []string {
	w.t.Helper()
	type step struct{ Table, Type, Key *string }
	var plan []step
	require.NoError(w.t, w.book(service).Read(context.Background()).Raw("EXPLAIN "+statement).Scan(&plan).Error, statement)
	var found []string
	for _, s := range plan {
		if s.Table == nil || s.Type == nil || strings.HasPrefix(*s.Table, "<") {
			continue
		}
		if _, grows := growing()[*s.Table]; (grows || len(*s.Table) == 1) && s.Key == nil {
			found = append(found, *s.Table+": "+*s.Type)
		}
	}
	return found
}
