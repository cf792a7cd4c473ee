package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"kaituan/infrastructure/config"
	"kaituan/infrastructure/sandbox"
	"kaituan/infrastructure/wechat"
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

// Sandbox is the simulated Alipay alone, and the simulated WeChat once it is told where the mall is, for malls that run
// elsewhere.
type Sandbox struct {
	box    *sandbox.Sandbox
	mux    *http.ServeMux
	keys   sandbox.Keys
	log    *slog.Logger
	phone  wechat.Config // what the mall configures; zero: nobody plays WeChat
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
	return &Sandbox{box: box, mux: mux, keys: keys, log: log, server: newServer("sandbox", listener, mux, log), base: base, data: c.Data}, nil
}

// PlayWeChat adds the simulated WeChat, which pushes its messages to the mall at the given public address. Its secrets
// follow from the sandbox's keys and stay the same over restarts. Call it once, before Start. Errors: an address that is
// none.
func (s *Sandbox) PlayWeChat(mallURL string) error {
	if u, err := url.Parse(mallURL); err != nil || u.Host == "" {
		return fmt.Errorf("the mall's address %q is none; want one such as https://shop.example.com", mallURL)
	}
	own := secrets{OperatorToken: s.keys.AppPrivatePEM()}
	s.phone = simulatedAccount(s.base+wechatPrefix, own)
	simulated, err := newPhone(s.phone, strings.TrimRight(mallURL, "/")+wechatCallback, s.log)
	if err != nil {
		return err
	}
	s.mux.Handle(wechatPrefix+"/", http.StripPrefix(wechatPrefix, simulated.Handler()))
	return nil
}

// WeChat is what a mall configures to use the simulated WeChat; the zero Config without one.
func (s *Sandbox) WeChat() wechat.Config { return s.phone }

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
	text := fmt.Sprintf("listening %s\n\n  %-16s %s%s/gateway.do\n  %-16s %s\n  %-16s %s\n  %-16s %s and %s in %s\n", s.base,
		"gateway", s.base, sandboxPrefix, "app id", s.box.AppID(), "seller id", s.box.SellerID(),
		"keys", AppPrivateKey, GatewayPublicKey, s.data)
	if w := s.phone; w.BaseURL != "" {
		for _, row := range [][2]string{
			{"wechat.url", w.BaseURL}, {"wechat.app_id", w.AppID}, {"wechat.secret", w.Secret}, {"wechat.token", w.Token},
			{"wechat.aes_key", w.AESKey}, {"wechat.template_id", w.TemplateID},
		} {
			text += fmt.Sprintf("  %-18s %s\n", row[0], row[1])
		}
	}
	return text + "\nstop with Ctrl-C\n"
}

// URL is the sandbox's address, the gateway and the books below it.
func (s *Sandbox) URL() string { return s.base + sandboxPrefix }

// IDs are what the sandbox calls its merchant application and its seller.
func (s *Sandbox) IDs() (appID, sellerID string) { return s.box.AppID(), s.box.SellerID() }
