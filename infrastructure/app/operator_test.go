package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// The printed link makes the first operator, once, however many follow it at the same moment; that session then works
// at the engine and at the mall alike, and ends for both.
func TestApp_OneSignInForTheConsole(t *testing.T) {
	onEachStore(t, func(w *world) {
		link := regexp.MustCompile(`/console/setup#token=([0-9a-f]{64})`).FindStringSubmatch(w.app.Banner())
		require.Len(w.t, link, 2, "%s", w.app.Banner())
		body := `{"token":"` + link[1] + `","login":"li.lei","name":"李雷","password":"correct horse battery"}`
		answers := make(chan string, 4)
		var all sync.WaitGroup
		for i := range 4 {
			all.Go(func() {
				status, answer := w.call(http.MethodPost, "/api/groupbuy/admin/v1/setup", jsonBody(), strings.Replace(body, "li.lei", "li.lei"+string(rune('a'+i)), 1))
				if status == http.StatusCreated {
					answers <- answer
				}
			})
		}
		all.Wait()
		require.Len(w.t, answers, 1, "one of them is the first")
		token := regexp.MustCompile(`"token":"([^"]+)"`).FindStringSubmatch(<-answers)[1]
		browser := http.Header{"Cookie": {"kaituan_operator=" + token}}
		for _, path := range []string{"/api/groupbuy/admin/v1/operators/me", "/api/mall/admin/v1/orders"} {
			status, answer := w.call(http.MethodGet, path, browser, "")
			require.Equal(w.t, http.StatusOK, status, answer)
		}
		status, _ := w.call(http.MethodGet, "/api/mall/admin/v1/orders", http.Header{"Cookie": {"kaituan_operator=x"}}, "")
		require.Equal(w.t, http.StatusUnauthorized, status)

		w.stop()
		w.start()
		require.NotContains(w.t, w.app.Banner(), "setup")
	})
}

func jsonBody() http.Header { return http.Header{"Content-Type": {"application/json"}} }
