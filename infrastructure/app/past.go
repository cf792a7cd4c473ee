package app

import (
	"context"
	"crypto/rand"
	"errors"
	"log/slog"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"

	"kaituan/api/edge"
	"kaituan/api/groupbuyapi"
	"kaituan/api/groupbuyclient"
	"kaituan/api/mallapi"
	"kaituan/api/sign"
	"kaituan/groupbuy"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/crowdstore"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/password"
	"kaituan/infrastructure/sandbox"
	"kaituan/infrastructure/showcase"
	"kaituan/infrastructure/webhook"
	"kaituan/mall"
	"kaituan/mall/payment"
)

// past is this instance once more, with everything but a network, on a clock that begins a month ago. It works on the
// instance's own databases, while nothing else does by the clock.
type past struct {
	dbs    databases
	clock  *showcase.Clock
	engine *groupbuy.Engine
	shop   *mall.Shop
	box    *sandbox.Sandbox
	sender *webhook.Sender
	here   *http.Client  // reaches everything in this process
	heard  chan struct{} // a notice of a payment was answered
	relays []*outbox.Relay
}

func (a *App) newPast(at time.Time) (*past, error) {
	log := slog.New(slog.DiscardHandler)
	p := &past{dbs: a.dbs, clock: showcase.NewClock(at), heard: make(chan struct{}, 1)}
	router := edge.New(log)
	p.here = &http.Client{Transport: groupbuyclient.InProcess(p.listening(router))}
	if err := a.pastEngine(p, router, log); err != nil {
		return nil, err
	}
	if err := a.pastSandbox(p, router, log); err != nil {
		return nil, err
	}
	if err := a.pastShop(p, router, log); err != nil {
		return nil, errors.Join(err, p.box.Close())
	}
	return p, nil
}

func (a *App) pastEngine(p *past, router *gin.Engine, log *slog.Logger) error {
	hasher, err := newHasher()
	if err != nil {
		return err
	}
	sealer, err := loadSealer(a.config)
	if err != nil {
		return err
	}
	hook := a.config.Mall.WebhookURL
	if hook == "" {
		hook = a.publicURL
	}
	p.sender = webhook.New(webhook.Options{AllowHosts: a.allowedHosts(hook), Transport: p.here.Transport, Now: p.clock.Now})
	p.engine = groupbuy.New(groupbuy.Deps{
		Store: groupbuystore.New(a.dbs.groupbuy, groupbuystore.WithSealer(sealer), groupbuystore.WithClock(p.clock.Now)), Crowds: crowdstore.New(a.dbs.groupbuy),
		Sender: webhooks{p.sender, prometheus.NewCounterVec(prometheus.CounterOpts{Name: "past"}, []string{"outcome"})}, Encoder: groupbuyapi.Encoder{}, Schedule: attempts, IDs: p, Secrets: random{}, Hasher: hasher, Random: rand.Reader,
		Clock: p.clock.Now, Log: log, Wake: func() {},
	})
	api, err := groupbuyapi.New(p.engine, groupbuyapi.Auth{Nonces: sign.NewMemoryNonces(nonceMemory), PublicURL: a.publicURL})
	if err != nil {
		return err
	}
	api.Register(router)
	direct, err := newEventBus(config.RabbitMQ{}, a.dbs.groupbuy, eventConsumers(p.engine, nil), nil, log) // a broker is for the present
	if err != nil {
		return err
	}
	events, deliveries := engineRelays(a.dbs.groupbuy, p.engine, direct, nil, log, p.clock.Now)
	p.relays = append(p.relays, events, deliveries)
	return nil
}

func (a *App) pastSandbox(p *past, router *gin.Engine, log *slog.Logger) error {
	keys, err := sandbox.LoadOrCreateKeys(a.config.Data)
	if err != nil {
		return err
	}
	p.box, err = sandbox.New(sandbox.Config{
		Path: booksPath(a.config), Keys: keys, AppID: a.config.Alipay.AppID, SellerID: a.config.Alipay.SellerID,
		Now: p.clock.Now, Undated: true, HTTPClient: p.here, Logger: log,
	})
	if err != nil {
		return err
	}
	mountSandbox(router, p.box)
	return nil
}

func (a *App) pastShop(p *past, router *gin.Engine, log *slog.Logger) error {
	keys, err := sandbox.LoadOrCreateKeys(a.config.Data)
	if err != nil {
		return err
	}
	pay, err := newChannel(a.config, p.box, keys, a.publicURL, p.here.Transport)
	if err != nil {
		return err
	}
	engine, err := groupbuyclient.New(groupbuyclient.Config{
		BaseURL: a.publicURL, Key: a.secrets.mallKey(), Transport: p.here.Transport, Clock: p.clock.Now,
	})
	if err != nil {
		return err
	}
	store := mallstore.New(a.dbs.mall, p.clock.Now, nil)
	deps, err := shopDeps(a.config, store, engine, pay, nil, a.publicURL, log)
	if err != nil {
		return err
	}
	deps.Clock, deps.IDs = p.clock.Now, func(prefix string) string { return p.New(prefix + "_") }
	if deps.Hasher, err = password.New(ofRandom()); err != nil {
		return err
	}
	if p.shop, err = mall.New(deps); err != nil {
		return err
	}
	api, err := mallapi.New(p.shop, store, mallapi.Settings{PublicURL: a.publicURL, WebhookSecrets: []string{a.secrets.WebhookSecret}})
	if err != nil {
		return err
	}
	api.Register(router)
	mall := mallRelay(a.dbs.mall, p.shop, nil, log, p.clock.Now)
	p.relays = []*outbox.Relay{mall, p.relays[0], p.relays[1], mall} // as one thing leads to the next
	return nil
}

// ofRandom is the cost of hashing passwords that nobody can guess, or that are printed in the README.
func ofRandom() password.Params {
	return password.Params{MemoryKiB: 64, Passes: 1, Threads: 1, AtOnce: 1}
}

// New implements groupbuy.IDs: identifiers sort by the time that the past shows.
func (p *past) New(prefix string) string {
	return prefix + ulid.MustNew(ulid.Timestamp(p.clock.Now()), ulid.DefaultEntropy()).String()
}

// listening notes the notices that a handler has answered.
func (p *past) listening(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		next.ServeHTTP(w, r)
		if r.URL.Path == alipayNotifyURL {
			select {
			case p.heard <- struct{}{}:
			default:
			}
		}
	})
}

// stage is the past as its actors see it.
func (p *past) stage() *showcase.Stage {
	return &showcase.Stage{
		Engine: p.engine, Shop: p.shop, Partner: mallPartner, Clock: p.clock, Bustle: 1, Pay: p.pay, Relay: p.relay, Sweep: p.sweep,
	}
}

// noticeTime is how long a notice of the gateway in this process may take; a later one is taken as well.
const noticeTime = 5 * time.Second

// pay presses the button of a pay page and waits for its notice.
func (p *past) pay(ctx context.Context, page payment.PageURL) error {
	select {
	case <-p.heard: // of a refund, say
	default:
	}
	if _, err := (sandbox.Buyer{HTTP: p.here}).Pay(ctx, string(page)); err != nil {
		return err
	}
	select {
	case <-p.heard:
	case <-time.After(noticeTime):
	case <-ctx.Done():
	}
	return ctx.Err()
}

// close lets go of what the past holds besides the databases.
func (p *past) close() error {
	p.sender.Close()
	return p.box.Close()
}

// rounds bounds how often a message may lead to the next at one instant.
const rounds = 20

// relay hands out messages until none is due.
func (p *past) relay(ctx context.Context) error {
	for range rounds {
		for _, r := range p.relays {
			if err := r.Drain(ctx); err != nil {
				return err
			}
		}
		due, err := p.due(ctx)
		if err != nil || due == 0 {
			return err
		}
	}
	return nil
}

func (p *past) due(ctx context.Context) (n int, err error) {
	for _, db := range p.dbs.opened() {
		due, err := outbox.Due(ctx, db, p.clock.Now(), 1)
		if err != nil {
			return 0, err
		}
		n += due
	}
	return n, nil
}

// sweep does what the jobs do by the clock, each once.
func (p *past) sweep(ctx context.Context) error {
	if err := errors.Join(p.engine.WorkTags(ctx), p.engine.FollowCrowd(ctx)); err != nil {
		return err
	}
	for _, sweep := range []count{
		p.engine.ExpireTeams, p.engine.ReleaseOverdue, p.shop.CloseUnpaid, p.shop.ShipDue,
	} {
		if _, err := sweep(ctx, sweepPage); err != nil {
			return err
		}
	}
	if err := p.relay(ctx); err != nil { // teams that failed owe refunds
		return err
	}
	_, err := p.shop.PushRefunds(ctx, sweepPage)
	return err
}
