package sandbox

import (
	"context"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
)

// ErrNotPayable says that a cashier page offers no payment: paid, closed, out of time or refused.
var ErrNotPayable = errors.New("sandbox: the cashier page offers no payment")

// Buyer clicks through the cashier as a program: the demonstration's and the tests' buyer.
type Buyer struct {
	HTTP *http.Client // its redirects and cookies do not matter; only Transport and Timeout are used
}

// Pay opens the merchant's signed page address and pays. It returns the address that the browser would be sent
// to, which it does not follow. Errors: ErrNotPayable, transport.
func (b Buyer) Pay(ctx context.Context, page string) (returnTo string, err error) {
	cashier, body, err := b.Open(ctx, page)
	if err != nil {
		return "", err
	}
	action, token := formOf(body)
	if token == "" {
		return "", fmt.Errorf("%w: %s", ErrNotPayable, cashier)
	}
	target, err := cashier.Parse(action)
	if err != nil {
		return "", fmt.Errorf("sandbox buyer: %w", err)
	}
	rsp, err := b.send(ctx, http.MethodPost, target.String(), url.Values{"token": {token}})
	if err != nil {
		return "", err
	}
	defer func() { _ = rsp.Body.Close() }()
	to, err := rsp.Location()
	if err != nil || rsp.StatusCode != http.StatusSeeOther {
		return "", fmt.Errorf("%w: HTTP %d", ErrNotPayable, rsp.StatusCode)
	}
	return to.String(), nil
}

// Open opens the merchant's signed page address and returns the cashier page that it leads to, with its HTML.
func (b Buyer) Open(ctx context.Context, page string) (*url.URL, string, error) {
	client := http.Client{Transport: b.HTTP.Transport, Timeout: b.HTTP.Timeout}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, page, nil)
	if err != nil {
		return nil, "", fmt.Errorf("sandbox buyer: %w", err)
	}
	rsp, err := client.Do(req)
	if err != nil {
		return nil, "", fmt.Errorf("sandbox buyer: %w", err)
	}
	defer func() { _ = rsp.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(rsp.Body, maxRequest))
	if err != nil {
		return nil, "", fmt.Errorf("sandbox buyer: %w", err)
	}
	return rsp.Request.URL, string(body), nil
}

func (b Buyer) send(ctx context.Context, method, to string, form url.Values) (*http.Response, error) {
	client := http.Client{
		Transport: b.HTTP.Transport, Timeout: b.HTTP.Timeout,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	req, err := http.NewRequestWithContext(ctx, method, to, strings.NewReader(form.Encode()))
	if err != nil {
		return nil, fmt.Errorf("sandbox buyer: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	rsp, err := client.Do(req)
	if err != nil {
		return nil, fmt.Errorf("sandbox buyer: %w", err)
	}
	return rsp, nil
}

// formOf finds the paying form of a cashier page.
func formOf(page string) (action, token string) {
	form := regexp.MustCompile(`<form class="pay" method="post" action="([^"]*)">\s*<input type="hidden" name="token" value="([^"]*)">`)
	found := form.FindStringSubmatch(page)
	if found == nil {
		return "", ""
	}
	return html.UnescapeString(found[1]), html.UnescapeString(found[2])
}
