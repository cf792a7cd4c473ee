package observe_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/observe"
)

// logged is the line that a call makes.
func logged(t *testing.T, say func(log *slog.Logger)) map[string]any {
	t.Helper()
	var out bytes.Buffer
	say(observe.NewLogger(&out, "info"))
	var line map[string]any
	require.NoError(t, json.Unmarshal(out.Bytes(), &line), out.String())
	return line
}

func TestLogger_MasksSecretsAndPhones(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"phone":             {"buyer 13812345678 asked", "buyer 138****5678 asked"},
		"phone abroad":      {"call +8613812345678", "call +86138****5678"},
		"phone in JSON":     {`{"phone":"13812345678"}`, `{"phone":"138****5678"}`},
		"id with digits":    {"ord_01J13812345678ABCD", "ord_01J13812345678ABCD"},
		"trade number":      {"2026112122001413812345678901", "2026112122001413812345678901"},
		"milliseconds":      {"at 1763712345678 ms", "at 1763712345678 ms"},
		"bearer":            {"Authorization: Bearer abcDEF123456_-", "Authorization: Bearer ***"},
		"webhook secret":    {"with whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "with whsec_***"},
		"query":             {"GET /x?token=abc&page=2", "GET /x?token=***&page=2"},
		"signed address":    {"out_trade_no=1&sign=AbC%2B&sign_type=RSA2", "out_trade_no=1&sign=***&sign_type=RSA2"},
		"data source":       {"mysql:kaituan:s3cret@tcp(db:3306)/mall", "mysql:kaituan:***@tcp(db:3306)/mall"},
		"broker":            {"amqp://guest:guest@mq:5672/", "amqp://guest:***@mq:5672/"},
		"private key":       {"-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "***"},
		"ordinary sentence": {"team tm_1 formed with 3 of 3", "team tm_1 formed with 3 of 3"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			line := logged(t, func(log *slog.Logger) {
				log.Info(tc.text, "text", tc.text, "error", errors.New(tc.text), "list", []string{tc.text}, slog.Group("in", "side", tc.text))
			})
			require.Equal(t, tc.want, line["msg"])
			require.Equal(t, tc.want, line["text"])
			require.Equal(t, tc.want, line["error"])
			require.Contains(t, line["list"], strings.Split(tc.want, "\n")[0])
			require.Equal(t, map[string]any{"side": tc.want}, line["in"])
		})
	}
}

func TestLogger_NeverWritesValuesUnderNamesOfSecrets(t *testing.T) {
	line := logged(t, func(log *slog.Logger) {
		log.Info("x", "password", "plain", "Token", "abc", "key_secret", []byte("abc"), "request_id", "req_1")
	})
	require.Equal(t, "***", line["password"])
	require.Equal(t, "***", line["Token"])
	require.Equal(t, "***", line["key_secret"])
	require.Equal(t, "req_1", line["request_id"])
}

func TestLogger_LeavesNumbersAndTimesAlone(t *testing.T) {
	line := logged(t, func(log *slog.Logger) { log.With("status", 200).Info("x", "ms", 1.5, "ok", true) })
	require.EqualValues(t, 200, line["status"])
	require.InDelta(t, 1.5, line["ms"], 0)
	require.Equal(t, true, line["ok"])
	require.NotEmpty(t, line["time"])
}

func TestLogger_SaysNothingBelowItsLevel(t *testing.T) {
	var out bytes.Buffer
	log := observe.NewLogger(&out, "warn")
	log.Info("quiet")
	require.Empty(t, out.String())
	log.Warn("loud")
	require.Contains(t, out.String(), `"level":"WARN"`)
}
