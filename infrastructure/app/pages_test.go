package app_test

import (
	"encoding/json"
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// visit asks as a person's browser does.
func (w *world) visit(method, path string) (status int, header http.Header, page string) {
	w.t.Helper()
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.app.PublicURL()+path, nil)
	require.NoError(w.t, err)
	req.Header.Set("Accept", "text/html,application/xhtml+xml,*/*;q=0.8")
	rsp, err := w.http.Do(req)
	require.NoError(w.t, err)
	defer func() { _ = rsp.Body.Close() }()
	text, err := io.ReadAll(rsp.Body)
	require.NoError(w.t, err)
	return rsp.StatusCode, rsp.Header, string(text)
}

func TestApp_ShowsTheShopAndTheConsole(t *testing.T) {
	w := open(t, nil)
	for path, want := range map[string]int{"/": 200, "/console": 200, "/console/orders/ord_1": 200, "/pay/return?order_id=ord_1": 200, "/products/cup": 200, "/nowhere": 404} {
		status, header, page := w.visit(http.MethodGet, path)
		require.Equal(t, want, status, path)
		require.Contains(t, page, `<div id="root">`, path)
		require.Equal(t, "no-cache", header.Get("Cache-Control"), path)
		require.Contains(t, header.Get("Content-Security-Policy"), "script-src 'self';", path)
		require.Equal(t, "nosniff", header.Get("X-Content-Type-Options"), path)
	}
}

// A page in place of a problem would be read as an answer by programs.
func TestApp_PagesNeverStandInForMachines(t *testing.T) {
	w := open(t, nil)
	for _, path := range []string{"/api", "/api/mall/v1/nothing", "/api/mall/v1/products/", "/callbacks/nobody", "/docs/nothing", "/openapi/none.yaml", "/assets/old.js", "/console/assets/old.js"} {
		status, header, text := w.visit(http.MethodGet, path)
		require.Equal(t, http.StatusNotFound, status, path)
		require.Equal(t, "application/problem+json", header.Get("Content-Type"), path)
		var told struct {
			Code string `json:"code"`
		}
		require.NoError(t, json.Unmarshal([]byte(text), &told), path)
		require.NotEmpty(t, told.Code, path)
	}
	status, _, _ := w.visit(http.MethodPost, "/orders")
	require.Equal(t, http.StatusNotFound, status)
}

// Behind TLS every answer, of pages and of machines, tells browsers to come back over nothing else; without TLS none does.
func TestApp_SaysThatItIsServedOverHTTPSOnly(t *testing.T) {
	for public, want := range map[string]string{"": "", "https://shop.example.com": "max-age=63072000"} {
		t.Run("at "+public, func(t *testing.T) {
			w := open(t, map[string]string{"public_url": public})
			for _, path := range []string{"/", "/console/", "/api/mall/v1/products", "/nowhere.txt"} {
				rsp, err := w.http.Get("http://" + w.config.Listen + path)
				require.NoError(t, err)
				require.NoError(t, rsp.Body.Close())
				require.Equal(t, want, rsp.Header.Get("Strict-Transport-Security"), path)
				require.Equal(t, "same-origin", rsp.Header.Get("Cross-Origin-Opener-Policy"), path)
			}
		})
	}
}
