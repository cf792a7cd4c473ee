package schedule

import (
	"github.com/prometheus/client_golang/prometheus"
)

// measures describes what the table tells of its jobs, from this process's memory: it answers also while a database is away.
type measures struct {
	leader, success, duration, failures, backlog *prometheus.Desc
}

func newMeasures() measures {
	desc := func(name, help string) *prometheus.Desc {
		return prometheus.NewDesc("kaituan_job_"+name, help, []string{"job"}, nil)
	}
	return measures{
		leader:   desc("leader", "1 where the job runs: on one node, or on each if it is a job of each node."),
		success:  desc("last_success_seconds", "Unix time of the end of the last run without an error; 0: never. Told by the leader."),
		duration: desc("duration_seconds", "How long the last run took. Told by the leader."),
		failures: desc("failures_total", "Runs in this process that ended in an error."),
		backlog:  desc("backlog", "Rows that are due, counted up to a limit. Told by the leader."),
	}
}

// Describe implements prometheus.Collector. It names nothing, so that several tables of a process can be registered.
func (t *Table) Describe(chan<- *prometheus.Desc) {}

// Collect implements prometheus.Collector.
func (t *Table) Collect(metrics chan<- prometheus.Metric) {
	m := newMeasures()
	for _, r := range t.runners {
		r.collect(m, metrics)
	}
}

func (r *runner) collect(m measures, metrics chan<- prometheus.Metric) {
	fence, rec := r.state()
	gauge := func(desc *prometheus.Desc, value float64) {
		metrics <- prometheus.MustNewConstMetric(desc, prometheus.GaugeValue, value, r.job.Name)
	}
	metrics <- prometheus.MustNewConstMetric(m.failures, prometheus.CounterValue, float64(rec.failuresAll), r.job.Name)
	if r.job.Cluster != nil && fence == 0 {
		gauge(m.leader, 0)
		return
	}
	gauge(m.leader, 1)
	if r.job.Run != nil {
		gauge(m.success, float64(millis(rec.success))/1000)
		gauge(m.duration, rec.took.Seconds())
	}
	if r.job.Backlog != nil && rec.backlog >= 0 {
		gauge(m.backlog, float64(rec.backlog))
	}
}
