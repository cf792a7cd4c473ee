// Package redis is the cache that nodes share. Redis may be lost, slow, flushed or full at any time: each port then
// goes by what this process knows by itself, and nobody is refused anything because of it.
package redis

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/logging"
	"github.com/redis/go-redis/v9/maintnotifications"

	"kaituan/infrastructure/breaker"
)

// Defaults of Options.
const (
	defaultTimeout = 50 * time.Millisecond
	defaultPause   = time.Second
)

// failuresInRow open the circuit: the few callers that pay for finding out.
const failuresInRow = 5

// prefix begins every key and channel: others may use the same Redis.
const prefix = "kaituan:"

// Options set a Client. What is zero has a default.
type Options struct {
	URL     string        // redis://[USER:PASSWORD@]HOST:PORT[/DB], or rediss:// for TLS; required
	Timeout time.Duration // of one call, connecting included; default 50 ms
	Pause   time.Duration // between two tries while Redis does not answer; default 1 s
	Log     *slog.Logger  // required
}

// Client is the way to one Redis. It is safe for concurrent use. Close it when done.
type Client struct {
	redis   *redis.Client
	breaker *breaker.Breaker
	timeout time.Duration
	log     *slog.Logger

	calls, failures, skipped atomic.Uint64
}

// Open prepares the way to a Redis and connects to nobody: a Redis that is away is no reason not to start.
// Errors: a URL that is none.
func Open(o Options) (*Client, error) {
	settings, err := redis.ParseURL(o.URL)
	if err != nil {
		return nil, fmt.Errorf("redis: URL: %w", err)
	}
	if o.Timeout <= 0 {
		o.Timeout = defaultTimeout
	}
	if o.Pause <= 0 {
		o.Pause = defaultPause
	}
	logging.Disable()        // the library writes lines of its own to stderr; what happens is told by the breaker
	settings.MaxRetries = -1 // a nonce whose answer was lost would be taken for a repeat of itself
	settings.DialTimeout, settings.ReadTimeout, settings.WriteTimeout, settings.PoolTimeout = o.Timeout, o.Timeout, o.Timeout, o.Timeout
	settings.DialerRetries = 1
	settings.ContextTimeoutEnabled = true
	settings.PoolSize = poolSize
	settings.PipelinePoolSize = -1 // no pipelines here
	settings.DisableIdentity = true
	settings.MaintNotificationsConfig = &maintnotifications.Config{Mode: maintnotifications.ModeDisabled} // of the vendor's cloud
	c := &Client{redis: redis.NewClient(settings), timeout: o.Timeout, log: o.Log}
	c.breaker = breaker.New("redis", breaker.Options{Failures: failuresInRow, Pause: o.Pause}, c.turned)
	return c, nil
}

// poolSize bounds connections. A call takes well under a millisecond, so these carry what one node can serve.
const poolSize = 64

// do asks Redis, unless it did not answer lately. Errors: breaker.ErrOpen; whatever went wrong, then it is not known whether
// Redis has done it.
func (c *Client) do(ctx context.Context, ask func(ctx context.Context) error) error {
	c.calls.Add(1)
	done, err := c.breaker.Allow()
	if err != nil {
		c.skipped.Add(1)
		return err
	}
	bounded, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	err = ask(bounded)
	switch {
	case err == nil || errors.Is(err, redis.Nil):
		done(nil)
		return nil
	case ctx.Err() != nil:
		done(context.Canceled) // the caller went away first, which says nothing about Redis
	default:
		c.failures.Add(1)
		done(err)
	}
	return err
}

func (c *Client) turned(_ string, open bool) {
	if open {
		c.log.Warn("redis does not answer; this process goes by its own memory")
		return
	}
	c.log.Info("redis answers again")
}

// Stats are what has happened since the start.
type Stats struct {
	Calls    uint64 // that were wanted
	Failures uint64 // that were not answered in time, or with an error
	Skipped  uint64 // that were not made, because Redis did not answer lately
}

// Stats returns what has happened since the start.
func (c *Client) Stats() Stats {
	return Stats{c.calls.Load(), c.failures.Load(), c.skipped.Load()}
}

// Probe asks Redis whether it is there. Errors: why it is not.
func (c *Client) Probe(ctx context.Context) error {
	return c.do(ctx, func(ctx context.Context) error { return c.redis.Ping(ctx).Err() })
}

// Close ends all connections. It may be called twice.
func (c *Client) Close() error {
	if err := c.redis.Close(); err != nil && !errors.Is(err, redis.ErrClosed) {
		return fmt.Errorf("redis: close: %w", err)
	}
	return nil
}
