package webhook

import (
	"fmt"
	"net/netip"
	"syscall"
)

// AddressError says that a name resolved to an address that webhooks do not go to.
type AddressError struct{ Addr netip.Addr }

// Error names the address.
func (e *AddressError) Error() string {
	return fmt.Sprintf("webhook: %s is not an address of the public internet", e.Addr)
}

// addressRule tells public addresses from all others.
type addressRule struct {
	refused []netip.Prefix // within what would else be public
	public6 netip.Prefix
}

// newAddressRule follows IANA's special-purpose registries for IPv4 and IPv6 (RFC 6890). For IPv6 it starts from
// the one block that is handed out for the internet, 2000::/3, so that loopback, link-local fe80::/10, unique
// local fc00::/7 with the metadata address fd00:ec2::254, multicast, NAT64 64:ff9b::/96 and 64:ff9b:1::/48, and
// whatever else is reserved, fall out by themselves.
func newAddressRule() addressRule {
	refused := []string{
		"0.0.0.0/8",        // this network
		"10.0.0.0/8",       // private
		"100.64.0.0/10",    // carrier NAT; Alibaba's metadata 100.100.100.200
		"127.0.0.0/8",      // loopback
		"168.63.129.16/32", // Azure's host, reachable from every machine there
		"169.254.0.0/16",   // link-local; metadata 169.254.169.254
		"172.16.0.0/12",    // private
		"192.0.0.0/24",     // protocol assignments; Oracle's metadata 192.0.0.192
		"192.0.2.0/24",     // documentation
		"192.88.99.0/24",   // 6to4 relays
		"192.168.0.0/16",   // private
		"198.18.0.0/15",    // benchmarking
		"198.51.100.0/24",  // documentation
		"203.0.113.0/24",   // documentation
		"224.0.0.0/4",      // multicast
		"240.0.0.0/4",      // reserved, broadcast
		"2001::/23",        // Teredo, benchmarking and other protocol assignments
		"2001:db8::/32",    // documentation
		"2002::/16",        // 6to4 carries an IPv4 address of any kind; withdrawn by RFC 7526
		"3fff::/20",        // documentation
	}
	rule := addressRule{public6: netip.MustParsePrefix("2000::/3")}
	for _, prefix := range refused {
		rule.refused = append(rule.refused, netip.MustParsePrefix(prefix))
	}
	return rule
}

// check returns an *AddressError unless a webhook may go to addr. An IPv4 address in IPv6 clothes
// (::ffff:127.0.0.1) is judged as the IPv4 address that the system would connect to.
func (r addressRule) check(addr netip.Addr) error {
	bare := addr.Unmap()
	if bare.Zone() != "" || bare.Is6() && !r.public6.Contains(bare) {
		return &AddressError{Addr: addr}
	}
	for _, prefix := range r.refused {
		if prefix.Contains(bare) {
			return &AddressError{Addr: addr}
		}
	}
	return nil
}

// control is net.Dialer.Control: it sees the address that is about to be connected to, after all name resolution,
// so no trick with names or with answers that change can get around it.
func (r addressRule) control(_, address string, _ syscall.RawConn) error {
	target, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("webhook: read the address to connect to: %w", err)
	}
	return r.check(target.Addr())
}
