package mallapi

import (
	"net/http"
	"net/url"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/mall/account"
)

// cookie is how browsers keep a session.
type cookie struct {
	name   string
	secure bool
}

// cookieFor takes the __Host- prefix wherever it works: it keeps sibling domains from planting a session, and
// demands https.
func cookieFor(public *url.URL) cookie {
	if public.Scheme == "https" {
		return cookie{"__Host-kaituan", true}
	}
	return cookie{"kaituan_session", false}
}

func (k cookie) token(c *gin.Context) account.Token {
	sent, err := c.Request.Cookie(k.name)
	if err != nil {
		return ""
	}
	return account.Token(sent.Value)
}

func (k cookie) give(c *gin.Context, token account.Token) {
	k.set(c, string(token), int(account.AbsoluteLimit/time.Second))
}

func (k cookie) takeBack(c *gin.Context) { k.set(c, "", -1) }

func (k cookie) set(c *gin.Context, value string, maxAge int) {
	//nolint:gosec // Secure is set whenever the shop is served over https; a developer's machine has none
	http.SetCookie(c.Writer, &http.Cookie{
		Name: k.name, Value: value, Path: "/", MaxAge: maxAge, Secure: k.secure, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}
