package edge

import (
	"crypto/sha256"
	"encoding/hex"
	"math"
	"net/http"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/limit"
	"kaituan/api/problem"
)

// Policy names what is limited. Callers see the name in RateLimit and RateLimit-Policy.
type Policy string

// The policies. All that one caller sends counts for each that applies to it.
const (
	PerAddress    Policy = "address"     // whatever a network address sends without a partner's signature
	PerSignIn     Policy = "sign-in"     // attempts of an address to sign in or up: each hashes a password
	PerLogin      Policy = "login"       // tries at one account's password, wherever they come from
	PerLoginDay   Policy = "login-day"   // the same, for who goes on and on
	PerBuyer      Policy = "buyer"       // whatever an account sends
	PerBuyerWrite Policy = "buyer-write" // what an account changes: orders, payments, refunds
	PerKey        Policy = "key"         // whatever is signed with a partner's key
)

// Limits meter callers. A nil Limits lets everything through.
//
// Callers on this machine are not metered: that is a developer, a test, or the mall in the same process. A proxy on
// this machine must be a trusted one, so that its callers are told apart.
type Limits struct {
	meter   limit.Meter
	rates   map[Policy]limit.Rate
	refused func(Policy)
}

// NewLimits returns limits with a rate for each policy; one without a rate is no limit. refused is called for every
// call that is refused.
func NewLimits(meter limit.Meter, rates map[Policy]limit.Rate, refused func(Policy)) *Limits {
	return &Limits{meter: meter, rates: rates, refused: refused}
}

// Take counts the request for a policy as one of the given caller and tells the caller what is left. Errors:
// rate_limited.
func (l *Limits) Take(c *gin.Context, policy Policy, caller string) error {
	if l == nil || l.rates[policy].Unlimited() {
		return nil
	}
	address := addressOf(c)
	if address.IsLoopback() {
		return nil
	}
	if policy == PerAddress || policy == PerSignIn {
		caller = neighbours(address)
	}
	rate := l.rates[policy]
	verdict := l.meter.Take(c.Request.Context(), string(policy)+":"+caller, rate)
	tell(c.Writer.Header(), policy, rate, verdict)
	if verdict.Allowed {
		return nil
	}
	l.refused(policy)
	return &problem.Problem{Code: problem.RateLimited, RetryAfter: seconds(verdict.RetryAfter)}
}

// TakeAddress is Take for a policy of addresses.
func (l *Limits) TakeAddress(c *gin.Context, policy Policy) error { return l.Take(c, policy, "") }

// TakeGuess counts a try at the password of one account, by the one form of its login. It asks nobody whether there is such
// an account, and a right password counts as well: the answer tells nothing. who keeps buyers and operators apart.
// Errors: rate_limited.
func (l *Limits) TakeGuess(c *gin.Context, who, login string) error {
	sum := sha256.Sum256([]byte(login)) // what is metered may be shared through another system: no telephone numbers there
	guessed := who + ":" + hex.EncodeToString(sum[:16])
	if err := l.Take(c, PerLogin, guessed); err != nil {
		return err
	}
	return l.Take(c, PerLoginDay, guessed)
}

// ByAddress is a middleware that meters every address for PerAddress, but for paths with one of the given beginnings,
// whose callers prove who they are and are metered by that.
func (l *Limits) ByAddress(except ...string) gin.HandlerFunc {
	return func(c *gin.Context) {
		for _, prefix := range except {
			if strings.HasPrefix(c.Request.URL.Path, prefix) {
				return
			}
		}
		if err := l.TakeAddress(c, PerAddress); err != nil {
			Fail(c, err)
		}
	}
}

func addressOf(c *gin.Context) netip.Addr {
	address, err := netip.ParseAddr(c.ClientIP())
	if err != nil { // a server without sockets; what it cannot tell apart is one caller
		return netip.Addr{}
	}
	return address.Unmap()
}

// neighbours is what belongs to one subscriber: an IPv4 address, or the /64 that an IPv6 network is at least.
func neighbours(address netip.Addr) string {
	if !address.Is6() {
		return address.String()
	}
	network, err := address.Prefix(64)
	if err != nil { // cannot be: 64 bits fit
		return address.String()
	}
	return network.String()
}

// tell adds the fields of draft-ietf-httpapi-ratelimit-headers-10, one member for each policy.
func tell(header http.Header, policy Policy, rate limit.Rate, v limit.Verdict) {
	name := strconv.Quote(string(policy))
	header.Add("RateLimit-Policy", name+";q="+strconv.Itoa(rate.Burst)+";w="+wholeSeconds(rate.Window()))
	header.Add("RateLimit", name+";r="+strconv.Itoa(v.Remaining)+";t="+wholeSeconds(v.Full))
}

func wholeSeconds(d time.Duration) string { return strconv.Itoa(int(seconds(d) / time.Second)) }

// seconds rounds up: who waits so long is let through.
func seconds(d time.Duration) time.Duration {
	return time.Duration(math.Ceil(d.Seconds())) * time.Second
}
