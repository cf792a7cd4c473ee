package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
	"kaituan/infrastructure/app"
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

// Where a second factor is asked for, an operator without one may do nothing at the engine or the mall but set it up; who
// loses it, and is the only administrator, is let in again by the command on the server.
func TestApp_SecondFactorOfOperators(t *testing.T) {
	onEachStoreWith(t, map[string]string{"groupbuy.second_factor": "viewer"}, func(w *world) {
		const engine = "/api/groupbuy/admin/v1"
		password := "correct horse battery"
		status, answer := w.call(http.MethodPost, engine+"/operators", bearing(w.token), `{"login":"li.lei","name":"李雷","role":"admin","password":"`+password+`"}`)
		require.Equal(w.t, http.StatusCreated, status, answer)
		signIn := func(code string) (status int, token string) {
			status, answer := w.call(http.MethodPost, engine+"/sessions", jsonBody(), `{"login":"li.lei","password":"`+password+`","code":"`+code+`"}`)
			if found := regexp.MustCompile(`"token":"([^"]+)"`).FindStringSubmatch(answer); found != nil {
				token = found[1]
			}
			return status, token
		}
		_, token := signIn("")
		orders := func() int {
			status, _ := w.call(http.MethodGet, "/api/mall/admin/v1/orders", bearing(token), "")
			return status
		}
		require.Equal(w.t, http.StatusForbidden, orders())
		status, answer = w.call(http.MethodPost, engine+"/operators/me/second-factor", bearing(token), `{"current_password":"`+password+`"}`)
		require.Equal(w.t, http.StatusCreated, status, answer)
		secret := operator.FactorSecret(regexp.MustCompile(`"secret":"([A-Z2-7]+)"`).FindStringSubmatch(answer)[1])
		code, err := secret.Code(time.Now().Unix() / 30)
		require.NoError(w.t, err)
		status, answer = w.call(http.MethodPut, engine+"/operators/me/second-factor", bearing(token), `{"code":"`+code+`"}`)
		require.Equal(w.t, http.StatusOK, status, answer)
		recovery := regexp.MustCompile(`[a-z2-7]{4}(-[a-z2-7]{4}){3}`).FindString(answer)
		status, _ = signIn("")
		require.Equal(w.t, http.StatusUnauthorized, status)
		status, token = signIn(recovery) // its session is not in what the mall remembers of the one before
		require.Equal(w.t, http.StatusCreated, status)
		require.Equal(w.t, http.StatusOK, orders())

		w.stop()
		_, err = app.ResetOperator(t.Context(), w.config, "nobody", true)
		require.ErrorIs(w.t, err, groupbuy.ErrNotFound)
		password, err = app.ResetOperator(t.Context(), w.config, "Li.Lei", true)
		require.NoError(w.t, err)
		w.start()
		status, token = signIn("")
		require.Equal(w.t, http.StatusCreated, status)
		require.Equal(w.t, http.StatusForbidden, orders(), "it is due again")
	})
}

// bearing is the header of a program with a session.
func bearing(token string) http.Header {
	return http.Header{"Content-Type": {"application/json"}, "Authorization": {"Bearer " + token}}
}
