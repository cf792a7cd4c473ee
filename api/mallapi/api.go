// Package mallapi serves the shop over HTTP: buyers and operators as mall.yaml says, payment notices of Alipay, the
// engine's webhooks, and the page that Alipay sends buyers back to.
package mallapi

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/sign"
	"kaituan/mall"
	"kaituan/mall/account"
)

// Settings are what the interface must know besides the shop itself.
type Settings struct {
	// PublicURL is how browsers reach the shop. With https the session cookie is a __Host- one.
	PublicURL string
	// OperatorToken is the instance's own token, an administrator's. Empty is none.
	OperatorToken string
	// Staff knows the sessions of operators.
	Staff mall.Staff
	// WebhookSecrets, whsec_..., are what the engine signs its events with; the old one too while rotating. Without
	// any, no event is taken.
	WebhookSecrets []string
	// Jobs lists what is done by the clock in the shop's database.
	Jobs edge.Jobs
	// Invariants finds reports on the shop's books, and on what they say against the engine's and the gateway's.
	Invariants edge.InvariantReports
	// Limits meter callers; nil meters nobody.
	Limits *edge.Limits
	// Live tells open pages of changes.
	Live Live
	// Pages hears what the shop's pages tell of themselves; nil: nobody does.
	Pages Pages
	// Streams bounds the streams of events that one caller has open; nil bounds nobody.
	Streams *edge.Streams
	// StreamFor is how long a stream of events lives; default 10 min.
	StreamFor time.Duration
}

// Books adds up what the shop has sold, received and sent back.
type Books interface {
	// Totals returns the sums of now.
	Totals(ctx context.Context) (mall.Totals, error)
}

// API is the shop on the wire: one handler per operation of api/openapi/mall.yaml.
type API struct {
	shop    *mall.Shop
	books   Books
	door    *door
	secrets []string
	jobs    edge.Jobs

	invariants edge.InvariantReports

	live      Live
	streams   *edge.Streams
	streamFor time.Duration
	pages     Pages
}

// New returns the handlers over a shop. Errors: a setting that cannot be used.
func New(shop *mall.Shop, books Books, set Settings) (*API, error) {
	site, err := edge.NewSite(set.PublicURL)
	if err != nil {
		return nil, err
	}
	for _, secret := range set.WebhookSecrets {
		if err := sign.CheckSecret(secret); err != nil {
			return nil, fmt.Errorf("mallapi: WebhookSecrets: %w", err)
		}
	}
	return &API{
		shop: shop, books: books, secrets: set.WebhookSecrets, jobs: set.Jobs, invariants: set.Invariants,
		live: set.Live, streams: set.Streams, streamFor: cmp.Or(set.StreamFor, streamFor), pages: cmp.Or[Pages](set.Pages, deaf{}),
		door: &door{
			shop: shop, site: site, cookie: site.Cookie("kaituan", "kaituan_session", account.AbsoluteLimit),
			scan:   site.Cookie("kaituan-scan", "kaituan_scan", account.ScanLimit),
			desk:   site.Cookie("kaituan-op", "kaituan_operator", sessionOfOperators),
			limits: set.Limits, staff: set.Staff, token: edge.NewFixedToken(set.OperatorToken),
		},
	}, nil
}

// Register adds every route to a router made by edge.New.
func (a *API) Register(router gin.IRouter) {
	for _, r := range a.routes() {
		router.Handle(r.method, r.path, a.door.admit(r.who), validParams, r.handle)
	}
}
