package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"kaituan/infrastructure/bus"
)

// mailboxBytes is how much a partner's queue holds. What it has no room for is refused, and sent again later.
const mailboxBytes = 1 << 30

// Parcel is something for the queue of one partner, which takes it from there itself.
type Parcel struct {
	Partner string
	ID      string // by which the partner tells repeats
	Headers map[string]string
	Body    []byte // JSON
}

// Deliver puts a parcel into its partner's queue, which is made when it is not there, and returns once the broker has
// confirmed it. Errors: bus.ErrDown, ctx's, a queue that is full.
func (b *Bus) Deliver(ctx context.Context, p Parcel) error {
	headers := amqp.Table{}
	for name, value := range p.Headers {
		headers[name] = value
	}
	m := amqp.Publishing{
		MessageId: p.ID, Timestamp: time.Now(), Body: p.Body, ContentType: "application/json", DeliveryMode: amqp.Persistent, Headers: headers,
	}
	name := b.names.mailbox(p.Partner)
	err := b.send(ctx, "", name, m)
	if !errors.Is(err, bus.ErrUnroutable) {
		return err
	}
	if err := b.makeMailbox(name); err != nil {
		return err
	}
	return b.send(ctx, "", name, m)
}

func (n names) mailbox(partner string) string { return n.prefix + ".partner." + partner }

// makeMailbox declares a partner's queue.
func (b *Bus) makeMailbox(name string) error {
	return b.aside(func(ch *amqp.Channel) error {
		return queue(ch, name, amqp.Table{"x-max-length-bytes": int64(mailboxBytes)})
	})
}

// aside asks the broker something on a channel of its own: a broker that refuses ends the channel.
func (b *Bus) aside(ask func(ch *amqp.Channel) error) error {
	p := b.publisher.Load()
	if p == nil {
		return bus.ErrDown
	}
	return p.on.within(b.opts.Patience, func() error {
		ch, err := p.on.Channel()
		if err != nil {
			return fmt.Errorf("%w: %w", bus.ErrDown, err)
		}
		if err := ask(ch); err != nil {
			return err
		}
		return ch.Close()
	})
}
