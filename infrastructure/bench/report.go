package bench

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Report is what a run found.
type Report struct {
	StartedAt  time.Time   `json:"started_at"`
	Seconds    float64     `json:"seconds"`
	Processors int         `json:"processors"` // of this machine, which everything shares
	Go         string      `json:"go"`
	Database   string      `json:"database"`
	Rows       []Row       `json:"rows"`
	Purchases  []Purchases `json:"purchases,omitempty"`
	Expiries   []Expiry    `json:"expiries,omitempty"`
	Starts     []Started   `json:"starts,omitempty"`
	Targets    []Target    `json:"targets"`
	Checks     []Checked   `json:"checks"`
	Sound      bool        `json:"sound"` // no answer was broken, nothing failed, every invariant holds
}

// Checked is what the invariants of one server's databases say.
type Checked struct {
	Server  string   `json:"server"`
	Summary string   `json:"summary"`
	Broken  []string `json:"broken,omitempty"`
}

// Print writes the tables for people; with markdown so that they can be pasted into a document.
func (r *Report) Print(out io.Writer, markdown bool) error {
	var b strings.Builder
	fmt.Fprintf(&b, "\n%s, %d processors that everything shares, %s, %.0f s\n\n", r.Database, r.Processors, r.Go, r.Seconds)
	rows, targets := r.rowsTable(), r.targetsTable()
	if markdown {
		rows.markdown(&b)
	} else {
		rows.aligned(&b, tabwriter.AlignRight)
	}
	if slices.ContainsFunc(r.Rows, func(w Row) bool { return w.Scaled }) {
		b.WriteString("\n+ beside the seeded data\n")
	}
	b.WriteString("\n")
	if markdown {
		targets.markdown(&b)
	} else {
		targets.aligned(&b, 0)
	}
	r.printVerdict(&b)
	_, err := io.WriteString(out, b.String())
	return err
}

// grid is a table, its head first.
type grid [][]string

func (g *grid) add(cells ...string) { *g = append(*g, cells) }

// aligned writes columns that line up.
func (g grid) aligned(b *strings.Builder, flags uint) {
	table := tabwriter.NewWriter(b, 0, 0, 2, ' ', flags)
	for _, row := range g {
		_, _ = fmt.Fprintln(table, strings.Join(row, "\t")+"\t")
	}
	_ = table.Flush() // a builder takes everything
}

func (g grid) markdown(b *strings.Builder) {
	for i, row := range g {
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat(" --- |", len(row)) + "\n")
		}
	}
}

func (r *Report) rowsTable() (g grid) {
	g.add("round", "workload", "server", "conns", "rate/s", "p50 ms", "p95", "p99", "errors", "CPU us/request: server", "database", "client", "server MB", "verified")
	for _, w := range r.Rows {
		name := string(w.Workload)
		if w.Scaled {
			name += "+"
		}
		g.add(fmt.Sprint(w.Round), name, w.Server, fmt.Sprint(w.Connections), fmt.Sprintf("%.0f", w.PerSecond), fmt.Sprintf("%.1f", w.P50),
			fmt.Sprintf("%.1f", w.P95), fmt.Sprintf("%.1f", w.P99), w.errors(), microseconds(w.Split.Server), microseconds(w.Split.Database),
			microseconds(w.Split.Client), orNot(w.Memory), w.verified())
	}
	return g
}

func microseconds(n *float64) string {
	if n == nil {
		return "n/a"
	}
	return fmt.Sprintf("%.0f", *n)
}

func orNot(n int64) string {
	if n == 0 {
		return "n/a"
	}
	return fmt.Sprint(n)
}

func (w Row) errors() string {
	var parts []string
	for _, code := range slices.Sorted(maps.Keys(w.Refused)) {
		parts = append(parts, fmt.Sprintf("%d %s", w.Refused[code], code))
	}
	if w.RefusedP99 > 0 {
		parts = append(parts, fmt.Sprintf("p99 of refusals %.0f ms", w.RefusedP99))
	}
	if w.Failed > 0 {
		parts = append(parts, fmt.Sprintf("%d failed", w.Failed))
	}
	if len(parts) == 0 {
		return "0"
	}
	return strings.Join(parts, ", ")
}

func (w Row) verified() string {
	switch {
	case w.Verdict == nil:
		return "-"
	case w.Verdict.Faults > 0:
		return fmt.Sprintf("%d WRONG of %d", w.Verdict.Faults, w.Verdict.Promised)
	default:
		return fmt.Sprint(w.Verdict.Promised)
	}
}

func (r *Report) targetsTable() (g grid) {
	if len(r.Targets) == 0 {
		return nil
	}
	g.add("id", "work", "figure", "target", "ratio", "middle", "")
	for _, t := range r.Targets {
		verdict := "missed"
		if t.Met {
			verdict = "met"
		}
		g.add(t.ID, t.Work, t.Figure, t.Wanted, fmt.Sprintf("%.2f", t.Best), fmt.Sprintf("%.2f", t.Middle), verdict)
	}
	return g
}

func (r *Report) printVerdict(b *strings.Builder) {
	b.WriteString("\n")
	tell := func(what string, v Verdict) {
		for _, wrong := range v.Wrong {
			fmt.Fprintf(b, "WRONG %s: %s\n", what, wrong)
		}
	}
	for _, w := range r.Rows {
		if w.Verdict != nil {
			tell(string(w.Workload), *w.Verdict)
		}
	}
	for _, e := range r.Expiries {
		for _, v := range e.Verdicts {
			tell(string(Expire), v)
		}
	}
	for _, c := range r.Checks {
		fmt.Fprintf(b, "%s: %s\n", c.Server, c.Summary)
		for _, broken := range c.Broken {
			fmt.Fprintf(b, "  BROKEN %s\n", broken)
		}
	}
	if r.Sound {
		b.WriteString("every answer was kept: nothing oversold, nothing twice, nothing lost\n")
		return
	}
	b.WriteString("NOT SOUND: answers were not kept, or requests failed; the figures above are worth nothing\n")
}

// best is the highest rate of a workload, 0 when it was not measured.
func (r *Report) best(of Workload, server string) float64 {
	best := 0.0
	for _, w := range r.Rows {
		if w.Workload == of && w.Server == server {
			best = max(best, w.PerSecond)
		}
	}
	return best
}
