package app_test

import (
	"net/http"
	"strings"
	"time"
)

// patient sends a request again after an answer of 503, as clients are told to: on a busy machine a database that is
// slow for a moment is no failure. Signed calls are not sent again, because their nonce is spent.
type patient struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (p patient) RoundTrip(req *http.Request) (*http.Response, error) {
	signed := strings.HasPrefix(req.Header.Get("Authorization"), "KAITUAN-HMAC")
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * pace) {
		resp, err := p.next.RoundTrip(req)
		if err != nil || resp.StatusCode != http.StatusServiceUnavailable || signed || time.Now().After(deadline) {
			return resp, err
		}
		if req.GetBody == nil && req.Body != nil && req.Body != http.NoBody {
			return resp, nil
		}
		_ = resp.Body.Close()
		req = req.Clone(req.Context())
		if req.GetBody != nil {
			if req.Body, err = req.GetBody(); err != nil {
				return nil, err
			}
		}
	}
}

// CloseIdleConnections lets http.Client close what it keeps open.
func (p patient) CloseIdleConnections() {
	p.next.(interface{ CloseIdleConnections() }).CloseIdleConnections()
}
