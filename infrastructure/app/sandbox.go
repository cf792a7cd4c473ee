package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"kaituan/infrastructure/config"
	"kaituan/infrastructure/sandbox"
)

func openSandbox(c config.Config, log *slog.Logger) (*sandbox.Sandbox, sandbox.Keys, error) {
	keys, err := sandbox.LoadOrCreateKeys(c.Data)
	if err != nil {
		return nil, keys, err
	}
	box, err := sandbox.New(sandbox.Config{Path: booksPath(c), Keys: keys, AppID: c.Alipay.AppID, SellerID: c.Alipay.SellerID, Logger: log})
	return box, keys, err
}

// Sandbox is the simulated Alipay alone, for malls that run elsewhere.
type Sandbox struct {
	box    *sandbox.Sandbox
	server *server
	base   string
	data   string
}

// NewSandbox opens the sandbox and its listener; it serves nothing before Start.
func NewSandbox(ctx context.Context, c config.Config, log *slog.Logger) (*Sandbox, error) {
	if err := makeDataDir(c); err != nil {
		return nil, err
	}
	listener, err := listen(ctx, "listen", c.Listen)
	if err != nil {
		return nil, err
	}
	box, _, err := openSandbox(c, log)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	base := c.PublicURL
	if base == "" {
		base = "http://" + reachable(listener.Addr())
	}
	mux := http.NewServeMux()
	mux.Handle(sandboxPrefix+"/", http.StripPrefix(sandboxPrefix, box.Handler()))
	return &Sandbox{box: box, server: newServer("sandbox", listener, mux, log), base: base, data: c.Data}, nil
}

// Start begins to serve and to send notices.
func (s *Sandbox) Start(ctx context.Context) error {
	return errors.Join(s.server.Start(ctx), s.box.Start(ctx))
}

// Stop ends both and closes the books.
func (s *Sandbox) Stop(ctx context.Context) error {
	return errors.Join(s.server.Stop(ctx), s.box.Stop(ctx), s.box.Close())
}

// Banner says what a merchant configures.
func (s *Sandbox) Banner() string {
	return fmt.Sprintf("listening %s\n\n  %-16s %s%s/gateway.do\n  %-16s %s\n  %-16s %s\n  %-16s %s\n\nstop with Ctrl-C\n", s.base,
		"gateway", s.base, sandboxPrefix, "app id", s.box.AppID(), "seller id", s.box.SellerID(), "keys", s.data)
}
