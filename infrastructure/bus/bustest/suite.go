package bustest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/outbox"
)

var errMoment = errors.New("a moment's trouble")

// Run tests a kind of bus. start makes what buses of one test share.
func Run(t *testing.T, start func(t testing.TB) Open) {
	t.Helper()
	for name, test := range map[string]func(t *testing.T, w *World){
		"every consumer takes every message":        everyConsumer,
		"a message arrives as it was written":       asWritten,
		"a failing consumer gets it again":          failingConsumer,
		"a panic is a failure":                      panicking,
		"poison is buried for its consumer alone":   poison,
		"used-up attempts bury a message":           usedUp,
		"what is sent again may be buried again":    buriedAgain,
		"a repeated message has one effect":         repeated,
		"nobody takes an unknown topic":             unknownTopic,
		"Stop lets handlers finish":                 stopFinishes,
		"Stop cuts handlers off at its deadline":    stopCuts,
		"what a process left behind the next takes": nextProcess,
	} {
		t.Run(name, func(t *testing.T) { test(t, NewWorld(t, start(t))) })
	}
}

func everyConsumer(_ *testing.T, w *World) {
	w.Add(0, 300)
	w.Await(300)
	w.AwaitSent()
	require.Zero(w, w.Status().Dead)
}

func asWritten(_ *testing.T, w *World) {
	w.Add(7, 1)
	w.Await(1)
	for _, consumer := range []string{"alpha", "beta"} {
		m := w.Seen(consumer)[0]
		require.WithinDuration(w, time.Now(), m.CreatedAt, time.Hour)
		require.Equal(w, time.UTC, m.CreatedAt.Location())
		m.CreatedAt = time.Time{}
		require.Equal(w, outbox.Message{ID: ID(7), Topic: Topic, Key: "k", Payload: []byte("body of " + ID(7)), Attempt: 1}, m)
	}
}

func failingConsumer(_ *testing.T, w *World) {
	w.Fail("beta", func(m outbox.Message) error {
		if m.Attempt < 3 {
			return errMoment
		}
		return nil
	})
	w.Add(0, 5)
	w.Await(5)
	require.Len(w, w.Seen("beta"), 15)
	require.Zero(w, w.Status().Dead)
}

func panicking(_ *testing.T, w *World) {
	w.Fail("alpha", func(m outbox.Message) error {
		if m.Attempt == 1 {
			panic("once")
		}
		return nil
	})
	w.Add(0, 2)
	w.Await(2)
}

func poison(_ *testing.T, w *World) {
	w.Fail("beta", func(m outbox.Message) error {
		if m.ID == ID(1) {
			return fmt.Errorf("%w: does not parse", outbox.ErrPoison)
		}
		return nil
	})
	w.Add(0, 3)
	w.Eventually(func() bool { return w.Status().Dead == 1 })
	require.Equal(w, []string{"beta:" + ID(1) + ": message cannot be delivered: does not parse"}, w.Dead())
	w.AwaitSent()
	once, _ := w.Effects("alpha")
	require.Equal(w, 3, once, "the other consumer has it")

	w.Fail("beta", nil)
	seen := len(w.Seen("alpha"))
	w.Redo("beta:" + ID(1))
	w.Await(3)
	w.AwaitSent()
	require.Len(w, w.Seen("alpha"), seen, "sent again to the one only")
}

func usedUp(_ *testing.T, w *World) {
	w.Fail("alpha", func(outbox.Message) error { return errMoment })
	w.Add(0, 1)
	w.Eventually(func() bool { return w.Status().Dead == 1 })
	require.Equal(w, []string{"alpha:" + ID(0) + ": a moment's trouble"}, w.Dead())
	require.Len(w, w.Seen("alpha"), MaxAttempts)
}

func buriedAgain(_ *testing.T, w *World) {
	w.Fail("alpha", func(outbox.Message) error { return outbox.ErrPoison })
	w.Add(0, 1)
	for n := 1; n <= 3; n++ {
		w.Eventually(func() bool { return w.Status().Dead == 1 && len(w.Seen("alpha")) == n })
		w.Redo("alpha:" + ID(0))
	}
	for _, m := range w.Seen("alpha") {
		require.Equal(w, ID(0), m.ID, "known by the id it always had")
	}
}

func repeated(_ *testing.T, w *World) {
	w.Add(0, 1)
	w.Await(1)
	m := outbox.Message{ID: ID(0), Topic: Topic, Payload: []byte("x"), CreatedAt: time.Now(), Attempt: 1}
	for range 5 {
		require.NoError(w, w.bus.Publish(w.Context(), m))
	}
	w.Eventually(func() bool { return len(w.Seen("alpha")) == 6 && len(w.Seen("beta")) == 6 })
	w.Add(1, 1)
	w.Await(2)
}

func unknownTopic(_ *testing.T, w *World) {
	w.Eventually(w.bus.Ready)
	m := outbox.Message{ID: ID(0), Topic: "nothing", Payload: []byte("x"), CreatedAt: time.Now(), Attempt: 1}
	require.ErrorIs(w, w.bus.Publish(w.Context(), m), bus.ErrUnroutable)
}

func stopFinishes(_ *testing.T, w *World) {
	started, release := make(chan struct{}, 8), make(chan struct{})
	w.Fail("alpha", func(outbox.Message) error {
		started <- struct{}{}
		<-release
		return nil
	})
	w.Add(0, 1)
	<-started
	stopped := make(chan struct{})
	go func() {
		defer close(stopped)
		w.Down()
	}()
	select {
	case <-stopped:
		w.Fatal("stopped while a handler was at work")
	case <-time.After(100 * time.Millisecond):
	}
	close(release)
	<-stopped
	once, _ := w.Effects("alpha")
	require.Equal(w, 1, once)
	w.Up()
	w.Await(1)
}

func stopCuts(_ *testing.T, w *World) {
	started := make(chan struct{}, 8)
	release := make(chan struct{})
	w.Fail("alpha", func(outbox.Message) error {
		started <- struct{}{}
		<-release // the effect's transaction then finds its context ended
		return nil
	})
	w.Add(0, 1)
	<-started
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	time.AfterFunc(200*time.Millisecond, func() { close(release) })
	_ = w.relay.Stop(ctx) // memory's handlers are the relay's, a broker's are the bus's
	_ = w.bus.Stop(ctx)
	w.Fail("alpha", nil)
	w.Up()
	w.Await(1)
}

func nextProcess(_ *testing.T, w *World) {
	for round := range 4 {
		w.Add(round*50, 50)
		w.Eventually(func() bool { return w.Done("alpha") > round*50 })
		w.Down()
		w.Up()
	}
	w.Await(200)
	w.AwaitSent()
}
