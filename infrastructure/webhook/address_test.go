package webhook

import (
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a partner may try to register. Each must be refused when configured, and when it got into the
// configuration all the same, without a connection.
func hostileURLs() map[string]error {
	address := new(AddressError)
	return map[string]error{
		"https://127.0.0.1/":                                      address,
		"https://127.0.0.1:8081/metrics":                          address,
		"https://127.255.255.254/":                                address,
		"https://0.0.0.0/":                                        address,
		"https://10.0.0.1/":                                       address,
		"https://172.16.0.1/":                                     address,
		"https://172.31.255.255/":                                 address,
		"https://192.168.1.1/":                                    address,
		"https://169.254.169.254/latest/meta-data":                address,
		"https://100.64.0.1/":                                     address,
		"https://100.100.100.200/":                                address,
		"https://168.63.129.16/":                                  address,
		"https://192.0.0.192/":                                    address,
		"https://192.0.2.1/":                                      address,
		"https://198.18.0.1/":                                     address,
		"https://198.19.255.255/":                                 address,
		"https://198.51.100.7/":                                   address,
		"https://203.0.113.7/":                                    address,
		"https://192.88.99.1/":                                    address,
		"https://224.0.0.1/":                                      address,
		"https://240.0.0.1/":                                      address,
		"https://255.255.255.255/":                                address,
		"https://[::]/":                                           address,
		"https://[::1]/":                                          address,
		"https://[0:0:0:0:0:0:0:1]:443/":                          address,
		"https://[::ffff:127.0.0.1]/":                             address,
		"https://[::ffff:7f00:1]/":                                address,
		"https://[::ffff:169.254.169.254]/":                       address,
		"https://[::127.0.0.1]/":                                  address,
		"https://[fe80::1]/":                                      address,
		"https://[fe80::1%25eth0]/":                               address,
		"https://[2606:4700::1%25eth0]/":                          address,
		"https://[fec0::1]/":                                      address,
		"https://[fc00::1]/":                                      address,
		"https://[fd00:ec2::254]/":                                address,
		"https://[ff02::1]/":                                      address,
		"https://[64:ff9b::7f00:1]/":                              address,
		"https://[64:ff9b::a9fe:a9fe]/":                           address,
		"https://[64:ff9b:1::7f00:1]/":                            address,
		"https://[2001::1]/":                                      address,
		"https://[2001:db8::1]/":                                  address,
		"https://[2002:7f00:1::]/":                                address,
		"https://[2002:a00:1::1]/":                                address,
		"https://[3fff::1]/":                                      address,
		"https://[100::1]/":                                       address,
		"https://2130706433/":                                     ErrURL,
		"https://0x7f000001/":                                     ErrURL,
		"https://017700000001/":                                   ErrURL,
		"https://0x7f.0.0.1/":                                     ErrURL,
		"https://0177.0.0.1/":                                     ErrURL,
		"https://127.1/":                                          ErrURL,
		"https://127.0.1/":                                        ErrURL,
		"https://127.0.0.1./":                                     ErrURL,
		"https://127.0.0.0x1/":                                    ErrURL,
		"https://1.2.3.4.5/":                                      ErrURL,
		"https://0/":                                              ErrURL,
		"https://localhost/":                                      ErrURL,
		"https://LOCALHOST:8081/":                                 ErrURL,
		"https://localhost./":                                     ErrURL,
		"https://a.localhost/":                                    ErrURL,
		"https://redis/":                                          ErrURL,
		"https://metadata.google.internal/":                       ErrURL,
		"https://printer.local/":                                  ErrURL,
		"https://router.home.arpa/":                               ErrURL,
		"https://１２７.０.０.１/":                                      ErrURL,
		"https://ⓛocalhost/":                                      ErrURL,
		"https://shop.example.com\\@127.0.0.1/":                   ErrURL,
		"https://127.0.0.1%2f@shop.example.com/":                  ErrURL,
		"https://shop.example.com@127.0.0.1/":                     ErrURL,
		"https://user:password@shop.example.com/":                 ErrURL,
		"https://shop.example.com:0/":                             ErrURL,
		"https://shop.example.com:/":                              ErrURL,
		"https://shop.example.com:65536/":                         ErrURL,
		"https://shop.example.com:0443/":                          ErrURL,
		"https://shop.example.com/#part":                          ErrURL,
		"https://shop.example.com/\r\nHost: x":                    ErrURL,
		"https://shop..example.com/":                              ErrURL,
		"https://.example.com/":                                   ErrURL,
		"https://sh*p.example.com/":                               ErrURL,
		"https:///path":                                           ErrURL,
		"https:shop.example.com":                                  ErrURL,
		"http://shop.example.com/":                                ErrURL,
		"ftp://shop.example.com/":                                 ErrURL,
		"gopher://127.0.0.1:6379/_FLUSHALL":                       ErrURL,
		"file:///etc/passwd":                                      ErrURL,
		"unix:///var/run/docker.sock":                             ErrURL,
		"//127.0.0.1/":                                            ErrURL,
		"shop.example.com":                                        ErrURL,
		"":                                                        ErrURL,
		"https://" + strings.Repeat("a", 64) + ".example.com/":    ErrURL,
		"https://" + strings.Repeat("a.", 127) + "com/":           ErrURL,
		"https://shop.example.com/" + strings.Repeat("a", maxURL): ErrURL,
		"https://[::1/":                                           ErrURL,
	}
}

func TestHostileURLsAreRefused(t *testing.T) {
	sender := New(Options{Resolver: newNameServer(nil).resolver()})
	defer sender.Close()
	require.Greater(t, len(hostileURLs()), 40)
	for raw, want := range hostileURLs() {
		t.Run(raw, func(t *testing.T) {
			reason := ReasonURL
			err := sender.CheckURL(raw)
			var address *AddressError
			if errors.As(want, &address) {
				require.ErrorAs(t, err, &address)
				reason = ReasonAddress
			} else {
				require.ErrorIs(t, err, want)
			}
			d := delivery(raw)
			result := sender.Send(t.Context(), d)
			require.Equal(t, Retry, result.Outcome)
			require.Equal(t, reason, result.Reason, "%s", result.Detail)
			require.Zero(t, result.Status)
		})
	}
}

// The same addresses behind a public name: only the check on connecting can see them.
func TestNamesOfHostileAddressesAreRefusedOnConnecting(t *testing.T) {
	for raw, want := range hostileURLs() {
		var address *AddressError
		u, err := url.Parse(raw)
		if !errors.As(want, &address) || err != nil || strings.Contains(u.Hostname(), "%") {
			continue
		}
		t.Run(u.Hostname(), func(t *testing.T) {
			names := newNameServer(map[string][]string{"shop.example.com": {u.Hostname()}})
			sender := New(Options{Resolver: names.resolver()})
			defer sender.Close()
			require.NoError(t, sender.CheckURL("https://shop.example.com/hook"))
			result := sender.Send(t.Context(), delivery("https://shop.example.com/hook"))
			require.Equal(t, ReasonAddress, result.Reason, "%s", result.Detail)
			require.Equal(t, Retry, result.Outcome)
		})
	}
}

// Rebinding: whoever looked the name up before was told a public address; the connection is judged by what it is.
func TestRebindingIsRefusedOnConnecting(t *testing.T) {
	var hits atomic.Int64
	private := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { hits.Add(1) }))
	defer private.Close()
	_, port, err := net.SplitHostPort(private.Listener.Addr().String())
	require.NoError(t, err)
	names := newNameServer(map[string][]string{"rebind.example.com": {"93.184.215.14", "127.0.0.1"}})
	sender := New(Options{Resolver: names.resolver()})
	defer sender.Close()

	endpoint := "https://rebind.example.com:" + port
	require.NoError(t, sender.CheckURL(endpoint))
	before, err := names.resolver().LookupNetIP(t.Context(), "ip4", "rebind.example.com")
	require.NoError(t, err)
	require.NoError(t, newAddressRule().check(before[0]))

	result := sender.Send(t.Context(), delivery(endpoint))
	require.Equal(t, ReasonAddress, result.Reason)
	require.Zero(t, hits.Load())
}

func TestAddressRuleAtItsEdges(t *testing.T) {
	rule := newAddressRule()
	for _, public := range []string{
		"1.1.1.1", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0", "126.255.255.255", "128.0.0.0",
		"169.253.255.255", "169.255.0.0", "172.15.255.255", "172.32.0.0", "192.0.1.0", "192.167.255.255", "192.169.0.0",
		"198.17.255.255", "198.20.0.0", "223.255.255.255", "::ffff:8.8.8.8", "2000::1", "2001:200::1", "2606:4700::1111", "2a00::1",
	} {
		require.NoError(t, rule.check(netip.MustParseAddr(public)), public)
	}
	for _, refused := range []string{
		"0.255.255.255", "10.255.255.255", "100.127.255.255", "127.0.0.0", "169.254.0.0", "172.16.0.0", "192.0.0.0",
		"192.168.255.255", "198.18.0.0", "224.0.0.0", "::ffff:10.0.0.1", "1fff::1", "4000::1", "2001:1ff:ffff::1", "2002:ffff::",
	} {
		require.Error(t, rule.check(netip.MustParseAddr(refused)), refused)
	}
	require.Error(t, rule.control("tcp", "not an address", nil))
	require.NoError(t, rule.control("tcp4", "1.1.1.1:443", nil))
	require.Error(t, rule.control("tcp6", "[::1]:443", nil))
}

func TestGoodURLsAreAccepted(t *testing.T) {
	sender := New(Options{AllowHosts: []string{"Localhost:8080", "127.0.0.1:9000", "[::1]:80", "dev.local:443"}})
	defer sender.Close()
	for _, raw := range []string{
		"https://shop.example.com/hooks/kaituan?token=a%20b",
		"https://shop.example.com:8443", "https://SHOP.example.com./", "https://xn--fiq228c.com/", "https://1.1.1.1/",
		"https://[2606:4700::1111]:443/", "https://shop.123.example", "https://0x.example.com/",
		"http://localhost:8080/callbacks/groupbuy", "http://LOCALHOST:8080/", "https://127.0.0.1:9000/", "http://[::1]/", "https://dev.local/",
	} {
		require.NoError(t, sender.CheckURL(raw), raw)
	}
	for _, raw := range []string{"http://localhost:8081/", "http://localhost/", "http://127.0.0.1:8080/", "http://user@localhost:8080/"} {
		require.Error(t, sender.CheckURL(raw), raw)
	}
}
