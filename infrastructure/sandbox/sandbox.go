// Package sandbox simulates Alipay's open gateway for developers, tests and demonstrations: pay pages with a
// cashier that a person or a program can click, queries, closing, refunds and signed notices with Alipay's
// retry schedule, kept in a database file of its own. It was written from public documents, see
// docs/sandbox.md, and no money ever moves.
//
// It is also the fault source of integrations: Faults scripts what goes wrong with notices, answers and bills, for
// one order or all, and Clock lets days pass in seconds. Both are kept in the books and survive a restart.
package sandbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"
)

// What the sandbox calls its parties when nothing else is configured.
const (
	DefaultAppID    = "9021000100000001"
	DefaultSellerID = "2088100100000001"
	BuyerID         = "2088900900000009" // every payment is this buyer's
)

// noticeTimeout bounds one sending of a notice with the default client.
const noticeTimeout = 10 * time.Second

// Config is what a sandbox needs to know.
type Config struct {
	Path     string           // the database file; made when missing
	Keys     Keys             // see LoadOrCreateKeys
	AppID    string           // default DefaultAppID
	SellerID string           // default DefaultSellerID
	Now      func() time.Time // the machine's clock, which Clock starts from; default time.Now
	// Undated takes the date of every request for now, whatever it says: for a Now that is not the machine's clock, which
	// is what client libraries date by.
	Undated    bool
	HTTPClient *http.Client // sends notices; default: time-out of 10 s, no redirects
	Logger     *slog.Logger // default: silent
}

// Sandbox is one simulated Alipay with one merchant application. It is safe for concurrent use.
type Sandbox struct {
	cfg     Config
	db      *database
	clock   *Clock
	page    *pages
	wake    chan struct{}
	mu      sync.Mutex
	stop    context.CancelFunc
	stopped chan struct{}
}

// New opens the sandbox's books. It serves as soon as Handler is mounted; notices leave after Start. Errors: an
// incomplete Config, a database that cannot be opened.
func New(cfg Config) (*Sandbox, error) {
	if cfg.Path == "" || cfg.Keys.App == nil || cfg.Keys.Gateway == nil {
		return nil, errors.New("sandbox: Path, Keys.App and Keys.Gateway are needed")
	}
	page, err := newPages()
	if err != nil {
		return nil, err
	}
	db, err := openDatabase(cfg.Path)
	if err != nil {
		return nil, fmt.Errorf("sandbox: open %s: %w", cfg.Path, err)
	}
	cfg = cfg.withDefaults()
	clock, err := loadClock(context.Background(), cfg.Now, db)
	if err != nil {
		return nil, errors.Join(err, db.close())
	}
	s := &Sandbox{cfg: cfg, db: db, clock: clock, page: page, wake: make(chan struct{}, 1)}
	clock.changed = s.nudge
	return s, nil
}

func (c Config) withDefaults() Config {
	if c.AppID == "" {
		c.AppID = DefaultAppID
	}
	if c.SellerID == "" {
		c.SellerID = DefaultSellerID
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.HTTPClient == nil {
		c.HTTPClient = &http.Client{
			Timeout:       noticeTimeout,
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c
}

// AppID returns the merchant application that the sandbox serves.
func (s *Sandbox) AppID() string { return s.cfg.AppID }

// SellerID returns the account that the sandbox pays to.
func (s *Sandbox) SellerID() string { return s.cfg.SellerID }

// Clock returns the time by which the sandbox does everything.
func (s *Sandbox) Clock() *Clock { return s.clock }

func (s *Sandbox) now() time.Time { return s.clock.Now() }

// Handler serves everything under one prefix, to be stripped by the caller: the gateway, the cashier and the
// books. docs/sandbox.md lists the routes. All addresses in its answers are relative.
func (s *Sandbox) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /gateway.do", s.gateway)
	mux.HandleFunc("POST /gateway.do", s.gateway)
	mux.HandleFunc("GET /cashier/{id}", s.cashier)
	mux.HandleFunc("POST /cashier/{id}/pay", s.cashierPay)
	mux.HandleFunc("POST /cashier/{id}/quit", s.cashierQuit)
	mux.HandleFunc("GET /assets/{name}", s.page.asset)
	mux.HandleFunc("GET /bills/{token}", s.downloadBill)
	s.handleFaults(mux)
	s.handlePanels(mux)
	mux.HandleFunc("GET /books", s.showBooks)
	mux.HandleFunc("GET /trades/{out_trade_no}", s.showTrade)
	return http.MaxBytesHandler(mux, maxRequest)
}

// handleFaults adds the JSON API of fault scripts and the clock.
func (s *Sandbox) handleFaults(mux *http.ServeMux) {
	write := func(route string, next http.HandlerFunc) { mux.HandleFunc(route, ownSite(refuseSiteJSON, next)) }
	mux.HandleFunc("GET /faults", s.listFaults)
	write("POST /faults", s.addFault)
	write("DELETE /faults", s.clearFaults)
	write("DELETE /faults/{id}", s.removeFault)
	write("POST /forgeries", s.forgeNow)
	mux.HandleFunc("GET /clock", s.showClock)
	write("POST /clock", s.setClock)
}

// maxRequest bounds a request's body in bytes.
const maxRequest = 1 << 20

// Start begins to send notices and to close trades whose time is over. Starting twice does nothing.
func (s *Sandbox) Start(context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	s.stop, s.stopped = cancel, make(chan struct{})
	go func(done chan<- struct{}) {
		defer close(done)
		s.run(ctx)
	}(s.stopped)
	return nil
}

// Stop ends what Start began and waits for it, or for ctx. What was not sent is sent after the next Start.
// Stopping twice does nothing.
func (s *Sandbox) Stop(ctx context.Context) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stop == nil {
		return nil
	}
	s.stop()
	select {
	case <-s.stopped:
		s.stop = nil
		return nil
	case <-ctx.Done():
		return fmt.Errorf("sandbox: stop: %w", ctx.Err())
	}
}

// Close stops the sandbox and closes its books.
func (s *Sandbox) Close() error {
	stopped := s.Stop(context.Background())
	return errors.Join(stopped, s.db.close())
}
