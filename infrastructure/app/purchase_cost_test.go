package app_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/mall"
)

// roundTripsOfPurchase is how often a purchase may ask both databases when it is alone; those that come together share
// many of these.
const roundTripsOfPurchase = 65

// TestPurchase_RoundTrips counts what a purchase asks the databases, from the product page to the formed team, beside
// what is asked by the clock.
func TestPurchase_RoundTrips(t *testing.T) {
	t.Parallel()
	engine, throughEngine := sqldbtest.NewTap(t, sqldbtest.Schema(t))
	shop, throughShop := sqldbtest.NewTap(t, sqldbtest.Schema(t))
	w := openNow(t, map[string]string{"groupbuy.db": string(throughEngine), "mall.db": string(throughShop)})
	activityID := w.sell("cup", 1000, nil)
	anna, bert := w.buyer("anna"), w.buyer("bert")
	w.team(activityID, anna, bert) // opens the connections
	engine.Asked()
	shop.Asked()
	const teams = 3
	for range teams {
		w.team(activityID, anna, bert)
	}
	asked := slices.DeleteFunc(append(engine.Asked(), shop.Asked()...), byClock)
	orders := 2 * teams
	t.Logf("numbers: %.1f round trips for each of %d orders", float64(len(asked))/float64(orders), orders)
	require.LessOrEqual(t, len(asked)/orders, roundTripsOfPurchase, "%s", strings.Join(asked, "\n"))

	var delivered []string
	require.NoError(t, w.book(sqldb.GroupBuy).Read(context.Background()).Raw("SELECT DISTINCT event_kind FROM deliveries").Scan(&delivered).Error)
	require.Contains(t, delivered, "team.formed")
	for _, kind := range delivered {
		require.True(t, mall.ActsUpon(kind), "the shop is told of %s, about which it does nothing", kind)
	}
}

// team has two buyers look at the product and fill a team.
func (w *world) team(activityID string, anna, bert *buyer) {
	var orders []string
	team := ""
	for _, b := range []*buyer{anna, bert} {
		_, err := w.shop().GetProductWithResponse(context.Background(), "cup")
		require.NoError(w.t, err)
		o := b.lock("cup", activityID, team)
		b.pay(o.OrderID)
		orders, team = append(orders, o.OrderID), o.TeamID
	}
	anna.becomes(orders[0], mallwire.OrderStatusShipped)
	bert.becomes(orders[1], mallwire.OrderStatusShipped)
}

// byClock says of a statement that it would have been asked without the purchase: jobs, looks for messages that are due,
// and how the tests' buyers ask what became of their orders. Purchases begin no transaction by a statement of its own.
func byClock(statement string) bool {
	return slices.ContainsFunc([]string{
		"START TRANSACTION", " jobs ", "jobs`", "LIMIT 1", "next_at >= ", "next_ask_at >= ", "MAX(k)", "config_version", "`tags`", "sessions", "order_history` WHERE",
		"refunds` WHERE", "payments` WHERE order_id", "crowd", "pictures",
	}, func(part string) bool {
		return strings.Contains(statement, part) && !strings.HasPrefix(statement, "BEGIN")
	}) || statement == "COMMIT" || strings.HasPrefix(statement, "SET ")
}
