package simulation

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"time"

	"kaituan/api/problem"
	"kaituan/api/sign"
	"kaituan/groupbuy"
)

// errNetwork is what a caller hears of a call that got no answer.
var errNetwork = errors.New("simulation: connection lost")

// letter is one request that may be delivered once, twice, late or never.
type letter struct {
	method, url string
	header      http.Header
	body        []byte
}

func (l letter) request(ctx context.Context) *http.Request {
	request := httptest.NewRequestWithContext(ctx, l.method, l.url, bytes.NewReader(l.body))
	request.Header = l.header.Clone()
	return request
}

// answer is what came back of a letter.
type answer struct {
	status int
	header http.Header
	body   []byte
}

// serve has a node answer a letter; nil is no answer.
func (w *world) serve(n *node, l letter) *answer {
	if n == nil {
		return nil
	}
	recorder, request := httptest.NewRecorder(), l.request(w.ctx)
	request.Header.Set(problem.HeaderRequestID, w.number("req_")) // else the handler makes one by chance
	lived := w.on(n, func() { n.handler.ServeHTTP(recorder, request) })
	if !lived {
		return nil
	}
	return &answer{recorder.Code, recorder.Header(), recorder.Body.Bytes()}
}

// postpone delivers a letter once more after its sender has given up waiting, while its signature is still good.
func (w *world) postpone(to func() *node, l letter) {
	w.later(w.between(time.Second, 4*time.Minute), func() {
		if n := to(); n != nil {
			w.note("late %s %s arrives", l.method, short(l.url))
			w.serve(n, l)
		}
	})
}

func short(address string) string {
	address = strings.TrimPrefix(strings.TrimPrefix(address, engineURL), mallURL)
	return strings.TrimPrefix(address, "/api/groupbuy/v1")
}

// wire is how a mall's node reaches the engine.
type wire struct {
	w    *world
	from *node
}

// RoundTrip implements http.RoundTripper.
func (c wire) RoundTrip(request *http.Request) (*http.Response, error) {
	w := c.w
	l, err := readLetter(request)
	if err != nil {
		return nil, err
	}
	if err := w.leave(c.from, "before "+l.method+" "+short(l.url)); err != nil {
		return nil, err
	}
	w.meanwhile()
	answered := w.carry(c.to, l)
	w.meanwhile()
	if err := w.leave(c.from, "after "+l.method+" "+short(l.url)); err != nil {
		return nil, err
	}
	if answered == nil {
		return nil, errNetwork
	}
	return &http.Response{
		StatusCode: answered.status, Header: answered.header, Body: io.NopCloser(bytes.NewReader(answered.body)), Request: request,
	}, nil
}

// to is the node that takes the call: the own one if it has an engine.
func (c wire) to() *node {
	if c.from.runsEngine() && c.from.up && !c.from.dead {
		return c.from
	}
	return c.w.anyNode((*node).runsEngine)
}

func readLetter(request *http.Request) (letter, error) {
	l := letter{method: request.Method, url: request.URL.String(), header: request.Header}
	if request.Body == nil {
		return l, nil
	}
	var err error
	l.body, err = io.ReadAll(request.Body)
	return l, errors.Join(err, request.Body.Close())
}

// carry takes a letter to a node and the answer back, or fails to.
func (w *world) carry(to func() *node, l letter) *answer {
	switch {
	case w.hit(w.faults.requestLost, "request lost"):
		return nil
	case w.hit(w.faults.late, "request late"):
		w.postpone(to, l)
		return nil
	case w.hit(w.faults.garbage, "garbage answer"):
		return &answer{http.StatusBadGateway, http.Header{"Content-Type": {"text/html"}}, []byte("<html>")}
	}
	answered := w.serve(to(), l)
	if w.hit(w.faults.doubled, "request doubled") {
		w.postpone(to, l)
	}
	if w.hit(w.faults.answerLost, "answer lost") {
		return nil
	}
	return answered
}

// hooks is how an engine's node reaches partners.
type hooks struct {
	w    *world
	from *node
}

// CheckURL implements groupbuy.Sender.
func (hooks) CheckURL(string) error { return nil }

// Send implements groupbuy.Sender.
func (h hooks) Send(_ context.Context, p groupbuy.Post) groupbuy.Receipt {
	w := h.w
	l, err := newHook(p)
	if err != nil {
		return groupbuy.Receipt{Error: err.Error()}
	}
	if err := w.leave(h.from, "before webhook "+p.MessageID); err != nil {
		return groupbuy.Receipt{Error: err.Error()}
	}
	w.meanwhile()
	answered := w.carry(func() *node { return w.anyNode((*node).runsMall) }, l)
	if err := w.leave(h.from, "after webhook "+p.MessageID); err != nil {
		return groupbuy.Receipt{Error: err.Error()}
	}
	if answered == nil {
		return groupbuy.Receipt{Error: "no answer"}
	}
	delivered := answered.status >= 200 && answered.status <= 299
	receipt := groupbuy.Receipt{Delivered: delivered, StatusCode: answered.status}
	if !delivered {
		receipt.Error = "status " + strconv.Itoa(answered.status)
	}
	return receipt
}

func newHook(p groupbuy.Post) (letter, error) {
	signature, err := sign.SignWebhook(p.Secrets, p.MessageID, p.At, p.Body)
	if err != nil {
		return letter{}, err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set(sign.HeaderWebhookID, p.MessageID)
	header.Set(sign.HeaderWebhookTimestamp, strconv.FormatInt(p.At.Unix(), 10))
	header.Set(sign.HeaderWebhookSignature, signature)
	return letter{http.MethodPost, p.URL, header, p.Body}, nil
}

// push hands a notice of the provider to some node of the mall and says whether it was taken.
func (w *world) push(form url.Values) bool {
	n := w.anyNode((*node).runsMall)
	answered := w.serve(n, letter{
		http.MethodPost, mallURL + "/callbacks/alipay",
		http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}, []byte(form.Encode()),
	})
	return answered != nil && string(answered.body) == "success"
}

// anyNode draws a process that is up and of a kind; nil when there is none.
func (w *world) anyNode(kind func(*node) bool) *node {
	var list []*node
	for _, n := range w.nodes {
		if n.up && !n.dead && kind(n) {
			list = append(list, n)
		}
	}
	if len(list) == 0 {
		return nil
	}
	return pick(w, list)
}
