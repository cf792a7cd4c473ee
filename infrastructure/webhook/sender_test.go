package webhook

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
)

const (
	oldSecret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
	newSecret = "whsec_ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM="
)

func testNow() time.Time { return time.UnixMilli(1_767_225_600_789) }

func delivery(endpoint string) Delivery {
	return Delivery{
		ID: "dlv_1", EventID: "evt_1", URL: endpoint, Secrets: []string{oldSecret},
		Body: []byte(`{"type":"team.formed","note":"成团"}`), Timestamp: testNow(),
	}
}

// endpoint starts a partner's server and a sender that may reach it.
func endpoint(t *testing.T, handler http.HandlerFunc) (*Sender, string) {
	t.Helper()
	server := httptest.NewServer(handler)
	t.Cleanup(server.Close)
	return senderFor(t, server.Listener.Addr().String()), server.URL
}

func senderFor(t *testing.T, hosts ...string) *Sender {
	t.Helper()
	sender := New(Options{AllowHosts: hosts, Now: testNow})
	t.Cleanup(sender.Close)
	return sender
}

func answering(status int, header, value string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		if header != "" {
			w.Header().Set(header, value)
		}
		w.WriteHeader(status)
	}
}

func TestSendDeliversWhatTheReceiverCanVerify(t *testing.T) {
	type received struct {
		header http.Header
		body   []byte
		method string
		path   string
	}
	got := make(chan received, 1)
	sender, base := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		got <- received{r.Header, body, r.Method, r.URL.RequestURI()}
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte("thanks"))
	})
	d := delivery(base + "/hook?shop=1")
	d.Secrets = []string{oldSecret, newSecret}
	result := sender.Send(t.Context(), d)
	require.Equal(t, Delivered, result.Outcome)
	require.Equal(t, ReasonNone, result.Reason)
	require.Equal(t, http.StatusAccepted, result.Status)
	require.Equal(t, "thanks", result.Snippet)
	require.Empty(t, result.Detail)

	seen := <-got
	require.Equal(t, http.MethodPost, seen.method)
	require.Equal(t, "/hook?shop=1", seen.path)
	require.Equal(t, d.Body, seen.body)
	require.Equal(t, "evt_1", seen.header.Get(sign.HeaderWebhookID))
	require.Equal(t, "dlv_1", seen.header.Get(HeaderDelivery))
	require.Equal(t, "application/json", seen.header.Get("Content-Type"))
	for _, secret := range d.Secrets {
		require.NoError(t, sign.VerifyWebhook([]string{secret}, seen.header, seen.body, testNow()))
	}
}

func TestSendJudgesTheStatus(t *testing.T) {
	for name, c := range map[string]struct {
		status        int
		header, value string
		outcome       Outcome
		reason        Reason
		after         time.Duration
	}{
		"200":                       {200, "", "", Delivered, ReasonNone, 0},
		"204":                       {204, "", "", Delivered, ReasonNone, 0},
		"299":                       {299, "", "", Delivered, ReasonNone, 0},
		"300":                       {300, "", "", Retry, ReasonRedirect, 0},
		"304":                       {304, "", "", Retry, ReasonRedirect, 0},
		"400":                       {400, "", "", Retry, ReasonStatus, 0},
		"401":                       {401, "", "", Retry, ReasonStatus, 0},
		"404":                       {404, "", "", Retry, ReasonStatus, 0},
		"410 disables":              {410, "", "", Disable, ReasonGone, 0},
		"429 bare":                  {429, "", "", Retry, ReasonStatus, 0},
		"429 in seconds":            {429, "Retry-After", "120", Retry, ReasonStatus, 2 * time.Minute},
		"429 with blanks":           {429, "Retry-After", " 7 ", Retry, ReasonStatus, 7 * time.Second},
		"429 capped":                {429, "Retry-After", "86401", Retry, ReasonStatus, 24 * time.Hour},
		"429 beyond any number":     {429, "Retry-After", strings.Repeat("9", 40), Retry, ReasonStatus, 24 * time.Hour},
		"429 negative":              {429, "Retry-After", "-5", Retry, ReasonStatus, 0},
		"429 nonsense":              {429, "Retry-After", "soon", Retry, ReasonStatus, 0},
		"503 by date":               {503, "Retry-After", "Thu, 01 Jan 2026 00:01:00 GMT", Retry, ReasonStatus, 59*time.Second + 211*time.Millisecond},
		"503 by a date in the past": {503, "Retry-After", "Thu, 01 Jan 2015 00:00:00 GMT", Retry, ReasonStatus, 0},
		"503 by a date far away":    {503, "Retry-After", "Thu, 01 Jan 2099 00:00:00 GMT", Retry, ReasonStatus, 24 * time.Hour},
		"500":                       {500, "", "", Retry, ReasonStatus, 0},
		"500 has no Retry-After":    {500, "Retry-After", "60", Retry, ReasonStatus, 0},
		"599":                       {599, "", "", Retry, ReasonStatus, 0},
	} {
		t.Run(name, func(t *testing.T) {
			sender, base := endpoint(t, answering(c.status, c.header, c.value))
			result := sender.Send(t.Context(), delivery(base))
			require.Equal(t, c.outcome, result.Outcome)
			require.Equal(t, c.reason, result.Reason)
			require.Equal(t, c.status, result.Status)
			require.Equal(t, c.after, result.After)
		})
	}
}

func TestSendFollowsNoRedirect(t *testing.T) {
	var hits atomic.Int64
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer private.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		sender, base := endpoint(t, answering(status, "Location", private.URL))
		result := sender.Send(t.Context(), delivery(base))
		require.Equal(t, Retry, result.Outcome)
		require.Equal(t, ReasonRedirect, result.Reason)
		require.Equal(t, status, result.Status)
	}
	require.Zero(t, hits.Load())
}

func TestSendIgnoresProxies(t *testing.T) {
	var hits atomic.Int64
	proxy := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("HTTPS_PROXY", proxy.URL)
	target := httptest.NewServer(answering(http.StatusNoContent, "", ""))
	defer target.Close()
	_, port, err := net.SplitHostPort(target.Listener.Addr().String())
	require.NoError(t, err)
	host := net.JoinHostPort("mall.example.com", port)
	names := newNameServer(map[string][]string{"mall.example.com": {"127.0.0.1"}})
	sender := New(Options{AllowHosts: []string{host}, Resolver: names.resolver()})
	defer sender.Close()
	require.Equal(t, Delivered, sender.Send(t.Context(), delivery("http://"+host)).Outcome)
	require.Zero(t, hits.Load())
}

func TestAllowedHostIsExact(t *testing.T) {
	server := httptest.NewServer(answering(http.StatusOK, "", ""))
	defer server.Close()
	_, port, err := net.SplitHostPort(server.Listener.Addr().String())
	require.NoError(t, err)
	names := newNameServer(map[string][]string{"mall.example.com": {"127.0.0.1"}})
	sender := New(Options{AllowHosts: []string{"mall.example.com:1"}, Resolver: names.resolver()})
	defer sender.Close()
	result := sender.Send(t.Context(), delivery("https://mall.example.com:"+port))
	require.Equal(t, ReasonAddress, result.Reason)
}

func TestSendBoundsTheAnswer(t *testing.T) {
	t.Run("endless body", func(t *testing.T) {
		sender, base := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusInternalServerError)
			for chunk := []byte(strings.Repeat("团", 4096)); ; {
				if _, err := w.Write(chunk); err != nil {
					return
				}
			}
		})
		result := sender.Send(t.Context(), delivery(base))
		require.Equal(t, ReasonStatus, result.Reason)
		require.LessOrEqual(t, len(result.Snippet), maxSnippet)
		require.Equal(t, strings.Repeat("团", maxSnippet/3), result.Snippet)
	})
	t.Run("huge headers", func(t *testing.T) {
		sender, base := endpoint(t, answering(http.StatusOK, "X-Filler", strings.Repeat("x", 2*maxAnswer)))
		result := sender.Send(t.Context(), delivery(base))
		require.Equal(t, ReasonNetwork, result.Reason)
	})
	t.Run("unprintable body", func(t *testing.T) {
		sender, base := endpoint(t, func(w http.ResponseWriter, _ *http.Request) {
			_, _ = w.Write([]byte("a\x00b\xff\x1b[31mc\nd"))
		})
		require.Equal(t, "ab[31mc\nd", sender.Send(t.Context(), delivery(base)).Snippet)
	})
	t.Run("compressed body stays so", func(t *testing.T) {
		sender, base := endpoint(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = w.Write([]byte("accepts:" + r.Header.Get("Accept-Encoding")))
		})
		require.Equal(t, "accepts:", sender.Send(t.Context(), delivery(base)).Snippet)
	})
}

func TestSendGivesUpOnASlowEndpoint(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body) // only then does the server notice that the sender left
		<-r.Context().Done()
	}))
	defer server.Close()
	sender := New(Options{AllowHosts: []string{server.Listener.Addr().String()}, TotalTimeout: 30 * time.Millisecond})
	defer sender.Close()
	result := sender.Send(t.Context(), delivery(server.URL))
	require.Equal(t, Retry, result.Outcome)
	require.Equal(t, ReasonTimeout, result.Reason)
	require.Zero(t, result.Status)
	require.NotContains(t, result.Detail, server.URL)
}

func TestSendCountsTheStatusOfAStallingBody(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		_, _ = w.Write([]byte("part"))
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	}))
	defer server.Close()
	sender := New(Options{AllowHosts: []string{server.Listener.Addr().String()}, TotalTimeout: time.Second})
	defer sender.Close()
	result := sender.Send(t.Context(), delivery(server.URL))
	require.Equal(t, Delivered, result.Outcome)
	require.Equal(t, "part", result.Snippet)
}

func TestSendEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	sender, base := endpoint(t, func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		cancel()
		<-r.Context().Done()
	})
	result := sender.Send(ctx, delivery(base))
	require.Equal(t, Retry, result.Outcome)
	require.Equal(t, ReasonCancelled, result.Reason)
}
