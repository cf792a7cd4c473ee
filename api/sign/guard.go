package sign

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"time"
)

// Keys finds the verifier of a live key.
type Keys interface {
	// Verifier returns nil when no live key has this id. Its error means that the look-up itself failed.
	Verifier(ctx context.Context, keyID string) (*Verifier, error)
}

// Nonces remembers which nonces a key has used.
type Nonces interface {
	// First tells whether this key has not sent this nonce before, and remembers it for Retention from now.
	// Of several equal calls at once exactly one hears true. Its error means that the store failed.
	First(ctx context.Context, keyID, nonce string, now time.Time) (bool, error)
}

// Retention is how long a nonce has to be remembered: a call may come Window early and be replayed until it is
// Window late, and instants are compared in whole seconds.
const Retention = 2*Window + time.Second

// Guard checks a whole inbound call. It fixes the order of the checks: the nonce is spent last, so that a forged
// call can neither use up a nonce nor fill the store.
type Guard struct {
	keys   Keys
	nonces Nonces
}

// NewGuard returns a Guard over the given keys and nonces.
func NewGuard(keys Keys, nonces Nonces) *Guard { return &Guard{keys: keys, nonces: nonces} }

// Check proves that r, with the given body, was sent by the holder of the returned credential's key, now, and for
// the first time. The credential is also returned with an error once its header could be read, for the log and
// for telling the developer the canonical string. Errors: Missing, Malformed, KeyUnknown, Expired, Invalid,
// NonceReused; one without a code means that keys or nonces could not be read, and the call must be refused.
func (g *Guard) Check(ctx context.Context, r *http.Request, body []byte, now time.Time) (Credential, error) {
	return g.CheckSum(ctx, r, sha256.Sum256(body), now)
}

// CheckSum is Check for a body that is too large for memory and of which only the SHA-256 is at hand.
func (g *Guard) CheckSum(ctx context.Context, r *http.Request, body [sha256.Size]byte, now time.Time) (Credential, error) {
	headers := r.Header.Values("Authorization")
	if len(headers) > 1 {
		return Credential{}, refuse(Malformed, "there are %d Authorization headers", len(headers))
	}
	c, err := Parse(r.Header.Get("Authorization"))
	if err != nil {
		return Credential{}, err
	}
	verifier, err := g.keys.Verifier(ctx, c.KeyID)
	if err != nil {
		return c, fmt.Errorf("sign: look up key %s: %w", c.KeyID, err)
	}
	if verifier == nil {
		return c, refuse(KeyUnknown, "no live key has the id %s", c.KeyID)
	}
	if err := verifier.VerifySum(c, r.Method, r.URL.EscapedPath(), r.URL.RawQuery, body, now); err != nil {
		return c, err
	}
	return c, g.spend(ctx, c, now)
}

func (g *Guard) spend(ctx context.Context, c Credential, now time.Time) error {
	first, err := g.nonces.First(ctx, c.KeyID, c.Nonce, now)
	if err != nil {
		return fmt.Errorf("sign: remember a nonce of key %s: %w", c.KeyID, err)
	}
	if !first {
		return refuse(NonceReused, "this key has sent this nonce before; every call needs a new one, repeats too")
	}
	return nil
}
