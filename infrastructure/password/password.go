// Package password hashes passwords with argon2id: the adapter of the ports account.Hasher of the mall and
// operator.Hasher of the engine. Hashes are PHC strings that name their own parameters, so that parameters may be raised
// while old hashes stay valid.
package password

import (
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"
)

// Params are the cost of a hash.
type Params struct {
	MemoryKiB uint32 // at least 8 per thread
	Passes    uint32
	Threads   uint8
	// AtOnce bounds how many hashes are computed at the same time, and with them the memory that a flood of
	// sign-ins can take. Verifying waits for its turn.
	AtOnce int
}

// Recommended is the second choice of OWASP's Password Storage Cheat Sheet: 19 MiB, two passes, one thread.
func Recommended() Params { return Params{MemoryKiB: 19 * 1024, Passes: 2, Threads: 1, AtOnce: 4} }

// ErrHash says that a stored hash is not one of argon2id in PHC form, or asks for absurd costs.
var ErrHash = errors.New("password: not an argon2id hash")

const (
	saltBytes = 16
	keyBytes  = 32
	// What a stored hash may ask for at most, so that a forged row cannot take the process down.
	maxMemoryKiB = 1 << 20
	maxPasses    = 64
)

// Hasher implements account.Hasher and operator.Hasher. It is safe for concurrent use.
type Hasher struct {
	params Params
	turns  chan struct{}
}

// New returns a hasher that makes hashes of the given cost. Errors: parameters that argon2 does not allow.
func New(p Params) (*Hasher, error) {
	if p.Threads < 1 || p.Passes < 1 || p.MemoryKiB < 8*uint32(p.Threads) || p.AtOnce < 1 {
		return nil, fmt.Errorf("password: parameters %+v are too small", p)
	}
	return &Hasher{params: p, turns: make(chan struct{}, p.AtOnce)}, nil
}

// Hash returns a salted hash that names its own parameters.
func (h *Hasher) Hash(password string) (string, error) {
	salt := make([]byte, saltBytes)
	if _, err := rand.Read(salt); err != nil {
		return "", fmt.Errorf("password: draw a salt: %w", err)
	}
	key := h.derive(password, salt, h.params, keyBytes)
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version,
		h.params.MemoryKiB, h.params.Passes, h.params.Threads, encode(salt), encode(key)), nil
}

// Verify says whether the password made the hash. Errors: ErrHash.
func (h *Hasher) Verify(hash, password string) (bool, error) {
	params, salt, want, err := parse(hash)
	if err != nil {
		return false, err
	}
	got := h.derive(password, salt, params, uint32(len(want)))
	return subtle.ConstantTimeCompare(got, want) == 1, nil
}

func (h *Hasher) derive(password string, salt []byte, p Params, length uint32) []byte {
	h.turns <- struct{}{}
	defer func() { <-h.turns }()
	return argon2.IDKey([]byte(password), salt, p.Passes, p.MemoryKiB, p.Threads, length)
}

func parse(hash string) (p Params, salt, key []byte, err error) {
	parts := strings.Split(hash, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, nil, nil, ErrHash
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.MemoryKiB, &p.Passes, &p.Threads); err != nil {
		return p, nil, nil, fmt.Errorf("%w: parameters: %w", ErrHash, err)
	}
	salt, err1 := decode(parts[4])
	key, err2 := decode(parts[5])
	if err := errors.Join(err1, err2); err != nil {
		return p, nil, nil, fmt.Errorf("%w: %w", ErrHash, err)
	}
	if !p.bearable() || len(salt) < 8 || len(key) < 16 || len(key) > 64 {
		return p, nil, nil, fmt.Errorf("%w: costs or lengths out of range", ErrHash)
	}
	return p, salt, key, nil
}

func (p Params) bearable() bool {
	return p.Threads >= 1 && p.Passes >= 1 && p.Passes <= maxPasses &&
		p.MemoryKiB >= 8*uint32(p.Threads) && p.MemoryKiB <= maxMemoryKiB
}

func encode(b []byte) string { return base64.RawStdEncoding.EncodeToString(b) }

func decode(s string) ([]byte, error) { return base64.RawStdEncoding.Strict().DecodeString(s) }
