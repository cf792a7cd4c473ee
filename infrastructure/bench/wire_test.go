package bench

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// answers speaks every form of answer that a Go server gives.
func answers(w http.ResponseWriter, r *http.Request) {
	switch r.URL.Path {
	case "/echo":
		_, _ = io.Copy(w, r.Body)
	case "/long":
		_, _ = io.WriteString(w, strings.Repeat("long ", 100_000)) // in chunks
	case "/empty":
		w.WriteHeader(http.StatusNoContent)
	case "/last":
		w.Header().Set("Connection", "close")
		_, _ = io.WriteString(w, "last")
	case "/refuse":
		w.WriteHeader(http.StatusConflict)
		_, _ = io.WriteString(w, `{"code":"team_full"}`)
	case "/broken":
		panic(http.ErrAbortHandler)
	}
}

func TestWire_ReadsEveryFormOfAnswer(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(answers))
	defer server.Close()
	c := caller{wire: wire{address: strings.TrimPrefix(server.URL, "http://")}}
	defer c.wire.close()
	for _, tc := range []struct {
		path, body, want string
	}{
		{"/echo", "hello", "hello"}, {"/echo", "", ""}, {"/long", "", strings.Repeat("long ", 100_000)}, {"/empty", "", ""},
		{"/last", "", "last"}, {"/echo", "after it was closed", "after it was closed"},
	} {
		answer, err := c.call("POST", tc.path, []byte(tc.body))
		require.NoError(t, err, tc.path)
		require.Equal(t, tc.want, string(answer), tc.path)
	}
	var refused *refusal
	_, err := c.call("POST", "/refuse", nil)
	require.ErrorAs(t, err, &refused)
	require.Equal(t, refusal{"POST", "/refuse", 409, "team_full"}, *refused)
	require.ErrorContains(t, err, "409 team_full")
	_, err = c.call("POST", "/broken", nil)
	require.Error(t, err)
	require.NotErrorAs(t, err, &refused)
	answer, err := c.call("POST", "/echo", []byte("again"))
	require.NoError(t, err, "a broken connection is made anew")
	require.Equal(t, "again", string(answer))
}

func TestWire_RefusesWhatIsNoHTTP(t *testing.T) {
	for _, said := range []string{"SSH-2.0\r\n\r\n", "HTTP/1.1 abc\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n",
		"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nab"} {
		server := httptest.NewUnstartedServer(nil)
		go func() {
			conn, err := server.Listener.Accept()
			if err == nil {
				_, _ = conn.Read(make([]byte, 4096))
				_, _ = fmt.Fprint(conn, said)
				_ = conn.Close()
			}
		}()
		w := wire{address: server.Listener.Addr().String()}
		_, _, err := w.do("GET", "/", nil, nil)
		require.Error(t, err, said)
		require.NoError(t, server.Listener.Close())
	}
}

func TestText_FindsValues(t *testing.T) {
	answer := []byte(`{"seat":{"seat_id":"seat_1","amount_fen":8000,"pay_url":"http://x?a=1\u0026b=2"}}`)
	require.Equal(t, "seat_1", text(answer, "seat_id"))
	require.Equal(t, "http://x?a=1&b=2", text(answer, "pay_url"))
	require.Empty(t, text(answer, "team_id"))
	require.EqualValues(t, 8000, number(answer, "amount_fen"))
	require.Zero(t, number(answer, "seat_id"))
	require.Zero(t, number(answer, "none"))
}
