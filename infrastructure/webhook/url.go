package webhook

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

const maxURL = 2048 // bytes

// ErrURL says that a text cannot be the address of a webhook endpoint. The wrapping error says why.
var ErrURL = errors.New("webhook: unusable endpoint address")

// CheckURL tells at configuration time whether webhooks could go to an address: https (http for an allowed host
// only), no user, no fragment, a public host in its plain spelling. It asks no name server; the address that a
// name has at the time is checked again on every connection. Errors: ErrURL, *AddressError for a literal address.
func (s *Sender) CheckURL(raw string) error {
	u, err := s.parseURL(raw)
	if err != nil {
		return err
	}
	if s.allowed[hostPort(u)] {
		return nil
	}
	if u.Scheme != "https" {
		return refuseURL("want https")
	}
	return s.checkHost(u.Hostname())
}

func (s *Sender) parseURL(raw string) (*url.URL, error) {
	if len(raw) > maxURL {
		return nil, refuseURL("longer than %d bytes", maxURL)
	}
	if strings.ContainsFunc(raw, func(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }) {
		return nil, refuseURL("want visible ASCII characters only; international names in their xn-- form")
	}
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return nil, refuseURL("not a URL")
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, refuseURL("want https")
	case u.User != nil:
		return nil, refuseURL("want no user name or password")
	case strings.Contains(raw, "#"):
		return nil, refuseURL("want no fragment")
	case u.Hostname() == "" || u.Opaque != "":
		return nil, refuseURL("want a host")
	}
	return u, checkPort(u.Port(), strings.HasSuffix(u.Host, ":"))
}

func checkPort(port string, bareColon bool) error {
	if port == "" && !bareColon {
		return nil
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 || port[0] == '0' {
		return refuseURL("want a port from 1 to 65535")
	}
	return nil
}

// checkHost refuses what names the own machine or network by convention, and every spelling of an IPv4 address
// but the usual one: systems differ in whether 127.1, 0177.0.0.1 or 2130706433 is a name or 127.0.0.1.
func (s *Sender) checkHost(host string) error {
	if addr, err := netip.ParseAddr(host); err == nil {
		return s.addresses.check(addr)
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	labels := strings.Split(host, ".")
	last := labels[len(labels)-1]
	switch {
	case len(host) > 253 || !validLabels(labels):
		return refuseURL("host name malformed")
	case len(labels) == 1:
		return refuseURL("want a full host name with a dot")
	case endsInNumber(last):
		return refuseURL("write an IPv4 address as four decimal numbers")
	case localDomain(last) || strings.HasSuffix(host, ".home.arpa"):
		return refuseURL("the host is of a local network")
	}
	return nil
}

func validLabels(labels []string) bool {
	for _, label := range labels {
		if label == "" || len(label) > 63 {
			return false
		}
		for _, c := range []byte(label) {
			if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '-' && c != '_' {
				return false
			}
		}
	}
	return true
}

// endsInNumber is the test by which browsers take a host for an IPv4 address (WHATWG URL, "ends in a number").
func endsInNumber(last string) bool {
	digits, isHex := strings.CutPrefix(last, "0x")
	if isHex {
		return strings.Trim(digits, "0123456789abcdef") == ""
	}
	return strings.Trim(last, "0123456789") == ""
}

// localDomain lists the top-level domains that are never public: RFC 6761, RFC 6762, and what cloud networks use.
func localDomain(last string) bool {
	switch last {
	case "localhost", "local", "localdomain", "internal", "intranet", "lan", "home", "corp", "test", "invalid", "onion":
		return true
	}
	return false
}

// hostPort is the host and port a URL leads to, spelled as the transport hands it to the dialer.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "443"
		if u.Scheme == "http" {
			port = "80"
		}
	}
	return strings.ToLower(net.JoinHostPort(u.Hostname(), port))
}

func refuseURL(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrURL, fmt.Sprintf(format, args...))
}
