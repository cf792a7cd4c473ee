// Package memory is the bus of a single process: the relay's attempt is the delivery. A message waits in its outbox row,
// nowhere else, so nothing is copied and nothing can be lost in between; docs/adr/0012-a-bus-behind-the-outbox.md tells why this is no queue.
package memory

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"

	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/outbox"
)

// Bus calls consumers. It is safe for concurrent use.
type Bus struct {
	consumers []bus.Consumer
	bury      bus.Bury
}

// New returns a bus. Errors: those of bus.Check.
func New(consumers []bus.Consumer, bury bus.Bury) (*Bus, error) {
	if err := bus.Check(consumers); err != nil {
		return nil, err
	}
	return &Bus{consumers: slices.Clone(consumers), bury: bury}, nil
}

// Publish lets every consumer of the message's topic take it, one after the other. When it fails the message is to be
// published again; those that took it before take it once more. It is an outbox.Handler. Errors: bus.ErrUnroutable,
// those of the consumers but for outbox.ErrPoison of one among many, whose message is buried instead.
func (b *Bus) Publish(ctx context.Context, m outbox.Message) error {
	var errs []error
	taken := false
	for _, c := range b.consumers {
		if !c.Wants(m.Topic) {
			continue
		}
		taken = true
		err := take(ctx, c, m)
		alone := m.Topic == c.Own() // the row of the message is the consumer's own grave
		if !alone && (errors.Is(err, outbox.ErrPoison) || err != nil && m.Attempt >= c.MaxAttempts) {
			err = b.bury(ctx, c.Buried(m), err.Error())
		}
		errs = append(errs, err)
	}
	if !taken {
		return fmt.Errorf("%w: topic %s", bus.ErrUnroutable, m.Topic)
	}
	return errors.Join(errs...)
}

// take turns a panic into an error, so that the other consumers get their turn.
func take(ctx context.Context, c bus.Consumer, m outbox.Message) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("consumer %s panicked: %v\n%s", c.Name, p, debug.Stack())
		}
	}()
	return c.Take(ctx, c.Raised(m))
}
