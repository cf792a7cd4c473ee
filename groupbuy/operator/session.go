package operator

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io"
	"time"
)

// How long a session lives.
const (
	IdleLimit     = time.Hour      // without being used
	AbsoluteLimit = 12 * time.Hour // after signing in
	// SeenEvery is how stale SeenAt may be: using a session writes at most once in this time.
	SeenEvery = time.Minute
)

const tokenBytes = 32

// Token is the secret that a signed-in operator's client holds. It is stored nowhere.
type Token string

// TokenHash is the SHA-256 of a token, in hex: enough to recognise a token, useless to whoever steals it.
type TokenHash string

// NewToken draws a token of 256 bits.
func NewToken(random io.Reader) (Token, error) {
	var raw [tokenBytes]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return "", fmt.Errorf("operator: draw a session token: %w", err)
	}
	return Token(base64.RawURLEncoding.EncodeToString(raw[:])), nil
}

// Hash returns what is stored of the token.
func (t Token) Hash() TokenHash {
	sum := sha256.Sum256([]byte(t))
	return TokenHash(hex.EncodeToString(sum[:]))
}

// Session is an operator being signed in.
type Session struct {
	Hash      TokenHash
	Operator  ID
	StartedAt time.Time
	SeenAt    time.Time // last use, to within SeenEvery
}

// Live says whether the session still counts at now.
func (s Session) Live(now time.Time) bool { return now.Before(s.ExpiresAt()) }

// ExpiresAt is when the session ends if it is not used again.
func (s Session) ExpiresAt() time.Time {
	idle, absolute := s.SeenAt.Add(IdleLimit), s.StartedAt.Add(AbsoluteLimit)
	if idle.Before(absolute) {
		return idle
	}
	return absolute
}
