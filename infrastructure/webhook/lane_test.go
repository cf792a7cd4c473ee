package webhook

import (
	"context"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// An endpoint that hangs has some attempts under way and no more; another endpoint is served meanwhile.
func TestSend_OneEndpointHoldsUpNobody(t *testing.T) {
	release := make(chan struct{})
	var most, now atomic.Int64
	slow := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		most.Store(max(most.Load(), now.Add(1)))
		<-release
		now.Add(-1)
	}))
	t.Cleanup(slow.Close)
	swift := httptest.NewServer(answering(http.StatusNoContent, "", ""))
	t.Cleanup(swift.Close)
	sender := senderFor(t, slow.Listener.Addr().String(), swift.Listener.Addr().String())

	var all sync.WaitGroup
	var later atomic.Int64
	for range 2 * PerEndpoint {
		all.Go(func() {
			if r := sender.Send(context.Background(), delivery(slow.URL)); r.Outcome == Later && r.Reason == ReasonBusy && r.After >= busyPause {
				if later.Add(1) == PerEndpoint {
					close(release)
				}
			}
		})
	}
	require.Equal(t, Delivered, sender.Send(context.Background(), delivery(swift.URL)).Outcome)
	all.Wait()
	require.EqualValues(t, PerEndpoint, later.Load())
	require.LessOrEqual(t, most.Load(), int64(PerEndpoint))
	require.Equal(t, Delivered, sender.Send(context.Background(), delivery(slow.URL)).Outcome, "there is room again")
}

// One that is down is left alone for a while, whatever it is to be sent; one that refuses is not down.
func TestSend_LeavesAnEndpointAloneThatIsDown(t *testing.T) {
	tests := map[string]struct {
		status int
		down   bool
	}{"500": {500, true}, "503": {503, true}, "401": {401, false}, "302": {302, false}, "200": {200, false}}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			var calls atomic.Int64
			sender, url := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
				calls.Add(1)
				w.WriteHeader(tc.status)
			})
			for range laneFailures {
				require.NotEqual(t, Later, sender.Send(context.Background(), delivery(url)).Outcome)
			}
			r := sender.Send(context.Background(), delivery(url))
			if !tc.down {
				require.NotEqual(t, Later, r.Outcome)
				return
			}
			require.Equal(t, Later, r.Outcome)
			require.Equal(t, ReasonClosed, r.Reason)
			require.GreaterOrEqual(t, r.After, lanePause)
			require.EqualValues(t, laneFailures, calls.Load())
		})
	}
}

func TestSend_WaitingForRoomEndsWithItsCaller(t *testing.T) {
	l := lanes{by: map[string]*lane{}}
	for range PerEndpoint {
		_, refused := l.enter(context.Background(), "https://shop.example")
		require.Nil(t, refused)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, refused := l.enter(ctx, "https://shop.example")
	require.Equal(t, ReasonCancelled, refused.Reason)
}

func TestLanes_AreForgottenWhenNobodyUsesThem(t *testing.T) {
	l := lanes{by: map[string]*lane{}}
	busy, _ := l.enter(context.Background(), "https://busy.example")
	for i := range maxIdleLanes + 10 {
		leave, refused := l.enter(context.Background(), "https://"+string(rune('a'+i%26))+http.StatusText(i)+string(rune(i))+".example")
		require.Nil(t, refused)
		leave(Result{Outcome: Delivered})
	}
	require.LessOrEqual(t, len(l.by), maxIdleLanes)
	require.Contains(t, l.by, "https://busy.example")
	busy(Result{Outcome: Delivered})
}
