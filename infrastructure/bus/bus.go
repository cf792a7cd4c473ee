// Package bus carries what leaves an outbox to those who want to know: a relay hands each message to a bus, and every
// consumer of its topic takes it. Package memory calls the consumers within the relay's attempt; package rabbitmq puts a
// broker between. Both hold the same promises, which package bustest states as tests:
//
//   - A message that Publish accepted reaches every consumer of its topic, at least once. One that it did not accept
//     stays in the outbox.
//   - A consumer that fails gets the message again, later; the others are not bothered with it.
//   - A message that a consumer cannot take, now or ever, is buried for that consumer: it becomes a dead message of the
//     outbox, which people see and send again (see outbox.ListDead and outbox.Redo).
//
// Since messages come again, a consumer records their ids in the transaction of its effect (outbox.Once), or has an
// effect that is the same when repeated.
package bus

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"kaituan/infrastructure/outbox"
)

// ErrDown means that the broker cannot be reached. The message may have been accepted or not: publish it again.
var ErrDown = errors.New("bus: broker is away")

// ErrUnroutable means that nobody takes messages of the topic.
var ErrUnroutable = errors.New("bus: nobody takes the message")

// Consumer takes the messages of one topic.
type Consumer struct {
	// Name tells it from the others: lower case letters, at most 30 bytes. It names queues, so it stays for ever.
	Name string
	// Topic is what it takes.
	Topic outbox.Topic
	// Take has the effect; several run at once. Its errors mean what those of an outbox.Handler do.
	Take outbox.Handler
	// MaxAttempts is how often a message that fails is taken before it is buried.
	MaxAttempts int
}

// Own is the topic of messages for this consumer alone: those that come again, and buried ones that are sent again.
func (c Consumer) Own() outbox.Topic { return c.Topic + "." + outbox.Topic(c.Name) }

// Wants says whether it takes messages of a topic.
func (c Consumer) Wants(topic outbox.Topic) bool { return topic == c.Topic || topic == c.Own() }

// Buried is the message as it is kept for this consumer alone. Its id differs from that of the message for all.
func (c Consumer) Buried(m outbox.Message) outbox.Message {
	m = c.Raised(m)
	m.ID, m.Topic = c.Name+":"+m.ID, c.Own()
	return m
}

// Raised is a message as the consumer knows it, with the id it had before it was buried: what was taken already is
// known by it.
func (c Consumer) Raised(m outbox.Message) outbox.Message {
	m.ID = strings.TrimPrefix(m.ID, c.Name+":")
	return m
}

// Bury keeps a message that a consumer cannot take; the message is a consumer's Buried. Called again for the same
// message it keeps one.
type Bury func(ctx context.Context, m outbox.Message, cause string) error

// Check says what is wrong with a list of consumers: names that are missing, not unique or too long, no topic, no
// attempts.
func Check(consumers []Consumer) error {
	const maxName = 30 // with a colon and a message's id it fits into an outbox.Message's ID
	seen := map[string]bool{}
	for _, c := range consumers {
		switch {
		case c.Name == "" || len(c.Name) > maxName || strings.Trim(c.Name, "abcdefghijklmnopqrstuvwxyz_") != "":
			return fmt.Errorf("bus: consumer name %q", c.Name)
		case seen[c.Name]:
			return fmt.Errorf("bus: two consumers %q", c.Name)
		case c.Topic == "" || c.Take == nil || c.MaxAttempts < 1:
			return fmt.Errorf("bus: consumer %q lacks a topic, a handler or attempts", c.Name)
		}
		seen[c.Name] = true
	}
	return nil
}
