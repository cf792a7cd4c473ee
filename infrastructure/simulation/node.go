package simulation

import (
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/go-sql-driver/mysql"

	"kaituan/api/edge"
	"kaituan/api/groupbuyapi"
	"kaituan/api/groupbuyclient"
	"kaituan/api/mallapi"
	"kaituan/api/sign"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/crowdstore"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/webhook"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// node is one process of the system, with everything that it keeps in memory.
type node struct {
	name        string
	up          bool
	dead        bool // died in the middle of something; what it still does goes nowhere
	skew        time.Duration
	pausedUntil time.Time // its workers do nothing
	refreshed   time.Time // when it last followed the configuration

	engine  *groupbuy.Engine // of nodes that run the engine
	shop    *mall.Shop       // of nodes that run the mall
	handler http.Handler
}

// errDead is what everything answers a process that has died.
var errDead = errors.New("simulation: the process is dead")

// What the mall and the engine know each other by.
const (
	partnerID  = "mall"
	keyID      = "key_mall"
	keySecret  = "a-key-secret-of-the-simulation-0123456789"
	hookSecret = "whsec_MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=" //nolint:gosec // G101: protects nothing
	engineURL  = "http://engine.sim"
	mallURL    = "http://mall.sim"
	endpointID = "ep_mall"
	vip        = activity.TagID("tag_000001")
)

// layout draws which processes there are: one with everything, or several of each kind.
func (w *world) layout() {
	names := [][]string{{"all"}, {"all"}, {"all0", "all1"}, {"engine", "mall"}, {"engine0", "engine1", "mall0", "mall1"}}
	for _, name := range pick(w, names) {
		w.nodes = append(w.nodes, &node{name: name})
	}
}

func (n *node) runsEngine() bool { return n.name[0] != 'm' }

func (n *node) runsMall() bool { return n.name[0] != 'e' }

// running is whose code runs now; nil is the world's own.
func (w *world) running() *node {
	if len(w.working) == 0 {
		return nil
	}
	return w.working[len(w.working)-1]
}

// on has a node do something and says whether it lived to tell.
func (w *world) on(n *node, do func()) bool {
	w.working = append(w.working, n)
	do()
	w.working = w.working[:len(w.working)-1]
	return !n.dead
}

// kill ends a process at once. What it has not committed or sent is gone.
func (w *world) kill(n *node, where string) {
	if n.dead {
		return
	}
	n.dead = true
	w.counts["crashes"]++
	w.note("CRASH of %s %s", n.name, where)
}

// bury drops what dead processes had in memory and has them started again soon. Only the outermost step may do so:
// their code is on the stack until then.
func (w *world) bury() {
	for _, n := range w.nodes {
		if !n.dead || !n.up {
			continue
		}
		n.up, n.engine, n.shop, n.handler = false, nil, nil, nil
		w.later(w.between(500*time.Millisecond, 8*time.Second), func() { w.start(n) })
	}
}

// start builds a process anew on the databases.
func (w *world) start(n *node) {
	n.up, n.dead, n.refreshed = true, false, w.now
	router := edge.New(w.log)
	if n.runsEngine() {
		n.engine = w.newEngine(n)
		api, err := groupbuyapi.New(n.engine, groupbuyapi.Auth{Nonces: sign.NewMemoryNonces(1 << 12), PublicURL: engineURL})
		w.must(err, "engine API")
		api.Register(router)
	}
	if n.runsMall() {
		store := mallstore.New(w.mallDB, n.clock(w), nil, mallstore.WithMessageIDs(func(time.Time) string { return w.number("m") }))
		shop, err := w.newShop(n, store)
		w.must(err, "shop")
		n.shop = shop
		api, err := mallapi.New(shop, store, mallapi.Settings{PublicURL: mallURL, WebhookSecrets: []string{hookSecret}})
		w.must(err, "mall API")
		api.Register(router)
	}
	n.handler = router
	w.note("%s is up", n.name)
}

// must ends a story that the simulation itself spoils.
func (w *world) must(err error, what string) {
	if err != nil {
		w.fail("the simulation is broken: %s: %v", what, err)
	}
}

// clock is what a node takes for the time.
func (n *node) clock(w *world) func() time.Time {
	return func() time.Time { return w.now.Add(n.skew).Truncate(time.Millisecond) }
}

func (w *world) newEngine(n *node) *groupbuy.Engine {
	return groupbuy.New(groupbuy.Deps{
		Store:  groupbuystore.New(w.engineDB, groupbuystore.WithClock(n.clock(w)), groupbuystore.WithEntropy(w.ids)),
		Crowds: crowdstore.New(w.engineDB), Crowd: vips{}, Sender: hooks{w, n}, Encoder: groupbuyapi.Encoder{},
		Schedule: func(made int) (time.Duration, bool) { return webhook.Schedule(made, w.rng.Float64) },
		IDs:      numbers{w}, Secrets: numbers{w}, Hasher: plain{}, Random: w.ids, Clock: n.clock(w), Log: w.log, Wake: func() {},
	})
}

func (w *world) newShop(n *node, store mall.Store) (*mall.Shop, error) {
	engine, err := groupbuyclient.New(groupbuyclient.Config{
		BaseURL: engineURL, Key: sign.Key{ID: keyID, Secret: keySecret}, Transport: wire{w, n}, Timeout: time.Hour,
		Clock: n.clock(w), Nonce: func() string { return w.number("nonce-of-the-simulation-") },
	})
	if err != nil {
		return nil, err
	}
	return mall.New(mall.Deps{
		Store: store, GroupBuy: engine, Channel: channel{w: w, from: n}, Hasher: plain{}, Clock: n.clock(w),
		IDs:    func(prefix string) string { return w.number(prefix + "_") },
		Random: w.ids, Log: w.log, Merchant: payment.Merchant{AppID: appID, SellerID: sellerID},
		ReturnTo: func(id order.ID) string { return mallURL + "/orders/" + string(id) }, TrialTimeout: time.Hour, ShipDelay: w.shipDelay,
	})
}

// commit is what happens around every commit of a node.
func (w *world) commit(commit func() error) error {
	n := w.running()
	switch {
	case n == nil:
		return commit()
	case n.dead:
		return errDead
	case w.hit(w.faults.crashBefore, "crash before commit"):
		w.kill(n, "before a commit")
		return errDead
	case w.hit(w.faults.refused, "database away"):
		return fmt.Errorf("%w: simulated", sqldb.ErrUnavailable)
	case w.hit(w.faults.deadlock, "deadlock"):
		return &mysql.MySQLError{Number: 1213, Message: "simulated deadlock"}
	}
	if err := commit(); err != nil {
		return err
	}
	w.now = w.now.Add(w.between(time.Millisecond, 4*time.Millisecond))
	switch {
	case w.hit(w.faults.crashAfter, "crash after commit"):
		w.kill(n, "after a commit")
		return errDead
	case w.hit(w.faults.lost, "commit not answered"):
		return fmt.Errorf("%w: simulated", sqldb.ErrUnknown)
	}
	return nil
}

// leave is passed before and after each call to somebody else. Errors: errDead.
func (w *world) leave(n *node, what string) error {
	if !n.dead && w.hit(w.faults.crashCall, "crash around a call") {
		w.kill(n, what)
	}
	if n.dead {
		return errDead
	}
	w.now = w.now.Add(w.between(time.Millisecond, 30*time.Millisecond))
	return nil
}

// numbers makes identifiers.
type numbers struct{ w *world }

// New implements groupbuy.IDs.
func (i numbers) New(prefix string) string { return i.w.number(prefix) }

// KeySecret implements groupbuy.Secrets.
func (i numbers) KeySecret() string { return keySecret }

// WebhookSecret implements groupbuy.Secrets.
func (i numbers) WebhookSecret() string { return hookSecret }

// plain is a password hasher for people who sign in nowhere.
type plain struct{}

// Hash implements account.Hasher.
func (plain) Hash(password string) (string, error) { return "plain:" + password, nil }

// Verify implements account.Hasher.
func (plain) Verify(hash, password string) (bool, error) { return hash == "plain:"+password, nil }

// vips is who is a member of the one tag: every second buyer.
type vips struct{}

// Tagged implements activity.Crowd.
func (vips) Tagged(_ partner.ID, tag activity.TagID, b activity.Buyer) activity.Membership {
	if tag == vip && (b[len(b)-1]-'0')%2 == 0 {
		return activity.In
	}
	return activity.NotIn
}
