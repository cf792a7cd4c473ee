package simulation

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"kaituan/infrastructure/sqldb"
	"kaituan/mall/payment"
)

// Timings are how long things took in the world, each list in no order.
type Timings struct {
	LostFound []time.Duration // from a payment whose notice did not come to its being known
	Refunded  []time.Duration // from the cause of a refund to its being asked for
	Expired   []time.Duration // from a team's end to its being over
	Delivered []time.Duration // from an event to the first attempt to tell it
}

// Add puts another story's timings to these.
func (t *Timings) Add(other Timings) {
	t.LostFound = append(t.LostFound, other.LostFound...)
	t.Refunded = append(t.Refunded, other.Refunded...)
	t.Expired = append(t.Expired, other.Expired...)
	t.Delivered = append(t.Delivered, other.Delivered...)
}

// String is a line per measure.
func (t Timings) String() string {
	line := func(what string, list []time.Duration) string {
		return fmt.Sprintf("%-42s p50 %10s  p99 %10s  max %12s  of %d\n", what, Percentile(list, 50), Percentile(list, 99), Percentile(list, 100), len(list))
	}
	return line("payment known whose notice was lost", t.LostFound) + line("refund asked for after its cause", t.Refunded) +
		line("team over after its end", t.Expired) + line("first attempt to tell an event", t.Delivered)
}

// Percentile returns the smallest value that p of a hundred do not exceed; 0 of nothing.
func Percentile(list []time.Duration, p int) time.Duration {
	if len(list) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(list))
	return sorted[max((len(sorted)*p+99)/100, 1)-1]
}

// timings reads from the databases how long things took.
func (w *world) timings() Timings {
	t := Timings{
		Refunded: w.spans(w.mallDB, "SELECT h.at - r.created_at FROM refunds r JOIN refund_history h ON h.request_no = r.request_no AND h.from_status = 'created'"),
		Expired:  w.spans(w.engineDB, "SELECT ended_at - expires_at FROM teams WHERE ended_at >= expires_at"),
		Delivered: w.spans(w.engineDB, "SELECT a.started_at - e.happened_at FROM delivery_attempts a JOIN deliveries d ON d.id = a.delivery_id "+
			"JOIN events e ON e.id = d.event_id WHERE a.number = 1"),
	}
	w.tally(w.mallDB, "orders ", "SELECT status || ' ' || reason AS name, COUNT(*) AS n FROM orders GROUP BY 1")
	w.tally(w.mallDB, "refunds ", "SELECT intent || ' ' || reason AS name, COUNT(*) AS n FROM refunds GROUP BY 1")
	w.tally(w.engineDB, "teams ", "SELECT status || CASE WHEN virtual_seats > 0 THEN ' with virtual seats' ELSE '' END AS name, COUNT(*) AS n FROM teams GROUP BY 1")
	w.tally(w.engineDB, "settled ", "SELECT settlement || ' ' || reason AS name, COUNT(*) AS n FROM seats WHERE settlement <> '' GROUP BY 1")
	store := w.mallStore()
	for _, id := range w.gateway.order {
		trade := w.gateway.trades[id]
		if p, err := store.PaymentByID(w.ctx, id); err == nil && p.Status == payment.Succeeded && (trade.told.IsZero() || trade.told.After(p.EndedAt)) {
			t.LostFound = append(t.LostFound, p.EndedAt.Sub(trade.paidAt))
		}
	}
	return t
}

// spans reads milliseconds.
func (w *world) spans(db *sqldb.DB, statement string) []time.Duration {
	var ms []int64
	w.must(db.Read(w.ctx).Raw(statement).Scan(&ms).Error, statement)
	list := make([]time.Duration, len(ms))
	for i, n := range ms {
		list[i] = time.Duration(n) * time.Millisecond
	}
	return list
}

// tally counts what became of rows.
func (w *world) tally(db *sqldb.DB, prefix, statement string) {
	var found []struct {
		Name string
		N    int
	}
	w.must(db.Read(w.ctx).Raw(statement).Scan(&found).Error, statement)
	for _, f := range found {
		w.counts[prefix+strings.TrimSpace(f.Name)] += f.N
	}
}
