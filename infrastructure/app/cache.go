package app

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/prometheus/client_golang/prometheus"

	"kaituan/api/edge"
	"kaituan/api/limit"
	"kaituan/api/sign"
	"kaituan/infrastructure/cache"
	"kaituan/infrastructure/cache/memory"
	"kaituan/infrastructure/cache/redis"
	"kaituan/infrastructure/config"
)

const (
	// nonceMemory is how many nonces are remembered, at about 40 bytes each: ten minutes of 1,700 calls a second.
	nonceMemory = 1 << 20
	// meterMemory is how many callers are metered at once, at about 100 bytes each.
	meterMemory = 1 << 18
)

// topicConfig is announced when goods, activities, keys or switches have changed.
const topicConfig cache.Topic = "config"

// board is where nodes tell one another of changes, as a part.
type board interface {
	cache.Board
	part
}

// nodeCache is what makes this node faster, and what it shares with the others when there is a Redis.
type nodeCache struct {
	meter  limit.Meter
	nonces sign.Nonces
	board
	client *redis.Client // nil without Redis
}

// openCache makes the cache. With Redis it connects to nobody yet, and starts without it.
func openCache(c config.Redis, metrics *prometheus.Registry, log *slog.Logger) (*nodeCache, error) {
	near := &nodeCache{meter: memory.NewMeter(meterMemory, time.Now), nonces: sign.NewMemoryNonces(nonceMemory), board: alone{memory.NewBoard()}}
	if c.URL == "" {
		return near, nil
	}
	client, err := redis.Open(redis.Options{URL: c.URL, Timeout: c.Timeout, Log: log})
	if err != nil {
		return nil, err
	}
	metrics.MustRegister(redisMetrics(client)...)
	return &nodeCache{
		meter: redis.NewMeter(client, near.meter), nonces: redis.NewNonces(client, near.nonces), board: redis.NewBoard(client), client: client,
	}, nil
}

// alone is a board that needs neither start nor stop.
type alone struct{ *memory.Board }

// Start does nothing.
func (alone) Start(context.Context) error { return nil }

// Stop does nothing.
func (alone) Stop(context.Context) error { return nil }

// needs are what the node does without when it is away.
func (n *nodeCache) needs() []dependency {
	if n.client == nil {
		return nil
	}
	return []dependency{{name: "redis", ping: n.client.Probe}}
}

// Stop ends hearing of changes and all connections. A nil cache is one that was never opened.
func (n *nodeCache) Stop(ctx context.Context) error {
	if n == nil {
		return nil
	}
	err := n.board.Stop(ctx)
	if n.client != nil {
		err = errors.Join(err, n.client.Close())
	}
	return err
}

// configChanged tells every node to look at the configuration.
func (n *nodeCache) configChanged(ctx context.Context) { n.board.Announce(ctx, topicConfig) }

// follow has something looked at whenever its change is announced. It is added as a part after the cache.
func (n *nodeCache) follow(topic cache.Topic, look func(ctx context.Context) error, log *slog.Logger) *follower {
	f := &follower{look: look, log: log.With("topic", string(topic)), heard: make(chan struct{}, 1), done: make(chan struct{})}
	f.ctx, f.cancel = context.WithCancel(context.Background())
	n.board.Follow(topic, f.wake)
	return f
}

// lookWithin bounds one look.
const lookWithin = 5 * time.Second

// follower looks when it heard of a change. What it misses is found by the clock.
type follower struct {
	look  func(ctx context.Context) error
	log   *slog.Logger
	heard chan struct{}

	start  sync.Once
	ctx    context.Context
	cancel context.CancelFunc
	done   chan struct{}
}

func (f *follower) wake() {
	select {
	case f.heard <- struct{}{}:
	default: // it is about to look, and sees this change as well
	}
}

// Start begins to follow.
func (f *follower) Start(context.Context) error {
	f.start.Do(func() { go f.run() })
	return nil
}

// Stop ends following.
func (f *follower) Stop(context.Context) error {
	f.cancel()
	f.start.Do(func() { close(f.done) }) // never started
	<-f.done
	return nil
}

func (f *follower) run() {
	defer close(f.done)
	for {
		select {
		case <-f.ctx.Done():
			return
		case <-f.heard:
		}
		ctx, cancel := context.WithTimeout(f.ctx, lookWithin)
		if err := f.look(ctx); err != nil && f.ctx.Err() == nil {
			f.log.Warn("a change is seen later, by the clock", "error", err)
		}
		cancel()
	}
}

// newLimits meters callers, and bounds what they keep open, as configured.
func (a *App) newLimits() (*edge.Limits, *edge.Streams) {
	l := a.config.Limit
	rates := map[edge.Policy]limit.Rate{
		edge.PerAddress: l.Address, edge.PerSignIn: l.SignIn, edge.PerLogin: l.Login, edge.PerLoginDay: l.LoginDay,
		edge.PerBuyer: l.Buyer, edge.PerBuyerWrite: l.BuyerWrite, edge.PerKey: l.Key,
	}
	streams := map[edge.Policy]int{edge.StreamsOfAddress: l.StreamsAddress, edge.StreamsOfBuyer: l.StreamsBuyer}
	counter := newRefusals(slices.Concat(slices.Collect(maps.Keys(rates)), slices.Collect(maps.Keys(streams))))
	a.metrics.MustRegister(counter)
	refused := func(p edge.Policy) { counter.WithLabelValues(string(p)).Inc() }
	return edge.NewLimits(a.cache.meter, rates, refused), edge.NewStreams(streams, refused)
}

// newRouter is a router that knows who calls and meters every address. Partners, the provider and the engine prove who
// they are; the sandbox stands for somebody else's machine.
func (a *App) newRouter() (*gin.Engine, error) {
	router := edge.New(a.log, a.tracing.Handler, a.watch.requests.Handler)
	if err := router.SetTrustedProxies(a.config.TrustedProxies); err != nil {
		return nil, errors.New("trusted_proxies (" + config.EnvName("trusted_proxies") + "): " + err.Error())
	}
	if strings.HasPrefix(a.publicURL, "https://") {
		router.Use(edge.HTTPSOnly)
	}
	router.Use(a.limits.ByAddress("/api/groupbuy/v1/", "/callbacks/", sandboxPrefix+"/"))
	return router, nil
}
