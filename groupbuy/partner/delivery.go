package partner

import "time"

// DeliveryID names the delivery of one event to one endpoint.
type DeliveryID string

// EventID names an event in a partner's event log.
type EventID string

// DeliveryStatus is where a delivery stands.
type DeliveryStatus string

// The states of a delivery.
const (
	DeliveryPending   DeliveryStatus = "pending"   // not accepted yet; NextAt says when it is tried again
	DeliveryDelivered DeliveryStatus = "delivered" // the endpoint answered 2xx
	DeliveryDead      DeliveryStatus = "dead"      // the schedule is used up, or the endpoint is gone; may be replayed
)

// Delivery is the sending of one event to one endpoint, over as many attempts as the schedule allows.
type Delivery struct {
	ID        DeliveryID
	Partner   ID
	Endpoint  EndpointID
	Event     EventID
	EventType string
	Status    DeliveryStatus
	Attempts  int
	Earlier   int       // attempts made before the last replay; the schedule starts anew after it
	NextAt    time.Time // zero unless pending
	CreatedAt time.Time
	EndedAt   time.Time // zero while pending
	LastError string    // why the last attempt failed; empty once delivered
}

// Attempt is one request of a delivery and what came of it.
type Attempt struct {
	Number     int // from 1
	At         time.Time
	Took       time.Duration
	StatusCode int    // 0 when there was no answer
	Error      string // empty on success
	Snippet    string // the beginning of the answer's body
}
