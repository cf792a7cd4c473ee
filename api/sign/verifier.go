package sign

import (
	"crypto/hmac"
	"crypto/sha256"
	"hash"
	"sync"
	"time"
)

// Verifier checks calls signed with one secret. Make it once per key and keep it: it holds keyed hash states, so
// that a check in the hot path allocates nothing. It may be used by many goroutines at once.
type Verifier struct {
	states sync.Pool
	usable bool
}

type keyedState struct {
	mac  hash.Hash
	text []byte
	sum  [sha256.Size]byte
}

// NewVerifier prepares the check of calls signed with secret. With an empty secret, which everybody knows, every
// call is refused.
func NewVerifier(secret string) *Verifier {
	v := &Verifier{usable: secret != ""}
	v.states.New = func() any { return &keyedState{mac: hmac.New(sha256.New, []byte(secret))} }
	return v
}

// Verify checks that c is fresh at now and signs this request. path is the escaped path as sent. It does not look
// at the nonce's past: that is the Guard's part, and only after Verify. Errors: Expired, Malformed (a query that
// cannot be decoded), Invalid.
func (v *Verifier) Verify(c Credential, method, path, rawQuery string, body []byte, now time.Time) error {
	return v.VerifySum(c, method, path, rawQuery, sha256.Sum256(body), now)
}

// VerifySum is Verify for a body of which only the SHA-256 is at hand.
func (v *Verifier) VerifySum(c Credential, method, path, rawQuery string, body [sha256.Size]byte, now time.Time) error {
	if err := checkFresh(c.Timestamp, now, Window); err != nil {
		return err
	}
	s := v.states.Get().(*keyedState)
	defer v.states.Put(s)
	text, decoded := appendCanonical(s.text[:0], method, path, rawQuery, c.Timestamp, c.Nonce, body)
	s.text = text
	if !decoded {
		return refuse(Malformed, "the query has a broken percent escape or a raw semicolon")
	}
	s.mac.Reset()
	s.mac.Write(text)
	if !hmac.Equal(s.mac.Sum(s.sum[:0]), c.Signature[:]) || !v.usable {
		return refuse(Invalid, "the signature does not match method, path, query, timestamp, nonce and body")
	}
	return nil
}

// Verify is Verifier.Verify for a secret that is used once, as on the command line.
func Verify(c Credential, secret, method, path, rawQuery string, body []byte, now time.Time) error {
	return NewVerifier(secret).Verify(c, method, path, rawQuery, body, now)
}
