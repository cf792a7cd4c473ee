// Package partner holds the malls that call the engine: who they are, the keys they sign with and the
// addresses that receive their events.
package partner

import (
	"strings"
	"time"
)

// ID names a partner.
type ID string

// KeyID names one signing key of a partner.
type KeyID string

// EndpointID names one webhook address of a partner.
type EndpointID string

// Partner is a mall that calls the engine.
type Partner struct {
	ID        ID
	Name      string
	CreatedAt time.Time
}

// MaxLiveKeys is how many keys of a partner may be valid at once: the current one and its successor, so that a
// key can be changed without an interruption.
const MaxLiveKeys = 2

// Key is a shared secret that a partner signs its calls with.
type Key struct {
	ID        KeyID
	Partner   ID
	Secret    string
	CreatedAt time.Time
	RevokedAt time.Time // zero while the key is live
}

// Live says whether calls signed with the key are accepted.
func (k Key) Live() bool { return k.RevokedAt.IsZero() }

// EndpointStatus says whether an endpoint receives events.
type EndpointStatus string

// The states of an endpoint.
const (
	EndpointEnabled  EndpointStatus = "enabled"
	EndpointDisabled EndpointStatus = "disabled" // by an operator, or by the endpoint itself with 410 Gone
)

// Endpoint is an address that receives a partner's events as signed webhooks.
type Endpoint struct {
	ID        EndpointID
	Partner   ID
	URL       string
	Secrets   []string // whsec_ secrets; several while they rotate, each signs every delivery
	Status    EndpointStatus
	CreatedAt time.Time
}

// queueScheme begins the address of a partner's own queue at the message broker.
const queueScheme = "queue:"

// QueueOf returns whose queue an endpoint's address names, such as queue:mall; false for any other address.
func QueueOf(url string) (ID, bool) {
	id, is := strings.CutPrefix(url, queueScheme)
	return ID(id), is
}

// Pattern is what every identifier chosen by a partner must match. See ValidID.
const Pattern = `^[A-Za-z0-9_.-]{1,64}$`

const maxID = 64

// ValidID says whether a partner may use the text as an identifier of its own: buyer, goods, SKU, channel,
// order or refund number. Each call of a partner asks it several times, so it is no regular expression.
func ValidID(id string) bool {
	if id == "" || len(id) > maxID {
		return false
	}
	for i := range len(id) {
		switch c := id[i]; {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9', c == '_', c == '.', c == '-':
		default:
			return false
		}
	}
	return true
}
