package groupbuyclient_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuyclient"
	"kaituan/mall"
)

func TestRefusals_AreToldApartFromUnknownAnswers(t *testing.T) {
	const full = `{"type":"x","title":"t","status":422,"code":"team_full","detail":"d"}`
	tests := map[string]struct {
		answer answer
		code   string // of a *mall.Refused; empty: unknown
	}{
		"a rule":                  {problem(422, full), "team_full"},
		"a conflict":              {problem(409, full), "team_full"},
		"not found":               {problem(404, full), "team_full"},
		"wrong signature":         {problem(401, `{"code":"signature_invalid"}`), "signature_invalid"},
		"with a charset":          {answer{422, "application/problem+json; charset=utf-8", full}, "team_full"},
		"too many requests":       {problem(429, full), ""},
		"broken engine":           {problem(500, full), ""},
		"overloaded":              {problem(503, full), ""},
		"a problem without code":  {problem(422, `{}`), ""},
		"a problem that is none":  {problem(422, `{"code":`), ""},
		"a proxy's page":          {answer{404, "text/html", "<html>"}, ""},
		"a proxy's JSON":          {answer{404, "application/json", full}, ""},
		"a problem with status 3": {problem(304, full), ""},
		"no content":              {answer{204, "", ""}, ""},
		"garbage":                 {answer{200, "application/json", "{"}, ""},
		"another's JSON":          {answer{200, "application/json", "{}"}, ""},
		"a page":                  {answer{200, "text/html", "<html>"}, ""},
		"a redirect":              {answer{302, "text/html", ""}, ""},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			client := dial(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Content-Type", tc.answer.media)
				w.Header().Set("Location", "http://elsewhere/")
				w.WriteHeader(tc.answer.status)
				_, _ = w.Write([]byte(tc.answer.body))
			}))
			for method, err := range everyCall(t.Context(), client) {
				var refused *mall.Refused
				if tc.code == "" {
					require.ErrorIs(t, err, mall.ErrEngineUnknown, method)
					require.NotErrorAs(t, err, &refused)
					continue
				}
				require.NotErrorIs(t, err, mall.ErrEngineUnknown)
				require.ErrorAs(t, err, &refused, method)
				require.Equal(t, tc.code, refused.Code)
				require.Equal(t, tc.answer.status, refused.Status)
			}
		})
	}
}

// everyCall makes each call once and returns the errors by method.
func everyCall(ctx context.Context, client mall.GroupBuy) map[string]error {
	errs := map[string]error{}
	errs["PutGoods"] = client.PutGoods(ctx, mall.EngineGoods{ID: "cup"})
	_, errs["Trial"] = client.Trial(ctx, mall.TrialRequest{Buyer: "u1", Items: []mall.TrialItem{{}}})
	_, errs["Lock"] = client.Lock(ctx, mall.LockRequest{OrderNo: "ord_1"})
	_, errs["Seat"] = client.Seat(ctx, "ord_1")
	_, errs["Settle"] = client.Settle(ctx, mall.Settlement{OrderNo: "ord_1"})
	_, errs["Release"] = client.Release(ctx, "ord_1")
	errs["ConfirmRefund"] = client.ConfirmRefund(ctx, "ord_1", "rf_1")
	_, errs["Team"] = client.Team(ctx, "team_1")
	return errs
}

// transport implements http.RoundTripper with a function.
type transport func(*http.Request) (*http.Response, error)

func (f transport) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

func TestLostAnswers_AreUnknown(t *testing.T) {
	lost := errors.New("connection reset")
	client, err := groupbuyclient.New(groupbuyclient.Config{BaseURL: "http://engine", Key: key(),
		Transport: transport(func(*http.Request) (*http.Response, error) { return nil, lost })})
	require.NoError(t, err)
	for method, err := range everyCall(t.Context(), client) {
		require.ErrorIs(t, err, mall.ErrEngineUnknown, method)
		require.ErrorIs(t, err, lost, method)
	}
}

func TestAnswers_OfAnotherSubjectAreUnknown(t *testing.T) {
	client := dial(t, engine(t, ok(200, seatAndTeam)))
	_, err := client.Seat(t.Context(), "ord_2")
	require.ErrorIs(t, err, mall.ErrEngineUnknown)
}

func TestNew_WantsAnAddress(t *testing.T) {
	client, err := groupbuyclient.New(groupbuyclient.Config{BaseURL: "://"})
	if err == nil { // the generated client reads the address at each call
		_, err = client.Seat(t.Context(), "ord_1")
	}
	require.Error(t, err)
}

// Over a real socket the client does the same as in one process.
func TestSocket(t *testing.T) {
	server := httptest.NewServer(engine(t, ok(200, seatAndTeam)))
	defer server.Close()
	pool := &http.Transport{}
	defer pool.CloseIdleConnections()
	client, err := groupbuyclient.New(groupbuyclient.Config{BaseURL: server.URL, Key: key(), Transport: pool})
	require.NoError(t, err)
	seat, err := client.Seat(t.Context(), "ord_1")
	require.NoError(t, err)
	require.Equal(t, heldSeat(), seat)
}

func TestSocket_AnswerThatBreaksOff(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer func() { require.NoError(t, listener.Close()) }()
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			_, _ = conn.Read(make([]byte, 4096))
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{\"seat\""))
			_ = conn.Close()
		}
	}()
	pool := &http.Transport{}
	defer pool.CloseIdleConnections()
	client, err := groupbuyclient.New(groupbuyclient.Config{BaseURL: "http://" + listener.Addr().String(), Key: key(), Transport: pool})
	require.NoError(t, err)
	_, err = client.Seat(t.Context(), "ord_1")
	require.ErrorIs(t, err, mall.ErrEngineUnknown)
}

func TestInProcess_ObeysTheContext(t *testing.T) {
	finished := make(chan struct{})
	client := dial(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer close(finished)
		<-r.Context().Done() // as a slow database would
		w.WriteHeader(200)
	}))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
	defer cancel()
	_, err := client.Seat(ctx, "ord_1")
	require.ErrorIs(t, err, mall.ErrEngineUnknown)
	require.ErrorIs(t, err, context.DeadlineExceeded)
	<-finished
}

func TestInProcess_Timeout(t *testing.T) {
	finished := make(chan struct{})
	client, err := groupbuyclient.New(groupbuyclient.Config{BaseURL: "http://engine", Key: key(), Timeout: 10 * time.Millisecond,
		Transport: groupbuyclient.InProcess(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
			defer close(finished)
			<-r.Context().Done()
		}))})
	require.NoError(t, err)
	_, err = client.Seat(t.Context(), "ord_1")
	require.ErrorIs(t, err, mall.ErrEngineUnknown)
	<-finished
}

func TestInProcess_PanicIsALostAnswer(t *testing.T) {
	client := dial(t, http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic("oops") }))
	_, err := client.Seat(t.Context(), "ord_1")
	require.ErrorIs(t, err, mall.ErrEngineUnknown)
	require.ErrorContains(t, err, "oops")
}

func TestInProcess_HandsOverWhatASocketWould(t *testing.T) {
	client := groupbuyclient.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		assert.Equal(t, "/a%2Fb?x=1", r.RequestURI)
		assert.Equal(t, "engine:80", r.Host)
		assert.NotEmpty(t, r.RemoteAddr)
		w.Header().Set("X-Early", "1")
		_, _ = w.Write([]byte("body"))
		w.Header().Set("X-Late", "1")
		w.WriteHeader(500)
	}))
	req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, "http://engine:80/a%2Fb?x=1", strings.NewReader("in"))
	require.NoError(t, err)
	resp, err := client.RoundTrip(req)
	require.NoError(t, err)
	defer resp.Body.Close()
	require.Equal(t, "200 OK", resp.Status)
	require.Equal(t, "1", resp.Header.Get("X-Early"))
	require.Empty(t, resp.Header.Get("X-Late"))
}

func TestOperator_SendsItsToken(t *testing.T) {
	client, err := groupbuyclient.NewOperator(groupbuyclient.Config{BaseURL: "http://engine", OperatorToken: "secret",
		Transport: groupbuyclient.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			assert.Equal(t, "Bearer secret", r.Header.Get("Authorization"))
			assert.Equal(t, "en", r.Header.Get("Accept-Language"))
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"items":[]}`))
		}))})
	require.NoError(t, err)
	resp, err := client.ListPartnersWithResponse(t.Context())
	require.NoError(t, err)
	require.Empty(t, resp.JSON200.Items)
}
