//go:build failpoint

package failpoint

import (
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

// read understands NAME=kill, NAME=kill@N and NAME=pause:DURATION.
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
		return nil, fmt.Errorf("%s=%q: want NAME=kill, NAME=kill@N or NAME=pause:DURATION", Env, spec)
	}
	what := spec[cut+1:]
	p.name = spec[:cut]
	var err error
	switch {
	case what == "kill":
	case strings.HasPrefix(what, "kill@"):
		p.at, err = strconv.Atoi(what[len("kill@"):])
	case strings.HasPrefix(what, "pause:"):
		p.pause, err = time.ParseDuration(what[len("pause:"):])
	default:
		err = fmt.Errorf("%q is neither kill nor pause", what)
	}
	if err != nil {
		return nil, fmt.Errorf("%s=%q: %w", Env, spec, err)
	}
	return p, nil
}

// Hit passes a point.
func Hit(name string) {
	p := armed()
	p.mu.Lock()
	defer p.mu.Unlock()
	p.hits[name]++
	if p.log != nil {
		_, _ = fmt.Fprintln(p.log, name) // a log that cannot be written shows as a test that finds no points
	}
	if name != p.name || p.hits[name] != p.at {
		return
	}
	if p.pause > 0 {
		p.mu.Unlock()
		time.Sleep(p.pause)
		p.mu.Lock()
		return
	}
	_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
	select {} // nothing happens between the signal and the end
}

// Here passes a point of the use case that is under way.
func Here(side string) { Hit(useCase() + "." + side) }

// Around is a step around every commit of a database. See sqldb.WithCommits.
func Around(database string) func(commit func() error) error {
	return func(commit func() error) error {
		at := useCase()
		if at == unknown {
			at = database
		}
		Hit(at + ".commit.before")
		err := commit()
		Hit(at + ".commit.after")
		return err
	}
}

// Transport has a point on each side of every call to somebody.
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
	Hit(at + ".before")
	resp, err := t.next.RoundTrip(req)
	Hit(at + ".after")
	return resp, err
}

// Handler has a point on each side of every request: when it came, and when the answer is made but not sent yet.
func Handler(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		at := "http." + r.Method + " " + route(r.URL.Path)
		Hit(at + ".before")
		next.ServeHTTP(w, r)
		Hit(at + ".after")
	})
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
