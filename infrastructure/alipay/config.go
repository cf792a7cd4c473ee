package alipay

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	client "github.com/smartwalle/alipay/v3"
)

// productionGateway is where production requests go: https://opendocs.alipay.com/common/02kipl
const productionGateway = "https://openapi.alipay.com/gateway.do"

// defaultTimeout bounds one request to the gateway.
const defaultTimeout = 10 * time.Second

// maxAnswer bounds an answer of the gateway in bytes.
const maxAnswer = 1 << 20

// Config is what one merchant application needs to talk to one gateway, in public-key mode.
type Config struct {
	AppID              string
	PrivateKeyPEM      string            // the application's own key: PEM, or the bare base64 that Alipay's tool prints
	AlipayPublicKeyPEM string            // Alipay's key for this application (not the application's own)
	GatewayURL         string            // default, when Production: Alipay's
	Production         bool              // only https is taken then
	NotifyURL          string            // where Alipay posts notices
	Timeout            time.Duration     // of one request; default 10 s
	Transport          http.RoundTripper // carries the requests; default http.DefaultTransport
}

// New checks the configuration and connects to nobody. The error names every field that is wrong.
func New(cfg Config) (*Channel, error) {
	if cfg.GatewayURL == "" && cfg.Production {
		cfg.GatewayURL = productionGateway
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	if cfg.Transport == nil {
		cfg.Transport = http.DefaultTransport
	}
	if err := cfg.check(); err != nil {
		return nil, fmt.Errorf("alipay: config: %w", err)
	}
	// The library's production flag chooses between two default addresses, of which none is used here, and lets
	// it download the certificate that a message names: while it holds its lock, without checking it, and to use
	// it from then on. With the flag off, an unknown certificate is simply refused.
	c, err := client.New(cfg.AppID, strings.TrimSpace(cfg.PrivateKeyPEM), false,
		client.WithSandboxGateway(cfg.GatewayURL), client.WithHTTPClient(httpClient(cfg.Timeout, cfg.Transport)),
		client.WithTimeLocation(china()))
	if err != nil {
		return nil, fmt.Errorf("alipay: config: PrivateKeyPEM: %w", err)
	}
	if err := c.LoadAliPayPublicKey(strings.TrimSpace(cfg.AlipayPublicKeyPEM)); err != nil {
		return nil, fmt.Errorf("alipay: config: AlipayPublicKeyPEM: %w", err)
	}
	gateway, err := url.Parse(cfg.GatewayURL)
	if err != nil {
		return nil, fmt.Errorf("alipay: config: GatewayURL: %w", err)
	}
	return &Channel{client: c, gateway: gateway, files: fileClient(cfg.Transport), notifyURL: cfg.NotifyURL}, nil
}

func (c Config) check() error {
	var faults []error
	fault := func(field, why string) { faults = append(faults, errors.New(field+" "+why)) }
	for name, value := range map[string]string{
		"AppID": c.AppID, "PrivateKeyPEM": c.PrivateKeyPEM, "AlipayPublicKeyPEM": c.AlipayPublicKeyPEM,
	} {
		if strings.TrimSpace(value) == "" {
			fault(name, "is missing")
		}
	}
	for name, value := range map[string]string{"GatewayURL": c.GatewayURL, "NotifyURL": c.NotifyURL} {
		if err := checkAddress(value, c.Production); err != nil {
			fault(name, "is wrong: "+err.Error())
		}
	}
	if c.Timeout < 0 {
		fault("Timeout", "is negative")
	}
	return errors.Join(faults...)
}

func checkAddress(address string, onlyHTTPS bool) error {
	u, err := url.Parse(address)
	switch {
	case err != nil:
		return err
	case u.Host == "" || u.Scheme != "https" && (onlyHTTPS || u.Scheme != "http"):
		return fmt.Errorf("%q is no http(s) address, or not https in production", address)
	}
	return nil
}

func httpClient(timeout time.Duration, transport http.RoundTripper) *http.Client {
	return &http.Client{Timeout: timeout, Transport: bounded{onlyOK{transport}}}
}

// onlyOK lets only answers with status 200 through, so no redirect either.
type onlyOK struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t onlyOK) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if rsp.StatusCode != http.StatusOK {
		_ = rsp.Body.Close()
		return nil, fmt.Errorf("gateway answered HTTP %d", rsp.StatusCode)
	}
	return rsp, nil
}

// bounded cuts answers off: the library reads the body whatever the status says, and to the end.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t bounded) RoundTrip(req *http.Request) (*http.Response, error) {
	rsp, err := t.next.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	rsp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(rsp.Body, maxAnswer), rsp.Body}
	return rsp, nil
}
