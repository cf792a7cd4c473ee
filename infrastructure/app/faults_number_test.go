package app_test

import (
	"context"
	"database/sql"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/url"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuywire"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sandbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// payments is how many payments the storm of notices has, over hotTeams teams.
var payments = flag.Int("payments", 500, "payments of TestFaults_NoticeStorm, a multiple of 50")

const (
	hotTeams = 50
	copies   = 3   // of each notice
	senders  = 100 // at once
	stride   = 250 // rows written in one transaction
)

// hall is many orders that wait for their payment, made in bulk: by the domain's own steps, past HTTP.
type hall struct {
	*world
	activityID string
	now        time.Time
	orders     []order.Order
	payments   []payment.Payment
}

func (h *hall) number(kind string, i int) string { return fmt.Sprintf("%s_%06d", kind, i) }

// open has every buyer hold a seat: the first hotTeams open a team, the others join them in turn.
func (h *hall) open(n int) {
	h.t.Helper()
	store := groupbuystore.New(h.book(sqldb.GroupBuy))
	for first := 0; first < n; {
		last := min(n, first+stride)
		if first == 0 {
			last = hotTeams
		}
		var cmds []team.Command
		for i := first; i < last; i++ {
			cmds = append(cmds, h.lock(i, n/hotTeams))
		}
		var outcomes []team.Outcome
		require.NoError(h.t, store.Batch(context.Background(), team.TouchOf(cmds), func(s *team.State, now time.Time) {
			outcomes = team.Apply(s, cmds, now)
		}))
		for i, o := range outcomes {
			require.Empty(h.t, o.Refusal)
			h.place(first+i, o)
		}
		first = last
	}
}

func (h *hall) lock(i, size int) team.Lock {
	lock := team.Lock{
		Key: team.Key{Partner: "mall", OutTradeNo: h.number("ord", i)}, Activity: activity.ID(h.activityID), Goods: "cup", SKU: "one",
		Channel: "mall", Buyer: activity.Buyer(h.number("acc", i)), Quantity: 1,
		NewSeat: team.SeatID(h.number("seat", i)), NewTeam: team.ID(h.number("team", i)),
		Terms: team.Terms{
			Original: 100_00, PayPrice: 80_00, Amount: 80_00, Plan: activity.Plan{Kind: activity.Reduce, Off: 20_00},
			Sizes: []int{size}, SeatTTL: time.Hour, Expiry: func(at time.Time) time.Time { return at.Add(time.Hour) },
		},
	}
	if i >= hotTeams {
		lock.Team = team.ID(h.number("team", i%hotTeams))
	}
	return lock
}

// place is the mall's side of a seat: an order with its pay page.
func (h *hall) place(i int, o team.Outcome) {
	placed := order.Place(order.Order{
		ID: order.ID(h.number("ord", i)), Buyer: account.ID(h.number("acc", i)), Mode: order.Group, Activity: order.ActivityID(h.activityID),
		Item:     order.Item{Product: "cup", ProductName: "cup", SKU: "one", SKUName: "one", Quantity: 1},
		Original: 100_00,
	}, h.now)
	placed.Offer(order.Terms{Team: order.TeamID(o.Team.ID), Original: 100_00, PayPrice: 80_00, Amount: 80_00, ExpiresAt: o.Seat.ExpiresAt}, h.now)
	paid := payment.Start(payment.Payment{
		ID: payment.ID(h.number("pay", i)), Order: placed.ID, Buyer: placed.Buyer, Method: payment.MethodPage, Amount: 80_00, ExpiresAt: placed.ExpiresAt,
	}, h.now)
	paid.Offer("https://pay.example/"+payment.PageURL(paid.ID), h.now)
	h.orders, h.payments = append(h.orders, placed), append(h.payments, paid)
}

// save writes the orders into the mall's books.
func (h *hall) save() {
	h.t.Helper()
	for first := 0; first < len(h.orders); first += stride {
		last := min(len(h.orders), first+stride)
		h.inMall(func(tx mall.Tx) error {
			for i := first; i < last; i++ {
				if err := tx.AddOrder(h.orders[i], mall.Key{Value: "bulk", Input: "bulk"}); err != nil {
					return err
				}
				if err := tx.AddPayment(h.payments[i]); err != nil {
					return err
				}
			}
			return tx.TakeStock("cup", "one", last-first)
		})
	}
}

func tradeNo(i int) string { return fmt.Sprintf("20261121220010%014d", i) }

// pay has the gateway take everybody's money, and returns a signed notice of each payment.
func (h *hall) pay() []url.Values {
	h.t.Helper()
	books, err := sql.Open("sqlite", "file:"+filepath.Join(h.config.Data, "sandbox.db")+"?_pragma=busy_timeout(5000)")
	require.NoError(h.t, err)
	defer books.Close()
	at := h.now.UnixMilli()
	tx, err := books.Begin()
	require.NoError(h.t, err)
	forms := make([]url.Values, len(h.payments))
	for i, p := range h.payments {
		_, err := tx.Exec(`INSERT INTO trades (out_trade_no, trade_no, cashier_id, pay_token, method, subject, body, passback, notify_url,
			return_url, quit_url, total_fen, refunded_fen, status, closed_by, created_at, expires_at, paid_at, refunded_at, closed_at, version)
			VALUES (?, ?, ?, '', 'page', 'cup', '', '', '', '', '', ?, 0, ?, '', ?, ?, ?, 0, 0, 2)`,
			p.ID, tradeNo(i), p.ID, p.Amount, sandbox.StatusSuccess, at, p.ExpiresAt.UnixMilli(), at)
		require.NoError(h.t, err)
		fields := notice(string(p.ID), tradeNo(i))
		fields["notify_id"], fields["gmt_payment"] = h.number("ntf", i), h.now.In(time.FixedZone("CST", 8*60*60)).Format(time.DateTime)
		forms[i] = h.signed(fields)
	}
	require.NoError(h.t, tx.Commit())
	return forms
}

// send sends every notice several times, by many senders at once, each until it is taken.
func (h *hall) send(forms []url.Values) {
	h.t.Helper()
	work := make(chan url.Values, copies*len(forms))
	for _, i := range rand.Perm(len(forms)) {
		for range copies {
			work <- forms[i]
		}
	}
	close(work)
	var answers tally
	var all sync.WaitGroup
	for range senders {
		all.Go(func() {
			for form := range work {
				persist(func() bool {
					answer, _ := h.postTo(h.app.PublicURL(), form)
					answers.add(answer)
					return answer == "success"
				})
			}
		})
	}
	all.Wait()
	require.Equal(h.t, copies*len(forms), answers.all()["success"], "%v", answers.all())
	h.t.Logf("answers to %d notices: %v", copies*len(forms), answers.all())
}

// Notices of many payments, three of each, on fifty hot teams by a hundred senders at once: there are exactly as many
// effects as payments. Run it with -payments 5000 for the number that reliability is judged by.
func TestFaults_NoticeStorm(t *testing.T) {
	onEachStoreUnshipped(t, func(w *world) {
		n := *payments
		size := n / hotTeams
		h := &hall{world: w, now: time.Now().UTC().Truncate(time.Second)}
		h.activityID = w.sell("cup", 2*n, func(in *groupbuywire.ActivityInput) { in.TeamSize = &size })
		h.open(n)
		h.save()
		forms := h.pay()
		began := time.Now()
		h.send(forms)
		taken := time.Since(began)
		require.Equal(w.t, n, w.count(sqldb.Mall, "SELECT count(*) FROM payments WHERE status = 'succeeded'"))
		require.True(w.t, persist(func() bool {
			return w.count(sqldb.Mall, "SELECT count(*) FROM orders WHERE status = 'to_ship'") == n &&
				w.count(sqldb.GroupBuy, "SELECT count(*) FROM deliveries WHERE status = 'delivered'") >= hotTeams
		}))
		w.t.Logf("numbers: %d notices of %d payments on %d teams taken in %v, everything done after %v", copies*n, n, hotTeams, taken, time.Since(began))
		w.requireEffects(n)
		w.requireGateway(money.Fen(n)*80_00, 0)
		w.check()
	})
}

// requireEffects wants everything that follows from n payments on the hot teams to have happened exactly once.
func (w *world) requireEffects(n int) {
	w.t.Helper()
	for what, number := range map[string][2]int{
		"payments booked":  {n, w.count(sqldb.Mall, "SELECT count(*) FROM payment_history WHERE to_status = 'succeeded'")},
		"orders paid":      {n, w.count(sqldb.Mall, "SELECT count(*) FROM order_history WHERE to_status = 'paid'")},
		"orders to ship":   {n, w.count(sqldb.Mall, "SELECT count(*) FROM order_history WHERE to_status = 'to_ship'")},
		"notices believed": {copies * n, w.count(sqldb.Mall, "SELECT sum(times) FROM notices")},
		"refunds":          {0, w.count(sqldb.Mall, "SELECT count(*) FROM refunds")},
		"seats paid":       {n, w.count(sqldb.GroupBuy, "SELECT count(*) FROM seats WHERE status = 'paid'")},
		"paid in teams":    {n, w.count(sqldb.GroupBuy, "SELECT sum(paid) FROM teams")},
		"teams formed":     {hotTeams, w.count(sqldb.GroupBuy, "SELECT count(*) FROM teams WHERE status = 'formed'")},
		"events of seats":  {n, w.count(sqldb.GroupBuy, "SELECT count(*) FROM events WHERE kind = ?", team.EventSeatPaid)},
		"events of teams":  {hotTeams, w.count(sqldb.GroupBuy, "SELECT count(*) FROM events WHERE kind = ?", team.EventTeamFormed)},
		"deliveries":       {hotTeams, w.count(sqldb.GroupBuy, "SELECT count(*) FROM deliveries WHERE event_kind IN (?, ?)", team.EventSeatPaid, team.EventTeamFormed)},
	} {
		w.t.Logf("%s: %d of %d", what, number[1], number[0])
		require.Equal(w.t, number[0], number[1], what)
	}
}
