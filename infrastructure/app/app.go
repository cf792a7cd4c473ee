// Package app puts the system together: configuration, adapters, use cases, servers. It is the only package that
// knows them all.
package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kaituan/api/edge"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/sqldb"
)

// part is something long-lived. Both methods may be called twice.
type part interface {
	Start(ctx context.Context) error
	Stop(ctx context.Context) error
}

// App is one running instance.
type App struct {
	config    config.Config
	secrets   secrets
	publicURL string
	log       *slog.Logger

	public  net.Listener
	private net.Listener
	dbs     databases
	health  *health
	metrics *prometheus.Registry
	node    string // names this process among all that share the databases
	commits *commits
	looks   *looks
	outlets *outlets // nil without an engine
	watch   *watch
	tracing *observe.Tracing // nil: off
	cache   *nodeCache
	limits  *edge.Limits
	streams *edge.Streams
	parts   []part   // started in this order, stopped in the reverse
	late    []part   // that act by the clock, started after a past has been played; in parts as one
	notes   []string // for the banner
	links   previews // of the shop, where it runs
}

// New puts an instance together and opens its listeners and databases; it serves nothing before Start. The caller
// must Stop it. Errors: what cannot be opened, with the setting to change.
func New(ctx context.Context, c config.Config, log *slog.Logger) (*App, error) {
	a := &App{config: c, log: log}
	if err := a.open(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	if err := a.assemble(ctx); err != nil {
		return nil, errors.Join(err, a.close())
	}
	return a, nil
}

// open takes hold of everything outside the process.
func (a *App) open(ctx context.Context) (err error) {
	if err := makeDataDir(a.config); err != nil {
		return err
	}
	var made bool
	if a.secrets, made, err = loadSecrets(a.config); err != nil {
		return err
	}
	if made {
		a.notes = append(a.notes, "made the secrets of this instance, the operator token among them: "+filepath.Join(a.config.Data, secretsFile))
	}
	if a.public, err = listen(ctx, "listen", a.config.Listen); err != nil {
		return err
	}
	if a.private, err = listen(ctx, "private-listen", a.config.PrivateListen); err != nil {
		return err
	}
	if a.node, err = nodeName(a.private.Addr()); err != nil {
		return err
	}
	a.publicURL = a.config.PublicURL
	if a.publicURL == "" {
		a.publicURL = "http://" + reachable(a.public.Addr())
	}
	if a.dbs, err = openDatabases(ctx, a.config, sqldb.WithLog(a.log)); err != nil {
		return err
	}
	a.observe()
	if a.cache, err = openCache(a.config.Redis, a.metrics, a.log); err != nil {
		return err
	}
	a.health.needs(a.cache.needs()...)
	a.limits, a.streams = a.newLimits()
	if a.config.Split() {
		return a.dbs.current(ctx)
	}
	return a.dbs.migrate(ctx)
}

// observe makes what the instance is watched by; its parts add what is theirs.
func (a *App) observe() {
	a.metrics = newRegistry(a.dbs)
	a.commits, a.looks = newCommits(), newLooks()
	a.tracing = observe.NewTracing(observe.TracingOptions{Endpoint: a.config.Trace.Endpoint, Ratio: a.config.Trace.Ratio, Labels: map[string]string{
		"service.name": "kaituan-" + string(a.config.Role), "service.instance.id": a.node, "service.version": observe.ReadBuild().Version,
	}})
	a.watch = newWatch(a.metrics, a.config.Role, a.log)
	a.health = &health{metrics: serveMetrics(a.metrics, a.log), version: version{
		Build: observe.ReadBuild(), Role: string(a.config.Role), Node: a.node, StartedAt: time.Now().UTC(),
	}}
	a.health.needs(a.dbs.needs()...)
	a.metrics.MustRegister(a.health)
	if a.dbs.groupbuy != nil {
		a.metrics.MustRegister(slices.Concat(a.commits.collectors(), a.looks.collectors())...)
	}
}

// nodeName names a process for ever: no two listen on one address of one host, and after a restart it is the same.
func nodeName(private net.Addr) (string, error) {
	host, err := os.Hostname()
	if err != nil {
		return "", fmt.Errorf("name of this host: %w", err)
	}
	return host + "/" + private.String(), nil
}

// makeDataDir makes the data directory, readable by its owner only: it holds keys.
func makeDataDir(c config.Config) error {
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data directory (%s): %w", config.EnvName("data"), err)
	}
	return nil
}

// reachable is how this machine reaches a listener of its own.
func reachable(addr net.Addr) string {
	host, port, err := net.SplitHostPort(addr.String())
	if err != nil {
		return addr.String()
	}
	if ip := net.ParseIP(host); ip == nil || ip.IsUnspecified() || ip.IsLoopback() {
		host = "localhost"
	}
	return net.JoinHostPort(host, port)
}

func (a *App) close() error {
	errs := []error{a.dbs.close(), a.cache.Stop(context.Background()), a.tracing.Stop(context.Background())}
	for _, listener := range []net.Listener{a.public, a.private} {
		if listener != nil {
			errs = append(errs, listener.Close())
		}
	}
	return errors.Join(errs...)
}

// Start begins to serve and to work. On first start it fills the shop with demo data, if configured; what people did with
// it in the month before follows while the instance is ready already.
func (a *App) Start(ctx context.Context) error {
	for _, p := range a.parts {
		if err := p.Start(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends in two phases: no new request is taken and those at work finish; then jobs and relays do, and the
// databases close. What was not sent goes on at the next start. Whatever ctx leaves no time for is cut off. Before that,
// requests are taken for as long as is configured while the instance says that it drains.
func (a *App) Stop(ctx context.Context) error {
	if first := !a.health.draining.Swap(true); first && a.config.Drain > 0 {
		select {
		case <-time.After(a.config.Drain):
		case <-ctx.Done():
		}
	}
	var errs []error
	for i := len(a.parts) - 1; i >= 0; i-- {
		errs = append(errs, a.parts[i].Stop(ctx))
	}
	return errors.Join(append(errs, a.dbs.close())...)
}

// PublicURL is how this machine's browsers reach the instance.
func (a *App) PublicURL() string { return a.publicURL }

// PrivateURL is where health, metrics and profiles are.
func (a *App) PrivateURL() string { return "http://" + a.private.Addr().String() }

// OperatorToken is what operators sign in with.
func (a *App) OperatorToken() string { return a.secrets.OperatorToken }

// OperatorToken is the token of the instance that keeps its data where the configuration says.
func OperatorToken(c config.Config) (string, error) {
	if c.OperatorToken != "" {
		return c.OperatorToken, nil
	}
	s, err := readSecrets(filepath.Join(c.Data, secretsFile))
	return s.OperatorToken, err
}

// Banner says where everything is. The first two lines are for programs.
func (a *App) Banner() string {
	var b strings.Builder
	fmt.Fprintf(&b, "listening %s\nprivate %s\n\n", a.publicURL, a.PrivateURL())
	row := func(what, path string) { fmt.Fprintf(&b, "  %-14s %s%s\n", what, a.publicURL, path) }
	if a.config.Role == config.RoleAll || a.config.Role == config.RoleMall {
		row("shop", "/")
	}
	row("console", "/console")
	row("API reference", "/docs")
	if a.config.Role == config.RoleAll || a.config.Role == config.RoleMall {
		row("shop API", "/api/mall/v1/products")
	}
	if a.config.Role == config.RoleAll || a.config.Role == config.RoleGroupBuy {
		row("engine API", "/api/groupbuy/v1")
	}
	if a.config.Role == config.RoleAll && a.config.Embedded() {
		row("sandbox Alipay", sandboxPrefix+"/books")
		row("sandbox phone", wechatPrefix+"/phone")
	}
	fmt.Fprintf(&b, "  %-14s %s/readyz\n", "health", a.PrivateURL())
	for _, note := range a.notes {
		fmt.Fprintf(&b, "\n%s\n", note)
	}
	fmt.Fprintf(&b, "\nstop with Ctrl-C\n")
	return b.String()
}

func (a *App) add(parts ...part) { a.parts = append(a.parts, parts...) }

func (a *App) serve(name string, listener net.Listener, handler http.Handler) {
	a.add(newServer(name, listener, handler, a.log))
}
