package app

import (
	"context"
	"log/slog"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kaituan/api/edge"
	"kaituan/api/mallapi"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/failpoint"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/webhook"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// watch is what a process measures of its own work.
type watch struct {
	requests *observe.Requests
	calls    *observe.Calls
	moves    *observe.Moves
	posts    *prometheus.CounterVec
	pages    *observe.Pages
}

func newWatch(registry *prometheus.Registry, role config.Role, log *slog.Logger) *watch {
	w := &watch{
		requests: observe.NewRequests(edge.Caller), calls: observe.NewCalls(), moves: observe.NewMoves(statesOf(role)),
		posts: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: "kaituan_webhook_attempts_total", Help: "Attempts to deliver an event to a partner, by what came of them.",
		}, []string{"outcome"}),
	}
	for _, outcome := range []webhook.Outcome{webhook.Delivered, webhook.Retry, webhook.Disable} {
		w.posts.WithLabelValues(string(outcome))
	}
	if role == config.RoleAll || role == config.RoleMall {
		w.pages = observe.NewPages(mallapi.PageKinds(), log, time.Now)
		registry.MustRegister(w.pages.Collectors()...)
	}
	registry.MustRegister(w.requests.Collectors()...)
	registry.MustRegister(w.calls.Collectors()...)
	registry.MustRegister(w.moves.Collectors()...)
	registry.MustRegister(w.posts, observe.ReadBuild().Collector(string(role)))
	return w
}

// statesOf are the states of whatever a role changes.
func statesOf(role config.Role) map[string][]string {
	states := map[string][]string{}
	if role != config.RoleMall {
		states["team"], states["seat"] = keys(team.Transitions()), keys(team.SeatTransitions())
	}
	if role != config.RoleGroupBuy {
		states["order"], states["payment"] = keys(order.Transitions()), keys(payment.Transitions())
		states["refund"] = keys(payment.RefundTransitions())
	}
	return states
}

func keys[S ~string, T any](table map[S]T) []string {
	names := make([]string, 0, len(table))
	for name := range table {
		names = append(names, string(name))
	}
	return names
}

// transport carries calls to somebody outside, measured and with a failpoint on each side.
func (w *watch) transport(to string, base http.RoundTripper) http.RoundTripper {
	return observe.Traced(to, w.calls.Transport(to, failpoint.Transport(to, base)))
}

// idleCalls is shorter than what those in between keep a connection for (nginx 75 s): no call is made on one that the
// other side just closes.
const idleCalls = 30 * time.Second

// callsAtOnce is how many idle connections to one host are kept: the mall's calls to the engine come in parallel.
const callsAtOnce = 64

// pooled is a transport that keeps as many connections to one host as are used at once.
func pooled() *http.Transport {
	transport := http.DefaultTransport.(*http.Transport).Clone() // net/http documents its type
	transport.MaxIdleConnsPerHost = callsAtOnce
	transport.IdleConnTimeout = idleCalls
	return transport
}

// levels tells how much of everything is under way in both databases.
func (d databases) levels() *observe.Levels {
	engine, shop := groupbuystore.New(d.groupbuy), mallstore.New(d.mall, time.Now, nil)
	return observe.NewLevels(func(ctx context.Context) ([]observe.Level, error) {
		found, err := engine.Levels(ctx)
		if err != nil {
			return nil, err
		}
		more, err := shop.Levels(ctx)
		return append(found, more...), err
	}, time.Now)
}
