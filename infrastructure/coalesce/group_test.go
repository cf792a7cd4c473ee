package coalesce_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"kaituan/infrastructure/coalesce"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

var errBroken = errors.New("broken")

func double(_ context.Context, batch []int) ([]int, error) {
	out := make([]int, len(batch))
	for i, n := range batch {
		out[i] = 2 * n
	}
	return out, nil
}

func stop[C, R any](t *testing.T, g *coalesce.Group[C, R]) {
	t.Helper()
	require.NoError(t, g.Stop(context.Background()))
}

// gate is a run that waits at each batch until it is let through, and remembers the batches.
type gate struct {
	entered chan []int
	pass    chan error
}

func newGate() *gate { return &gate{entered: make(chan []int, 100), pass: make(chan error, 100)} }

func (g *gate) run(ctx context.Context, batch []int) ([]int, error) {
	g.entered <- append([]int(nil), batch...)
	select {
	case err := <-g.pass:
		if err != nil {
			return nil, err
		}
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return double(ctx, batch)
}

// send starts one caller and waits until its command is queued.
func send(ctx context.Context, t *testing.T, g *coalesce.Group[int, int], n int) <-chan error {
	t.Helper()
	before := g.Waiting()
	answered := make(chan error, 1)
	go func() {
		got, err := g.Do(ctx, n)
		if err == nil && got != 2*n {
			err = errors.New("somebody else's result")
		}
		answered <- err
	}()
	require.Eventually(t, func() bool { return g.Waiting() > before || len(answered) == 1 }, 5*time.Second, 100*time.Microsecond)
	return answered
}

// hold makes the group busy with one command, so that what follows queues.
func hold(g *coalesce.Group[int, int], at *gate) <-chan error {
	answered := make(chan error, 1)
	go func() {
		_, err := g.Do(context.Background(), 0)
		answered <- err
	}()
	<-at.entered
	return answered
}

func TestGroup_WhatQueuedMeanwhileIsOneBatch(t *testing.T) {
	at := newGate()
	g := coalesce.New(at.run, coalesce.Options[int]{})
	first := hold(g, at)
	var answers []<-chan error
	for n := 1; n <= 5; n++ {
		answers = append(answers, send(context.Background(), t, g, n))
	}
	at.pass <- nil
	require.NoError(t, <-first)
	require.Equal(t, []int{1, 2, 3, 4, 5}, <-at.entered)
	at.pass <- nil
	for _, answered := range answers {
		require.NoError(t, <-answered)
	}
	stop(t, g)
}

func TestGroup_BatchesAreBounded(t *testing.T) {
	at := newGate()
	g := coalesce.New(at.run, coalesce.Options[int]{MaxBatch: 2})
	first := hold(g, at)
	var answers []<-chan error
	for n := 1; n <= 3; n++ {
		answers = append(answers, send(context.Background(), t, g, n))
	}
	at.pass <- nil
	at.pass <- nil
	at.pass <- nil
	require.NoError(t, <-first)
	for _, answered := range answers {
		require.NoError(t, <-answered)
	}
	require.Equal(t, []int{1, 2}, <-at.entered)
	require.Equal(t, []int{3}, <-at.entered)
	stop(t, g)
}

func TestGroup_AFullQueueRefuses(t *testing.T) {
	at := newGate()
	g := coalesce.New(at.run, coalesce.Options[int]{Queue: 1})
	first := hold(g, at)
	second := send(context.Background(), t, g, 1)
	_, err := g.Do(context.Background(), 2)
	require.ErrorIs(t, err, coalesce.ErrOverloaded)
	at.pass <- nil
	at.pass <- nil
	require.NoError(t, <-first)
	require.NoError(t, <-second)
	stop(t, g)
}

// A queue with room is too long all the same when what is in it takes too long; one batch may always wait.
func TestGroup_RefusesWhoWouldWaitForTooLong(t *testing.T) {
	at := newGate()
	g := coalesce.New(at.run, coalesce.Options[int]{MaxBatch: 1, MaxWait: time.Nanosecond})
	first := hold(g, at)
	at.pass <- nil
	require.NoError(t, <-first)
	second := hold(g, at)
	third := send(context.Background(), t, g, 1)
	_, err := g.Do(context.Background(), 2)
	require.ErrorIs(t, err, coalesce.ErrOverloaded)
	at.pass <- nil
	at.pass <- nil
	require.NoError(t, <-second)
	require.NoError(t, <-third)
	stop(t, g)
}

func TestGroup_WhoeverLeavesBeforeItsBatchIsNotCarriedOut(t *testing.T) {
	at := newGate()
	g := coalesce.New(at.run, coalesce.Options[int]{})
	first := hold(g, at)
	ctx, cancel := context.WithCancel(context.Background())
	leaving := send(ctx, t, g, 1)
	staying := send(context.Background(), t, g, 2)
	cancel()
	require.ErrorIs(t, <-leaving, context.Canceled)
	at.pass <- nil
	require.NoError(t, <-first)
	require.Equal(t, []int{2}, <-at.entered)
	at.pass <- nil
	require.NoError(t, <-staying)
	stop(t, g)
}

func TestGroup_ACallerWhoLeavesDoesNotEndTheBatch(t *testing.T) {
	at := newGate()
	g := coalesce.New(at.run, coalesce.Options[int]{})
	ctx, cancel := context.WithCancel(context.Background())
	answered := make(chan error, 1)
	go func() {
		_, err := g.Do(ctx, 1)
		answered <- err
	}()
	<-at.entered
	cancel()
	require.ErrorIs(t, <-answered, context.Canceled)
	at.pass <- nil // the run still waits here: its context is not the caller's
	stop(t, g)
}

func TestGroup_AContextThatEndedBeforeQueuesNothing(t *testing.T) {
	g := coalesce.New(double, coalesce.Options[int]{})
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := g.Do(ctx, 1)
	require.ErrorIs(t, err, context.Canceled)
	stop(t, g)
}

func TestGroup_ABadCommandFailsAlone(t *testing.T) {
	for name, fail := range map[string]func() error{
		"error": func() error { return errBroken },
		"panic": func() error { panic("broken") },
	} {
		t.Run(name, func(t *testing.T) {
			at := newGate()
			run := func(ctx context.Context, batch []int) ([]int, error) {
				for _, n := range batch {
					if n == 13 {
						return nil, fail()
					}
				}
				return at.run(ctx, batch)
			}
			g := coalesce.New(run, coalesce.Options[int]{})
			first := hold(g, at)
			good, bad, other := send(context.Background(), t, g, 1), send(context.Background(), t, g, 13), send(context.Background(), t, g, 2)
			for range 3 {
				at.pass <- nil
			}
			require.NoError(t, <-first)
			require.NoError(t, <-good)
			require.Error(t, <-bad)
			require.NoError(t, <-other)
			require.Equal(t, []int{1}, <-at.entered)
			require.Equal(t, []int{2}, <-at.entered)
			stop(t, g)
		})
	}
}

func TestGroup_ErrorsThatWouldComeAgainFailTheWholeBatch(t *testing.T) {
	at := newGate()
	g := coalesce.New(at.run, coalesce.Options[int]{Apart: func(err error) bool { return !errors.Is(err, errBroken) }})
	first := hold(g, at)
	one, two := send(context.Background(), t, g, 1), send(context.Background(), t, g, 2)
	at.pass <- nil
	at.pass <- errBroken
	require.NoError(t, <-first)
	require.ErrorIs(t, <-one, errBroken)
	require.ErrorIs(t, <-two, errBroken)
	stop(t, g)
}

func TestGroup_ShortOfResultsIsAnError(t *testing.T) {
	g := coalesce.New(func(context.Context, []int) ([]int, error) { return nil, nil }, coalesce.Options[int]{})
	_, err := g.Do(context.Background(), 1)
	require.ErrorContains(t, err, "0 results for 1 commands")
	stop(t, g)
}

func TestGroup_ARunThatHangsEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hang := func(ctx context.Context, _ []int) ([]int, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		g := coalesce.New(hang, coalesce.Options[int]{Timeout: time.Minute})
		_, err := g.Do(context.Background(), 1)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		stop(t, g)
	})
}

// hangsAt is a run that never ends while one of those is in its batch.
func hangsAt(hangs func(int) bool) coalesce.Run[int, int] {
	return func(ctx context.Context, batch []int) ([]int, error) {
		if slices.ContainsFunc(batch, hangs) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return batch, nil
	}
}

// together has commands 0 to n-1 wait while the first of them is carried out, and tells how each ended and how long it took.
func together(t *testing.T, g *coalesce.Group[int, int], n int) (ended []error, took time.Duration) {
	t.Helper()
	began := time.Now()
	ended = make([]error, n)
	var callers sync.WaitGroup
	for i := range ended {
		callers.Go(func() { _, ended[i] = g.Do(context.Background(), i) })
		synctest.Wait()
	}
	callers.Wait()
	return ended, time.Since(began)
}

func TestGroup_ACommandThatHangsFailsAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := coalesce.New(hangsAt(func(n int) bool { return n == 0 || n == 5 }), coalesce.Options[int]{Timeout: 8 * time.Second})
		ended, took := together(t, g, 20)
		for n, err := range ended {
			if n == 0 || n == 5 {
				require.ErrorIs(t, err, context.DeadlineExceeded)
			} else {
				require.NoError(t, err, n)
			}
		}
		require.Equal(t, (8+8+1)*time.Second, took, "the first, the batch of the others, and one try of the one that hangs")
		stop(t, g)
	})
}

func TestGroup_AStoreThatHangsIsNotAskedForEach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := coalesce.New(hangsAt(func(int) bool { return true }), coalesce.Options[int]{Timeout: 8 * time.Second})
		ended, took := together(t, g, 200)
		for _, err := range ended {
			require.ErrorIs(t, err, context.DeadlineExceeded)
		}
		require.Equal(t, (8+8+8)*time.Second, took, "the first, the batch of the others, and what tries may take")
		stop(t, g)
	})
}

func TestGroup_StopCarriesOutWhatWaits(t *testing.T) {
	at := newGate()
	g := coalesce.New(at.run, coalesce.Options[int]{})
	first := hold(g, at)
	second := send(context.Background(), t, g, 1)
	at.pass <- nil
	at.pass <- nil
	stop(t, g)
	require.NoError(t, <-first)
	require.NoError(t, <-second)
	_, err := g.Do(context.Background(), 3)
	require.ErrorIs(t, err, coalesce.ErrStopped)
	stop(t, g)
}

func TestGroup_StopInAHurryAnswersEverybody(t *testing.T) {
	at := newGate()
	g := coalesce.New(at.run, coalesce.Options[int]{})
	first := hold(g, at)
	second := send(context.Background(), t, g, 1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	require.ErrorIs(t, g.Stop(ctx), context.Canceled)
	require.ErrorIs(t, <-first, context.Canceled)
	require.ErrorIs(t, <-second, coalesce.ErrStopped)
}

func TestGroup_Observes(t *testing.T) {
	at := newGate()
	var mu sync.Mutex
	var seen []coalesce.Batch
	g := coalesce.New(at.run, coalesce.Options[int]{Observe: func(b coalesce.Batch) {
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, b)
	}})
	first := hold(g, at)
	one, two := send(context.Background(), t, g, 1), send(context.Background(), t, g, 2)
	at.pass <- nil
	at.pass <- errBroken
	at.pass <- nil
	at.pass <- nil
	require.NoError(t, errors.Join(<-first, <-one, <-two))
	stop(t, g)
	require.Len(t, seen, 4)
	sizes, apart := []int{}, []bool{}
	for _, b := range seen {
		sizes, apart = append(sizes, b.Size), append(apart, b.Apart)
		require.Positive(t, b.Wait)
	}
	require.Equal(t, []int{1, 2, 1, 1}, sizes)
	require.Equal(t, []bool{false, false, true, true}, apart)
	require.ErrorIs(t, seen[1].Err, errBroken)
}

// Whatever fails and whoever leaves, everybody who stays gets the result of their own command or an error, and a
// command that was answered with a result was carried out exactly once in a run that succeeded.
func TestGroup_EverybodyGetsTheirOwn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		callers := rapid.IntRange(1, 40).Draw(t, "callers")
		opts := coalesce.Options[int]{
			MaxBatch: rapid.IntRange(1, 9).Draw(t, "max batch"), Queue: rapid.IntRange(1, 64).Draw(t, "queue"),
			Committers: rapid.IntRange(1, 3).Draw(t, "committers"),
		}
		failEvery := rapid.IntRange(2, 7).Draw(t, "fail every")
		leaves := rapid.SliceOfN(rapid.Bool(), callers, callers).Draw(t, "leaves")
		var runs atomic.Int64
		carriedOut := make([]atomic.Int64, callers)
		var oversized atomic.Bool
		g := coalesce.New(func(ctx context.Context, batch []int) ([]int, error) {
			if len(batch) > opts.MaxBatch {
				oversized.Store(true)
			}
			if runs.Add(1)%int64(failEvery) == 0 {
				return nil, errBroken
			}
			for _, n := range batch {
				carriedOut[n].Add(1)
			}
			return double(ctx, batch)
		}, opts)
		errs := make([]error, callers)
		var wg sync.WaitGroup
		for n := range callers {
			wg.Go(func() {
				ctx, cancel := context.WithCancel(context.Background())
				defer cancel()
				if leaves[n] {
					go cancel()
				}
				got, err := g.Do(ctx, n)
				if errs[n] = err; err == nil && got != 2*n {
					errs[n] = errors.New("somebody else's result")
				}
			})
		}
		wg.Wait()
		require.NoError(t, g.Stop(context.Background()))
		require.False(t, oversized.Load())
		for n, err := range errs {
			switch {
			case err == nil:
				require.EqualValues(t, 1, carriedOut[n].Load())
			case errors.Is(err, coalesce.ErrOverloaded), errors.Is(err, errBroken):
				require.Zero(t, carriedOut[n].Load())
			default:
				require.ErrorIs(t, err, context.Canceled)
				require.LessOrEqual(t, carriedOut[n].Load(), int64(1))
			}
		}
	})
}

func BenchmarkGroup(b *testing.B) {
	g := coalesce.New(double, coalesce.Options[int]{})
	b.ReportAllocs()
	b.SetParallelism(64)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if _, err := g.Do(context.Background(), 1); err != nil {
				b.Error(err)
				return
			}
		}
	})
	if err := g.Stop(context.Background()); err != nil {
		b.Fatal(err)
	}
}
