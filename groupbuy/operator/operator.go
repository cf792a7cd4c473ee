// Package operator holds who configures the engine: accounts with a role, how they sign in, and their sessions.
package operator

import (
	"regexp"
	"strings"
	"time"
	"unicode/utf8"
)

// ID names an operator.
type ID string

// The callers that have no account.
const (
	Bootstrap ID = "bootstrap" // whoever holds the instance's operator token
	System    ID = "system"    // the instance itself: its first start, its demo data
)

// Role says what an operator may do. Each role may do whatever the ones before it may.
type Role string

// The roles, rising.
const (
	Viewer Role = "viewer"   // reads
	Editor Role = "operator" // configures activities, tags and partners
	Admin  Role = "admin"    // manages operators, partners' keys and the switches
)

// Roles lists the roles, rising.
func Roles() []Role { return []Role{Viewer, Editor, Admin} }

func (r Role) rank() int {
	for i, role := range Roles() {
		if r == role {
			return i + 1
		}
	}
	return 0
}

// May says whether the role is enough where least is asked for. An unknown role is never enough.
func (r Role) May(least Role) bool {
	return r.rank() > 0 && least.rank() > 0 && r.rank() >= least.rank()
}

// Status says whether an operator may sign in.
type Status string

// The states of an account.
const (
	Active   Status = "active"
	Disabled Status = "disabled" // may not sign in; its sessions have ended
)

// Operator is a person who configures the engine.
type Operator struct {
	ID           ID
	Login        string // in lower case, unique
	Name         string // for people
	Role         Role
	Status       Status
	PasswordHash string // as made by a Hasher
	Factor       Factor // besides the password
	CreatedAt    time.Time
	UpdatedAt    time.Time
}

// Hasher turns passwords into what may be stored.
type Hasher interface {
	// Hash returns a salted hash that names its own parameters.
	Hash(password string) (string, error)
	// Verify says whether the password made the hash, in a time that does not depend on where they differ.
	// Errors: a hash that cannot be read.
	Verify(hash, password string) (bool, error)
}

// Limits of what may be entered.
const (
	MinPassword = 12  // characters
	MaxPassword = 128 // characters
	MaxName     = 100 // characters
	minDistinct = 5   // different characters in a password
)

var loginPattern = regexp.MustCompile(`^[a-z0-9][a-z0-9_.@-]{1,63}$`)

// Fault is one thing wrong with what was entered.
type Fault struct {
	Param  string // the field, as named on the wire
	Detail string // what would be right
}

// ParseLogin returns the one form of a login.
func ParseLogin(typed string) string { return strings.ToLower(strings.TrimSpace(typed)) }

// Faults returns everything wrong with the account's login, name and role.
func (o Operator) Faults() []Fault {
	var faults []Fault
	if !loginPattern.MatchString(o.Login) {
		faults = append(faults, Fault{"login", "want 2 to 64 of a-z 0-9 _ . - @, beginning with a letter or digit"})
	}
	if o.Login == string(Bootstrap) || o.Login == string(System) {
		faults = append(faults, Fault{"login", "is reserved"})
	}
	if n := utf8.RuneCountInString(o.Name); n < 1 || n > MaxName || !utf8.ValidString(o.Name) {
		faults = append(faults, Fault{"name", "want 1 to 100 characters"})
	}
	if o.Role.rank() == 0 {
		faults = append(faults, Fault{"role", "want viewer, operator or admin"})
	}
	return faults
}

// PasswordFaults returns what is wrong with a new password for a login.
func PasswordFaults(password, login string) []Fault {
	n := utf8.RuneCountInString(password)
	switch {
	case n < MinPassword || n > MaxPassword || !utf8.ValidString(password):
		return []Fault{{"password", "want 12 to 128 characters"}}
	case distinct(password) < minDistinct:
		return []Fault{{"password", "want at least 5 different characters"}}
	case login != "" && strings.Contains(strings.ToLower(password), login):
		return []Fault{{"password", "must not contain the login"}}
	}
	return nil
}

func distinct(s string) int {
	seen := map[rune]bool{}
	for _, r := range s {
		seen[r] = true
	}
	return len(seen)
}
