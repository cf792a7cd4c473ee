package bustest

import (
	"bufio"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// Method is a method of AMQP 0-9-1: its class and number, two bytes each, as they are on the wire.
type Method uint32

// Methods with which a broker answers; see the standard's "Class and Method Details".
const (
	CloseOK   Method = 20<<16 | 41 // the end of a channel
	DeclareOK Method = 50<<16 | 11 // a queue
	ConsumeOK Method = 60<<16 | 21
	Confirm   Method = 60<<16 | 80
)

// Mute stands between a client and a broker, and keeps some of the broker's answers to itself. Heartbeats pass, so both
// sides believe that the other is well: as with a queue that has lost its leader.
type Mute struct {
	URL string // of the broker, through here

	broker   string
	listener net.Listener
	done     sync.WaitGroup

	mu    sync.Mutex
	kept  map[Method]bool
	count int
	conns map[net.Conn]bool
}

// NewMute stands in front of a broker until the test ends.
func NewMute(t testing.TB, broker string) *Mute {
	t.Helper()
	u, err := url.Parse(broker)
	require.NoError(t, err)
	listener, err := new(net.ListenConfig).Listen(context.Background(), "tcp", "127.0.0.1:0")
	require.NoError(t, err)
	m := &Mute{broker: u.Host, listener: listener, kept: map[Method]bool{}, conns: map[net.Conn]bool{}}
	u.Host = listener.Addr().String()
	m.URL = u.String()
	m.done.Go(m.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		m.cut()
		m.done.Wait()
	})
	return m
}

// Keep keeps these answers from now on, and no others.
func (m *Mute) Keep(methods ...Method) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.kept, m.count = map[Method]bool{}, 0
	for _, method := range methods {
		m.kept[method] = true
	}
}

// Kept is how many answers were kept since Keep was called.
func (m *Mute) Kept() int {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.count
}

func (m *Mute) accept() {
	for {
		client, err := m.listener.Accept()
		if err != nil {
			return
		}
		broker, err := new(net.Dialer).DialContext(context.Background(), "tcp", m.broker)
		if err != nil {
			_ = client.Close()
			continue
		}
		m.mu.Lock()
		m.conns[client], m.conns[broker] = true, true
		m.mu.Unlock()
		m.done.Go(func() { m.end(client, broker, func() { _, _ = io.Copy(broker, client) }) })
		m.done.Go(func() { m.end(client, broker, func() { m.filter(client, broker) }) })
	}
}

// end closes both sides when one way has ended.
func (m *Mute) end(client, broker net.Conn, way func()) {
	way()
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, conn := range []net.Conn{client, broker} {
		_ = conn.Close()
		delete(m.conns, conn)
	}
}

func (m *Mute) cut() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for conn := range m.conns {
		_ = conn.Close()
	}
}

// filter passes the broker's frames on: type, channel, length, so many bytes, and one that ends it.
func (m *Mute) filter(client io.Writer, broker io.Reader) {
	const method, head, end = 1, 7, 1
	from := bufio.NewReader(broker)
	for {
		frame, err := from.Peek(head)
		if err != nil {
			return
		}
		frame = make([]byte, head+int(binary.BigEndian.Uint32(frame[3:]))+end)
		if _, err := io.ReadFull(from, frame); err != nil {
			return
		}
		if frame[0] == method && m.keeps(Method(binary.BigEndian.Uint32(frame[head:]))) {
			continue
		}
		if _, err := client.Write(frame); err != nil {
			return
		}
	}
}

func (m *Mute) keeps(method Method) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	if !m.kept[method] {
		return false
	}
	m.count++
	return true
}
