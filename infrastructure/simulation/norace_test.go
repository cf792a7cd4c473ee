//go:build !race

package simulation_test

// defaultSeeds is what CI plays.
const defaultSeeds = 200
