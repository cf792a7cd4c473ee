package rabbitmq_test

import (
	"context"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/bus/bustest"
	"kaituan/infrastructure/bus/rabbitmq"
	"kaituan/infrastructure/outbox"
)

// The broker is stopped or killed, also under load and before it confirms, and a message kills whoever takes it (F21).
func TestFaults_Broker(t *testing.T) {
	broker := bustest.StartBroker(t)
	for name, test := range map[string]func(*testing.T, *bustest.Broker){
		"stopped and started":       stopped,
		"a message that kills":      deadly,
		"stopped under load":        stoppedUnderLoad,
		"killed before it confirms": killedBeforeConfirm,
		"killed under load":         killedUnderLoad,
	} {
		t.Run(name, func(t *testing.T) { test(t, broker) })
	}
}

func stopped(t *testing.T, broker *bustest.Broker) {
	w := bustest.NewWorld(t, opener(t, broker.URL, "stopped"))
	w.Add(0, 100)
	broker.Control("stop_app")
	w.Add(100, 100)
	require.Positive(t, w.Status().Waiting)
	broker.Control("start_app")
	w.Await(200)
	w.AwaitSent()
	require.Zero(t, w.Status().Dead)
}

// A message whose consumer dies each time, without a word, is given up by the broker, and ends where people look.
func deadly(t *testing.T, broker *bustest.Broker) {
	w := bustest.NewWorld(t, opener(t, broker.URL, "deadly"))
	w.Add(0, 1)
	w.Await(1)
	w.Down()

	conn, err := amqp.Dial(broker.URL)
	require.NoError(t, err)
	defer func() { _ = conn.Close() }()
	ch, err := conn.Channel()
	require.NoError(t, err)
	require.NoError(t, ch.PublishWithContext(context.Background(), "deadly.events", "thing.alpha", true, false,
		amqp.Publishing{MessageId: bustest.ID(1), Type: string(bustest.Topic), Timestamp: time.Now(), DeliveryMode: amqp.Persistent, Body: []byte("x")}))
	died := 0
	require.Eventually(t, func() bool {
		d, got, err := ch.Get("deadly.alpha", false)
		require.NoError(t, err)
		if got {
			died++
			require.NoError(t, d.Nack(false, true)) // what the end of its connection amounts to
		}
		return !got && died > 50
	}, time.Minute, time.Millisecond)

	w.Up()
	w.Eventually(func() bool { return w.Status().Dead == 1 })
	require.Equal(t, []string{"alpha:" + bustest.ID(1) + ": the broker gave it up: delivery_limit"}, w.Dead())
	w.Redo("alpha:" + bustest.ID(1))
	w.Eventually(func() bool { return w.Done("alpha") == 2 })
}

// What the broker was handed and did not confirm is still in the outbox when it dies.
func killedBeforeConfirm(t *testing.T, broker *bustest.Broker) {
	w := bustest.NewWorld(t, opener(t, broker.URL, "confirm"))
	w.Add(0, 1)
	w.Await(1)
	w.AwaitSent()
	broker.Settle()
	broker.Pause()
	w.Add(1, 20)
	time.Sleep(500 * time.Millisecond) // they are on the wire, or held back
	broker.Kill()
	require.EqualValues(t, 20, w.Status().Waiting, "nothing was confirmed, so nothing is sent")
	broker.Start()
	w.Await(21)
	w.AwaitSent()
	require.Zero(t, w.Status().Dead)
}

func stoppedUnderLoad(t *testing.T, broker *bustest.Broker) {
	underLoad(t, broker, "stopped", func() { broker.Control("stop_app") }, func() { broker.Control("start_app") })
}

func killedUnderLoad(t *testing.T, broker *bustest.Broker) {
	underLoad(t, broker, "killed", broker.Kill, broker.Start)
}

// drained is how many events must be through a minute after the broker is back.
const drained = 10_000

func underLoad(t *testing.T, broker *bustest.Broker, name string, end, begin func()) {
	w := bustest.NewWorld(t, opener(t, broker.URL, "load."+name))
	const first, before = 1, 2000
	w.Add(0, first)
	w.Await(first)
	broker.Settle()
	w.Add(first, before-first)
	w.Eventually(func() bool { return w.Done("alpha") > before/4 })
	end()
	once, _ := w.Effects("alpha")
	w.Add(before, drained)
	begin()
	began := time.Now()
	w.Await(before + drained)
	took := time.Since(began)
	w.AwaitSent()
	require.Zero(t, w.Status().Dead)
	seen := len(w.Seen("alpha"))
	t.Logf("numbers: F21: %s after %d of %d events; %d more waited; all drained to two consumers %.1f s after the broker answered, %.0f events per second; %d came twice and had one effect",
		name, once, before, drained, took.Seconds(), float64(before+drained-once)/took.Seconds(), seen-before-drained)
}

// A bus without a broker starts and stops, and says what is wrong.
func TestBus_WithoutABroker(t *testing.T) {
	b, err := rabbitmq.New(rabbitmq.Options{URL: "amqp://guest:guest@127.0.0.1:1/", Log: quiet()})
	require.NoError(t, err)
	require.NoError(t, b.Start(t.Context()))
	require.False(t, b.Ready())
	require.ErrorIs(t, b.State(), bus.ErrDown)
	require.ErrorIs(t, b.Publish(t.Context(), outbox.Message{ID: "m", Topic: bustest.Topic}), bus.ErrDown)
	require.NoError(t, b.Stop(t.Context()))
	require.NoError(t, b.Stop(t.Context()))
}
