package observe

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// Tracing follows requests through the process and on to others, by the W3C's traceparent. Nil is tracing that is off: all
// methods do nothing then, and what only has a context finds no span in it.
type Tracing struct {
	provider *sdktrace.TracerProvider
	tracer   trace.Tracer
}

// TracingOptions say where spans go.
type TracingOptions struct {
	Endpoint string            // of a collector, as http://collector:4318; empty: tracing is off
	Ratio    float64           // of the traces that begin here, between 0 and 1; those that come with a request are followed if it says so
	Labels   map[string]string // of this process: service.name and the like
}

// NewTracing begins to collect spans; Stop sends the last. It returns nil when no endpoint is named.
func NewTracing(o TracingOptions) *Tracing {
	if o.Endpoint == "" {
		return nil
	}
	var labels []attribute.KeyValue
	for key, value := range o.Labels {
		labels = append(labels, attribute.String(key, value))
	}
	provider := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(newExporter(o.Endpoint, labels)), sdktrace.WithResource(resource.NewSchemaless(labels...)),
		sdktrace.WithSampler(sdktrace.ParentBased(sdktrace.TraceIDRatioBased(o.Ratio))),
	)
	return &Tracing{provider: provider, tracer: provider.Tracer(scope)}
}

const scope = "kaituan"

// Start does nothing: spans are collected from the beginning.
func (t *Tracing) Start(context.Context) error { return nil }

// Stop sends what was collected. Errors: the collector's, or ctx's.
func (t *Tracing) Stop(ctx context.Context) error {
	if t == nil {
		return nil
	}
	return t.provider.Shutdown(ctx)
}

// Handler makes a span of each request, below the caller's if it names one.
func (t *Tracing) Handler(c *gin.Context) {
	if t == nil {
		return
	}
	ctx := propagation.TraceContext{}.Extract(c.Request.Context(), propagation.HeaderCarrier(c.Request.Header))
	route := c.FullPath()
	ctx, span := t.tracer.Start(ctx, method(c.Request.Method)+" "+route, trace.WithSpanKind(trace.SpanKindServer), trace.WithAttributes(
		attribute.String("http.request.method", method(c.Request.Method)), attribute.String("http.route", route),
	))
	defer span.End()
	c.Request = c.Request.WithContext(ctx)
	c.Next()
	status := c.Writer.Status()
	span.SetAttributes(attribute.Int("http.response.status_code", status), attribute.String("request_id", c.Writer.Header().Get("X-Request-Id")))
	if status >= http.StatusInternalServerError {
		span.SetStatus(codes.Error, http.StatusText(status))
	}
}

// Resume goes on with a trace that was written down, see Parent. end ends the span with what came of it. Without a parent
// nothing is traced: what a process does by the clock alone would be most of all spans.
func (t *Tracing) Resume(ctx context.Context, parent, name string) (_ context.Context, end func(err error)) {
	if t == nil || parent == "" {
		return ctx, func(error) {}
	}
	ctx = propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent})
	ctx, span := t.tracer.Start(ctx, name, trace.WithSpanKind(trace.SpanKindConsumer))
	return ctx, ender(span)
}

// Parent is the span of ctx as text, to go on with elsewhere; empty when ctx is not followed.
func Parent(ctx context.Context) string {
	if !trace.SpanContextFromContext(ctx).IsSampled() {
		return ""
	}
	carrier := propagation.MapCarrier{}
	propagation.TraceContext{}.Inject(ctx, carrier)
	return carrier["traceparent"]
}

// Step makes a span below that of ctx, if there is one. end ends it with what came of it.
func Step(ctx context.Context, name string) (_ context.Context, end func(err error)) {
	return step(ctx, name, trace.SpanKindInternal)
}

func step(ctx context.Context, name string, kind trace.SpanKind) (_ context.Context, end func(err error)) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return ctx, func(error) {}
	}
	ctx, span := parent.TracerProvider().Tracer(scope).Start(ctx, name, trace.WithSpanKind(kind))
	return ctx, ender(span)
}

func ender(span trace.Span) func(err error) {
	return func(err error) {
		if err != nil {
			span.SetStatus(codes.Error, "failed") // errors may quote data; the log has them, masked
		}
		span.End()
	}
}

// Statement makes a span of an SQL statement that has ended, if ctx is followed. text is asked for only then; it must hold
// no values.
func Statement(ctx context.Context, began time.Time, text func() (sql string, rows int64), err error) {
	parent := trace.SpanFromContext(ctx)
	if !parent.IsRecording() {
		return
	}
	sql, rows := text()
	_, span := parent.TracerProvider().Tracer(scope).Start(ctx, "sql", trace.WithTimestamp(began), trace.WithSpanKind(trace.SpanKindClient),
		trace.WithAttributes(attribute.String("db.query.text", sql), attribute.Int64("db.response.returned_rows", rows)))
	ender(span)(err)
}

// Follow continues a trace that was written down without a span of its own, see Parent.
func Follow(ctx context.Context, parent string) context.Context {
	if parent == "" {
		return ctx
	}
	return propagation.TraceContext{}.Extract(ctx, propagation.MapCarrier{"traceparent": parent})
}

// Inject tells the other side of a call which trace it belongs to, if ctx is followed.
func Inject(ctx context.Context, header http.Header) {
	propagation.TraceContext{}.Inject(ctx, propagation.HeaderCarrier(header))
}

// Traced makes a span of each call through base and tells the other side of it.
func Traced(to string, base http.RoundTripper) http.RoundTripper { return tracedCalls{to, base} }

type tracedCalls struct {
	to   string
	base http.RoundTripper
}

// RoundTrip implements http.RoundTripper.
func (t tracedCalls) RoundTrip(req *http.Request) (*http.Response, error) {
	if !trace.SpanContextFromContext(req.Context()).IsValid() {
		return t.base.RoundTrip(req)
	}
	ctx, end := step(req.Context(), req.Method+" "+t.to, trace.SpanKindClient)
	req = req.Clone(ctx) // a RoundTripper must not change the caller's
	Inject(ctx, req.Header)
	resp, err := t.base.RoundTrip(req)
	end(err)
	return resp, err
}
