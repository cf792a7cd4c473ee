// Package account holds who uses the mall: accounts, what they sign in with, and their sessions.
package account

import (
	"strings"
	"time"
	"unicode/utf8"
)

// ID names an account. It is the buyer's name at the engine.
type ID string

// Role says what an account may do.
type Role string

// The roles.
const (
	Buyer    Role = "buyer"
	Operator Role = "operator"
)

// Account is a person known to the mall.
type Account struct {
	ID           ID
	Login        Login
	Nickname     string
	Role         Role
	PasswordHash string // as made by a Hasher
	CreatedAt    time.Time
}

// Hasher turns passwords into what may be stored.
type Hasher interface {
	// Hash returns a salted hash that names its own parameters.
	Hash(password string) (string, error)
	// Verify says whether the password made the hash, in a time that does not depend on where they differ.
	// Errors: a hash that cannot be read.
	Verify(hash, password string) (bool, error)
}

// Limits of what a person may enter.
const (
	MinPassword = 8   // characters
	MaxPassword = 128 // characters
	MaxNickname = 30  // characters
	minDistinct = 4   // different characters in a password
)

// Fault is one thing wrong with what a person entered.
type Fault struct {
	Param  string // the field, as named on the wire
	Detail string // what would be right
}

// Registration is what a person enters to get an account.
type Registration struct {
	Login    string // phone number or e-mail address
	Password string
	Nickname string // shown to other buyers; empty: the masked login
}

// Validate returns the normalised login and every fault.
func (r Registration) Validate() (Login, []Fault) {
	var faults []Fault
	login, ok := ParseLogin(r.Login)
	if !ok {
		faults = append(faults, Fault{"login", "a phone number or an e-mail address"})
	}
	if detail := passwordFault(r.Password, login); detail != "" {
		faults = append(faults, Fault{"password", detail})
	}
	if utf8.RuneCountInString(r.Nickname) > MaxNickname || !utf8.ValidString(r.Nickname) {
		faults = append(faults, Fault{"nickname", "at most 30 characters"})
	}
	return login, faults
}

// Name returns the nickname that others see: the chosen one, or else the masked login.
func (r Registration) Name(login Login) string {
	if r.Nickname != "" {
		return r.Nickname
	}
	runes := []rune(login.Masked())
	return string(runes[:min(len(runes), MaxNickname)])
}

func passwordFault(password string, login Login) string {
	n := utf8.RuneCountInString(password)
	switch {
	case n < MinPassword || n > MaxPassword || !utf8.ValidString(password):
		return "8 to 128 characters"
	case distinct(password) < minDistinct:
		return "at least 4 different characters"
	case login != "" && strings.Contains(strings.ToLower(password), string(login)):
		return "must not contain the login"
	}
	return ""
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}

// MaskNickname hides the middle of a name that strangers see: 张*, 王*明, t*y.
func MaskNickname(name string) string {
	runes := []rune(name)
	switch len(runes) {
	case 0:
		return ""
	case 1, 2:
		return string(runes[:1]) + "*"
	default:
		return string(runes[:1]) + "*" + string(runes[len(runes)-1:])
	}
}
