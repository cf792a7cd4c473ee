// Package demo plays group-buys against a running server, through its public HTTP interface only: one purchase
// told step by step, or a whole order history.
package demo

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"kaituan/api/groupbuyclient"
	"kaituan/api/groupbuywire"
	"kaituan/api/mallclient"
	"kaituan/api/mallwire"
	"kaituan/infrastructure/sandbox"
	"kaituan/money"
)

// requestTimeout bounds one request to the server.
const requestTimeout = 30 * time.Second

// Site is a running server as its clients see it.
type Site struct {
	books    string
	operator string
	http     *http.Client
	mall     *mallclient.ClientWithResponses
	engine   *groupbuyclient.ClientWithResponses
}

// Address is where a server and its payment sandbox are.
type Address struct {
	Server        string // scheme and host
	Sandbox       string // the sandbox's address up to its /books; empty: the one in the server's process
	OperatorToken string // needed by Replay only: it registers goods and reads totals
}

// NewSite returns the server at an address. Errors: an address that is none.
func NewSite(at Address) (*Site, error) {
	base := strings.TrimSuffix(at.Server, "/")
	if u, err := url.Parse(base); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("server %q: want an address such as http://localhost:8080", at.Server)
	}
	if at.Sandbox == "" {
		at.Sandbox = base + "/sandbox/alipay"
	}
	// One connection per worker stays open: a new one for each request would use up the machine's ports.
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	client := &http.Client{Transport: transport, Timeout: requestTimeout}
	shop, err := mallclient.NewClientWithResponses(base, mallclient.WithHTTPClient(client))
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", base, err)
	}
	engine, err := groupbuyclient.NewOperator(groupbuyclient.Config{
		BaseURL: base, OperatorToken: at.OperatorToken, Transport: transport, Timeout: requestTimeout,
	})
	if err != nil {
		return nil, fmt.Errorf("server %s: %w", base, err)
	}
	return &Site{books: strings.TrimSuffix(at.Sandbox, "/") + "/books", operator: at.OperatorToken, http: client, mall: shop, engine: engine}, nil
}

// Refusal is the server's problem in answer to a step.
type Refusal struct {
	Step   string
	Status int
	Code   string
	Detail string
}

// Error says which step was refused and why.
func (r *Refusal) Error() string {
	return fmt.Sprintf("%s: refused with %d %s: %s", r.Step, r.Status, r.Code, r.Detail)
}

// answer returns what a step was answered with, or why it was not.
func answer[T any](step string, value *T, body []byte, rsp *http.Response) (T, error) {
	var zero T
	if value != nil {
		return *value, nil
	}
	var p mallwire.Problem
	if json.Unmarshal(body, &p) != nil || p.Code == "" {
		return zero, fmt.Errorf("%s: unexpected answer %s", step, rsp.Status)
	}
	return zero, &Refusal{Step: step, Status: p.Status, Code: p.Code, Detail: strings.TrimSpace(p.Detail + " " + p.Param)}
}

func bearer(token string) func(context.Context, *http.Request) error {
	return func(_ context.Context, req *http.Request) error {
		req.Header.Set("Authorization", "Bearer "+token)
		return nil
	}
}

// products lists what is on the shelf.
func (s *Site) products(ctx context.Context) ([]mallwire.ProductView, error) {
	r, err := s.mall.ListProductsWithResponse(ctx, &mallwire.ListProductsParams{})
	if err != nil {
		return nil, fmt.Errorf("list products: %w", err)
	}
	list, err := answer("list products", r.JSON200, r.Body, r.HTTPResponse)
	return list.Items, err
}

func (s *Site) putProduct(ctx context.Context, id string, in mallwire.ProductInput) error {
	r, err := s.mall.PutProductWithResponse(ctx, id, in, bearer(s.operator))
	if err != nil {
		return fmt.Errorf("register product %s: %w", id, err)
	}
	_, err = answer("register product "+id, r.JSON200, r.Body, r.HTTPResponse)
	return err
}

func (s *Site) totals(ctx context.Context) (mallwire.Totals, error) {
	r, err := s.mall.GetTotalsWithResponse(ctx, bearer(s.operator))
	if err != nil {
		return mallwire.Totals{}, fmt.Errorf("read totals: %w", err)
	}
	return answer("read totals", r.JSON200, r.Body, r.HTTPResponse)
}

// draft writes an activity and returns its id.
func (s *Site) draft(ctx context.Context, in groupbuywire.ActivityInput) (string, error) {
	r, err := s.engine.CreateActivityWithResponse(ctx, in)
	if err != nil {
		return "", fmt.Errorf("create activity: %w", err)
	}
	draft, err := answer("create activity "+in.Name, r.JSON201, r.Body, r.HTTPResponse)
	return draft.ActivityID, err
}

// goLive publishes an activity.
func (s *Site) goLive(ctx context.Context, id string) error {
	r, err := s.engine.PublishActivityWithResponse(ctx, id)
	if err != nil {
		return fmt.Errorf("publish activity: %w", err)
	}
	_, err = answer("publish activity "+id, r.JSON200, r.Body, r.HTTPResponse)
	return err
}

// books are the payment sandbox's own totals.
type books struct {
	Paid        int       `json:"paid"`
	Refunds     int       `json:"refunds"`
	ReceivedFen money.Fen `json:"received_fen"`
	RefundedFen money.Fen `json:"refunded_fen"`
}

func (s *Site) readBooks(ctx context.Context) (books, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.books, nil)
	if err != nil {
		return books{}, err
	}
	rsp, err := s.http.Do(req)
	if err != nil {
		return books{}, fmt.Errorf("read the sandbox's books: %w", err)
	}
	defer func() { _ = rsp.Body.Close() }()
	if rsp.StatusCode != http.StatusOK {
		return books{}, fmt.Errorf("read the sandbox's books: %s", rsp.Status)
	}
	var b books
	err = json.NewDecoder(rsp.Body).Decode(&b)
	return b, err
}

// Shopper is one signed-in buyer.
type Shopper struct {
	site  *Site
	token string
	name  string
}

// enter signs a buyer up, or in if the account exists.
func (s *Site) enter(ctx context.Context, login, password, name string) (*Shopper, error) {
	up, err := s.mall.SignUpWithResponse(ctx, mallwire.SignUpInput{Login: login, Password: password, Nickname: name})
	if err != nil {
		return nil, fmt.Errorf("sign up %s: %w", name, err)
	}
	session, err := answer("sign up "+name, up.JSON201, up.Body, up.HTTPResponse)
	var refused *Refusal
	if errors.As(err, &refused) && refused.Code == "login_taken" {
		session, err = s.signIn(ctx, login, password, name)
	}
	if err != nil {
		return nil, err
	}
	return &Shopper{site: s, token: session.Token, name: name}, nil
}

func (s *Site) signIn(ctx context.Context, login, password, name string) (mallwire.Session, error) {
	in, err := s.mall.SignInWithResponse(ctx, mallwire.SignInInput{Login: login, Password: password})
	if err != nil {
		return mallwire.Session{}, fmt.Errorf("sign in %s: %w", name, err)
	}
	return answer("sign in "+name, in.JSON201, in.Body, in.HTTPResponse)
}

func (b *Shopper) product(ctx context.Context, id string) (mallwire.ProductView, error) {
	r, err := b.site.mall.GetProductWithResponse(ctx, id, bearer(b.token))
	if err != nil {
		return mallwire.ProductView{}, fmt.Errorf("show product %s: %w", id, err)
	}
	return answer("show product "+id, r.JSON200, r.Body, r.HTTPResponse)
}

func (b *Shopper) team(ctx context.Context, id string) (mallwire.TeamView, error) {
	r, err := b.site.mall.GetTeamWithResponse(ctx, id, bearer(b.token))
	if err != nil {
		return mallwire.TeamView{}, fmt.Errorf("show team %s: %w", id, err)
	}
	return answer("show team "+id, r.JSON200, r.Body, r.HTTPResponse)
}

// place orders under an idempotency key.
func (b *Shopper) place(ctx context.Context, key string, in mallwire.OrderInput) (mallwire.Order, error) {
	r, err := b.site.mall.PlaceOrderWithResponse(ctx, &mallwire.PlaceOrderParams{IdempotencyKey: key}, in, bearer(b.token))
	if err != nil {
		return mallwire.Order{}, fmt.Errorf("place order: %w", err)
	}
	return answer("place order for "+b.name, r.JSON201, r.Body, r.HTTPResponse)
}

// pay asks for the pay page and pays there as a person would.
func (b *Shopper) pay(ctx context.Context, orderID string, method mallwire.Method) error {
	r, err := b.site.mall.PayOrderWithResponse(ctx, orderID, mallwire.PaymentInput{Method: method}, bearer(b.token))
	if err != nil {
		return fmt.Errorf("ask for the pay page: %w", err)
	}
	p, err := answer("ask for the pay page of "+orderID, r.JSON200, r.Body, r.HTTPResponse)
	if err != nil {
		return err
	}
	_, err = sandbox.Buyer{HTTP: b.site.http}.Pay(ctx, p.PayURL)
	return err
}

func (b *Shopper) order(ctx context.Context, id string) (mallwire.OrderView, error) {
	r, err := b.site.mall.GetOrderWithResponse(ctx, id, bearer(b.token))
	if err != nil {
		return mallwire.OrderView{}, fmt.Errorf("show order %s: %w", id, err)
	}
	return answer("show order "+id, r.JSON200, r.Body, r.HTTPResponse)
}

// awaitTime bounds how long a step may take that the server does by itself.
const awaitTime = 60 * time.Second

// await looks at an order until it is in one of the wanted states.
func (b *Shopper) await(ctx context.Context, id string, wanted ...mallwire.OrderStatus) (mallwire.OrderView, error) {
	return b.until(ctx, id, fmt.Sprint(wanted), func(v mallwire.OrderView) bool { return slices.Contains(wanted, v.Order.Status) })
}

// awaitRefund looks at an order until the first refund of its payment has succeeded.
func (b *Shopper) awaitRefund(ctx context.Context, id string) (mallwire.OrderView, error) {
	return b.until(ctx, id, "a refund", func(v mallwire.OrderView) bool {
		return len(v.Refunds) > 0 && v.Refunds[0].Status == mallwire.RefundStatusSucceeded
	})
}

func (b *Shopper) until(ctx context.Context, id, wanted string, done func(mallwire.OrderView) bool) (mallwire.OrderView, error) {
	ctx, cancel := context.WithTimeout(ctx, awaitTime)
	defer cancel()
	for wait := 2 * time.Millisecond; ; wait = min(2*wait, 100*time.Millisecond) {
		view, err := b.order(ctx, id)
		if err != nil {
			return view, err
		}
		if done(view) {
			return view, nil
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return view, fmt.Errorf("order %s is still %s, want %s: %w", id, view.Order.Status, wanted, ctx.Err())
		}
	}
}

// Close lets go of idle connections.
func (s *Site) Close() { s.http.CloseIdleConnections() }
