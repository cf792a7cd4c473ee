// Package webhook carries one signed webhook to a partner's endpoint and says what came of it. It reaches the
// public internet only: the address behind a name is checked when the connection is made. What to send, when to
// try again (Schedule says how long to wait) and the log of attempts belong to the engine.
package webhook

import (
	"bytes"
	"context"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"kaituan/api/sign"
	"kaituan/infrastructure/observe"
)

// Limits of one attempt.
const (
	connectTimeout = 10 * time.Second // name, connection and TLS
	totalTimeout   = 15 * time.Second // the whole attempt, the answer's body included
	maxAnswer      = 64 << 10         // bytes read of the answer's body, and of its headers
	maxSnippet     = 1 << 10          // bytes kept of it
)

// HeaderDelivery names the delivery, for asking about it. It is not signed and changes when an event is replayed;
// repeats are dropped by sign.HeaderWebhookID, the event.
const HeaderDelivery = "kaituan-delivery"

// Options sets up a Sender. The zero value is right for production.
type Options struct {
	// AllowHosts are exact host:port pairs that may be reached by http and at any address: our own mall in the
	// same process, and a developer's machine.
	AllowHosts []string
	// Resolver looks names up; nil is the system's.
	Resolver *net.Resolver
	// ConnectTimeout and TotalTimeout replace 10 s and 15 s.
	ConnectTimeout, TotalTimeout time.Duration
	// Transport replaces the network, and with it the rule on addresses: for endpoints in the same process.
	Transport http.RoundTripper
	// Now is the clock that dated Retry-After headers are measured by; nil is time.Now.
	Now func() time.Time
}

// Sender delivers webhooks. It may be used by many goroutines at once. Close it when done.
type Sender struct {
	client    *http.Client
	allowed   map[string]bool
	addresses addressRule
	lanes     lanes
	total     time.Duration
	now       func() time.Time
}

// Delivery is one attempt to bring one event to one endpoint.
type Delivery struct {
	ID        string    // of the delivery, in HeaderDelivery
	EventID   string    // the webhook-id; the same for every attempt and replay; no full stop
	URL       string    // of the endpoint, as CheckURL accepts it
	Secrets   []string  // of the endpoint, whsec_...; two while it changes
	Body      []byte    // the JSON payload, sent and signed byte for byte
	Timestamp time.Time // of this attempt; receivers refuse one older than sign.WebhookTolerance
}

// New returns a Sender.
func New(o Options) *Sender {
	s := &Sender{allowed: map[string]bool{}, lanes: lanes{by: map[string]*lane{}}, addresses: newAddressRule(), total: o.TotalTimeout, now: o.Now}
	for _, host := range o.AllowHosts {
		s.allowed[strings.ToLower(host)] = true
	}
	if s.total == 0 {
		s.total = totalTimeout
	}
	if s.now == nil {
		s.now = time.Now
	}
	connect := o.ConnectTimeout
	if connect == 0 {
		connect = connectTimeout
	}
	if o.Transport == nil {
		o.Transport = s.transport(connect, o.Resolver)
	}
	s.client = &http.Client{
		Transport: o.Transport,
		// A redirect would lead past the check of the address and the partner's own choice: it is a failure.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return s
}

func (s *Sender) transport(connect time.Duration, resolver *net.Resolver) *http.Transport {
	open := net.Dialer{Timeout: connect, Resolver: resolver}
	guarded := open
	guarded.Control = s.addresses.control
	return &http.Transport{
		Proxy: nil, // a proxy would make the connection out of the check's sight
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if s.allowed[strings.ToLower(address)] {
				return open.DialContext(ctx, network, address)
			}
			return guarded.DialContext(ctx, network, address)
		},
		TLSHandshakeTimeout:    connect,
		ForceAttemptHTTP2:      true,
		DisableCompression:     true, // no small answer may unfold into a large one
		MaxResponseHeaderBytes: maxAnswer,
		MaxIdleConnsPerHost:    2,
		MaxIdleConns:           256,
		IdleConnTimeout:        30 * time.Second,
	}
}

// Close lets go of idle connections. Deliveries under way are not ended; that is their context's part.
func (s *Sender) Close() { s.client.CloseIdleConnections() }

// Send makes one attempt, unless the endpoint has enough of them under way or is down. It returns within the total timeout,
// or at once when ctx ends, whatever the endpoint does. Everything that can go wrong is told by the Result.
func (s *Sender) Send(ctx context.Context, d Delivery) Result {
	request, refused := s.request(d)
	if refused != nil {
		return *refused
	}
	leave, refused := s.lanes.enter(ctx, d.URL)
	if refused != nil {
		return *refused
	}
	result := s.attempt(ctx, request)
	leave(result)
	return result
}

func (s *Sender) attempt(ctx context.Context, request *http.Request) Result {
	attempt, cancel := context.WithTimeout(ctx, s.total)
	defer cancel()
	attempt, end := observe.Step(attempt, "webhook")
	observe.Inject(attempt, request.Header)
	startedAt := time.Now()
	result := s.exchange(ctx, request.WithContext(attempt))
	result.Took = time.Since(startedAt)
	end(result.err())
	return result
}

// exchange sends the request; ctx is the caller's, without the attempt's own deadline.
func (s *Sender) exchange(ctx context.Context, request *http.Request) Result {
	response, err := s.client.Do(request)
	if err != nil {
		return failed(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	return s.judge(response)
}

func (s *Sender) request(d Delivery) (*http.Request, *Result) {
	if err := s.CheckURL(d.URL); err != nil {
		return nil, &Result{Outcome: Retry, Reason: reasonOf(err, ReasonURL), Detail: err.Error()}
	}
	signature, err := sign.SignWebhook(d.Secrets, d.EventID, d.Timestamp, d.Body)
	if err != nil {
		return nil, &Result{Outcome: Retry, Reason: ReasonSignature, Detail: err.Error()}
	}
	request, err := http.NewRequest(http.MethodPost, d.URL, bytes.NewReader(d.Body)) //nolint:noctx // Send adds it
	if err != nil {
		return nil, &Result{Outcome: Retry, Reason: ReasonURL, Detail: err.Error()}
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "kaituan-webhook/1")
	request.Header.Set(sign.HeaderWebhookID, d.EventID)
	request.Header.Set(sign.HeaderWebhookTimestamp, strconv.FormatInt(d.Timestamp.Unix(), 10))
	request.Header.Set(sign.HeaderWebhookSignature, signature)
	request.Header.Set(HeaderDelivery, d.ID)
	return request, nil
}
