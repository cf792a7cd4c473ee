package app_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuywire"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/bus/bustest"
	"kaituan/infrastructure/demo"
)

// overBroker are the settings of an instance whose events go over a broker.
func overBroker(t *testing.T, address string) map[string]string {
	t.Helper()
	queues := []string{".partner.mall", ".deliveries", ".facts", ".retry.1000ms", ".retry.5000ms", ".retry.30000ms"}
	return map[string]string{"rabbitmq.url": address, "rabbitmq.prefix": bustest.Prefix(t, bustest.BrokerURL(t), queues...)}
}

func TestApp_PlaysTheWholeStoryOverABroker(t *testing.T) {
	t.Parallel()
	address := bustest.BrokerURL(t)
	t.Run("sqlite", func(t *testing.T) { playOverBroker(open(t, overBroker(t, address))) })
	t.Run("mysql", func(t *testing.T) { playOverBroker(open(t, onMySQL(t, overBroker(t, address)))) })
}

func playOverBroker(w *world) {
	w.sell("cup", 10, nil)
	site, err := demo.NewSite(demo.Address{Server: w.app.PublicURL(), OperatorToken: w.app.OperatorToken()})
	require.NoError(w.t, err)
	story := demo.Story{Site: site, Out: io.Discard}
	require.NoError(w.t, story.Play(context.Background()))
	site.Close()
	require.Contains(w.t, w.privately("/metrics"), `kaituan_bus_consumed_total{consumer="deliveries",outcome="taken"}`)
	require.Contains(w.t, w.privately("/readyz"), `"status":"ready"`)
	w.check()
}

// A broker that is away delays events. Nothing else notices, and nothing is lost.
func TestApp_BrokerIsAway(t *testing.T) {
	t.Parallel()
	wire := newWire(t, bustest.BrokerURL(t))
	wire.cut()
	w := openNow(t, overBroker(t, wire.url))
	activityID := w.sell("cup", 10, nil)
	require.Contains(t, w.privately("/readyz"), `"status":"degraded"`)

	anna, bert := w.buyer("anna"), w.buyer("bert")
	opened := anna.lock("cup", activityID, "")
	anna.pay(opened.OrderID)
	joined := bert.lock("cup", activityID, opened.TeamID)
	bert.pay(joined.OrderID)
	bert.becomes(joined.OrderID, mallwire.OrderStatusShipped) // the answer to his payment says that the team has formed
	require.Contains(t, w.privately("/metrics"), `kaituan_bus_up{link="publish"} 0`)

	wire.mend()
	anna.becomes(opened.OrderID, mallwire.OrderStatusShipped)
	wire.cut()
	lone := w.buyer("lone").lock("cup", activityID, "")
	require.Eventually(t, func() bool { return strings.Contains(w.privately("/readyz"), "degraded") }, patience, pace)
	wire.mend()
	require.NotEmpty(t, lone.OrderID)
	require.Eventually(t, func() bool { return strings.Contains(w.privately("/readyz"), `"status":"ready"`) }, patience, pace)
	w.check()
}

// privately is what the private listener answers.
func (w *world) privately(path string) string {
	w.t.Helper()
	_, text := w.private(path)
	return text
}

// wire is a connection to a broker that can be cut.
type wire struct {
	t        *testing.T
	url      string
	broker   string
	listener net.Listener

	mu    sync.Mutex
	up    bool
	conns map[net.Conn]bool
	done  sync.WaitGroup
}

func newWire(t *testing.T, broker string) *wire {
	t.Helper()
	u, err := url.Parse(broker)
	require.NoError(t, err)
	w := &wire{t: t, broker: u.Host, up: true, conns: map[net.Conn]bool{}}
	w.listener, err = net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	u.Host = w.listener.Addr().String()
	w.url = u.String()
	w.done.Go(w.accept)
	t.Cleanup(func() {
		_ = w.listener.Close()
		w.cut()
		w.done.Wait()
	})
	return w
}

func (w *wire) accept() {
	for {
		near, err := w.listener.Accept()
		if err != nil {
			return
		}
		far, err := net.Dial("tcp", w.broker)
		if err != nil || !w.hold(near, far) {
			_ = near.Close()
			continue
		}
		w.done.Go(func() { w.pass(near, far) })
		w.done.Go(func() { w.pass(far, near) })
	}
}

// hold keeps a pair of connections to cut, unless the wire is cut.
func (w *wire) hold(near, far net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.up {
		_ = far.Close()
		return false
	}
	w.conns[near], w.conns[far] = true, true
	return true
}

func (w *wire) pass(from, to net.Conn) {
	_, _ = io.Copy(to, from)
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range []net.Conn{from, to} {
		_ = c.Close()
		delete(w.conns, c)
	}
}

func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.up = false
	for c := range w.conns {
		_ = c.Close()
	}
}

func (w *wire) mend() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.up = true
}

// A partner takes its events from a queue of its own: the body, the id and the signature of the webhook.
func TestApp_PartnerTakesEventsFromItsQueue(t *testing.T) {
	t.Parallel()
	address := bustest.BrokerURL(t)
	wire := newWire(t, address)
	settings := overBroker(t, wire.url)
	w := openNow(t, settings)
	for url, status := range map[string]int{"queue:other": http.StatusUnprocessableEntity, "queue:mall": http.StatusCreated} {
		created, err := w.operator().CreateEndpointWithResponse(context.Background(), "mall", groupbuywire.EndpointInput{URL: url})
		require.NoError(t, err)
		require.Equal(t, status, created.StatusCode(), string(created.Body))
	}
	endpoint := newEndpoint(w)
	endpoint.accept()
	wire.cut() // the queue is late, and misses nothing
	activityID := w.sell("cup", 10, nil)
	anna := w.buyer("anna")
	anna.pay(anna.lock("cup", activityID, "").OrderID)
	wire.mend()
	endpoint.wait("seat.paid", 1)

	queue := settings["rabbitmq.prefix"] + ".partner.mall"
	conn, err := amqp.Dial(address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	taken := map[string]amqp.Delivery{}
	require.Eventually(t, func() bool {
		ch, err := conn.Channel() // asking for a queue that is not there yet ends the channel
		require.NoError(t, err)
		defer func() { _ = ch.Close() }()
		for {
			d, got, err := ch.Get(queue, true)
			if err != nil || !got {
				return taken["seat.paid"].MessageId != ""
			}
			var event struct {
				ID   string `json:"id"`
				Type string `json:"type"`
			}
			require.NoError(t, json.Unmarshal(d.Body, &event))
			require.Equal(t, d.MessageId, event.ID)
			taken[event.Type] = d
		}
	}, patience, pace)
	require.Contains(t, endpoint.taken["seat.paid"], taken["seat.paid"].MessageId, "the webhook has the same id")
	require.Equal(t, taken["seat.paid"].MessageId, taken["seat.paid"].Headers["webhook-id"])
	require.NotEmpty(t, taken["seat.paid"].Headers["webhook-signature"])
	w.check()
}

// Without a broker there are no queues, and who asks for one is told so.
func TestApp_NoQueueWithoutABroker(t *testing.T) {
	w := open(t, nil)
	made, err := w.operator().CreateEndpointWithResponse(context.Background(), "mall", groupbuywire.EndpointInput{URL: "queue:mall"},
		func(_ context.Context, req *http.Request) error {
			req.Header.Set("Accept-Language", "zh")
			return nil
		})
	require.NoError(t, err)
	require.Equal(t, http.StatusUnprocessableEntity, made.StatusCode())
	require.Contains(t, string(made.Body), "本实例未配置消息队列（rabbitmq.url），请使用 https 地址")
}
