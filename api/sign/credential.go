package sign

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"strings"
	"time"
)

// Limits of what Parse accepts, in bytes.
const (
	maxKeyID  = 64
	minNonce  = 8 // 16 or more are advised; shorter ones collide
	maxNonce  = 64
	maxHeader = 512
)

// Credential is what the Authorization header of a call claims. Nothing in it is proven until Verify says so.
type Credential struct {
	KeyID     string
	Timestamp int64 // seconds since 1970
	Nonce     string
	Signature [sha256.Size]byte
}

// String prints the Authorization header that Parse reads.
func (c Credential) String() string {
	return Scheme + " key_id=" + c.KeyID +
		",timestamp=" + strconv.FormatInt(c.Timestamp, 10) +
		",nonce=" + c.Nonce +
		",signature=" + hex.EncodeToString(c.Signature[:])
}

// Parse reads an Authorization header. The four fields may come in any order, each exactly once, with blanks
// around commas. Errors: Missing for an empty header or another scheme, Malformed with the field at fault.
func Parse(header string) (Credential, error) {
	scheme, rest, _ := strings.Cut(strings.TrimSpace(header), " ")
	if !strings.EqualFold(scheme, Scheme) {
		return Credential{}, refuse(Missing, "want an Authorization header that starts with %s", Scheme)
	}
	if len(header) > maxHeader {
		return Credential{}, refuse(Malformed, "the Authorization header is longer than %d bytes", maxHeader)
	}
	return parseFields(rest)
}

func parseFields(list string) (Credential, error) {
	var c Credential
	var seen [4]bool
	for field := range strings.SplitSeq(list, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		index := fieldIndex(name)
		if index < 0 || seen[index] {
			return Credential{}, refuse(Malformed, "field %q is unknown or given twice", clip(name))
		}
		seen[index] = true
		if reason := c.set(index, value); reason != "" {
			return Credential{}, refuse(Malformed, "%s", reason)
		}
	}
	if seen != [4]bool{true, true, true, true} {
		return Credential{}, refuse(Malformed, "want all of key_id, timestamp, nonce and signature")
	}
	return c, nil
}

func fieldIndex(name string) int {
	switch name {
	case "key_id":
		return 0
	case "timestamp":
		return 1
	case "nonce":
		return 2
	case "signature":
		return 3
	}
	return -1
}

// set stores one field and returns what is wrong with it, or "".
func (c *Credential) set(index int, value string) string {
	switch index {
	case 0:
		if !isToken(value, 1, maxKeyID) {
			return "key_id has 1 to 64 of A-Z a-z 0-9 - . _ ~"
		}
		c.KeyID = value
	case 1:
		seconds, ok := parseSeconds(value)
		if !ok {
			return "timestamp is a whole number of seconds since 1970, not milliseconds"
		}
		c.Timestamp = seconds
	case 2:
		if !isToken(value, minNonce, maxNonce) {
			return "nonce has 8 to 64 of A-Z a-z 0-9 - . _ ~"
		}
		c.Nonce = value
	case 3:
		if len(value) != hex.EncodedLen(sha256.Size) {
			return "signature has 64 hex digits"
		}
		if _, err := hex.Decode(c.Signature[:], []byte(value)); err != nil {
			return "signature has 64 hex digits"
		}
	}
	return ""
}

// parseSeconds accepts one spelling per instant, so that the number can stand for the text that was signed.
// Twelve digits last beyond the year 5138 and leave no room for milliseconds.
func parseSeconds(text string) (int64, bool) {
	if len(text) > 12 || text == "" || text[0] == '0' {
		return 0, false
	}
	for i := range len(text) {
		if text[i] < '0' || text[i] > '9' {
			return 0, false
		}
	}
	seconds, err := strconv.ParseInt(text, 10, 64)
	return seconds, err == nil
}

func isToken(s string, low, high int) bool {
	if len(s) < low || len(s) > high {
		return false
	}
	for i := range len(s) {
		if !unreserved(s[i]) {
			return false
		}
	}
	return true
}

// clip keeps a caller's text short enough to be quoted back.
func clip(s string) string { return s[:min(len(s), 32)] }

// checkFresh refuses a timestamp further than window from now with Expired.
func checkFresh(timestamp int64, now time.Time, window time.Duration) error {
	limit := int64(window / time.Second)
	skew := now.Unix() - timestamp
	if skew > limit || skew < -limit {
		return refuse(Expired, "the timestamp is %d s away from the server's clock (%d), at most %d s are allowed",
			max(skew, -skew), now.Unix(), limit)
	}
	return nil
}
