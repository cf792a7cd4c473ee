package fleettest

import (
	"context"
	"crypto/rand"
	"flag"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
)

var long = flag.Bool("long", false, "ten rounds of restarts and a pause of a minute, rather than the short form")

const (
	killed     = syscall.SIGKILL
	terminated = syscall.SIGTERM
)

const operatorToken = "operator-of-the-fleet-tests-0123456789"

// fleet is two processes of each role with what they need.
type fleet struct {
	binary string
	db     *database
	redis  *process
	proxy  *proxy
	nodes  map[string]*node // by name: mall-1
	env    []string
	http   *http.Client // through the proxy
	url    string
}

// node is one process of ours.
type node struct {
	*process
	private string
}

// roles are in the order in which they are started, and restarted.
func roles() []string { return []string{"groupbuy", "mall", "worker"} }

func names() []string {
	var list []string
	for _, role := range roles() {
		list = append(list, role+"-1", role+"-2")
	}
	return list
}

// newFleet starts a fleet of one program.
func newFleet(t *testing.T, binary string) *fleet {
	t.Helper()
	f := &fleet{binary: binary, db: newDatabase(t), nodes: map[string]*node{}}
	public, at := map[string]string{}, map[string]string{"sandbox": freePort(t)}
	for _, name := range names() {
		public[name] = freePort(t)
		at[name] = public[name]
	}
	f.proxy = newProxy(t, at)
	f.url = "https://" + f.proxy.public
	f.http = f.proxy.client(t)
	f.sandbox(t, at["sandbox"])
	f.cache(t)
	f.migrate(t)
	f.proxy.start(t)
	t.Cleanup(func() { f.proxy.stop(t, syscall.SIGQUIT) })
	for _, name := range names() {
		f.add(t, name, public[name])
	}
	f.proxy.ready(t)
	for _, name := range names() {
		f.nodes[name].ready(t)
	}
	return f
}

// sandbox starts Alipay's stand-in, and writes the settings that all share.
func (f *fleet) sandbox(t *testing.T, address string) {
	t.Helper()
	dir := t.TempDir()
	box := &process{
		name: "sandbox", path: f.binary, log: filepath.Join(dir, "log"), args: []string{"sandbox", "--data", dir, "--listen", address, "--public-url", f.url},
		answers: answersHTTP("http://" + address + "/sandbox/alipay/books"), env: append(merchant(), "SSL_CERT_FILE="+f.proxy.certificate),
	}
	box.start(t)
	t.Cleanup(func() { box.stop(t, terminated) })
	box.ready(t)
	f.env = []string{
		"SSL_CERT_FILE=" + f.proxy.certificate, "KAITUAN_PUBLIC_URL=" + f.url, "KAITUAN_OPERATOR_TOKEN=" + operatorToken,
		"KAITUAN_GROUPBUY_KEY_ID=key_mall", "KAITUAN_GROUPBUY_KEY_SECRET=" + rand.Text() + rand.Text(), "KAITUAN_GROUPBUY_WEBHOOK_SECRET=" + sign.NewSecret(),
		"KAITUAN_GROUPBUY_SEAL_KEYS=" + rand.Text() + rand.Text(), "KAITUAN_GROUPBUY_DB=" + f.db.dsn("groupbuy"), "KAITUAN_MALL_DB=" + f.db.dsn("mall"),
		"KAITUAN_GROUPBUY_URL=http://" + f.proxy.inside, "KAITUAN_MALL_WEBHOOK_URL=http://" + f.proxy.inside, "KAITUAN_MALL_SHIP_AFTER=0s",
		"KAITUAN_ALIPAY_GATEWAY=" + f.url + "/sandbox/alipay/gateway.do",
		"KAITUAN_ALIPAY_PRIVATE_KEY_FILE=" + filepath.Join(dir, "sandbox-app-private.pem"), "KAITUAN_ALIPAY_PUBLIC_KEY_FILE=" + filepath.Join(dir, "sandbox-gateway-public.pem"),
		"KAITUAN_LOG_LEVEL=warn", "KAITUAN_DRAIN=500ms",
	}
	f.env = append(f.env, merchant()...)
}

// merchant is who we are at Alipay.
func merchant() []string {
	return []string{"KAITUAN_ALIPAY_APP_ID=9021000100000001", "KAITUAN_ALIPAY_SELLER_ID=2088100100000001"}
}

// cache starts a Redis that keeps nothing.
func (f *fleet) cache(t *testing.T) {
	t.Helper()
	dir, address := t.TempDir(), freePort(t)
	_, port, err := net.SplitHostPort(address)
	require.NoError(t, err)
	f.redis = &process{
		name: "redis", path: program(t, "redis-server"), log: filepath.Join(dir, "log"), answers: listens(address),
		args: []string{"--bind", "127.0.0.1", "--port", port, "--dir", dir, "--save", "", "--appendonly", "no"},
	}
	f.redis.start(t)
	t.Cleanup(func() { f.redis.stop(t, killed) })
	f.redis.ready(t)
	f.env = append(f.env, "KAITUAN_REDIS_URL=redis://"+address, "KAITUAN_TRUSTED_PROXIES=127.0.0.1")
	if broker := os.Getenv("KAITUAN_TEST_AMQP"); broker != "" { // it is stopped and started elsewhere: infrastructure/bus
		f.env = append(f.env, "KAITUAN_RABBITMQ_URL="+broker, "KAITUAN_RABBITMQ_PREFIX=fleet."+strings.ToLower(rand.Text()[:8]))
	}
}

func (f *fleet) migrate(t *testing.T) {
	t.Helper()
	f.command(t, "migrate", "--data", t.TempDir())
}

// command runs the program once.
func (f *fleet) command(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command(f.binary, args...)
	cmd.Env = append(os.Environ(), f.env...)
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func (f *fleet) add(t *testing.T, name, public string) {
	t.Helper()
	dir, private := t.TempDir(), freePort(t)
	role, _, _ := strings.Cut(name, "-")
	n := &node{private: "http://" + private, process: &process{
		name: name, path: f.binary, env: f.env, log: filepath.Join(dir, "log"), answers: answersHTTP("http://" + private + "/readyz"),
		args: []string{"serve", "--role", role, "--data", dir, "--listen", public, "--private-listen", private, "--demo-data=false"},
	}}
	f.nodes[name] = n
	n.start(t)
	t.Cleanup(func() {
		n.signal(t, syscall.SIGCONT)
		n.stop(t, terminated)
		if t.Failed() {
			t.Log(name, tail(n.log))
		}
	})
}

// metrics is everything that a node tells; a node that tells nothing is asked again later.
func (n *node) metrics() string {
	text, err := fetch(context.Background(), n.private+"/metrics")
	if err != nil {
		return ""
	}
	return text
}

// metric adds up the samples of a metric in a text, those whose labels contain some words.
func metric(text, name, having string) float64 {
	sum := 0.0
	for _, line := range strings.Split(text, "\n") {
		rest, ours := strings.CutPrefix(line, name)
		labels, value, _ := strings.Cut(rest, " ")
		if !ours || labels != "" && labels[0] != '{' || !strings.Contains(labels, having) {
			continue
		}
		if v, err := strconv.ParseFloat(value, 64); err == nil {
			sum += v
		}
	}
	return sum
}

// settled waits until nothing waits to be told and no order for an answer that was lost with the database, and wants
// every invariant to hold.
func (f *fleet) settled(t *testing.T) {
	t.Helper()
	still := 0
	require.Eventually(t, func() bool {
		if f.db.count(t, "SELECT COUNT(*) FROM mall.orders WHERE status IN ('created', 'paid')") > 0 || metric(f.nodes["worker-1"].metrics(), "kaituan_outbox_waiting", "") > 0 {
			still = 0
		}
		still++
		return still > 4
	}, patience, 5*pace, "messages wait that nobody carries out")
	t.Log(strings.TrimSpace(f.command(t, "check", "--settled", "--data", t.TempDir())))
}

// drainBody lets a connection be used again.
func drainBody(resp *http.Response) (string, error) {
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	return string(text), err
}

// span is how long a form of the test takes for something.
func span(short, full time.Duration) time.Duration {
	if *long {
		return full
	}
	return short
}
