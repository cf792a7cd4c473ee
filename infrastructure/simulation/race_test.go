//go:build race

package simulation_test

// Under the race detector SQLite, which is C turned into Go, is twenty times as slow, and one thing happens at a time
// anyway: a few seeds tell whether anything is passed between goroutines without care. `make simulate` plays many.
const defaultSeeds = 4
