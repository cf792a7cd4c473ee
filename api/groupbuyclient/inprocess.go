package groupbuyclient

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"runtime/debug"
)

// InProcess returns a transport that calls a handler directly: same request, same JSON, same signature, no socket.
// It obeys the request's context: when that ends first, the call returns its error while the handler, which sees
// the same context, finishes by itself.
func InProcess(handler http.Handler) http.RoundTripper { return inProcess{handler} }

type inProcess struct{ handler http.Handler }

// RoundTrip implements http.RoundTripper.
func (p inProcess) RoundTrip(req *http.Request) (*http.Response, error) {
	served, err := asServed(req)
	if err != nil {
		return nil, err
	}
	done := make(chan *recorder, 1)
	go func() {
		rec := &recorder{header: http.Header{}}
		defer func() {
			if value := recover(); value != nil {
				rec.broken = fmt.Errorf("groupbuyclient: handler panicked: %v\n%s", value, debug.Stack())
			}
			done <- rec
		}()
		p.handler.ServeHTTP(rec, served)
	}()
	select {
	case rec := <-done:
		return rec.response(req)
	case <-req.Context().Done():
		return nil, req.Context().Err()
	}
}

// asServed turns a request as a client has it into one as a server gets it.
func asServed(req *http.Request) (*http.Request, error) {
	served := req.Clone(req.Context())
	served.RequestURI = req.URL.RequestURI()
	served.Host = req.URL.Host
	served.Proto, served.ProtoMajor, served.ProtoMinor = "HTTP/1.1", 1, 1
	served.RemoteAddr = "127.0.0.1:0"
	if req.Body == nil {
		served.Body = http.NoBody
		return served, nil
	}
	// Copied, because a RoundTripper closes the body when it returns and the handler may still be reading.
	body, err := io.ReadAll(req.Body)
	_ = req.Body.Close()
	if err != nil {
		return nil, fmt.Errorf("groupbuyclient: read body: %w", err)
	}
	served.Body = io.NopCloser(bytes.NewReader(body))
	return served, nil
}

// recorder is the http.ResponseWriter of one call.
type recorder struct {
	header http.Header
	sent   http.Header // as they were when the status was written
	status int
	body   bytes.Buffer
	broken error
}

// Header implements http.ResponseWriter.
func (r *recorder) Header() http.Header { return r.header }

// WriteHeader implements http.ResponseWriter.
func (r *recorder) WriteHeader(status int) {
	if r.status == 0 {
		r.status, r.sent = status, r.header.Clone()
	}
}

// Write implements http.ResponseWriter.
func (r *recorder) Write(p []byte) (int, error) {
	r.WriteHeader(http.StatusOK)
	return r.body.Write(p)
}

func (r *recorder) response(req *http.Request) (*http.Response, error) {
	if r.broken != nil {
		return nil, r.broken
	}
	r.WriteHeader(http.StatusOK)
	return &http.Response{
		Status:     fmt.Sprintf("%d %s", r.status, http.StatusText(r.status)),
		StatusCode: r.status, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
		Header: r.sent, Body: io.NopCloser(&r.body), ContentLength: int64(r.body.Len()), Request: req,
	}, nil
}
