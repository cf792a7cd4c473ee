//go:build !failpoint

package failpoint_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/failpoint"
)

func TestOff(t *testing.T) {
	t.Setenv(failpoint.Env, "a.before=kill") // nobody reads it
	next := http.NewServeMux()

	failpoint.Hit("a.before")

	require.False(t, failpoint.Built)
	require.Same(t, next, failpoint.Handler(next))
	require.Same(t, http.DefaultTransport, failpoint.Transport("engine", http.DefaultTransport))
	require.Nil(t, failpoint.Transport("engine", nil))
	require.Nil(t, failpoint.Around("mall"))
	require.Zero(t, testing.AllocsPerRun(1000, func() { failpoint.Hit("a.before") }))
}

func BenchmarkHit(b *testing.B) {
	for b.Loop() {
		failpoint.Hit("a.before")
	}
}

func BenchmarkNothing(b *testing.B) {
	for b.Loop() { // what Hit is compared with
	}
}
