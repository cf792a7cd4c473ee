package rabbitmq_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/bus/bustest"
	"kaituan/infrastructure/bus/rabbitmq"
	"kaituan/infrastructure/outbox"
)

// impatient makes buses that wait for a broker's answer for a moment.
func impatient(t testing.TB, url, prefix string, made *[]*rabbitmq.Bus) bustest.Open {
	return func(consumers []bus.Consumer, bury bus.Bury) bustest.Bus {
		b, err := rabbitmq.New(rabbitmq.Options{
			URL: url, Prefix: prefix, Consumers: consumers, Bury: bury, Log: quiet(), Patience: 2 * time.Second,
			Delays: []time.Duration{50 * time.Millisecond, 200 * time.Millisecond},
		})
		require.NoError(t, err)
		*made = append(*made, b)
		return b
	}
}

// A broker that keeps its connections and does not answer over them (F21), as one does for a queue without a leader, is
// left and asked again. What it never confirmed is sent again.
func TestFaults_BrokerDoesNotAnswer(t *testing.T) {
	url := bustest.BrokerURL(t)
	for name, kept := range map[string]bustest.Method{
		"to a declaration": bustest.DeclareOK, "to a consumer": bustest.ConsumeOK, "to a message": bustest.Confirm,
	} {
		t.Run(name, func(t *testing.T) {
			mute := bustest.NewMute(t, url)
			mute.Keep(kept)
			var buses []*rabbitmq.Bus
			w := bustest.NewWorld(t, impatient(t, mute.URL, bustest.Prefix(t, url), &buses))
			w.Add(0, 20)
			w.Eventually(func() bool { return mute.Kept() >= 2 }) // it was left, and asked again
			w.Eventually(func() bool {
				err := buses[0].State()
				return err != nil && strings.Contains(err.Error(), "does not answer")
			})
			mute.Keep()
			w.Await(20)
			w.AwaitSent()
			require.Zero(t, w.Status().Dead)
		})
	}
}

// Nor does a broker that does not say goodbye keep a process from ending.
func TestFaults_BrokerDoesNotSayGoodbye(t *testing.T) {
	url := bustest.BrokerURL(t)
	mute := bustest.NewMute(t, url)
	var buses []*rabbitmq.Bus
	w := bustest.NewWorld(t, impatient(t, mute.URL, bustest.Prefix(t, url), &buses))
	w.Add(0, 20)
	w.Await(20)
	w.AwaitSent()
	mute.Keep(bustest.CloseOK)
	w.Down()
	require.Positive(t, mute.Kept())
	mute.Keep()
	w.Up()
	w.Add(20, 20)
	w.Await(40)
}

// Somebody deletes queues while everything runs: they are declared again, and what is published from then on arrives.
func TestFaults_QueuesDeleted(t *testing.T) {
	url := bustest.BrokerURL(t)
	prefix := bustest.Prefix(t, url)
	w := bustest.NewWorld(t, opener(t, url, prefix))
	w.Add(0, 10)
	w.Await(10)
	w.AwaitSent()
	conn, err := amqp.Dial(url)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	for round, queue := range []string{".alpha", ".beta", ".dead"} {
		remove(t, conn, prefix+queue)
		w.Eventually(func() bool { return consumed(t, conn, prefix+queue) })
		w.Add(10*(round+1), 10)
		w.Await(10 * (round + 2))
		w.AwaitSent()
	}

	// Nobody consumes the queues in which messages wait for their next attempt, so nobody is told.
	remove(t, conn, prefix+".retry.50ms")
	failOnce(w, "alpha")
	w.Add(40, 10)
	w.Await(50)
	require.Zero(t, w.Status().Dead)
}

func remove(t *testing.T, conn *amqp.Connection, queue string) {
	t.Helper()
	ch, err := conn.Channel()
	require.NoError(t, err)
	_, err = ch.QueueDelete(queue, false, false, false)
	require.NoError(t, err)
	require.NoError(t, ch.Close())
}

// consumed says whether a queue is there and somebody takes from it.
func consumed(t *testing.T, conn *amqp.Connection, queue string) bool {
	t.Helper()
	ch, err := conn.Channel()
	require.NoError(t, err)
	found, err := ch.QueueDeclarePassive(queue, true, false, false, false, nil)
	if err != nil {
		return false // the broker has closed the channel
	}
	require.NoError(t, ch.Close())
	return found.Consumers > 0
}

// failOnce makes a consumer fail each message at its first attempt.
func failOnce(w *bustest.World, consumer string) {
	w.Fail(consumer, func(m outbox.Message) error {
		if m.Attempt == 1 {
			return errors.New("a moment's trouble")
		}
		return nil
	})
}
