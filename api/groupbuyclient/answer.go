package groupbuyclient

import (
	"encoding/json"
	"fmt"
	"mime"
	"net/http"

	wire "kaituan/api/groupbuywire"
	"kaituan/mall"
)

// unknown says that no answer came, or one that breaks off or is not JSON.
func unknown(err error) error { return fmt.Errorf("%w: %w", mall.ErrEngineUnknown, err) }

// answered returns the value of an answer, or what an answer without one means.
func answered[T any](value *T, resp *http.Response, body []byte) (T, error) {
	if value != nil {
		return *value, nil
	}
	var none T
	return none, refusal(resp, body)
}

// refusal reads a problem. Only a 4xx that is one is a refusal: 429 and 5xx may be over soon, and anything else
// was not answered by the engine.
func refusal(resp *http.Response, body []byte) error {
	media, _, err := mime.ParseMediaType(resp.Header.Get("Content-Type"))
	if err != nil || media != "application/problem+json" {
		return fmt.Errorf("%w: status %d without a problem", mall.ErrEngineUnknown, resp.StatusCode)
	}
	var problem wire.Problem
	if err := json.Unmarshal(body, &problem); err != nil || problem.Code == "" {
		return fmt.Errorf("%w: status %d with a problem that has no code", mall.ErrEngineUnknown, resp.StatusCode)
	}
	if resp.StatusCode < 400 || resp.StatusCode > 499 || resp.StatusCode == http.StatusTooManyRequests {
		return fmt.Errorf("%w: status %d, code %s, request %s", mall.ErrEngineUnknown, resp.StatusCode, problem.Code, problem.RequestID)
	}
	return &mall.Refused{
		Status: resp.StatusCode, Code: problem.Code, Detail: problem.Detail, CurrentPrice: problem.CurrentPriceFen,
	}
}

// about makes sure that an answer is about what was asked: JSON of somebody else (a proxy, a wrong address) would
// otherwise read as an answer full of zeros.
func about(asked, told string) error {
	if asked != told {
		return fmt.Errorf("%w: asked about %q, answered about %q", mall.ErrEngineUnknown, asked, told)
	}
	return nil
}
