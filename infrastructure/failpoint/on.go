//go:build failpoint

package failpoint

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// Built says whether the binary has points.
const Built = true

// points is what the environment arms, and how often each was hit. It is read once, at the first hit.
type points struct {
	mu    sync.Mutex
	hits  map[string]int
	name  string // armed; empty: none
	at    int    // the hit that counts
	pause time.Duration
	fail  bool
	log   *os.File
}

var armed = sync.OnceValue(func() *points { //nolint:gochecknoglobals // only in this build: what the environment says of the process
	p, err := read(os.Getenv(Env), os.Getenv(EnvLog))
	if err != nil {
		fmt.Fprintln(os.Stderr, "kaituan: failpoint:", err)
		os.Exit(2)
	}
	return p
})

// errArmed is what a point returns that is armed with error.
var errArmed = errors.New("failpoint")

var errCount = errors.New("want a number from 1 on, or a time above 0")

// read understands NAME=kill, NAME=kill@N, NAME=error, NAME=error@N and NAME=pause:DURATION.
func read(spec, log string) (*points, error) {
	p := &points{hits: map[string]int{}, at: 1}
	if log != "" {
		file, err := os.OpenFile(log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return nil, err
		}
		p.log = file
	}
	if spec == "" {
		return p, nil
	}
	cut := strings.LastIndex(spec, "=")
	if cut < 1 {
		return nil, fmt.Errorf("%s=%q: want NAME=kill, NAME=error or NAME=pause:DURATION", Env, spec)
	}
	p.name = spec[:cut]
	if err := p.arm(spec[cut+1:]); err != nil {
		return nil, fmt.Errorf("%s=%q: %w", Env, spec, err)
	}
	return p, nil
}

func (p *points) arm(what string) error {
	var err error
	if how, length, waits := strings.Cut(what, ":"); waits && how == "pause" {
		if p.pause, err = time.ParseDuration(length); err == nil && p.pause <= 0 {
			err = errCount
		}
		return err
	}
	how, hit, counted := strings.Cut(what, "@")
	if p.fail = how == "error"; !p.fail && how != "kill" {
		return fmt.Errorf("%q is none of kill, error and pause", what)
	}
	if counted {
		if p.at, err = strconv.Atoi(hit); err == nil && p.at < 1 {
			err = errCount
		}
	}
	return err
}

// Hit passes a point. An error can be armed at commits, calls and requests only.
func Hit(name string) { _ = pass(name) }

// pass returns errArmed at the hit that an error is armed at.
func pass(name string) error {
	p := armed()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hits[name]++
	if p.log != nil {
		_, _ = fmt.Fprintln(p.log, name) // a log that cannot be written shows as a test that finds no points
	}
	if name != p.name || p.hits[name] != p.at {
		return nil
	}
	if p.fail {
		return fmt.Errorf("%w: %s", errArmed, name)
	}
	if p.pause > 0 {
		p.mu.Unlock()
		time.Sleep(p.pause)
		p.mu.Lock()
		return nil
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // nothing happens between the signal and the end
}

// Around is a step around every commit of a database. An error before it keeps it from happening, one after it loses its
// answer. See sqldb.WithCommits.
func Around(database string) func(commit func() error) error {
	return func(commit func() error) error {
		at := useCase()
		if at == unknown {
			at = database
		}
		if err := pass(at + ".commit.before"); err != nil {
			return err
		}
		return errors.Join(commit(), pass(at+".commit.after"))
	}
}

// Transport has a point on each side of every call to somebody. An error before it keeps it from being sent, one after
// it loses its answer.
func Transport(whom string, next http.RoundTripper) http.RoundTripper {
	if next == nil {
		next = http.DefaultTransport
	}
	return transport{whom, next}
}

type transport struct {
	whom string
	next http.RoundTripper
}

func (t transport) RoundTrip(req *http.Request) (*http.Response, error) {
	at := useCase() + "." + t.whom
	if err := pass(at + ".before"); err != nil {
		return nil, err
	}
	resp, err := t.next.RoundTrip(req)
	if lost := pass(at + ".after"); lost != nil && err == nil {
		return nil, errors.Join(lost, resp.Body.Close())
	}
	return resp, err
}

// Handler has a point on each side of every request: when it came, and when the answer is made but not sent yet.
// An error before it or after it cuts the connection.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := "http." + r.Method + " " + route(r.URL.Path)
		cutIf(pass(at + ".before"))
		next.ServeHTTP(w, r)
		cutIf(pass(at + ".after"))
	})
}

func cutIf(err error) {
	if err != nil {
		panic(http.ErrAbortHandler)
	}
}

// route is a path without what differs from one request to the next.
func route(path string) string {
	parts := strings.Split(path, "/")
	for i, part := range parts {
		if strings.ContainsAny(part, "0123456789") && part != "v1" {
			parts[i] = "*"
		}
	}
	return strings.Join(parts, "/")
}

const unknown = "system"

// useCase finds who is at work: the outermost method of the shop or the engine, else the system's own part. What the
// shop performs for its outbox is told apart by the method inside.
func useCase() string {
	callers := make([]uintptr, 64)
	frames := runtime.CallersFrames(callers[:runtime.Callers(3, callers)])
	domain, part := "", unknown
	for {
		frame, more := frames.Next()
		switch name, of := named(frame.Function); {
		case name == "mall.Perform" && domain != "":
		case of == domains:
			domain = name
		case of == parts:
			part = name
		}
		if !more {
			break
		}
	}
	if domain != "" {
		return domain
	}
	return part
}

type layer int

const (
	nobody layer = iota
	domains
	parts
)

func named(function string) (string, layer) {
	for _, known := range []struct {
		prefix, name string
		of           layer
	}{
		{"kaituan/mall.(*Shop).", "mall.", domains},
		{"kaituan/groupbuy.(*Engine).", "groupbuy.", domains},
		{"kaituan/infrastructure/outbox.(*shift).", "outbox.", parts},
		{"kaituan/infrastructure/outbox.Prune", "outbox.Prune", parts},
		{"kaituan/infrastructure/schedule.(*", "schedule.", parts},
		{"kaituan/infrastructure/sandbox.(*", "sandbox.", parts},
	} {
		if rest, ok := strings.CutPrefix(function, known.prefix); ok {
			rest, _, _ = strings.Cut(rest, ".func")
			return known.name + strings.Replace(rest, ")", "", 1), known.of
		}
	}
	return "", nobody
}
