package groupbuy

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// question counts how often it is asked and answers with that number.
type question struct {
	answer  answer[int]
	turn    recount
	changes atomic.Int64
	asked   int
	now     time.Time
	err     error
	slow    time.Duration // that asking seems to take
}

func (q *question) get(t *testing.T, usable, large func(int) bool) (int, error) {
	t.Helper()
	return q.answer.get(t.Context(), &q.changes, q.now, usable, large, &q.turn, func(context.Context) (int, error) {
		q.asked++
		time.Sleep(q.slow)
		return q.asked, q.err
	})
}

func (q *question) wants(t *testing.T, n int, usable, large func(int) bool) {
	t.Helper()
	got, err := q.get(t, usable, large)
	require.NoError(t, err)
	require.Equal(t, n, got)
}

func TestAnswer_HoldsUntilSomethingChangesOrASecondPasses(t *testing.T) {
	q := &question{now: time.Unix(1000, 0)}
	q.wants(t, 1, nil, nil)
	q.wants(t, 1, nil, nil)
	q.changes.Add(1)
	q.wants(t, 2, nil, nil)
	q.now = q.now.Add(pageAge - time.Millisecond)
	q.wants(t, 2, nil, nil)
	q.now = q.now.Add(time.Millisecond)
	q.wants(t, 3, nil, nil)
	q.wants(t, 4, func(n int) bool { return n > 3 }, nil)
	q.err = errors.New("away")
	q.changes.Add(1)
	_, err := q.get(t, nil, nil)
	require.ErrorIs(t, err, q.err)
	q.err = nil
	q.wants(t, 6, nil, nil)
}

func TestAnswer_LargeOnesAreToldWhileTheyAreCountedAgain(t *testing.T) {
	q := &question{now: time.Unix(1000, 0), slow: time.Millisecond}
	always := func(int) bool { return true }
	q.wants(t, 1, nil, always)
	require.Positive(t, q.turn.until.Load())
	q.changes.Add(1)
	q.turn.rest(time.Hour)
	q.wants(t, 1, nil, always) // it was counted a moment ago
	q.turn.until.Store(0)
	q.turn.busy.Store(true)
	q.wants(t, 1, nil, always) // somebody is counting, this page or another
	q.turn.end()
	q.wants(t, 2, nil, always)
	require.False(t, q.turn.busy.Load())
	require.Positive(t, q.turn.until.Load())
}

func TestAnswer_CallersAtOnceAreAllAnswered(t *testing.T) {
	var a answer[int]
	var changes, asked atomic.Int64
	release := make(chan struct{})
	ask := func(context.Context) (int, error) {
		changes.Add(1) // it is always out of date
		if asked.Add(1) == 1 {
			<-release
		}
		return 0, nil
	}
	const callers = 50
	done := make(chan error, callers)
	for range callers {
		go func() {
			_, err := a.get(t.Context(), &changes, time.Unix(1000, 0), nil, nil, nil, ask)
			done <- err
		}()
	}
	close(release)
	for range callers {
		require.NoError(t, <-done)
	}
	require.Positive(t, asked.Load())
}
