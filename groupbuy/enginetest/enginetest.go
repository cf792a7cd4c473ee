// Package enginetest is the conformance suite of groupbuy.Store: what every database under the engine must do. A
// store's own test runs it:
//
//	enginetest.Run(t, func(t *testing.T) groupbuy.Store { return store over a fresh database })
//	enginetest.RunNodes(t, func(t *testing.T) []groupbuy.Store { return stores of several nodes over one fresh database })
//
// The stores must be groupbuy.Checkers too: after each test no invariant may be broken.
package enginetest

import (
	"testing"

	"kaituan/groupbuy"
)

// Run runs every test of the suite, each on the fresh store that open gives.
func Run(t *testing.T, open func(t *testing.T) groupbuy.Store) {
	t.Helper()
	for _, part := range [][]test{seatTests(), refundTests(), tierTests(), raceTests(), refundRaces(), queryTests(), configTests(), eventTests(), operatorTests()} {
		run(t, part, func(t *testing.T) []groupbuy.Store { return []groupbuy.Store{open(t)} })
	}
}

// RunNodes runs the races of the suite with commands spread over the stores that open gives, which share one fresh
// database.
func RunNodes(t *testing.T, open func(t *testing.T) []groupbuy.Store) {
	t.Helper()
	run(t, raceTests(), open)
	run(t, refundRaces(), open)
}

type test struct {
	name string
	run  func(e *env)
}

func run(t *testing.T, tests []test, open func(t *testing.T) []groupbuy.Store) {
	t.Helper()
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			e := newEnv(t, open(t))
			test.run(e)
			e.requireSound()
		})
	}
}
