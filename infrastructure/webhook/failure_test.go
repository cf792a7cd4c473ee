package webhook

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSendTellsAReset(t *testing.T) {
	sender, base := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err != nil {
			return
		}
		_ = conn.(*net.TCPConn).SetLinger(0)
		_ = conn.Close()
	})
	result := sender.Send(t.Context(), delivery(base))
	require.Equal(t, Retry, result.Outcome)
	require.Equal(t, ReasonNetwork, result.Reason)
	require.NotEmpty(t, result.Detail)
}

func TestSendTellsThatNobodyListens(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	result := senderFor(t, address).Send(t.Context(), delivery("http://"+address))
	require.Equal(t, ReasonConnect, result.Reason)
}

func TestSendTellsABadCertificate(t *testing.T) {
	server := httptest.NewUnstartedServer(answering(http.StatusOK, "", ""))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	server.StartTLS()
	defer server.Close()
	sender := senderFor(t, server.Listener.Addr().String())
	result := sender.Send(t.Context(), delivery(server.URL))
	require.Equal(t, ReasonTLS, result.Reason)
}

func TestSendTellsThatNoTLSIsSpoken(t *testing.T) {
	sender, base := endpoint(t, answering(http.StatusOK, "", ""))
	result := sender.Send(t.Context(), delivery(strings.Replace(base, "http:", "https:", 1)))
	require.Equal(t, ReasonTLS, result.Reason)
}

func TestSendTellsAnUnknownName(t *testing.T) {
	sender := New(Options{Resolver: newNameServer(nil).resolver()})
	defer sender.Close()
	result := sender.Send(t.Context(), delivery("https://gone.example.com/hook?token=hidden"))
	require.Equal(t, ReasonName, result.Reason)
	require.NotContains(t, result.Detail, "hidden")
}

// A name server that never answers holds an attempt no longer than the connect timeout.
func TestSendBoundsTheConnectTime(t *testing.T) {
	silent := &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		<-ctx.Done()
		return nil, ctx.Err()
	}}
	sender := New(Options{Resolver: silent, ConnectTimeout: 20 * time.Millisecond})
	defer sender.Close()
	result := sender.Send(t.Context(), delivery("https://shop.example.com/"))
	require.Equal(t, ReasonTimeout, result.Reason)
}

func TestSendRefusesWhatCannotBeSigned(t *testing.T) {
	sender, base := endpoint(t, answering(http.StatusOK, "", ""))
	for name, change := range map[string]func(*Delivery){
		"no secret":  func(d *Delivery) { d.Secrets = nil },
		"bad secret": func(d *Delivery) { d.Secrets = []string{"whsec_dG9wc2VjcmV0"} },
		"bad event":  func(d *Delivery) { d.EventID = "evt.1" },
	} {
		t.Run(name, func(t *testing.T) {
			d := delivery(base)
			change(&d)
			result := sender.Send(t.Context(), d)
			require.Equal(t, Retry, result.Outcome)
			require.Equal(t, ReasonSignature, result.Reason)
			require.NotContains(t, result.Detail, "dG9wc2VjcmV0")
		})
	}
}
