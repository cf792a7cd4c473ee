package rabbitmq_test

import (
	"io"
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/bus/bustest"
	"kaituan/infrastructure/bus/rabbitmq"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestBus(t *testing.T) {
	url := bustest.BrokerURL(t)
	bustest.Run(t, func(t testing.TB) bustest.Open { return opener(t, url, bustest.Prefix(t, url)) })
}

// opener makes buses that share a broker and the names on it, with waits that suit a test.
func opener(t testing.TB, url, prefix string) bustest.Open {
	return func(consumers []bus.Consumer, bury bus.Bury) bustest.Bus {
		b, err := rabbitmq.New(rabbitmq.Options{
			URL: url, Prefix: prefix, Consumers: consumers, Bury: bury, Log: quiet(), Patience: 10 * time.Second,
			Delays: []time.Duration{50 * time.Millisecond, 200 * time.Millisecond},
		})
		require.NoError(t, err)
		return b
	}
}

func quiet() *slog.Logger { return slog.New(slog.NewTextHandler(io.Discard, nil)) }

func TestNew_Refuses(t *testing.T) {
	_, err := rabbitmq.New(rabbitmq.Options{URL: "http://x"})
	require.Error(t, err)
	_, err = rabbitmq.New(rabbitmq.Options{URL: "amqp://x", Consumers: []bus.Consumer{{Name: "A"}}})
	require.Error(t, err)
}
