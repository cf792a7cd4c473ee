package cachetest

import (
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Proxy stands between a client and a server and makes the way long.
type Proxy struct {
	listener net.Listener
	server   string
	delay    atomic.Int64 // of each piece from the server, in nanoseconds

	mu    sync.Mutex
	conns map[net.Conn]struct{}
	tasks sync.WaitGroup
}

// NewProxy starts a proxy to a server; it ends with the test.
func NewProxy(t testing.TB, server string) *Proxy {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	p := &Proxy{listener: listener, server: server, conns: map[net.Conn]struct{}{}}
	p.tasks.Go(p.accept)
	t.Cleanup(func() {
		_ = listener.Close()
		p.Cut()
		p.tasks.Wait()
	})
	return p
}

// URL is where the proxy is.
func (p *Proxy) URL() string { return "redis://" + p.listener.Addr().String() }

// Slow makes every answer late from now on; 0 makes none.
func (p *Proxy) Slow(by time.Duration) { p.delay.Store(int64(by)) }

// Cut ends all connections.
func (p *Proxy) Cut() {
	p.mu.Lock()
	defer p.mu.Unlock()
	for conn := range p.conns {
		_ = conn.Close()
	}
}

func (p *Proxy) accept() {
	for {
		client, err := p.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", p.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		p.keep(client, server)
		p.tasks.Go(func() { p.carry(server, client, false) })
		p.tasks.Go(func() { p.carry(client, server, true) })
	}
}

func (p *Proxy) keep(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		p.conns[conn] = struct{}{}
	}
}

// carry brings what one side sends to the other, until either ends.
func (p *Proxy) carry(to, from net.Conn, late bool) {
	defer p.drop(to, from)
	piece := make([]byte, 32<<10)
	for {
		n, err := from.Read(piece)
		if late {
			time.Sleep(time.Duration(p.delay.Load()))
		}
		if n > 0 {
			if _, err := to.Write(piece[:n]); err != nil {
				return
			}
		}
		if err != nil { // io.EOF, or it was closed
			return
		}
	}
}

func (p *Proxy) drop(conns ...net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, conn := range conns {
		delete(p.conns, conn)
		_ = conn.Close()
	}
}
