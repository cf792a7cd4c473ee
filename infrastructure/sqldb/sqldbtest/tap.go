package sqldbtest

import (
	"encoding/binary"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/sqldb"
)

// Tap stands between a process and its MySQL server and writes down what is asked. It ends with the test.
type Tap struct {
	listener net.Listener
	server   string
	open     sync.WaitGroup

	mu    sync.Mutex
	asked []string
	lines map[net.Conn]bool
}

// NewTap returns a tap before the server that dsn names, and the DSN that leads through it.
func NewTap(t testing.TB, dsn sqldb.DSN) (*Tap, sqldb.DSN) {
	t.Helper()
	cfg, err := mysql.ParseDSN(string(dsn)[len("mysql:"):])
	require.NoError(t, err)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	tap := &Tap{listener: listener, server: cfg.Addr, lines: map[net.Conn]bool{}}
	tap.open.Go(tap.accept)
	t.Cleanup(tap.close)
	cfg.Addr = listener.Addr().String()
	return tap, sqldb.DSN("mysql:" + cfg.FormatDSN())
}

// Asked returns what was asked since the last call, a text for each round trip. Texts of several statements are as
// they were sent.
func (tap *Tap) Asked() []string {
	tap.mu.Lock()
	defer tap.mu.Unlock()
	asked := tap.asked
	tap.asked = nil
	return slices.Clone(asked)
}

func (tap *Tap) close() {
	_ = tap.listener.Close() // nothing is lost with it
	tap.mu.Lock()
	for line := range tap.lines {
		_ = line.Close() // as above
	}
	tap.mu.Unlock()
	tap.open.Wait()
}

func (tap *Tap) accept() {
	for {
		client, err := tap.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", tap.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		tap.mu.Lock()
		tap.lines[client], tap.lines[server] = true, true
		tap.mu.Unlock()
		tap.open.Go(func() { tap.pass(server, client, tap.packet) })
		tap.open.Go(func() { tap.pass(client, server, func([]byte) {}) })
	}
}

// pass copies packets until either side hangs up.
func (tap *Tap) pass(to, from net.Conn, see func(packet []byte)) {
	defer func() { _ = to.Close() }() // nothing is lost with it
	var head [4]byte
	for {
		if _, err := io.ReadFull(from, head[:]); err != nil {
			return
		}
		size := int(binary.LittleEndian.Uint32(append(head[:3:3], 0)))
		packet := append(head[:], make([]byte, size)...)
		if _, err := io.ReadFull(from, packet[len(head):]); err != nil {
			return
		}
		see(packet)
		if _, err := to.Write(packet); err != nil {
			return
		}
	}
}

// The commands that are noted.
const (
	comQuery   = 0x03
	comPrepare = 0x16
)

// packet notes a command, which is numbered 0. In a statement that is prepared an empty text stands for each parameter.
func (tap *Tap) packet(packet []byte) {
	const head = 4
	if len(packet) <= head || packet[head-1] != 0 {
		return
	}
	text := string(packet[head+1:])
	switch packet[head] {
	case comQuery:
	case comPrepare:
		text = strings.ReplaceAll(text, "?", "''")
	default:
		return
	}
	tap.mu.Lock()
	tap.asked = append(tap.asked, text)
	tap.mu.Unlock()
}
