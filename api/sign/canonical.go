package sign

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// Canonical returns the text that is signed for a call: Version, method, path, sorted query, timestamp, nonce and
// the lower-case hex SHA-256 of the body, joined by a line feed, with none at the end.
//
//   - method is as sent: GET, POST.
//   - path is the escaped path as it stands in the request line, before any "?"; "/" when empty.
//   - rawQuery is what follows the "?", without it. It is split at "&" and at the first "=" of each part, percent
//     escapes are decoded and "+" becomes a blank, empty parts are dropped, a part without "=" has an empty value.
//     The pairs are sorted by the bytes of the key, then of the value, encoded again as RFC 3986 has it
//     (A-Z a-z 0-9 - . _ ~ stay, every other byte is %XX in capitals, so a blank is %20), written key=value and
//     joined by "&". A part with a broken escape is encoded as it stands; Verify refuses such a query.
//   - timestamp is in seconds since 1970, decimal.
//   - body is every byte sent; for none, the hash is that of the empty string.
func Canonical(method, path, rawQuery string, timestamp int64, nonce string, body []byte) string {
	return CanonicalSum(method, path, rawQuery, timestamp, nonce, sha256.Sum256(body))
}

// CanonicalSum is Canonical for a body of which only the SHA-256 is at hand.
func CanonicalSum(method, path, rawQuery string, timestamp int64, nonce string, body [sha256.Size]byte) string {
	text, _ := appendCanonical(nil, method, path, rawQuery, timestamp, nonce, body)
	return string(text)
}

// appendCanonical appends the canonical string to dst and tells whether the query could be decoded.
func appendCanonical(dst []byte, method, path, rawQuery string, timestamp int64, nonce string, sum [sha256.Size]byte) ([]byte, bool) {
	dst = append(dst, Version+"\n"...)
	dst = append(append(dst, method...), '\n')
	dst = append(append(dst, cmp.Or(path, "/")...), '\n')
	dst, decoded := appendSortedQuery(dst, rawQuery)
	dst = append(dst, '\n')
	dst = append(strconv.AppendInt(dst, timestamp, 10), '\n')
	dst = append(append(dst, nonce...), '\n')
	return hex.AppendEncode(dst, sum[:]), decoded
}

type parameter struct{ key, value string }

func appendSortedQuery(dst []byte, raw string) ([]byte, bool) {
	if raw == "" {
		return dst, true
	}
	parameters, decoded := parseQuery(raw)
	slices.SortFunc(parameters, func(a, b parameter) int {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.value, b.value))
	})
	for i, p := range parameters {
		if i > 0 {
			dst = append(dst, '&')
		}
		dst = append(appendEscaped(dst, p.key), '=')
		dst = appendEscaped(dst, p.value)
	}
	return dst, decoded
}

// parseQuery keeps what cannot be decoded as it stands and reports it. A raw ";" counts as undecodable although
// its meaning is plain: net/url drops such a part, so a handler would see less than what was signed.
func parseQuery(raw string) (parameters []parameter, decoded bool) {
	parameters = make([]parameter, 0, strings.Count(raw, "&")+1)
	decoded = !strings.Contains(raw, ";")
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		key, value, _ := strings.Cut(part, "=")
		key, keyOK := unescape(key)
		value, valueOK := unescape(value)
		decoded = decoded && keyOK && valueOK
		parameters = append(parameters, parameter{key, value})
	}
	return parameters, decoded
}

func unescape(s string) (string, bool) {
	plain, err := url.QueryUnescape(s)
	if err != nil {
		return s, false
	}
	return plain, true
}

func appendEscaped(dst []byte, s string) []byte {
	const capitals = "0123456789ABCDEF"
	for i := range len(s) {
		c := s[i]
		if unreserved(c) {
			dst = append(dst, c)
			continue
		}
		dst = append(dst, '%', capitals[c>>4], capitals[c&15])
	}
	return dst
}

// unreserved is RFC 3986 section 2.3.
func unreserved(c byte) bool {
	return alphanumeric(c) || c == '-' || c == '.' || c == '_' || c == '~'
}

func alphanumeric(c byte) bool {
	return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
}
