package edge

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/problem"
)

// Site is how browsers reach us. It keeps sessions in cookies and refuses what other sites' pages send.
type Site struct {
	origin *http.CrossOriginProtection
	secure bool // served over https
}

// NewSite returns the site at a public address. Errors: an address that is not http or https.
func NewSite(publicURL string) (*Site, error) {
	public, err := url.Parse(publicURL)
	if err != nil || public.Host == "" || public.Scheme != "https" && public.Scheme != "http" {
		return nil, fmt.Errorf("edge: public URL %q is no http(s) address", publicURL)
	}
	origin := http.NewCrossOriginProtection()
	if err := origin.AddTrustedOrigin(public.Scheme + "://" + public.Host); err != nil {
		return nil, fmt.Errorf("edge: public URL: %w", err)
	}
	return &Site{origin: origin, secure: public.Scheme == "https"}, nil
}

// CheckOrigin refuses writes that a browser sends for another site's page. Browsers say so in Sec-Fetch-Site or
// Origin; a call with neither comes from a program. No browser adds a bearer token by itself. Errors: cross_site.
func (s *Site) CheckOrigin(c *gin.Context) error {
	if _, program := Bearer(c); program {
		return nil
	}
	if s.origin.Check(c.Request) != nil {
		return &problem.Problem{Code: problem.CrossSite}
	}
	return nil
}

// Cookie is how browsers keep a session.
type Cookie struct {
	name   string
	secure bool
	maxAge time.Duration
}

// Cookie returns the cookie of a kind of session that lasts maxAge at most. It takes the name with the __Host- prefix
// wherever that works: it keeps sibling domains from planting a session, and demands https.
func (s *Site) Cookie(name, plain string, maxAge time.Duration) Cookie {
	if s.secure {
		return Cookie{"__Host-" + name, true, maxAge}
	}
	return Cookie{plain, false, maxAge}
}

// Token returns the session's token: a bearer token counts before the cookie. Empty: there is none.
func (k Cookie) Token(c *gin.Context) string {
	if token, ok := Bearer(c); ok {
		return token
	}
	return k.Sent(c)
}

// Sent returns what the browser's cookie holds; empty: there is none.
func (k Cookie) Sent(c *gin.Context) string {
	sent, err := c.Request.Cookie(k.name)
	if err != nil {
		return ""
	}
	return sent.Value
}

// Give hands the browser a session.
func (k Cookie) Give(c *gin.Context, token string) { k.set(c, token, int(k.maxAge/time.Second)) }

// TakeBack lets the browser forget its session.
func (k Cookie) TakeBack(c *gin.Context) { k.set(c, "", -1) }

func (k Cookie) set(c *gin.Context, value string, maxAge int) {
	//nolint:gosec // Secure is set whenever the site is served over https; a developer's machine has none
	http.SetCookie(c.Writer, &http.Cookie{
		Name: k.name, Value: value, Path: "/", MaxAge: maxAge, Secure: k.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// Bearer returns the bearer token of a request, if it has one.
func Bearer(c *gin.Context) (string, bool) {
	scheme, token, ok := strings.Cut(c.GetHeader("Authorization"), " ")
	return token, ok && strings.EqualFold(scheme, "Bearer") // RFC 9110, section 11.1: the scheme's case is free
}

// FixedToken is a token from the configuration. The zero FixedToken is no token.
type FixedToken struct {
	sum [sha256.Size]byte // so that comparing takes the same time for every length
	set bool
}

// NewFixedToken returns the token with the given text; the empty text is no token.
func NewFixedToken(text string) FixedToken {
	return FixedToken{sha256.Sum256([]byte(text)), text != ""}
}

// Is says whether what a caller sent is the token.
func (t FixedToken) Is(sent string) bool {
	sum := sha256.Sum256([]byte(sent))
	return subtle.ConstantTimeCompare(sum[:], t.sum[:]) == 1 && t.set
}
