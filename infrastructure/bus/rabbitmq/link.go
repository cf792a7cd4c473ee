package rabbitmq

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"kaituan/infrastructure/bus"
)

// Times of a connection.
const (
	dialTimeout  = 10 * time.Second // connection and handshake
	flushTimeout = 5 * time.Second  // of the confirms that are outstanding at the end
	closeTimeout = 3 * time.Second  // a broker that does not answer is left
	heartbeat    = 5 * time.Second  // a peer that says nothing for two of them is gone
	firstWait    = 100 * time.Millisecond
	longestWait  = 5 * time.Second
	soundAfter   = 10 * time.Second // a connection that lasted so long was a good one: the waits begin anew
)

// errSilent means that the broker keeps the connection, and does not answer over it: a queue without a leader, say.
var errSilent = errors.New("the broker does not answer")

// session is one connection, on which what is asked of the broker has a time to be answered in.
type session struct {
	*amqp.Connection
	socket net.Conn
}

// within does what waits for the broker, which the library does for as long as the connection lives. A broker that takes
// longer is left: the connection ends, and the error is errSilent.
func (s session) within(limit time.Duration, do func() error) error {
	timer := time.AfterFunc(limit, s.leave)
	err := do()
	if !timer.Stop() {
		return errors.Join(fmt.Errorf("%w within %s", errSilent, limit), err)
	}
	return err
}

// leave ends the connection without a word.
func (s session) leave() { _ = s.socket.Close() }

// link keeps one connection to the broker: it dials, does its work over it, and dials again when either ends.
type link struct {
	name string
	url  string
	work func(ctx context.Context, on session) error // until ctx or the connection ends
	log  *slog.Logger

	mu    sync.Mutex
	fault error // nil while it works
}

// start begins, and returns what ends it and waits. The end of life cuts off what then still waits for the broker.
func (l *link) start(life context.Context) (stop func()) {
	ctx, cancel := context.WithCancel(life)
	done := make(chan struct{})
	l.tell(bus.ErrDown)
	go func() {
		defer close(done)
		l.supervise(life, ctx)
	}()
	return func() {
		cancel()
		<-done
	}
}

func (l *link) supervise(life, ctx context.Context) {
	wait := firstWait
	for {
		began := time.Now()
		err := l.connect(life, ctx)
		if ctx.Err() != nil {
			return
		}
		if time.Since(began) > soundAfter {
			wait = firstWait
		}
		pause := wait/2 + rand.N(wait/2) //nolint:gosec // G404: jitter, nobody gains by guessing it
		l.log.Warn("connection to the broker lost", "link", l.name, "error", err, "again_in", pause)
		l.tell(fmt.Errorf("%w: %s: %w", bus.ErrDown, l.name, err))
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause):
		}
		wait = min(2*wait, longestWait)
	}
}

// connect is the life of one connection.
func (l *link) connect(life, ctx context.Context) error {
	conn, socket, err := dial(ctx, l.url)
	if err != nil {
		return err
	}
	unhook := context.AfterFunc(life, func() { _ = socket.Close() })
	defer unhook()
	closed := conn.NotifyClose(make(chan *amqp.Error, 1))
	blocked := conn.NotifyBlocked(make(chan amqp.Blocking, 8))
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.watch(blocked) // ends when the connection does
	}()
	working, cancel := context.WithCancelCause(ctx)
	go func() {
		select {
		case reason := <-closed:
			cancel(closedBy(reason))
		case <-done:
			cancel(errClosed)
		}
	}()
	err = l.work(working, session{Connection: conn, socket: socket})
	if cause := context.Cause(working); cause != nil && ctx.Err() == nil && !errors.Is(err, errSilent) {
		err = cause
	}
	_ = conn.CloseDeadline(time.Now().Add(closeTimeout))
	<-done
	cancel(nil)
	return err
}

var errClosed = errors.New("connection closed")

func closedBy(reason *amqp.Error) error {
	if reason == nil {
		return errClosed
	}
	return reason
}

// watch tells when the broker stops reading, as it does when it runs short of memory or disk, and when it reads again.
func (l *link) watch(blocked <-chan amqp.Blocking) {
	for b := range blocked {
		if b.Active {
			l.log.Warn("the broker takes no messages", "link", l.name, "reason", b.Reason)
			l.tell(fmt.Errorf("bus: broker takes no messages: %s", b.Reason))
		} else {
			l.tell(nil)
		}
	}
}

func (l *link) tell(fault error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.fault = fault
}

func (l *link) trouble() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.fault
}

// dial connects, or gives up at the end of ctx.
func dial(ctx context.Context, url string) (conn *amqp.Connection, socket net.Conn, err error) {
	properties := amqp.NewConnectionProperties()
	properties.SetClientConnectionName("kaituan")
	conn, err = amqp.DialConfig(url, amqp.Config{
		Heartbeat: heartbeat, Properties: properties, Locale: "en_US",
		Dial: func(network, address string) (net.Conn, error) {
			socket, err = (&net.Dialer{Timeout: dialTimeout}).DialContext(ctx, network, address)
			if err != nil {
				return nil, err
			}
			// The library takes the deadline off after the handshake.
			return socket, socket.SetDeadline(time.Now().Add(dialTimeout))
		},
	})
	return conn, socket, err
}
