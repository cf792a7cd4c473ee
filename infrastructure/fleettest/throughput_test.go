package fleettest

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// crowd is how many couples buy at once to keep a fleet busy.
const crowd = 16

// fleetAgainstOneOfEach has the same people buy from two processes of each role and from one of each, in turns. Both have the
// same machine, which the load, the proxy and the database share, so it shows what a second process costs and whether
// anything waits for another node; not what a second machine is worth.
func fleetAgainstOneOfEach(t *testing.T, f *fleet, activity string) {
	people := &load{fleet: f, activity: activity}
	people.signUp(t, "crowd", crowd)
	people.start()
	defer people.end()
	for range 3 {
		f.measure(t, people, "two of each role")
		for _, role := range roles() {
			f.nodes[role+"-2"].stop(t, terminated)
		}
		f.measure(t, people, "one of each role")
		for _, role := range roles() {
			f.nodes[role+"-2"].start(t)
			f.nodes[role+"-2"].ready(t)
		}
	}
}

// measure counts what people buy in a while, and what that costs.
func (f *fleet) measure(t *testing.T, people *load, of string) {
	t.Helper()
	time.Sleep(3 * time.Second) // jobs have a leader, connections are made
	people.cut()
	began, cpu := time.Now(), f.cpu()
	time.Sleep(20 * time.Second)
	counted, took := people.cut(), time.Since(began)
	cpu = f.cpu() - cpu
	require.Empty(t, counted.failures)
	require.Positive(t, counted.purchases)
	t.Logf("numbers: %s: %.1f purchases and %.0f requests per second, p50 %s, p99 %s, %.1f ms of our processes' processor time a purchase",
		of, float64(counted.purchases)/took.Seconds(), float64(counted.requests)/took.Seconds(), counted.p50.Round(time.Millisecond),
		counted.p99.Round(time.Millisecond), 1000*cpu/float64(counted.purchases))
}

// cpu is the processor time, in seconds, of all processes that answer.
func (f *fleet) cpu() float64 {
	sum := 0.0
	for _, n := range f.nodes {
		sum += metric(n.metrics(), "process_cpu_seconds_total", "")
	}
	return sum
}
