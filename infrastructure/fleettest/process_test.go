package fleettest

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds whatever the system does by itself, on a machine that does much else.
const patience = 2 * time.Minute

// pace is how often a test looks.
const pace = 50 * time.Millisecond

// process is a program that can be ended and started again under the same addresses.
type process struct {
	name    string
	path    string
	args    []string
	env     []string
	log     string // a file
	answers func(ctx context.Context) error

	mu   sync.Mutex
	cmd  *exec.Cmd
	gone chan struct{}
}

// start runs the program; ready waits for it.
func (p *process) start(t *testing.T) {
	t.Helper()
	out, err := os.OpenFile(p.log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	require.NoError(t, err)
	defer func() { require.NoError(t, out.Close()) }()
	cmd := exec.Command(p.path, p.args...)
	cmd.Env, cmd.Stdout, cmd.Stderr = append(os.Environ(), p.env...), out, out
	require.NoError(t, cmd.Start(), p.name)
	gone := make(chan struct{})
	p.mu.Lock()
	p.cmd, p.gone = cmd, gone
	p.mu.Unlock()
	go func() {
		_ = cmd.Wait() // how it ended is in its log
		close(gone)
	}()
}

// ready waits until it answers.
func (p *process) ready(t *testing.T) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		err := p.answers(ctx)
		if err == nil {
			return
		}
		select {
		case <-time.After(pace):
		case <-p.gone:
			require.FailNow(t, p.name+" ended", tail(p.log))
		case <-ctx.Done():
			require.FailNow(t, p.name+" is not ready", "%v\n%s", err, tail(p.log))
		}
	}
}

func (p *process) signal(t *testing.T, s os.Signal) {
	t.Helper()
	p.mu.Lock()
	defer p.mu.Unlock()
	if err := p.cmd.Process.Signal(s); !errors.Is(err, os.ErrProcessDone) {
		require.NoError(t, err, p.name)
	}
}

// stop ends it with a signal and waits.
func (p *process) stop(t *testing.T, s os.Signal) {
	t.Helper()
	if p.cmd == nil {
		return
	}
	p.signal(t, s)
	select {
	case <-p.gone:
	case <-time.After(patience):
		_ = p.cmd.Process.Kill()
		<-p.gone
		require.FailNow(t, p.name+" does not stop", tail(p.log))
	}
}

func tail(path string) string {
	text, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return string(text[max(0, len(text)-4000):])
}

// program finds a program of the system, and skips the test where there is none; CI counts that as a failure.
func program(t *testing.T, names ...string) string {
	t.Helper()
	for _, name := range names {
		for _, dir := range []string{"", "/usr/sbin/"} {
			if path, err := exec.LookPath(dir + name); err == nil {
				return path
			}
		}
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("%v is not installed, and CI may not skip it", names)
	}
	t.Skipf("%v is not installed", names)
	return ""
}

// binary builds kaituan.
func binary(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "kaituan")
	out, err := exec.Command("go", "build", "-o", path, "kaituan").CombinedOutput()
	require.NoError(t, err, string(out))
	return path
}

// freePort finds an address that stays the same over restarts. It is below the ports that the system hands out to
// connections, so that none takes it meanwhile.
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

// listens wants somebody at an address.
func listens(address string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		conn, err := (&net.Dialer{Timeout: time.Second}).DialContext(ctx, "tcp", address)
		if err != nil {
			return err
		}
		return conn.Close()
	}
}

// answersHTTP wants 200 at an address.
func answersHTTP(url string) func(ctx context.Context) error {
	return func(ctx context.Context) error {
		text, err := fetch(ctx, url)
		if err != nil {
			return fmt.Errorf("%w: %s", err, text)
		}
		return nil
	}
}

// fetch reads an address. A process that is paused answers nothing: wait a second at most.
func fetch(ctx context.Context, url string) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, 3*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return "", err
	}
	req.Close = true
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s answered %s", url, resp.Status)
	}
	return strings.TrimSpace(string(text)), err
}
