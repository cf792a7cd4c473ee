package killtest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/failpoint"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// patience bounds whatever the system does by itself: a notice that died with the process is asked for within 3 minutes.
const patience = 4 * time.Minute

const operatorToken = "operator-of-the-kill-tests-0123456789"

// binary builds kaituan with its failpoints.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kaituan")
	build := exec.Command("go", "build", "-tags", "failpoint", "-o", path, "kaituan")
	out, err := build.CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

// server is one instance that is started again whenever it dies, unarmed from the second time on.
type server struct {
	binary string
	flags  []string
	env    []string
	url    string
	ready  string
	told   string // where it tells its metrics
	out    *bytes.Buffer

	mu      sync.Mutex
	proc    *exec.Cmd
	killed  bool          // it died by its own SIGKILL
	back    time.Duration // from that to ready again
	stopped bool
	watch   sync.WaitGroup
}

// start runs the binary; env is for every one of its lives.
func start(t *testing.T, binary string, flags []string, env ...string) *server {
	t.Helper()
	public, private := freePort(t), freePort(t)
	s := &server{
		binary: binary, env: env, url: "http://" + public, ready: "http://" + private + "/readyz", told: "http://" + private + "/metrics", out: &bytes.Buffer{},
		flags: append([]string{
			"serve", "--listen", public, "--private-listen", private, "--public-url", "http://" + public, "--demo-data=false", "--log-level", "error",
		}, flags...),
	}
	s.launch(t)
	t.Cleanup(func() { s.end(t) })
	require.NoError(t, s.waitReady(t.Context()))
	return s
}

// freePort finds an address that stays the same over restarts. It is below the ports that the system hands out to
// connections, so that none of a story beside this one takes it meanwhile.
func freePort(t *testing.T) string {
	t.Helper()
	for {
		address := fmt.Sprintf("127.0.0.1:%d", 10_000+rand.IntN(22_000))
		listener, err := net.Listen("tcp", address)
		if err != nil {
			continue
		}
		require.NoError(t, listener.Close())
		return address
	}
}

// jobsDue ends the process and lets an hour pass for its jobs, so that the next one runs each of them.
func (w *world) jobsDue() {
	w.end(w.t)
	for _, service := range []string{"groupbuy", "mall"} {
		require.NoError(w.t, sqldbtest.Connect(w.t, w.dsn(service)).InTx(w.ctx, func(tx *gorm.DB) error {
			return tx.Exec("UPDATE jobs SET next_at = 0").Error
		}))
	}
}

// dsn is where a service has its data: a server, when a flag says so, or a file.
func (s *server) dsn(service string) sqldb.DSN {
	if i := slices.Index(s.flags, "--"+service+"-db"); i >= 0 {
		return sqldb.DSN(s.flags[i+1])
	}
	return sqldb.DSN("sqlite:" + filepath.Join(s.flags[slices.Index(s.flags, "--data")+1], service+".db"))
}

// again stops the process and starts it with more in its environment, for its next life alone.
func (s *server) again(t *testing.T, env ...string) {
	t.Helper()
	s.end(t)
	s.mu.Lock()
	s.stopped = false
	s.mu.Unlock()
	s.launch(t, env...)
	require.NoError(t, s.waitReady(t.Context()))
}

func (s *server) launch(t *testing.T, env ...string) {
	t.Helper()
	proc := exec.Command(s.binary, s.flags...)
	proc.Env = append(append(os.Environ(), "KAITUAN_OPERATOR_TOKEN="+operatorToken, "KAITUAN_MALL_SHIP_AFTER=0s"), s.env...)
	proc.Env = append(proc.Env, env...)
	proc.Stdout, proc.Stderr = s.out, s.out
	require.NoError(t, proc.Start())
	s.mu.Lock()
	s.proc = proc
	s.mu.Unlock()
	s.watch.Go(func() { s.revive(t, proc) })
}

// revive starts the process again after its death, unless that was asked for.
func (s *server) revive(t *testing.T, proc *exec.Cmd) {
	_ = proc.Wait() // how it ended is in its state
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return
	}
	status, _ := proc.ProcessState.Sys().(syscall.WaitStatus)
	s.killed = s.killed || status.Signaled() && status.Signal() == syscall.SIGKILL
	s.mu.Unlock()
	died := time.Now()
	s.launch(t)
	if s.waitReady(context.Background()) == nil {
		s.mu.Lock()
		s.back = time.Since(died)
		s.mu.Unlock()
	}
}

func (s *server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.ready, http.NoBody)
		if err != nil {
			return err
		}
		if resp, err := http.DefaultClient.Do(req); err == nil {
			_ = resp.Body.Close() // only the status matters
			if resp.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-time.After(10 * time.Millisecond):
		case <-ctx.Done():
			return fmt.Errorf("not ready: %w: %s", ctx.Err(), s.out)
		}
	}
}

// end stops the process in the ordinary way.
func (s *server) end(t *testing.T) {
	t.Helper()
	s.mu.Lock()
	if s.stopped {
		s.mu.Unlock()
		return
	}
	s.stopped = true
	proc := s.proc
	s.mu.Unlock()
	if err := proc.Process.Signal(syscall.SIGTERM); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Error(err)
	}
	s.watch.Wait()
}

// died says whether the process was killed, and how long it was away.
func (s *server) died() (killed bool, back time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.killed, s.back
}

// check runs `kaituan check` over the data that a server left.
func (s *server) check(t *testing.T) {
	t.Helper()
	args := append([]string{"check", "--settled"}, s.flags[len(s.flags)-s.stores():]...)
	out, err := exec.Command(s.binary, args...).CombinedOutput()
	require.NoError(t, err, string(out))
}

// stores is how many of the last flags say where the data is.
func (s *server) stores() int { return len(s.flags) - 10 }

// arm is the environment that kills the process at a hit of a point.
func arm(p point) string { return fmt.Sprintf("%s=%s=kill@%d", failpoint.Env, p.name, p.hit) }
