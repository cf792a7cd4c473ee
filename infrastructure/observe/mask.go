package observe

import (
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
)

// masked stands in a log for what must not be in it.
const masked = "***"

// mask takes out of a log line what nobody who reads logs may know: values under names of secrets, and telephone numbers,
// bearer tokens, webhook secrets, keys and passwords of addresses wherever they stand. It is the second line: callers
// do not log them in the first place.
type mask struct{ patterns []pattern }

type pattern struct {
	find *regexp.Regexp
	with string
}

func newMask() mask {
	return mask{[]pattern{
		{regexp.MustCompile(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)`), masked},
		{regexp.MustCompile(`whsec_[A-Za-z0-9+/=_-]+`), "whsec_" + masked},
		{regexp.MustCompile(`(?i)\b(bearer|basic) +[A-Za-z0-9._~+/=-]{8,}`), "$1 " + masked},
		{regexp.MustCompile(`(?i)\b((?:app_)?(?:sign|signature|token|session|secret|password|passwd|pwd|auth_code)=)[^&\s",;]+`), "$1" + masked},
		{regexp.MustCompile(`([A-Za-z0-9_.-]+):[^:@/\s]+@(tcp\(|unix\()`), "$1:" + masked + "@$2"},
		{regexp.MustCompile(`://([^:@/\s]+):[^@/\s]+@`), "://$1:" + masked + "@"},
		// A telephone number of the mainland, that is no part of a longer number or id.
		{regexp.MustCompile(`(^|[^0-9A-Za-z_])((?:\+?86[- ]?)?1[3-9][0-9])[0-9]{4}([0-9]{4})\b`), "$1$2****$3"},
	}}
}

// secretKeys are names whose values are never logged.
func secretKeys() []string {
	return []string{
		"password", "passwd", "secret", "key_secret", "webhook_secret", "secrets", "token", "operator_token", "session", "authorization",
		"cookie", "set-cookie", "private_key", "sign", "signature", "id_card", "bank_card",
	}
}

// replace is slog's hook for every attribute.
func (m mask) replace(_ []string, attr slog.Attr) slog.Attr {
	if slices.Contains(secretKeys(), strings.ToLower(attr.Key)) {
		return slog.String(attr.Key, masked)
	}
	switch attr.Value.Kind() {
	case slog.KindString:
		return slog.String(attr.Key, m.clean(attr.Value.String()))
	case slog.KindAny:
		return m.any(attr)
	default:
		return attr
	}
}

// any masks what is written down as text, or as JSON.
func (m mask) any(attr slog.Attr) slog.Attr {
	switch value := attr.Value.Any().(type) {
	case *slog.Source, slog.Level:
		return attr
	case error:
		return slog.String(attr.Key, m.clean(value.Error()))
	case fmt.Stringer:
		return slog.String(attr.Key, m.clean(value.String()))
	default:
		return slog.String(attr.Key, m.clean(fmt.Sprintf("%+v", value)))
	}
}

// clean masks text.
func (m mask) clean(text string) string {
	for _, p := range m.patterns {
		text = p.find.ReplaceAllString(text, p.with)
	}
	return text
}
