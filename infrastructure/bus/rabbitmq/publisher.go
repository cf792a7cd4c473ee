package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"kaituan/infrastructure/bus"
)

// errRefused is a negative confirm: a queue had no room, or could not write. The message is published again.
var errRefused = errors.New("bus: broker refused the message")

// publisher is one channel in confirm mode and the one goroutine that publishes on it.
type publisher struct {
	on       session
	patience time.Duration
	blocked  func() bool // the broker said that it takes no messages for now
	requests chan *request
	window   chan struct{} // a place for each message that awaits its confirm
	gone     chan struct{} // closed: it takes no more requests

	mu      sync.Mutex
	waiting map[uint64]*request // by the number of the publishing, from 1
}

type request struct {
	ctx           context.Context //nolint:containedctx // of the caller, who may have left before the turn comes
	exchange, key string
	message       amqp.Publishing
	answer        chan error // room for the one answer
	returned      bool       // nobody takes it; the confirm comes all the same
}

// publishing is the work of the publishing link.
func (b *Bus) publishing(ctx context.Context, on session) error {
	var ch *amqp.Channel
	err := on.within(b.opts.Patience, func() (err error) {
		if ch, err = on.Channel(); err != nil {
			return err
		}
		if err = b.names.declare(ch, b.opts.Consumers, b.opts.Delays); err != nil {
			return fmt.Errorf("declare exchanges and queues: %w", err)
		}
		return ch.Confirm(false)
	})
	if err != nil {
		return err
	}
	p := &publisher{
		on: on, patience: b.opts.Patience, blocked: func() bool { return b.links.publish.trouble() != nil },
		requests: make(chan *request), window: make(chan struct{}, b.opts.Window), gone: make(chan struct{}), waiting: map[uint64]*request{},
	}
	b.publisher.Store(p)
	b.links.publish.tell(nil)
	if b.opts.Up != nil {
		b.opts.Up()
	}
	b.opts.Log.Info("publishing to the broker")
	err = p.serve(ctx, ch)
	b.publisher.Store(nil)
	return err
}

// serve publishes until ctx or the channel ends, and answers every request that it took.
func (p *publisher) serve(ctx context.Context, ch *amqp.Channel) error {
	// Without room in these channels the library hands over one thing after the other, so a return is seen before the
	// confirm that follows it.
	returns, confirms := ch.NotifyReturn(make(chan amqp.Return)), ch.NotifyPublish(make(chan amqp.Confirmation))
	watched := make(chan struct{})
	silent := false
	go func() {
		defer close(watched)
		silent = p.watch(returns, confirms)
	}()
	err := p.publishAll(ctx, ch, watched)
	close(p.gone)
	if err == nil {
		p.flush(watched)
	}
	_ = p.on.within(closeTimeout, ch.Close)
	<-watched
	if silent {
		err = fmt.Errorf("%w: no confirm within %s", errSilent, p.patience)
	}
	for _, r := range p.waiting { // whether these arrived will never be known
		r.answer <- bus.ErrDown
	}
	return err
}

// publishAll ends without an error at the end of ctx.
func (p *publisher) publishAll(ctx context.Context, ch *amqp.Channel, watched <-chan struct{}) error {
	for number := uint64(1); ; {
		select {
		case p.window <- struct{}{}:
		case <-watched:
			return errClosed
		case <-ctx.Done():
			return nil
		}
		select {
		case r := <-p.requests:
			if r.ctx.Err() != nil {
				r.answer <- r.ctx.Err()
				<-p.window
				continue
			}
			p.expect(number, r)
			number++
			if err := ch.PublishWithContext(ctx, r.exchange, r.key, true, false, r.message); err != nil {
				return err
			}
		case <-watched:
			return errClosed
		case <-ctx.Done():
			<-p.window
			return nil
		}
	}
}

func (p *publisher) expect(number uint64, r *request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting[number] = r
}

// flush waits for the confirms that are still to come.
func (p *publisher) flush(watched <-chan struct{}) {
	deadline := time.After(flushTimeout)
	for range cap(p.window) {
		select {
		case p.window <- struct{}{}:
		case <-watched:
			return
		case <-deadline:
			return
		}
	}
}

// watch answers requests until the channel ends. It ends the connection itself, and says so, when the broker does not
// confirm what it was handed: one that has lost the leader of a queue keeps the connection, and would for ever.
func (p *publisher) watch(returns <-chan amqp.Return, confirms <-chan amqp.Confirmation) (silent bool) {
	look := time.NewTicker(p.patience / looks)
	defer look.Stop()
	var v vigil
	for {
		select {
		case r, open := <-returns:
			if !open {
				returns = nil
				continue
			}
			p.mark(r)
		case c, open := <-confirms:
			if !open {
				return silent
			}
			p.settle(c)
		case <-look.C:
			if !p.blocked() && v.overdue(p.oldest()) {
				silent = true
				p.on.leave()
			}
		}
	}
}

// oldest is the number of the message that has waited longest for its confirm; 0: none waits.
func (p *publisher) oldest() (number uint64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for n := range p.waiting {
		if number == 0 || n < number {
			number = n
		}
	}
	return number
}

// looks is how often a vigil looks within the time that the broker has for a confirm.
const looks = 10

// vigil notices that one message waits for too long. It counts looks, not time: while the broker says that it takes
// nothing, nobody looks.
type vigil struct {
	oldest uint64
	seen   int
}

// overdue takes the number of the message that waits longest, and says whether it has been that for all the looks.
func (v *vigil) overdue(oldest uint64) bool {
	if oldest == 0 || oldest != v.oldest {
		*v = vigil{oldest: oldest}
		return false
	}
	v.seen++
	return v.seen >= looks
}

// mark notes that a message could not be routed. Equal messages to the same address share its fate.
func (p *publisher) mark(returned amqp.Return) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, r := range p.waiting {
		if r.message.MessageId == returned.MessageId && r.exchange == returned.Exchange && r.key == returned.RoutingKey {
			r.returned = true
		}
	}
}

func (p *publisher) settle(c amqp.Confirmation) {
	p.mu.Lock()
	r := p.waiting[c.DeliveryTag]
	delete(p.waiting, c.DeliveryTag)
	p.mu.Unlock()
	if r == nil {
		return
	}
	<-p.window
	switch {
	case r.returned:
		r.answer <- fmt.Errorf("%w: exchange %q, key %q", bus.ErrUnroutable, r.exchange, r.key)
	case !c.Ack:
		r.answer <- errRefused
	default:
		r.answer <- nil
	}
}

// send publishes a message and waits for its confirm.
func (p *publisher) send(ctx context.Context, exchange, key string, m amqp.Publishing) error {
	r := &request{ctx: ctx, exchange: exchange, key: key, message: m, answer: make(chan error, 1)}
	select {
	case p.requests <- r:
	case <-p.gone:
		return bus.ErrDown
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-r.answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}
