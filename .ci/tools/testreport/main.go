// Command testreport reads the events of `go test -json` and prints a line per package, the output of what failed,
// and every skipped test. Exit 1: something failed, or something was skipped although CI=true.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

func main() {
	r := report{strict: os.Getenv("CI") == "true", out: os.Stdout, output: map[string]*strings.Builder{}}
	if err := r.read(os.Stdin); err != nil {
		fmt.Fprintln(os.Stderr, "testreport:", err)
		os.Exit(1)
	}
	if !r.close() {
		os.Exit(1)
	}
}

// event is one line of `go test -json`; see `go doc test2json`.
type event struct {
	Action     string
	Package    string
	Test       string
	ImportPath string // of build-output
	Output     string
	Elapsed    float64 // seconds
}

// report is what has been read so far.
type report struct {
	strict  bool // skipping is failing
	out     io.Writer
	output  map[string]*strings.Builder // by package and test, until it ends
	passed  int
	failed  int
	skipped []string
}

// read takes events until the end of r. Errors: a line that is no event.
func (r *report) read(from io.Reader) error {
	lines := bufio.NewReader(from)
	for {
		line, err := lines.ReadBytes('\n')
		if len(line) > 0 {
			var e event
			if err := json.Unmarshal(line, &e); err != nil {
				return fmt.Errorf("not an event: %q: %w", line, err)
			}
			r.take(e)
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return fmt.Errorf("reading events: %w", err)
		}
	}
}

func (r *report) take(e event) {
	key := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Fprint(r.out, e.Output)
	case "output":
		if r.output[key] == nil {
			r.output[key] = &strings.Builder{}
		}
		r.output[key].WriteString(e.Output)
	case "pass", "fail", "skip":
		r.end(e, key)
		delete(r.output, key)
	}
}

// end takes the verdict on a test, or on a package when Test is empty.
func (r *report) end(e event, key string) {
	switch {
	case e.Action == "fail":
		r.failed++
		if out := r.output[key]; out != nil {
			fmt.Fprint(r.out, out.String())
		}
		if e.Test == "" {
			r.unfinished(e.Package)
			fmt.Fprintf(r.out, "FAIL %7.1fs  %s\n", e.Elapsed, e.Package)
		}
	case e.Test == "" && e.Action == "pass":
		fmt.Fprintf(r.out, "ok   %7.1fs  %s\n", e.Elapsed, e.Package)
	case e.Test != "" && e.Action == "pass":
		r.passed++
	case e.Test != "" && e.Action == "skip":
		r.skipped = append(r.skipped, key+r.reason(key))
	}
}

// unfinished prints what the tests of a package said that had no verdict when it ended, as in a panic or a time-out.
func (r *report) unfinished(pkg string) {
	for key, out := range r.output {
		if strings.HasPrefix(key, pkg+" ") && !strings.HasSuffix(key, " ") {
			fmt.Fprint(r.out, out.String())
			delete(r.output, key)
		}
	}
}

// reason prints the line that t.Skip left.
func (r *report) reason(key string) string {
	if r.output[key] == nil {
		return ""
	}
	for line := range strings.Lines(r.output[key].String()) {
		if line = strings.TrimSpace(line); !strings.HasPrefix(line, "===") && !strings.HasPrefix(line, "---") {
			return ": " + line
		}
	}
	return ""
}

// close prints the sum and tells whether all is well.
func (r *report) close() bool {
	for _, s := range r.skipped {
		fmt.Fprintln(r.out, "SKIP", s)
	}
	fmt.Fprintf(r.out, "%d passed, %d failed, %d skipped\n", r.passed, r.failed, len(r.skipped))
	if r.strict && len(r.skipped) > 0 {
		fmt.Fprintln(r.out, "CI=true: a skipped test is a failure")
		return false
	}
	return r.failed == 0
}
