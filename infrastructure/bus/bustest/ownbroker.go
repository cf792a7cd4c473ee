package bustest

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"
)

// programs is where Debian's package keeps the broker's scripts that run for any user.
const programs = "/usr/lib/rabbitmq/bin"

// Broker is a RabbitMQ of the test's own, which it may stop, pause, kill and start.
type Broker struct {
	URL string

	t      testing.TB
	env    []string
	server *exec.Cmd
	exited chan struct{} // closed: nothing writes to said any more
	said   bytes.Buffer
}

// StartBroker starts a broker on ports, a data directory and a name server of its own. It ends with the test. Where none
// is installed the test is skipped, which fails it under CI=true.
func StartBroker(t testing.TB) *Broker {
	t.Helper()
	if _, err := os.Stat(filepath.Join(programs, "rabbitmq-server")); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("CI may not skip the tests that stop a RabbitMQ: install rabbitmq-server")
		}
		t.Skip("rabbitmq-server is not installed")
	}
	dir, err := os.MkdirTemp("", "kaituan-broker") //nolint:usetesting // a short path: the broker makes sockets and long names below it
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, os.RemoveAll(dir)) })
	require.NoError(t, os.WriteFile(filepath.Join(dir, "plugins"), []byte("[].\n"), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "rabbitmq.conf"), nil, 0o600))
	port, names := freePort(t), freePort(t)
	b := &Broker{t: t, URL: "amqp://guest:guest@127.0.0.1:" + port + "/"}
	b.env = append(os.Environ(),
		"HOME="+dir, "ERL_EPMD_PORT="+names, "ERL_EPMD_ADDRESS=127.0.0.1", "RABBITMQ_NODENAME=kaituan-"+port+"@localhost",
		"RABBITMQ_NODE_IP_ADDRESS=127.0.0.1", "RABBITMQ_NODE_PORT="+port, "RABBITMQ_DIST_PORT="+freePort(t),
		"RABBITMQ_MNESIA_BASE="+filepath.Join(dir, "mnesia"), "RABBITMQ_LOG_BASE="+filepath.Join(dir, "log"),
		"RABBITMQ_PID_FILE="+filepath.Join(dir, "pid"), "RABBITMQ_ENABLED_PLUGINS_FILE="+filepath.Join(dir, "plugins"),
		"RABBITMQ_CONFIG_FILE="+filepath.Join(dir, "rabbitmq.conf"), "RABBITMQ_CONF_ENV_FILE=/dev/null",
		"RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS=-kernel inet_dist_use_interface {127,0,0,1}")
	// A name server that the broker starts by itself would outlive it.
	namer := exec.Command("epmd", "-port", names, "-address", "127.0.0.1") //nolint:gosec,noctx // ports that were just made up; ended by the cleanup
	require.NoError(t, namer.Start())
	t.Cleanup(func() {
		_ = namer.Process.Kill()
		_ = namer.Wait()
	})
	b.Start()
	t.Cleanup(b.Kill)
	return b
}

func freePort(t testing.TB) string {
	t.Helper()
	l, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { _ = l.Close() }()
	return strconv.Itoa(l.Addr().(*net.TCPAddr).Port)
}

// Start starts it, over the data of the last time, and returns once it answers.
func (b *Broker) Start() {
	b.t.Helper()
	b.server = exec.Command(filepath.Join(programs, "rabbitmq-server")) //nolint:gosec,noctx // a constant path; ended by Kill
	b.server.Env = b.env
	b.said.Reset()
	b.server.Stdout, b.server.Stderr = &b.said, &b.said
	b.server.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	require.NoError(b.t, b.server.Start())
	exited, server := make(chan struct{}), b.server
	b.exited = exited
	go func() {
		defer close(exited)
		_ = server.Wait()
	}()
	b.awaitAnswer()
}

// awaitAnswer waits until it speaks its protocol.
func (b *Broker) awaitAnswer() {
	b.t.Helper()
	var err error
	for deadline := time.Now().Add(3 * time.Minute); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		var conn *amqp.Connection
		if conn, err = amqp.Dial(b.URL); err == nil {
			require.NoError(b.t, conn.Close())
			return
		}
	}
	b.Kill()
	require.NoError(b.t, err, "the broker does not answer; it said: %s", b.said.String())
}

// Kill ends it with SIGKILL. It does nothing to one that has ended.
func (b *Broker) Kill() {
	b.t.Helper()
	b.signal(syscall.SIGKILL)
	<-b.exited
}

// Pause stops it in the middle of whatever it does; only Kill helps then.
func (b *Broker) Pause() {
	b.t.Helper()
	b.signal(syscall.SIGSTOP)
	require.Eventually(b.t, b.paused, time.Minute, 10*time.Millisecond) // its threads go on until one has had its turn to take the signal
}

// paused says whether every process of the broker's group stands still.
func (b *Broker) paused() bool {
	files, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return false
	}
	group := strconv.Itoa(b.server.Process.Pid)
	for _, file := range files {
		text, _ := os.ReadFile(file) // it may have ended meanwhile
		fields := strings.Fields(string(text[bytes.LastIndexByte(text, ')')+1:]))
		if len(fields) > 2 && fields[2] == group && fields[0] != "T" { // state, parent, process group
			return false
		}
	}
	return true
}

func (b *Broker) signal(s syscall.Signal) {
	select {
	case <-b.exited:
	default:
		_ = syscall.Kill(-b.server.Process.Pid, s) // its whole process group
	}
}

// Settle writes down which queues there are. RabbitMQ 3.10 does so by itself some time after a queue was declared: one that is
// killed before has lost the queue with all that it confirmed, and begins it anew, often without a leader.
func (b *Broker) Settle() {
	b.t.Helper()
	b.Control("eval", "[ok = dets:sync(Table) || Table <- dets:all()].")
}

// Control runs rabbitmqctl.
func (b *Broker) Control(args ...string) {
	b.t.Helper()
	ctl := exec.Command(filepath.Join(programs, "rabbitmqctl"), args...) //nolint:gosec,noctx // the test's own words
	ctl.Env = b.env
	out, err := ctl.CombinedOutput()
	require.NoError(b.t, err, "rabbitmqctl %v: %s", args, out)
}
