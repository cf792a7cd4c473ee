// Package seal encrypts the secrets that a database keeps, so that a copy of it (a backup, a replica, what somebody's query
// printed) gives none away.
package seal

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
)

// MinKey is the fewest characters of a key. A key is text from a good generator, such as `openssl rand -base64 32` prints.
const MinKey = 32

// Errors that New and Open return, wrapped.
var (
	ErrWeakKey    = errors.New("too short or too simple to be a key")
	ErrUnknownKey = errors.New("sealed with a key that is not configured")
	ErrDamaged    = errors.New("sealed text that is damaged, or of another row")
)

// Keys seals with its first key, and opens what any of them sealed, so that a key can be replaced while old texts are about.
type Keys struct {
	write string // the id of the first key
	boxes map[string]cipher.AEAD
}

// New takes at least one key. Errors: ErrWeakKey, which tells the place of the key in the list and not the key.
func New(keys ...string) (*Keys, error) {
	k := &Keys{boxes: make(map[string]cipher.AEAD, len(keys))}
	for i, key := range keys {
		if err := Check(key); err != nil {
			return nil, fmt.Errorf("seal: key %d: %w", i+1, err)
		}
		id, box, err := open(key)
		if err != nil {
			return nil, fmt.Errorf("seal: key %d: %w", i+1, err)
		}
		if k.write == "" {
			k.write = id
		}
		k.boxes[id] = box
	}
	if k.write == "" {
		return nil, fmt.Errorf("seal: no key: %w", ErrWeakKey)
	}
	return k, nil
}

// Check says whether a text can be a key. Errors: ErrWeakKey.
func Check(key string) error {
	seen := map[rune]bool{}
	for _, r := range key {
		seen[r] = true
	}
	if len(key) < MinKey || len(seen) < MinKey/4 {
		return fmt.Errorf("%w: want %d characters or more from a random generator, such as: openssl rand -base64 32", ErrWeakKey, MinKey)
	}
	return nil
}

// open derives from a key its public name and the cipher.
func open(key string) (id string, box cipher.AEAD, err error) {
	name, err := hkdf.Key(sha256.New, []byte(key), nil, "kaituan seal: name", 4)
	if err != nil {
		return "", nil, err
	}
	secret, err := hkdf.Key(sha256.New, []byte(key), nil, "kaituan seal: AES-256-GCM", 32)
	if err != nil {
		return "", nil, err
	}
	block, err := aes.NewCipher(secret)
	if err != nil {
		return "", nil, err
	}
	box, err = cipher.NewGCMWithRandomNonce(block)
	return hex.EncodeToString(name), box, err
}

// Sealed texts look like sealed:0a1b2c3d:base64. What does not is an older version's plain text.
const prefix = "sealed:"

// Seal encrypts a secret for one row: in the place of another row's it does not open.
func (k *Keys) Seal(secret, row string) string {
	box := k.boxes[k.write].Seal(nil, nil, []byte(secret), []byte(row)) //nolint:gosec // this cipher makes a random nonce itself
	return prefix + k.write + ":" + base64.RawStdEncoding.EncodeToString(box)
}

// Open decrypts what Seal made for the same row, and returns plain text as it is. Errors: ErrUnknownKey, ErrDamaged.
func (k *Keys) Open(kept, row string) (string, error) {
	rest, sealed := strings.CutPrefix(kept, prefix)
	if !sealed {
		return kept, nil
	}
	id, text, _ := strings.Cut(rest, ":")
	box := k.boxes[id]
	if box == nil {
		return "", fmt.Errorf("seal: %s: %w: %s", row, ErrUnknownKey, id)
	}
	raw, err := base64.RawStdEncoding.Strict().DecodeString(text)
	if err != nil {
		return "", fmt.Errorf("seal: %s: %w", row, ErrDamaged)
	}
	secret, err := box.Open(nil, nil, raw, []byte(row))
	if err != nil {
		return "", fmt.Errorf("seal: %s: %w", row, ErrDamaged)
	}
	return string(secret), nil
}

// Fresh says whether a text was sealed with the first key.
func (k *Keys) Fresh(kept string) bool { return strings.HasPrefix(kept, prefix+k.write+":") }

// NewKey makes a key.
func NewKey() string { return rand.Text() + rand.Text() }
