// Package observe sets up what people watch an instance by. Logs are one JSON object a line.
package observe

import (
	"context"
	"io"
	"log/slog"

	"go.opentelemetry.io/otel/trace"
)

// NewLogger returns a logger that writes JSON lines of the given level (debug, info, warn or error) and above.
// Secrets and telephone numbers that get into a line are masked.
func NewLogger(w io.Writer, level string) *slog.Logger {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		least = slog.LevelInfo
	}
	return slog.New(followed{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: least, ReplaceAttr: newMask().replace})})
}

// followed adds to each line of a followed request which trace it belongs to.
type followed struct{ slog.Handler }

// Handle implements slog.Handler.
func (f followed) Handle(ctx context.Context, line slog.Record) error {
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		line.AddAttrs(slog.String("trace_id", span.TraceID().String()), slog.String("span_id", span.SpanID().String()))
	}
	return f.Handler.Handle(ctx, line)
}

// WithAttrs implements slog.Handler.
func (f followed) WithAttrs(attrs []slog.Attr) slog.Handler {
	return followed{f.Handler.WithAttrs(attrs)}
}

// WithGroup implements slog.Handler.
func (f followed) WithGroup(name string) slog.Handler { return followed{f.Handler.WithGroup(name)} }
