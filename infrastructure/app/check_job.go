package app

import (
	"context"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"kaituan/api/edge"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/invariant"
	"kaituan/infrastructure/schedule"
	"kaituan/infrastructure/sqldb"
)

const (
	checkEvery  = time.Minute
	keepReports = 3 * 24 * time.Hour
	// checkShare is the most of the time that the worker looks at invariants: of large books, which take long, less often.
	checkShare = 20
	// toldFor is for how many such times what was found is told, unless there is news.
	toldFor = 3
)

// standingCheck looks at the invariants by the clock, keeps its reports and tells Prometheus.
type standingCheck struct {
	look func(ctx context.Context) (CheckReport, error)
	dbs  databases
	now  func() time.Time

	mu      sync.Mutex
	last    CheckReport
	success time.Time // when the last look ended; zero: none in this process
}

func newStandingCheck(c config.Config, dbs databases) *standingCheck {
	return &standingCheck{look: newChecker(c, dbs, liveCheck()).run, dbs: dbs, now: time.Now}
}

// job is under the mall's lease, because the mall's report is about both databases.
func (s *standingCheck) job() schedule.Job {
	return schedule.Job{
		Name: "app.check", About: "look whether money and seats add up (kaituan check)", Every: checkEvery, Cluster: s.dbs.mall, Run: s.run,
	}
}

// run looks once, unless the last look took so long that it is too early, and returns how many rows it looked at.
func (s *standingCheck) run(ctx context.Context) (int, error) {
	if s.early() {
		return 0, nil
	}
	report, err := s.look(ctx)
	if err != nil {
		return 0, err
	}
	if err := invariant.Save(ctx, s.dbs.mall, report.Mall, keepReports); err != nil {
		return 0, err
	}
	if err := invariant.Save(ctx, s.dbs.groupbuy, report.Engine, keepReports); err != nil {
		return 0, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.last, s.success = report, s.now()
	rows := 0
	for _, c := range report.Counts {
		rows += int(c.Rows)
	}
	return rows, nil
}

func (s *standingCheck) early() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now().Sub(s.success) < s.rest()-checkEvery/2
}

// rest is how long there is to be between two looks.
func (s *standingCheck) rest() time.Duration {
	return checkShare * (s.last.Engine.Took + s.last.Mall.Took)
}

// Describe implements prometheus.Collector. It names nothing, because a process that never looks tells nothing.
func (s *standingCheck) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector with what the last look of this process found.
func (s *standingCheck) Collect(metrics chan<- prometheus.Metric) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.success.IsZero() {
		return
	}
	success := prometheus.NewDesc("kaituan_check_last_success_timestamp", "Unix time at which the last check of this process ended, whatever it found.", nil, nil)
	metrics <- prometheus.MustNewConstMetric(success, prometheus.GaugeValue, float64(s.success.UnixMilli())/1000)
	if s.now().Sub(s.success) > toldFor*max(checkEvery, s.rest()) {
		return // another process leads by now, or nothing can be read
	}
	violations, rows := map[string]float64{}, map[string]float64{}
	for _, c := range s.last.Counts {
		violations[c.Invariant] += 0
		rows[c.Invariant] += float64(c.Rows)
	}
	for _, v := range s.last.Violations {
		violations[v.Invariant]++
	}
	gauges(metrics, "kaituan_invariant_violations", "Rows that broke an invariant at the last check, at most 100 of each rule.", violations)
	gauges(metrics, "kaituan_invariant_rows", "Rows that the last check looked at.", rows)
}

func gauges(metrics chan<- prometheus.Metric, name, help string, values map[string]float64) {
	desc := prometheus.NewDesc(name, help, []string{"invariant"}, nil)
	for id, value := range values {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, id)
	}
}

// lastReport reads what the worker, this process or another, found.
func lastReport(db *sqldb.DB) edge.InvariantReports {
	return func(ctx context.Context, before time.Time) (edge.InvariantReport, bool, error) {
		r, found, err := invariant.Last(ctx, db, before)
		told := edge.InvariantReport{StartedAt: r.StartedAt, Took: r.Took, LeftOut: r.LeftOut}
		for _, c := range r.Counts {
			told.Rows = append(told.Rows, edge.InvariantRows(c))
		}
		for _, v := range r.Violations {
			told.Violations = append(told.Violations, edge.InvariantViolation{
				Invariant: v.Invariant, Subject: v.Subject, Detail: v.Detail, Remedy: Invariants()[v.Invariant].Remedy,
			})
		}
		return told, found, err
	}
}
