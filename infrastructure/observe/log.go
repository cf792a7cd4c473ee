// Package observe sets up what people watch an instance by. Logs are one JSON object a line.
package observe

import (
	"io"
	"log/slog"
)

// NewLogger returns a logger that writes JSON lines of the given level (debug, info, warn or error) and above.
// Secrets and telephone numbers that get into a line are masked.
func NewLogger(w io.Writer, level string) *slog.Logger {
	var least slog.Level
	if err := least.UnmarshalText([]byte(level)); err != nil {
		least = slog.LevelInfo
	}
	return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: least, ReplaceAttr: newMask().replace}))
}
