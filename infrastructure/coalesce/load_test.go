package coalesce_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/coalesce"
)

// The tests of this file run on a clock that stands still while anybody works: a batch of ten takes 100 ms, so 100
// commands a second can be carried out.
const (
	testBatch  = 10
	testPace   = 100 * time.Millisecond
	testRate   = 100
	testWait   = 500 * time.Millisecond
	testPeriod = 20 * time.Second
)

// sent is what became of the commands of one sender.
type sent struct {
	mu              sync.Mutex
	taken, refused  int
	longest, turned time.Duration // until an answer, and until a refusal
}

type fromLane struct{ lane string }

func newLoaded() *coalesce.Group[fromLane, int] {
	return coalesce.New(func(_ context.Context, batch []fromLane) ([]int, error) {
		time.Sleep(testPace)
		return make([]int, len(batch)), nil
	}, coalesce.Options[fromLane]{
		MaxBatch: testBatch, MaxWait: testWait, Lane: func(c fromLane) string { return c.lane },
	})
}

// offer sends commands at a rate whatever the answers are, and counts those of the second half of the period.
func offer(g *coalesce.Group[fromLane, int], all *sync.WaitGroup, lane string, rate int) *sent {
	s := &sent{}
	all.Go(func() {
		for n := range rate * int(testPeriod/time.Second) {
			all.Go(func() { s.one(g, lane, n > rate*int(testPeriod/time.Second)/2) })
			time.Sleep(time.Second / time.Duration(rate))
		}
	})
	return s
}

func (s *sent) one(g *coalesce.Group[fromLane, int], lane string, counts bool) {
	began := time.Now()
	_, err := g.Do(context.Background(), fromLane{lane})
	took := time.Since(began)
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case !counts:
	case errors.Is(err, coalesce.ErrOverloaded):
		s.refused++
		s.turned = max(s.turned, took)
	case err == nil:
		s.taken++
		s.longest = max(s.longest, took)
	}
}

// Offered three times what it can carry out, a group goes on carrying out all it can; who is taken waits no longer than
// was promised and for the two batches that no promise counts, and who is not hears so at once.
func TestGroup_ShedsWhatItCannotCarryOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newLoaded()
		var all sync.WaitGroup
		s := offer(g, &all, "", 3*testRate)
		all.Wait()
		half := int(testPeriod / time.Second / 2)
		require.GreaterOrEqual(t, s.taken, testRate*half*95/100)
		require.GreaterOrEqual(t, s.refused, testRate*half*19/10)
		require.LessOrEqual(t, s.longest, testWait+2*testPace)
		require.Zero(t, s.turned)
		require.NoError(t, g.Stop(context.Background()))
	})
}

// A lane that sends ten times its share is refused what is beyond it. Another that keeps to its own waits for the batch
// at work and its own batch, as it does beside a lane that keeps to its share.
func TestGroup_OneLaneTakesNothingFromAnother(t *testing.T) {
	for name, loud := range map[string]int{"beside one of its size": testRate / 2, "beside one ten times its size": 10 * testRate / 2} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				g := newLoaded()
				var all sync.WaitGroup
				quiet, other := offer(g, &all, "quiet", testRate*4/10), offer(g, &all, "loud", loud)
				all.Wait()
				half := int(testPeriod / time.Second / 2)
				require.Zero(t, quiet.refused)
				require.GreaterOrEqual(t, quiet.taken, testRate*half*4/10-1)
				require.LessOrEqual(t, quiet.longest, 2*testPace)
				require.GreaterOrEqual(t, other.taken, testRate*half*45/100, "what the other leaves is not wasted")
				require.NoError(t, g.Stop(context.Background()))
			})
		})
	}
}

// Of two that both send more than their share each gets half.
func TestGroup_LanesShareEqually(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newLoaded()
		var all sync.WaitGroup
		one, other := offer(g, &all, "one", 2*testRate), offer(g, &all, "other", 10*testRate)
		all.Wait()
		require.InEpsilon(t, one.taken, other.taken, 0.05)
		require.NoError(t, g.Stop(context.Background()))
	})
}

// Crowded says beforehand of which lane a command would be refused, and of which not.
func TestGroup_CrowdedSaysWhoWouldBeRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newLoaded()
		require.False(t, g.Crowded("loud", testWait))
		var all sync.WaitGroup
		for range 3 * testRate {
			all.Go(func() { _, _ = g.Do(context.Background(), fromLane{"loud"}) }) // most are refused, which is another test's
			time.Sleep(time.Second / (3 * testRate))
		}
		require.True(t, g.Crowded("loud", testWait))
		require.True(t, g.Crowded("loud", 2*testWait), "nobody waits for longer than MaxWait")
		require.True(t, g.Crowded("loud", testPace))
		require.False(t, g.Crowded("quiet", testPace))
		all.Wait()
		require.NoError(t, g.Stop(context.Background()))
	})
}
