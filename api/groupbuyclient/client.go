package groupbuyclient

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"time"

	"kaituan/api/sign"
)

// DefaultTimeout bounds a call, answer included.
const DefaultTimeout = 10 * time.Second

// maxAnswer bounds what is read of an answer, in bytes. The largest one is a full page of activities.
const maxAnswer = 32 << 20

// Config says how to reach the engine, and as whom.
type Config struct {
	// BaseURL is scheme, host and port, without a path.
	BaseURL string
	// Key signs calls to the partner side.
	Key sign.Key
	// OperatorToken goes with calls to the operator side.
	OperatorToken string
	// Transport carries the calls; nil is http.DefaultTransport. See InProcess.
	Transport http.RoundTripper
	// Timeout bounds a call; 0 is DefaultTimeout.
	Timeout time.Duration
	// Clock tells the time of a signature; nil is time.Now.
	Clock func() time.Time
	// Nonce makes the nonces of signatures; nil is sign.NewNonce.
	Nonce func() string
}

// NewPartner returns the generated client of the partner side. It signs every call.
func NewPartner(config Config) (*ClientWithResponses, error) {
	if config.Clock == nil {
		config.Clock = time.Now
	}
	if config.Nonce == nil {
		config.Nonce = sign.NewNonce
	}
	return newClient(config, func(_ context.Context, req *http.Request) error {
		body, err := bodyOf(req)
		if err != nil {
			return err
		}
		config.Key.Sign(req, body, config.Clock(), config.Nonce())
		return nil
	})
}

// NewOperator returns the generated client of the operator side.
func NewOperator(config Config) (*ClientWithResponses, error) {
	return newClient(config, func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+config.OperatorToken)
		return nil
	})
}

func newClient(config Config, authorize RequestEditorFn) (*ClientWithResponses, error) {
	if config.Timeout == 0 {
		config.Timeout = DefaultTimeout
	}
	doer := &http.Client{
		Transport: config.Transport,
		Timeout:   config.Timeout,
		// A redirect would carry the signature of another address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	client, err := NewClientWithResponses(config.BaseURL, WithHTTPClient(bounded{doer}), WithRequestEditorFn(english), WithRequestEditorFn(authorize))
	if err != nil {
		return nil, fmt.Errorf("groupbuyclient: %w", err)
	}
	return client, nil
}

// english asks for refusals in the language of logs and of what is stored. People see texts of their own by code.
func english(_ context.Context, req *http.Request) error {
	req.Header.Set("Accept-Language", "en")
	return nil
}

// bodyOf returns the bytes that a request will send.
func bodyOf(req *http.Request) ([]byte, error) {
	if req.GetBody == nil {
		return nil, nil
	}
	copied, err := req.GetBody()
	if err != nil {
		return nil, fmt.Errorf("groupbuyclient: copy body: %w", err)
	}
	defer copied.Close()
	return io.ReadAll(copied)
}

// bounded reads at most maxAnswer of an answer; more of it then reads as broken off.
type bounded struct{ client *http.Client }

// Do implements HttpRequestDoer.
func (b bounded) Do(req *http.Request) (*http.Response, error) {
	resp, err := b.client.Do(req)
	if err == nil {
		resp.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(resp.Body, maxAnswer), resp.Body}
	}
	return resp, err
}
