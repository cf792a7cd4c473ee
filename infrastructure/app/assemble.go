package app

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/groupbuyapi"
	"kaituan/api/groupbuyclient"
	"kaituan/api/mallapi"
	"kaituan/api/reference"
	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/failpoint"
	"kaituan/infrastructure/live"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sandbox"
	"kaituan/infrastructure/schedule"
	"kaituan/infrastructure/showcase"
	"kaituan/infrastructure/webhook"
	"kaituan/mall"
)

// relays are woken by commits of this process. They exist only where the worker's role does.
type relays struct {
	engine, deliveries, mall *outbox.Relay
}

func (r *relays) wakeEngine() {
	if r.engine != nil {
		r.engine.Wake()
		r.deliveries.Wake()
	}
}

func (r *relays) wakeMall() {
	if r.mall != nil {
		r.mall.Wake()
	}
}

// assemble builds what the role runs, in the order it is started; it is stopped in the reverse. The public server
// comes last, so that a stop takes no new request before it ends anything else; the private one comes first, so that
// health can be seen to the end.
func (a *App) assemble(ctx context.Context) error {
	router, err := a.newRouter()
	if err != nil {
		return err
	}
	reference.Register(router)
	router.GET(showcase.PicturesPath+":name", gin.WrapH(showcase.Pictures())) // of products that keep theirs whatever demo_data says
	if err := a.servePages(router); err != nil {
		return err
	}
	var woken relays
	a.serve("private", a.private, a.health.handler())
	a.add(a.tracing, a.cache)

	engine, err := a.assembleEngine(ctx, router, &woken)
	if err != nil {
		return fmt.Errorf("engine: %w", err)
	}
	shop, pages, err := a.assembleMall(router, &woken)
	if err != nil {
		return fmt.Errorf("mall: %w", err)
	}
	if err := a.assembleWorker(engine, shop, &woken); err != nil {
		return fmt.Errorf("worker: %w", err)
	}
	a.add(a.opening(engine))
	a.serve("public", a.public, a.health.hangUp(failpoint.Handler(router)))
	if pages != nil { // ended first: the server waits for its streams otherwise
		a.add(pages)
	}
	return nil
}

// assembleEngine builds the engine for the roles that have its database, and its API where it is served.
func (a *App) assembleEngine(ctx context.Context, router *gin.Engine, woken *relays) (*groupbuy.Engine, error) {
	if a.dbs.groupbuy == nil {
		return nil, nil //nolint:nilnil // a role without the engine
	}
	webhookURL := a.config.Mall.WebhookURL
	if webhookURL == "" {
		webhookURL = a.publicURL
	}
	webhookURL += mallEventPath
	sender := webhook.New(webhook.Options{AllowHosts: a.allowedHosts(webhookURL)})
	a.outlets = &outlets{webhooks: webhooks{sender, a.watch.posts}, configured: a.config.RabbitMQ.URL != ""}
	store, err := a.sealedStore(ctx)
	if err != nil {
		return nil, err
	}
	engine, err := newEngine(a.dbs.groupbuy, store, a.outlets, a.share(), a.looks.share, a.cache.configChanged, woken.wakeEngine, a.log)
	if err != nil {
		return nil, err
	}
	engine.FactorFor = operator.Role(a.config.GroupBuy.SecondFactor)
	if err := enrol(ctx, engine, a.secrets, webhookURL); err != nil {
		return nil, err
	}
	if err := engine.FollowCrowd(ctx); err != nil {
		return nil, err
	}
	a.add(closer(sender.Close), a.commits, a.looks, a.cache.follow(topicConfig, engine.Refresh, a.log))
	a.add(a.table(nodeJobs(engine)))
	if a.config.Role == config.RoleAll || a.config.Role == config.RoleGroupBuy {
		return engine, a.serveEngine(ctx, router, engine)
	}
	return engine, nil
}

// share is how team commands share commits, nil when each is to have its own.
func (a *App) share() func(groupbuy.CarryOut) groupbuy.Do {
	if !a.config.GroupBuy.ShareCommits {
		return nil
	}
	return a.commits.share
}

func (a *App) serveEngine(ctx context.Context, router *gin.Engine, engine *groupbuy.Engine) error {
	if needed, err := engine.NeedsOperator(ctx); err != nil {
		return err
	} else if needed {
		a.notes = append(a.notes, "nobody has an operator's account yet; make the first one, once, at\n  "+a.publicURL+"/console/setup#token="+a.secrets.setupToken())
	}
	api, err := groupbuyapi.New(engine, groupbuyapi.Auth{
		Nonces: a.cache.nonces, Limits: a.limits, OwnKey: a.secrets.KeyID, Crowded: a.commits.crowded, OperatorToken: a.secrets.OperatorToken, PublicURL: a.publicURL,
		SetupToken: a.secrets.setupToken(), TestMode: a.config.GroupBuy.TestMode, Jobs: listJobs(a.dbs.groupbuy), Invariants: lastReport(a.dbs.groupbuy),
	})
	if err != nil {
		return err
	}
	api.Register(router)
	return nil
}

// allowedHosts lets the engine's webhooks reach our own mall, which may well be on this machine.
func (a *App) allowedHosts(webhookURL string) []string {
	hosts := slices.Clone(a.config.GroupBuy.AllowHosts)
	u, err := url.Parse(webhookURL)
	switch {
	case err != nil:
		return hosts
	case u.Port() != "":
		return append(hosts, u.Host)
	case u.Scheme == "http":
		return append(hosts, net.JoinHostPort(u.Hostname(), "80"))
	default:
		return append(hosts, net.JoinHostPort(u.Hostname(), "443"))
	}
}

// assembleMall builds the shop for the roles that have its database, and its API where it is served.
func (a *App) assembleMall(router *gin.Engine, woken *relays) (*mall.Shop, *live.Hub, error) {
	if a.dbs.mall == nil {
		return nil, nil, nil
	}
	box, keys, err := a.embedSandbox(router)
	if err != nil {
		return nil, nil, err
	}
	pay, err := newChannel(a.config, box, keys, a.publicURL, a.guarded("alipay", a.watch.transport("alipay", http.DefaultTransport)))
	if err != nil {
		return nil, nil, err
	}
	address := a.engineAddress(router)
	engine, err := groupbuyclient.New(address)
	if err != nil {
		return nil, nil, err
	}
	scanner, err := a.newScanner(router)
	if err != nil {
		return nil, nil, err
	}
	store := a.shopStore(woken)
	shop, err := newShop(a.config, store, engine, pay, scanner, a.publicURL, a.log)
	if err != nil {
		return nil, nil, err
	}
	if a.config.Role != config.RoleAll && a.config.Role != config.RoleMall {
		return shop, nil, nil
	}
	pages := live.New(store.Marks, live.Options{Log: a.log})
	return shop, pages, a.serveMall(router, address, shop, store, pages)
}

// shopStore is the shop's database, whose short changes share transactions.
func (a *App) shopStore(woken *relays) *mallstore.Store {
	shared := newChanges()
	a.metrics.MustRegister(shared.collectors()...)
	a.add(shared)
	shared.store = mallstore.New(a.dbs.mall, time.Now, woken.wakeMall, mallstore.WithMoves(a.watch.moves.Moved), mallstore.WithSharing(shared.share))
	return shared.store
}

func (a *App) serveMall(router *gin.Engine, engine groupbuyclient.Config, shop *mall.Shop, store *mallstore.Store, pages *live.Hub) error {
	staff, err := groupbuyclient.NewStaff(engine)
	if err != nil {
		return err
	}
	api, err := mallapi.New(shop, store, mallapi.Settings{
		Staff: staff, Limits: a.limits, PublicURL: a.publicURL, OperatorToken: a.secrets.OperatorToken, WebhookSecrets: []string{a.secrets.WebhookSecret},
		Jobs: listJobs(a.dbs.mall), Invariants: lastReport(a.dbs.mall), Live: pages, Streams: a.streams, Pages: a.watch.pages,
	})
	if err != nil {
		return err
	}
	api.Register(router)
	a.links = api.PreviewLink
	return nil
}

// engineAddress is how the mall reaches the engine: the same signed HTTP, through a socket only when the engine is
// elsewhere.
func (a *App) engineAddress(router http.Handler) groupbuyclient.Config {
	address := groupbuyclient.Config{BaseURL: a.config.GroupBuy.URL, Key: a.secrets.mallKey()}
	if address.BaseURL == "" {
		address.BaseURL, address.Transport = a.publicURL, groupbuyclient.InProcess(router)
	} else {
		pool := pooled()
		address.Transport = pool
		a.add(closer(pool.CloseIdleConnections))
		a.health.needs(dependency{name: "engine", ping: answers(pool, address.BaseURL)})
	}
	address.Transport = a.watch.transport("engine", address.Transport)
	return address
}

// embedSandbox runs the simulated Alipay in this process unless another gateway is configured.
func (a *App) embedSandbox(router *gin.Engine) (*sandbox.Sandbox, sandbox.Keys, error) {
	if !a.config.Embedded() {
		return nil, sandbox.Keys{}, nil
	}
	box, keys, err := openSandbox(a.config, a.log)
	if err != nil {
		return nil, keys, err
	}
	mountSandbox(router, box)
	a.late = append(a.late, box, closer(func() { _ = box.Close() }))
	return box, keys, nil
}

func mountSandbox(router *gin.Engine, box *sandbox.Sandbox) {
	handler := gin.WrapH(http.StripPrefix(sandboxPrefix, box.Handler()))
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
		router.Handle(method, sandboxPrefix+"/*path", handler)
	}
}

func (a *App) assembleWorker(engine *groupbuy.Engine, shop *mall.Shop, woken *relays) error {
	if a.config.Role == config.RoleGroupBuy || a.config.Role == config.RoleMall {
		return nil
	}
	stream, err := newEventBus(a.config.RabbitMQ, a.dbs.groupbuy, eventConsumers(engine, a.tracing), woken.wakeEngine, a.log)
	if err != nil {
		return err
	}
	if stream.broker != nil {
		a.outlets.broker = stream.broker
		a.metrics.MustRegister(stream.broker)
		a.health.needs(dependency{name: "rabbitmq", ping: func(context.Context) error { return stream.broker.State() }})
		a.late = append(a.late, stream.broker)
	}
	woken.engine, woken.deliveries = engineRelays(a.dbs.groupbuy, engine, stream, a.tracing, a.log, time.Now)
	woken.mall = mallRelay(a.dbs.mall, shop, a.tracing, a.log, time.Now)
	a.late = append(a.late, woken.engine, woken.deliveries, woken.mall)
	check := newStandingCheck(a.config, a.dbs)
	a.metrics.MustRegister(check, a.dbs.levels())
	a.late = append(a.late, a.table(append(clusterJobs(a.dbs, engine, shop), check.job())))
	return nil
}

// table makes the part that does jobs, and tells of them to Prometheus.
func (a *App) table(jobs []schedule.Job) part {
	t := schedule.New(jobs, schedule.Options{Node: a.node, Log: a.log})
	a.metrics.MustRegister(t)
	return t
}

// booksPath is the file with the sandbox's books.
func booksPath(c config.Config) string { return filepath.Join(c.Data, "sandbox.db") }

// closer is a part that only ends.
type closer func()

// Start does nothing.
func (closer) Start(context.Context) error { return nil }

// Stop closes.
func (c closer) Stop(context.Context) error {
	c()
	return nil
}
