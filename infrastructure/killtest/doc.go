// Package killtest kills the real binary at every point where it may die and has it started again: whatever was under
// way must end as if nothing had happened. It holds tests only; see docs/failpoints.md.
package killtest
