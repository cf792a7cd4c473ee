package bustest

import (
	"crypto/rand"
	"os"
	"strings"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
	"github.com/stretchr/testify/require"
)

// ServerEnv names the environment variable with the address of a RabbitMQ that tests may use, in names of their own.
const ServerEnv = "KAITUAN_TEST_AMQP"

// BrokerURL is the broker to test with. Without one the test is skipped, which fails it under CI=true.
func BrokerURL(t testing.TB) string {
	t.Helper()
	url := os.Getenv(ServerEnv)
	switch {
	case url != "":
	case os.Getenv("CI") == "true":
		t.Fatalf("%s is not set, and CI may not skip the RabbitMQ half", ServerEnv)
	default:
		t.Skipf("%s is not set", ServerEnv)
	}
	return url
}

// Prefix gives a test names of its own at a broker, and deletes what was made under them when it ends.
func Prefix(t testing.TB, url string, queues ...string) string {
	t.Helper()
	prefix := "test." + strings.ToLower(rand.Text()[:12])
	names := append([]string{".events", ".dead", ".alpha", ".beta", ".retry.50ms", ".retry.200ms"}, queues...)
	t.Cleanup(func() {
		conn, err := amqp.Dial(url)
		require.NoError(t, err)
		defer func() { _ = conn.Close() }()
		ch, err := conn.Channel()
		require.NoError(t, err)
		for _, name := range names { // deleting what is not there is no error
			_, err := ch.QueueDelete(prefix+name, false, false, false)
			require.NoError(t, err)
			require.NoError(t, ch.ExchangeDelete(prefix+name, false, false))
		}
	})
	return prefix
}
