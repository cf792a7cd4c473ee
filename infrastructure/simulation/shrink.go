package simulation

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Shrink looks for the shortest beginning of a story that failed which fails as well, and returns its report. A story
// of fewer operations is a true beginning of the longer one, but its end, without faults, is its own.
func Shrink(ctx context.Context, failed Report) (Report, error) {
	low, high := 0, failed.Plan.Ops // low passes or was not tried, high fails
	for high-low > 1 {
		p := failed.Plan
		p.Ops = (low + high) / 2
		r, err := Run(ctx, p)
		if err != nil {
			return failed, err
		}
		if r.Failed() {
			failed, high = r, p.Ops
		} else {
			low = p.Ops
		}
	}
	return failed, nil
}

// Text tells what failed, the part of the story that matters, and how to play it again.
func (r Report) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "seed %d fails after %d operations:\n", r.Plan.Seed, r.Plan.Ops)
	for _, f := range r.Failures {
		fmt.Fprintf(&b, "  %s\n", f)
	}
	fmt.Fprintf(&b, "story, shortened:\n")
	for _, line := range r.essence() {
		fmt.Fprintf(&b, "  %s\n", line)
	}
	fmt.Fprintf(&b, "again: go test ./infrastructure/simulation -run 'TestSimulation$' -seed %d -ops %d -v\n", r.Plan.Seed, r.Plan.Ops)
	return b.String()
}

// The story is shortened to what names the things that failed, and what happened last.
const (
	lastLines = 20
	mostLines = 120
)

func (r Report) essence() []string {
	subjects := regexp.MustCompile(`\b(ord|pay|rf|team|act)_[0-9]+`).FindAllString(strings.Join(r.Failures, "\n"), -1)
	last := max(len(r.Trace)-lastLines, 0)
	var lines []string
	for i, line := range r.Trace {
		about := slices.ContainsFunc(subjects, func(s string) bool { return strings.Contains(line, s) })
		if about || i >= last || strings.Contains(line, "faults") {
			lines = append(lines, line)
		}
	}
	if len(lines) > mostLines {
		lines = slices.Concat(lines[:mostLines/2], []string{"..."}, lines[len(lines)-mostLines/2:])
	}
	return lines
}
