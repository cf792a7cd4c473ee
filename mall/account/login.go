package account

import (
	"net/mail"
	"strings"
	"unicode/utf8"
)

// Login is what a person signs in with, in its one normal form: a phone number of mainland China without its
// country code, another phone number as +digits, or an e-mail address in lower case.
type Login string

const maxEmail = 254 // RFC 5321, 4.5.3.1.3

// ParseLogin reads what a person typed.
func ParseLogin(typed string) (Login, bool) {
	typed = strings.TrimSpace(typed)
	if strings.Contains(typed, "@") {
		return parseEmail(typed)
	}
	return parsePhone(typed)
}

func parseEmail(typed string) (Login, bool) {
	address, err := mail.ParseAddress(typed)
	if err != nil || address.Address != typed || len(typed) > maxEmail {
		return "", false
	}
	return Login(strings.ToLower(typed)), true
}

func parsePhone(typed string) (Login, bool) {
	digits := strings.NewReplacer(" ", "", "-", "").Replace(typed)
	digits = strings.TrimPrefix(digits, "+86")
	if number, foreign := strings.CutPrefix(digits, "+"); foreign {
		// E.164: at most 15 digits, the country code included.
		return Login(digits), allDigits(number) && len(number) >= 7 && len(number) <= 15
	}
	ok := allDigits(digits) && len(digits) == 11 && digits[0] == '1' && digits[1] >= '3'
	return Login(digits), ok
}

func allDigits(s string) bool {
	return s != "" && strings.Trim(s, "0123456789") == ""
}

// Masked hides enough of the login to show it to others: 138****5678, t***@example.com.
func (l Login) Masked() string {
	s := string(l)
	if name, domain, ok := strings.Cut(s, "@"); ok {
		_, first := utf8.DecodeRuneInString(name)
		return name[:first] + "***@" + domain
	}
	if len(s) < 8 {
		return "****"
	}
	return s[:3] + "****" + s[len(s)-4:]
}
