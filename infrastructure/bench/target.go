package bench

import (
	"cmp"
	"fmt"
	"slices"
)

// Target is one line of the targets in docs/performance.md, and how far this run is from it.
type Target struct {
	ID     string  `json:"id"`
	Work   string  `json:"work"`
	Figure string  `json:"figure"` // of the best round, for people
	Wanted string  `json:"wanted"`
	Best   float64 `json:"best"`   // ratio or figure of the best round: noise only ever slows
	Middle float64 `json:"middle"` // of all rounds
	Met    bool    `json:"met"`    // by the best round
}

// value is what one round says of a target.
type value struct {
	number float64
	figure string
}

// aim is a target with how it is read off a report.
type aim struct {
	id, work string
	bound    float64
	atMost   bool // the number may not exceed the bound; otherwise it must reach it
	unit     string
	values   []value // of the rounds that measured it
}

// targets holds the report against every target that was measured. Each ratio is of two figures of the same round.
func (r *Report) targets(mysql bool) []Target {
	ready := 1.0
	if mysql {
		ready = 3
	}
	aims := []aim{
		{id: "T1", work: "trial / empty handler", bound: 0.75, values: r.ratios(Trial, sharedServer, false, helloRow, string(helloRow))},
		{id: "T2", work: "lock / one transaction each", bound: 8, values: r.ratios(Lock, sharedServer, false, Lock, apartServer)},
		{id: "T2", work: "lock / single-row commits", bound: 1.3, values: r.ratios(Lock, sharedServer, false, rawRow, string(rawRow))},
		{id: "T2", work: "lock, p99", bound: 30, atMost: true, unit: " ms", values: r.slowest(Lock)},
		{id: "T3", work: "one hot activity / lock", bound: 0.8, values: r.ratios(Hot, sharedServer, false, Lock, sharedServer)},
		{id: "T3", work: "one team of 1,000 / lock", bound: 0.8, values: r.ratios(Big, sharedServer, false, Lock, sharedServer)},
		{id: "T4", work: "settle / lock", bound: 0.9, values: r.ratios(Settle, sharedServer, false, Lock, sharedServer)},
		{id: "T5", work: "lock on SQLite / on MySQL", bound: 0.8, values: r.ratios(Lock, sqliteServer, false, Lock, sharedServer)},
		{id: "T6", work: "whole purchases", bound: 1500, unit: "/s", values: r.bought(func(p Purchases) float64 { return p.PerSecond })},
		{id: "T6", work: "team event handled, p99", bound: 2000, atMost: true, unit: " ms", values: r.bought(func(p Purchases) float64 { return p.Handled99 })},
	}
	for _, w := range []Workload{Trial, Lock, Hot, Big, Settle} {
		aims = append(aims, aim{id: "T7", work: string(w) + " with seeded data / without", bound: 0.85, values: r.ratios(w, sharedServer, true, w, sharedServer)})
	}
	aims = append(aims,
		aim{id: "T7", work: "memory of the server", bound: 1024, atMost: true, unit: " MB", values: r.memory()},
		aim{id: "T9", work: "teams of one second all terminal", bound: 5, atMost: true, unit: " s", values: r.expired(func(e Expiry) float64 { return e.Seconds })},
		aim{id: "T9", work: "lock p99 meanwhile / before", bound: 2, atMost: true, values: r.expired(func(e Expiry) float64 { return e.Beside / e.Alone })},
		aim{id: "T10", work: "start to ready", bound: ready, atMost: true, unit: " s", values: r.started()},
		aim{id: "T11", work: "query / empty handler", bound: 0.5, values: r.ratios(Query, sharedServer, false, helloRow, string(helloRow))},
		aim{id: "T11", work: "query with seeded data / without", bound: 0.9, values: r.ratios(Query, sharedServer, true, Query, sharedServer)},
	)
	aims = append(aims, r.floods()...)
	var targets []Target
	for _, a := range aims {
		if len(a.values) > 0 {
			targets = append(targets, a.target())
		}
	}
	return targets
}

// floods are the targets under more load than can be carried out.
func (r *Report) floods() []aim {
	rate := func(row, other Row) value {
		return value{row.PerSecond / other.PerSecond, fmt.Sprintf("%.0f/s of %.0f/s", row.PerSecond, other.PerSecond)}
	}
	slowest := func(row, _ Row) value { return value{row.P99, fmt.Sprintf("%.0f ms", row.P99)} }
	return []aim{
		{id: "flood", work: "locks taken at 3 times the load / lock", bound: 0.8, values: r.flooded(Flood, Lock, rate)},
		{id: "flood", work: "lock at 3 times the load, p99", bound: 500, atMost: true, unit: " ms", values: r.flooded(Flood, Lock, slowest)},
		{id: "tenants", work: "locks taken beside a partner that sends 10 times as much / beside an equal", bound: 0.8, values: r.flooded(loudRow, alikeRow, rate)},
		{id: "tenants", work: "their p99", bound: 500, atMost: true, unit: " ms", values: r.flooded(loudRow, alikeRow, slowest)},
	}
}

func (a aim) target() Target {
	sorted := slices.SortedFunc(slices.Values(a.values), func(x, y value) int {
		if a.atMost {
			return cmp.Compare(x.number, y.number)
		}
		return cmp.Compare(y.number, x.number)
	})
	best, middle := sorted[0], sorted[len(sorted)/2]
	t := Target{ID: a.id, Work: a.work, Figure: best.figure, Best: best.number, Middle: middle.number}
	if a.atMost {
		t.Wanted, t.Met = fmt.Sprintf("<= %g%s", a.bound, a.unit), best.number <= a.bound
	} else {
		t.Wanted, t.Met = fmt.Sprintf(">= %g%s", a.bound, a.unit), best.number >= a.bound
	}
	return t
}

// ratios are of the rates of two rows of each round, the second one without seeded data.
func (r *Report) ratios(of Workload, at string, scaled bool, to Workload, toAt string) []value {
	var list []value
	for _, row := range r.rows(of, at, scaled) {
		for _, other := range r.rows(to, toAt, false) {
			if other.Round == row.Round && other.PerSecond > 0 {
				list = append(list, value{row.PerSecond / other.PerSecond, fmt.Sprintf("%.0f/s of %.0f/s", row.PerSecond, other.PerSecond)})
			}
		}
	}
	return list
}

func (r *Report) rows(of Workload, at string, scaled bool) []Row {
	var list []Row
	for _, row := range r.Rows {
		if row.Workload == of && row.Server == at && row.Scaled == scaled && row.OfferedRate == 0 {
			list = append(list, row)
		}
	}
	return list
}

func (r *Report) slowest(of Workload) []value {
	var list []value
	for _, row := range r.rows(of, sharedServer, false) {
		list = append(list, value{row.P99, fmt.Sprintf("%.1f ms", row.P99)})
	}
	return list
}

// memory is the most that the server held beside the seeded data.
func (r *Report) memory() []value {
	most := int64(0)
	for _, row := range r.Rows {
		if row.Scaled {
			most = max(most, row.Memory)
		}
	}
	if most == 0 {
		return nil
	}
	return []value{{float64(most), fmt.Sprintf("%d MB", most)}}
}

func (r *Report) bought(of func(Purchases) float64) []value {
	var list []value
	for _, p := range r.Purchases {
		list = append(list, value{of(p), fmt.Sprintf("%.0f of %d", of(p), p.Orders)})
	}
	return list
}

func (r *Report) expired(of func(Expiry) float64) []value {
	var list []value
	for _, e := range r.Expiries {
		list = append(list, value{of(e), fmt.Sprintf("%d teams in %.1f s, lock p99 %.1f -> %.1f ms", e.Teams, e.Seconds, e.Alone, e.Beside)})
	}
	return list
}

func (r *Report) started() []value {
	var list []value
	for _, s := range r.Starts {
		list = append(list, value{s.Seconds, fmt.Sprintf("%.2f s with %d activities", s.Seconds, s.Activities)})
	}
	return list
}
