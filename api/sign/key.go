package sign

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"net/http"
	"time"
)

// Key is one of a partner's keys, as the partner holds it. The secret is used byte for byte as text: it is not
// decoded first, whatever it looks like.
type Key struct {
	ID     string
	Secret string
}

// Sign sets the Authorization header of req, which must already have its method and address. body is what req
// will send, nil for nothing. nonce must be new for each call, as from NewNonce, also when a call is repeated.
func (k Key) Sign(req *http.Request, body []byte, now time.Time, nonce string) {
	c := Credential{KeyID: k.ID, Timestamp: now.Unix(), Nonce: nonce}
	mac := hmac.New(sha256.New, []byte(k.Secret))
	text, _ := appendCanonical(nil, req.Method, req.URL.EscapedPath(), req.URL.RawQuery, c.Timestamp, nonce, sha256.Sum256(body))
	mac.Write(text)
	mac.Sum(c.Signature[:0])
	req.Header.Set("Authorization", c.String())
}

// NewNonce returns a random nonce of 128 bits or more.
func NewNonce() string { return rand.Text() }
