package observe

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/codes"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// exporter sends spans by OTLP over HTTP, encoded as JSON (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP"; every collector takes it
// at /v1/traces). The project's own exporter brings gRPC and its generated code for the same.
type exporter struct {
	url    string
	labels []attribute.KeyValue
	http   *http.Client
}

// exportTime bounds one request to the collector.
const exportTime = 10 * time.Second

func newExporter(endpoint string, labels []attribute.KeyValue) *exporter {
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment, IdleConnTimeout: idleExport}
	return &exporter{url: strings.TrimSuffix(endpoint, "/") + "/v1/traces", labels: labels, http: &http.Client{Transport: transport, Timeout: exportTime}}
}

const idleExport = 30 * time.Second

// The names of OTLP's JSON encoding.
type (
	otlpValue struct {
		String *string `json:"stringValue,omitempty"`
		Int    *string `json:"intValue,omitempty"` // 64-bit integers are strings in protobuf's JSON
	}
	otlpAttribute struct {
		Key   string    `json:"key"`
		Value otlpValue `json:"value"`
	}
	otlpStatus struct {
		Message string `json:"message,omitempty"`
		Code    int    `json:"code,omitempty"` // 0 unset, 1 ok, 2 error
	}
	otlpSpan struct {
		TraceID    string          `json:"traceId"`
		SpanID     string          `json:"spanId"`
		ParentID   string          `json:"parentSpanId,omitempty"`
		Name       string          `json:"name"`
		Kind       int             `json:"kind"` // 1 internal, 2 server, 3 client, 4 producer, 5 consumer
		Start      string          `json:"startTimeUnixNano"`
		End        string          `json:"endTimeUnixNano"`
		Attributes []otlpAttribute `json:"attributes,omitempty"`
		Status     otlpStatus      `json:"status"`
	}
	otlpScopeSpans struct {
		Scope struct {
			Name string `json:"name"`
		} `json:"scope"`
		Spans []otlpSpan `json:"spans"`
	}
	otlpResourceSpans struct {
		Resource struct {
			Attributes []otlpAttribute `json:"attributes"`
		} `json:"resource"`
		ScopeSpans []otlpScopeSpans `json:"scopeSpans"`
	}
	otlpRequest struct {
		ResourceSpans []otlpResourceSpans `json:"resourceSpans"`
	}
)

// ExportSpans implements sdktrace.SpanExporter. Spans that the collector does not take are lost: nothing waits for them.
func (e *exporter) ExportSpans(ctx context.Context, spans []sdktrace.ReadOnlySpan) error {
	scoped := otlpScopeSpans{Spans: make([]otlpSpan, len(spans))}
	scoped.Scope.Name = scope
	for i, s := range spans {
		scoped.Spans[i] = encodeSpan(s)
	}
	all := otlpResourceSpans{ScopeSpans: []otlpScopeSpans{scoped}}
	all.Resource.Attributes = encodeAttributes(e.labels)
	body, err := json.Marshal(otlpRequest{[]otlpResourceSpans{all}})
	if err != nil {
		return err
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, e.url, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := e.http.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(resp.Body, 1<<16)) // so that the connection can be used again
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("observe: the collector answered %s to %d spans", resp.Status, len(spans))
	}
	return nil
}

// Shutdown implements sdktrace.SpanExporter.
func (e *exporter) Shutdown(context.Context) error {
	e.http.CloseIdleConnections()
	return nil
}

func encodeSpan(s sdktrace.ReadOnlySpan) otlpSpan {
	span := otlpSpan{
		TraceID: s.SpanContext().TraceID().String(), SpanID: s.SpanContext().SpanID().String(), Name: s.Name(), Kind: int(s.SpanKind()),
		Start: strconv.FormatInt(s.StartTime().UnixNano(), 10), End: strconv.FormatInt(s.EndTime().UnixNano(), 10), Attributes: encodeAttributes(s.Attributes()),
	}
	if s.Parent().SpanID().IsValid() {
		span.ParentID = s.Parent().SpanID().String()
	}
	if s.Status().Code == codes.Error {
		span.Status = otlpStatus{Message: s.Status().Description, Code: 2}
	}
	return span
}

func encodeAttributes(list []attribute.KeyValue) []otlpAttribute {
	encoded := make([]otlpAttribute, len(list))
	for i, a := range list {
		encoded[i].Key = string(a.Key)
		text := a.Value.String()
		if a.Value.Type() == attribute.INT64 {
			encoded[i].Value.Int = &text
		} else {
			encoded[i].Value.String = &text
		}
	}
	return encoded
}
