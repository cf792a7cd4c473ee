package cachetest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ServerEnv names the environment variable that holds the address, host:port, of a Redis for tests.
const ServerEnv = "KAITUAN_TEST_REDIS"

// Shared is the URL of the Redis that tests share. Without one the test is skipped, which fails it under CI=true.
func Shared(t testing.TB) string {
	t.Helper()
	address := os.Getenv(ServerEnv)
	if address == "" {
		missing(t, ServerEnv+" is not set")
	}
	return "redis://" + address
}

func missing(t testing.TB, why string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatalf("%s, and CI may not skip what needs Redis", why)
	}
	t.Skip(why)
}

// Server is a Redis of the test's own, to be stopped and started at will. It keeps nothing over a stop.
type Server struct {
	t       testing.TB
	address string
	args    []string
	process *exec.Cmd
}

// Start starts a Redis of the test's own, with more arguments; it ends with the test. Without the program the test is
// skipped, as with Shared.
func Start(t testing.TB, args ...string) *Server {
	t.Helper()
	if _, err := exec.LookPath("redis-server"); err != nil {
		missing(t, "there is no redis-server")
	}
	s := &Server{t: t, address: freeAddress(t), args: args}
	s.Start()
	t.Cleanup(s.Stop)
	return s
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, listener.Close())
	return listener.Addr().String()
}

// URL is where the server is, also while it is stopped.
func (s *Server) URL() string { return "redis://" + s.address }

// Address is its host:port.
func (s *Server) Address() string { return s.address }

// Start starts it again, empty, and waits until it listens.
func (s *Server) Start() {
	s.t.Helper()
	host, port, err := net.SplitHostPort(s.address)
	require.NoError(s.t, err)
	args := append([]string{"--bind", host, "--port", port, "--save", "", "--appendonly", "no", "--dir", s.t.TempDir()}, s.args...)
	s.process = exec.Command("redis-server", args...)
	require.NoError(s.t, s.process.Start())
	require.Eventually(s.t, func() bool {
		conn, err := net.Dial("tcp", s.address)
		if err != nil {
			return false
		}
		return conn.Close() == nil
	}, patience, 10*time.Millisecond)
}

// Stop kills it.
func (s *Server) Stop() {
	s.t.Helper()
	if s.process == nil {
		return
	}
	require.NoError(s.t, s.process.Process.Kill())
	_ = s.process.Wait() // it was killed
	s.process = nil
}

// Freeze lets the server hang, as on a machine that stands still: it takes connections and answers nothing.
func (s *Server) Freeze() { s.signal(syscall.SIGSTOP) }

// Thaw lets it go on.
func (s *Server) Thaw() { s.signal(syscall.SIGCONT) }

func (s *Server) signal(with syscall.Signal) {
	s.t.Helper()
	require.NoError(s.t, s.process.Process.Signal(with))
}

// Do sends one command to the server, around every client.
func (s *Server) Do(command string) {
	s.t.Helper()
	conn, err := net.Dial("tcp", s.address)
	require.NoError(s.t, err)
	defer func() { _ = conn.Close() }()
	require.NoError(s.t, conn.SetDeadline(time.Now().Add(patience)))
	_, err = fmt.Fprintf(conn, "%s\r\n", command)
	require.NoError(s.t, err)
	answer := make([]byte, 1)
	_, err = conn.Read(answer)
	require.NoError(s.t, err)
	require.NotEqual(s.t, "-", string(answer), command)
}
