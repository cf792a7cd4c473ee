package operator

import (
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // RFC 6238's default, the only hash that all authenticator apps know; HMAC does not need more of it
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"
)

// A second factor is what an operator has besides the password: an app that makes codes from the time (RFC 6238).
const (
	// FactorPeriod is how long a code of the app counts; the codes before and after the present one count as well, for
	// clocks that are a little off (RFC 6238, 5.2 and 6).
	FactorPeriod = 30 * time.Second
	// RecoveryCodes is how many codes an operator gets for the day that the app is lost. Each counts once.
	RecoveryCodes = 10

	factorDigits  = 6
	factorModulus = 1_000_000 // ten to the power of factorDigits
	factorSecret  = 20        // bytes: the length of the hash's own output (RFC 4226, 4)
	recoveryBytes = 10        // 16 letters; far too many to be guessed, so that a plain hash is enough
	factorIssuer  = "Kaituan"
)

// FactorSecret is what the app and the engine share, in base32.
type FactorSecret string

// Factor is an operator's second factor. The zero value is none.
type Factor struct {
	Secret FactorSecret
	// Since is when the operator proved that the app has the secret; zero: not yet, and it is not asked for.
	Since time.Time
	// Step is the period of the last code that was taken. No code counts twice, and none of an earlier period.
	Step int64
	// Recovery are the SHA-256 of the recovery codes in hex, empty where one is used up.
	Recovery [RecoveryCodes]string
}

// NewFactor draws a secret. It counts once Confirmed. Errors: those of random.
func NewFactor(random io.Reader) (Factor, error) {
	var raw [factorSecret]byte
	if _, err := io.ReadFull(random, raw[:]); err != nil {
		return Factor{}, fmt.Errorf("operator: draw the secret of a second factor: %w", err)
	}
	return Factor{Secret: FactorSecret(letters().EncodeToString(raw[:]))}, nil
}

// On says whether the factor is asked for when its operator signs in.
func (f Factor) On() bool { return !f.Since.IsZero() }

// Left counts the recovery codes that are not used up.
func (f Factor) Left() int {
	n := 0
	for _, hash := range f.Recovery {
		if hash != "" {
			n++
		}
	}
	return n
}

// URI is what the app reads from a QR code, in the form that the authenticator apps agree on:
// https://github.com/google/google-authenticator/wiki/Key-Uri-Format
func (f Factor) URI(login string) string {
	query := url.Values{"secret": {string(f.Secret)}, "issuer": {factorIssuer}}
	return "otpauth://totp/" + url.PathEscape(factorIssuer+":"+login) + "?" + query.Encode()
}

// Confirm turns the factor on if the code is of its app, and draws the recovery codes, which are told this once. It says
// whether the code was right. Errors: those of random.
func (f Factor) Confirm(code string, now time.Time, random io.Reader) (on Factor, recovery []string, right bool, err error) {
	step, right := f.step(code, now)
	if !right {
		return f, nil, false, nil
	}
	f.Since, f.Step = now, step
	for i := range f.Recovery {
		var raw [recoveryBytes]byte
		if _, err := io.ReadFull(random, raw[:]); err != nil {
			return f, nil, false, fmt.Errorf("operator: draw recovery codes: %w", err)
		}
		text := strings.ToLower(letters().EncodeToString(raw[:]))
		f.Recovery[i] = recoveryHash(text)
		recovery = append(recovery, text[:4]+"-"+text[4:8]+"-"+text[8:12]+"-"+text[12:])
	}
	return f, recovery, true, nil
}

// Spend takes a code of the app or a recovery code, and returns the factor for which it does not count again. right says
// whether it counted, recovered whether it was a recovery code.
func (f Factor) Spend(code string, now time.Time) (spent Factor, right, recovered bool) {
	if !f.On() {
		return f, false, false
	}
	if step, right := f.step(code, now); right {
		f.Step = step
		return f, true, false
	}
	hash := []byte(recoveryHash(plain(code)))
	for i, kept := range f.Recovery {
		if subtle.ConstantTimeCompare([]byte(kept), hash) == 1 {
			f.Recovery[i] = ""
			return f, true, true
		}
	}
	return f, false, false
}

// step returns the period that the code is of: the present one, the one before or after, and later than the last one
// taken.
func (f Factor) step(code string, now time.Time) (int64, bool) {
	code = plain(code)
	present := now.Unix() / int64(FactorPeriod/time.Second)
	for step := present - 1; step <= present+1; step++ {
		made, err := f.Secret.Code(step)
		if err != nil { // of an operator without a secret
			return 0, false
		}
		if step > f.Step && subtle.ConstantTimeCompare([]byte(made), []byte(code)) == 1 {
			return step, true
		}
	}
	return 0, false
}

// Code is what the app shows in a period, counted from 1970 (RFC 4226, 5.3). Errors: text that is no secret.
func (s FactorSecret) Code(step int64) (string, error) {
	key, err := letters().DecodeString(string(s))
	if err != nil || len(key) == 0 {
		return "", fmt.Errorf("operator: the secret of a second factor cannot be read")
	}
	mac := hmac.New(sha1.New, key)
	_ = binary.Write(mac, binary.BigEndian, step) // a hash takes everything
	sum := mac.Sum(nil)
	at := sum[len(sum)-1] & 0xf
	return fmt.Sprintf("%0*d", factorDigits, (binary.BigEndian.Uint32(sum[at:])&0x7fffffff)%factorModulus), nil
}

func letters() *base32.Encoding { return base32.StdEncoding.WithPadding(base32.NoPadding) }

// plain takes out what people put between groups of characters.
func plain(code string) string {
	return strings.ToLower(strings.NewReplacer(" ", "", "-", "").Replace(strings.TrimSpace(code)))
}

func recoveryHash(code string) string {
	sum := sha256.Sum256([]byte(code))
	return hex.EncodeToString(sum[:])
}
