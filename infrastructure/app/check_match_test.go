package app_test

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/mallwire"
	"kaituan/infrastructure/app"
	"kaituan/infrastructure/config"
)

// everyFate is a world at rest with an order of each fate, and the rows of each: {shipped} is an order, {shipped.seat} its
// seat, {shipped.team} its team, {shipped.pay} its payment, {shipped.rf} its refund.
func everyFate(t *testing.T) (*world, map[string]string) {
	t.Helper()
	w := open(t, nil)
	pair, grows := w.sell("cup", 20, nil), w.sell("pot", 20, twoThenThree)
	fates := map[string]string{}
	people := map[string]*buyer{}
	for _, name := range []string{"anna", "bert", "late", "refunded", "teaming", "unpaid"} {
		people[name] = w.buyer(name)
	}
	anna, bert := people["anna"], people["bert"]
	ids := w.together("cup", pair, []*buyer{anna, bert})
	fates["shipped"] = ids[0]
	grown := []*buyer{anna, bert, people["teaming"]}
	ids = w.together("pot", grows, grown)
	fates["cheaper"] = ids[0]
	for i, b := range grown {
		b.differenceBack(ids[i])
		b.becomes(ids[i], mallwire.OrderStatusShipped)
	}

	late := people["late"].lock("cup", pair, "")
	page := people["late"].payPage(late.OrderID)
	people["late"].cancel(late.OrderID)
	w.payAt(page)
	people["late"].differenceBack(late.OrderID) // all of it
	fates["late"] = late.OrderID
	for _, name := range []string{"refunded", "teaming"} {
		opened := people[name].lock("cup", pair, "")
		people[name].pay(opened.OrderID)
		people[name].becomes(opened.OrderID, mallwire.OrderStatusTeaming)
		fates[name] = opened.OrderID
	}
	require.NotNil(t, people["refunded"].tryRefund(fates["refunded"]).JSON200)
	people["refunded"].becomes(fates["refunded"], mallwire.OrderStatusRefunded)
	fates["unpaid"] = people["unpaid"].lock("cup", pair, "").OrderID
	anna.becomes(fates["shipped"], mallwire.OrderStatusShipped)
	w.check()
	w.stop()
	addRows(t, w.config.Data, fates)
	fates["first.event"] = only(t, w.config.Data, "mall.db", "SELECT MIN(message_id) FROM inbox")
	fates["first.delivery"] = only(t, w.config.Data, "groupbuy.db", "SELECT id FROM deliveries WHERE event_id = '"+fates["first.event"]+"'")
	return w, fates
}

func addRows(t *testing.T, data string, fates map[string]string) {
	t.Helper()
	for fate, id := range maps.Clone(fates) {
		for _, row := range []struct{ name, file, sql string }{
			{"seat", "groupbuy.db", "SELECT id FROM seats WHERE out_trade_no = '%s'"},
			{"team", "groupbuy.db", "SELECT team_id FROM seats WHERE out_trade_no = '%s'"},
			{"pay", "mall.db", "SELECT COALESCE(MAX(id), '') FROM payments WHERE order_id = '%s'"},
			{"rf", "mall.db", "SELECT COALESCE(MAX(request_no), '') FROM refunds WHERE order_id = '%s'"},
		} {
			fates[fate+"."+row.name] = only(t, data, row.file, fmt.Sprintf(row.sql, id))
		}
	}
}

// only reads one text.
func only(t *testing.T, data, file, query string) (text string) {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(data, file))
	require.NoError(t, err)
	defer db.Close()
	require.NoError(t, db.QueryRow(query).Scan(&text))
	return text
}

// Each case changes rows by hand. The check must say what is wrong, and nothing else.
func TestCheck_ComparesBothSides(t *testing.T) {
	w, fates := everyFate(t)
	const engine, mall, gateway = "groupbuy.db", "mall.db", "sandbox.db"
	for name, c := range map[string]struct {
		file, statements string
		want             string // violations by invariant and row, sorted, with a comma between
		says             string // of one of them
	}{
		"nothing":                  {engine, "", "", ""},
		"a seat lost":              {engine, "UPDATE seats SET out_trade_no = 'another' WHERE id = '{unpaid.seat}'", "match another, match {unpaid}", "has no order here"},
		"another amount":           {engine, "UPDATE seats SET amount_fen = 7000, pay_price_fen = 7000 WHERE id = '{unpaid.seat}'", "match {unpaid}", "for 8000 fen"},
		"another team":             {mall, "UPDATE orders SET team_id = 'team_x' WHERE id = '{teaming}'", "match {teaming}", "team_x"},
		"another quantity":         {mall, "UPDATE orders SET quantity = 2 WHERE id = '{unpaid}'; UPDATE skus SET stock = stock - 1 WHERE product_id = 'cup'", "match {unpaid}", "is 2 of cup/one"},
		"closed and held":          {mall, "UPDATE orders SET status = 'closed' WHERE id = '{unpaid}'; UPDATE order_history SET to_status = 'closed' WHERE order_id = '{unpaid}' AND to_status = 'awaiting_payment'; UPDATE skus SET stock = stock + 1 WHERE product_id = 'cup'", "match {unpaid}", "its seat is still held"},
		"created and forgotten":    {mall, "UPDATE orders SET status = 'created' WHERE id = '{unpaid}'; DELETE FROM order_history WHERE order_id = '{unpaid}' AND to_status <> 'created'", "match {unpaid}", "never recorded"},
		"released and waited for":  {engine, "UPDATE seats SET status = 'released', ordinal = NULL WHERE id = '{unpaid.seat}'; INSERT INTO seat_history VALUES ('{unpaid.seat}', 9, 0, 1, 'held', 'released'); UPDATE teams SET held = 0 WHERE id = '{unpaid.team}'", "match {unpaid}", "its seat was released"},
		"settled and unpaid":       {engine, "UPDATE seats SET settlement = 'refund_required', paid_amount_fen = amount_fen WHERE id = '{unpaid.seat}'", "match {unpaid}", "settled at the engine"},
		"sent and not counted":     {engine, "UPDATE seats SET settlement = '', paid_amount_fen = 0 WHERE id = '{teaming.seat}'", "I4 {teaming}, amount {teaming.seat}", "does not count its payment"},
		"a team that formed alone": {engine, "UPDATE teams SET status = 'formed', target = 1, capacity = 1, closed_at = 1, ended_at = 1 WHERE id = '{teaming.team}'; UPDATE seats SET settlement = 'formed' WHERE id = '{teaming.seat}'; INSERT INTO team_history VALUES ('{teaming.team}', 9, 0, 1, 'forming', 'formed')", "I4 {teaming}", "its team is formed"},
		"a refund that never came": {engine, "UPDATE teams SET status = 'failed', paid = 0, closed_at = 1, ended_at = 1 WHERE id = '{teaming.team}'; UPDATE seats SET status = 'refunding', ordinal = NULL WHERE id = '{teaming.seat}'; INSERT INTO team_history VALUES ('{teaming.team}', 9, 0, 1, 'forming', 'failed'); INSERT INTO seat_history VALUES ('{teaming.seat}', 9, 0, 1, 'paid', 'refunding')", "I5 {teaming}", "no refund of it is here"},
		"shipped and given back":   {engine, "UPDATE teams SET paid = 1, refunded = 1 WHERE id = '{shipped.team}'; UPDATE seats SET status = 'refunding', ordinal = NULL, asked_no = 'rf_x', asked_at = 1, left_formed = 1 WHERE id = '{shipped.seat}'; INSERT INTO seat_history VALUES ('{shipped.seat}', 9, 0, 1, 'paid', 'refunding')", "I4 {shipped}", "is shipped, and the engine gave its seat back"},
		"refunded and not told":    {engine, "UPDATE seats SET status = 'refunding', refund_no = '' WHERE id = '{refunded.seat}'; DELETE FROM seat_history WHERE id = '{refunded.seat}' AND to_status = 'refunded'", "I5 {refunded}", "the engine was not told"},
		"a refund of another":      {engine, "UPDATE seats SET refund_no = 'rf_x', asked_no = 'rf_x' WHERE id = '{refunded.seat}'", "", ""},
		"a refund of nobody":       {mall, "UPDATE refunds SET request_no = 'rf_x', intent = 'difference' WHERE request_no = '{refunded.rf}'; UPDATE refund_history SET request_no = 'rf_x' WHERE request_no = '{refunded.rf}'; UPDATE orders SET difference_fen = 8000 WHERE id = '{refunded}'", "I4 {refunded.pay}, I5 rf_x, I5 {refunded.rf}, I5 {refunded}", "by the engine's books"},
		"a difference forgotten":   {mall, "UPDATE orders SET difference_fen = 0 WHERE id = '{cheaper}'; DELETE FROM refund_history WHERE request_no = '{cheaper.rf}'; DELETE FROM refunds WHERE request_no = '{cheaper.rf}'", "I5 {cheaper.rf}, I5 {cheaper}, I5 {cheaper}", "1000 fen of it back"},

		"an event not taken": {mall, "DELETE FROM inbox WHERE message_id = (SELECT MIN(message_id) FROM inbox)", "I10 {first.event}", "has not taken it"},
		"an event of nobody": {mall, "INSERT INTO inbox VALUES ('mall.team_events', 'evt_0', 1)", "I10 evt_0", "no such event"},
		"nobody delivers":    {engine, "UPDATE deliveries SET status = 'pending', next_at = 1 WHERE event_id = '{first.event}'", "I10 {first.delivery}", "no message sends it"},

		"the gateway received more":  {gateway, "UPDATE trades SET total_fen = total_fen + 1 WHERE out_trade_no = '{shipped.pay}'", "I3 {shipped.pay}", "80.01 at the gateway"},
		"the gateway lost a trade":   {gateway, "DELETE FROM trades WHERE out_trade_no = '{shipped.pay}'", "I3 {shipped.pay}", "does not know it"},
		"the gateway was never paid": {gateway, "UPDATE trades SET paid_at = 0 WHERE out_trade_no = '{shipped.pay}'", "I3 {shipped.pay}", "not paid at the gateway"},
		"a payment of nobody":        {gateway, "UPDATE trades SET out_trade_no = 'pay_x' WHERE out_trade_no = '{shipped.pay}'", "I3 pay_x, I3 {shipped.pay}", "unknown here"},
		"a refund lost":              {gateway, "DELETE FROM refunds WHERE out_trade_no = '{refunded.pay}'; UPDATE trades SET refunded_fen = 0 WHERE out_trade_no = '{refunded.pay}'", "I5 {refunded.rf}", "never paid it back"},
		"a refund debited twice":     {gateway, "UPDATE trades SET refunded_fen = refunded_fen - 1 WHERE out_trade_no = '{refunded.pay}'", "I5 {refunded.pay}", "counts 79.99 yuan as sent back, its refunds add up to 80.00"},
		"a refund too small":         {gateway, "UPDATE refunds SET amount_fen = 7999 WHERE out_trade_no = '{refunded.pay}'; UPDATE trades SET refunded_fen = 7999 WHERE out_trade_no = '{refunded.pay}'", "I5 {refunded.rf}", "79.99 at the gateway"},
		"a refund renumbered":        {gateway, "UPDATE refunds SET out_request_no = 'rf_x' WHERE out_trade_no = '{refunded.pay}'", "I5 rf_x, I5 {refunded.rf}", "nobody here asked for"},
		"a refund not confirmed":     {mall, "UPDATE refunds SET status = 'submitted' WHERE request_no = '{late.rf}'; DELETE FROM refund_history WHERE request_no = '{late.rf}' AND to_status = 'succeeded'", "I5 {late.rf}", "not confirmed here"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			report := checkBroken(t, w.config, c.file, filled(c.statements, fates))
			var want, found []string
			for _, line := range strings.Split(filled(c.want, fates), ", ") {
				if line != "" {
					want = append(want, line)
				}
			}
			for _, v := range report.Violations {
				found = append(found, v.Invariant+" "+v.Subject)
			}
			slices.Sort(want)
			slices.Sort(found)
			require.Equal(t, want, found, "%+v", report.Violations)
			require.Contains(t, fmt.Sprintf("%+v", report.Violations), c.says)
		})
	}
}

func filled(text string, fates map[string]string) string {
	for fate, id := range fates {
		text = strings.ReplaceAll(text, "{"+fate+"}", id)
	}
	return text
}

// checkBroken checks a copy of an instance's data after a statement that no code of ours would run.
func checkBroken(t *testing.T, c config.Config, file, statement string) app.CheckReport {
	t.Helper()
	broken := c
	broken.Data = t.TempDir()
	require.NoError(t, os.CopyFS(broken.Data, os.DirFS(c.Data)))
	broken.GroupBuy.DB = "sqlite:" + filepath.Join(broken.Data, "groupbuy.db")
	broken.Mall.DB = "sqlite:" + filepath.Join(broken.Data, "mall.db")
	breakBook(t, filepath.Join(broken.Data, file), statement)
	report, err := app.CheckAtOnce(context.Background(), broken)
	require.NoError(t, err)
	return report
}
