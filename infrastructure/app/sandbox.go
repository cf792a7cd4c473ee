package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"

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

// What a merchant elsewhere configures, in the sandbox's data directory.
const (
	AppPrivateKey    = "sandbox-app-private.pem"
	GatewayPublicKey = "sandbox-gateway-public.pem"
)

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
	box, keys, err := openSandbox(c, log)
	if err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	if err := os.WriteFile(filepath.Join(c.Data, GatewayPublicKey), []byte(keys.GatewayPublicPEM()), 0o600); err != nil {
		return nil, errors.Join(err, box.Close(), listener.Close())
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
	return fmt.Sprintf("listening %s\n\n  %-16s %s%s/gateway.do\n  %-16s %s\n  %-16s %s\n  %-16s %s and %s in %s\n\nstop with Ctrl-C\n", s.base,
		"gateway", s.base, sandboxPrefix, "app id", s.box.AppID(), "seller id", s.box.SellerID(),
		"keys", AppPrivateKey, GatewayPublicKey, s.data)
}

// URL is the sandbox's address, the gateway and the books below it.
func (s *Sandbox) URL() string { return s.base + sandboxPrefix }

// IDs are what the sandbox calls its merchant application and its seller.
func (s *Sandbox) IDs() (appID, sellerID string) { return s.box.AppID(), s.box.SellerID() }
