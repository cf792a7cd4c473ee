package webhook

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
)

// Outcome is what to do after an attempt.
type Outcome string

// The outcomes of an attempt.
const (
	Delivered Outcome = "delivered" // the endpoint answered 2xx
	Retry     Outcome = "retry"     // try again when Schedule says, not before After
	Disable   Outcome = "disable"   // the endpoint answered 410: send it nothing more
	Later     Outcome = "later"     // no attempt was made; come again after After
)

// Reason says why an attempt did not deliver.
type Reason string

// The reasons. All but ReasonGone and the last two come with Retry.
const (
	ReasonNone      Reason = ""
	ReasonStatus    Reason = "http_status"     // neither 2xx nor one of the following
	ReasonRedirect  Reason = "redirect"        // 3xx; redirects are not followed
	ReasonGone      Reason = "gone"            // 410
	ReasonTimeout   Reason = "timeout"         // no connection in 10 s or no answer in 15 s
	ReasonName      Reason = "name_unresolved" // the name server knows no such host
	ReasonAddress   Reason = "address_refused" // the host is not on the public internet
	ReasonURL       Reason = "url_refused"     // the address of the endpoint is unusable
	ReasonSignature Reason = "not_signable"    // no usable secret, or an event id with a full stop
	ReasonTLS       Reason = "tls"             // the certificate or the handshake
	ReasonConnect   Reason = "connect_refused" // nobody listens
	ReasonNetwork   Reason = "network"         // the connection broke
	ReasonCancelled Reason = "cancelled"       // we stopped; the attempt does not count
	ReasonBusy      Reason = "endpoint_busy"   // with Later: it has as many attempts under way as it may
	ReasonClosed    Reason = "endpoint_down"   // with Later: several attempts in a row came to nothing just now
)

// maxRetryAfter bounds what an endpoint may ask for: the longest gap of the Schedule.
const maxRetryAfter = 24 * time.Hour

// Result is what came of one attempt.
type Result struct {
	Outcome Outcome
	Reason  Reason
	After   time.Duration // at least this long until the next attempt, as a 429 or 503 asked; up to 24 h, often 0 but with Later
	Status  int           // the HTTP status; 0 when there was no answer
	Snippet string        // the first KB of the answer's body, printable
	Detail  string        // the error in words, for the log; without the URL and without secrets
	Took    time.Duration
}

// judge turns an answer into a Result. The status decides; a body that stalls or breaks after it changes nothing.
func (s *Sender) judge(response *http.Response) Result {
	body, _ := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	result := Result{Outcome: Retry, Reason: ReasonStatus, Status: response.StatusCode, Snippet: snippet(body)}
	switch code := response.StatusCode; {
	case code >= 200 && code <= 299:
		result.Outcome, result.Reason = Delivered, ReasonNone
	case code >= 300 && code <= 399:
		result.Reason = ReasonRedirect
	case code == http.StatusGone:
		result.Outcome, result.Reason = Disable, ReasonGone
	case code == http.StatusTooManyRequests || code == http.StatusServiceUnavailable:
		result.After = retryAfter(response.Header.Get("Retry-After"), s.now())
	}
	return result
}

// retryAfter reads RFC 9110 section 10.2.3: seconds or a date. What cannot be read asks for nothing.
func retryAfter(header string, now time.Time) time.Duration {
	header = strings.TrimSpace(header)
	if header != "" && strings.Trim(header, "0123456789") == "" {
		seconds, err := strconv.ParseInt(header, 10, 64)
		if err != nil || seconds > int64(maxRetryAfter/time.Second) {
			return maxRetryAfter
		}
		return time.Duration(seconds) * time.Second
	}
	date, err := http.ParseTime(header)
	if err != nil {
		return 0
	}
	return min(max(date.Sub(now), 0), maxRetryAfter)
}

// snippet keeps what an operator can read, whatever the endpoint sent.
func snippet(body []byte) string {
	return strings.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return -1
	}, strings.ToValidUTF8(string(body[:min(len(body), maxSnippet)]), ""))
}

// failed turns the error of an attempt into a Result. ctx is the caller's: when it has ended, so have we.
func failed(ctx context.Context, err error) Result {
	var wrapped *url.Error
	if errors.As(err, &wrapped) {
		err = wrapped.Err // the URL may hold a token
	}
	reason := reasonOf(err, ReasonNetwork)
	if ctx.Err() != nil {
		reason = ReasonCancelled
	}
	return Result{Outcome: Retry, Reason: reason, Detail: err.Error()}
}

func reasonOf(err error, otherwise Reason) Reason {
	var refused *AddressError
	var name *net.DNSError
	var network net.Error
	switch {
	case errors.As(err, &refused):
		return ReasonAddress
	case errors.As(err, &network) && network.Timeout(), errors.Is(err, context.DeadlineExceeded):
		return ReasonTimeout
	case errors.As(err, &name):
		return ReasonName
	case isTLS(err):
		return ReasonTLS
	case errors.Is(err, syscall.ECONNREFUSED):
		return ReasonConnect
	}
	return otherwise
}

func isTLS(err error) bool {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var alert tls.AlertError
	return errors.As(err, &certificate) || errors.As(err, &record) || errors.As(err, &alert) ||
		errors.Is(err, http.ErrSchemeMismatch) // the endpoint answered in plain HTTP
}

// err is why a delivery was not made, for its span.
func (r Result) err() error {
	if r.Outcome == Delivered {
		return nil
	}
	return errors.New(string(r.Reason))
}
