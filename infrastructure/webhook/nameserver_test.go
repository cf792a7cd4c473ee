package webhook

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"strings"
	"sync"
)

// nameServer answers look-ups from a script: the nth question for a name gets its nth answer, later ones the last.
// It speaks DNS over an in-memory connection, so that the real resolver and dialer are under test.
type nameServer struct {
	mu      sync.Mutex
	answers map[string][]string
	asked   map[string]int
}

func newNameServer(answers map[string][]string) *nameServer {
	return &nameServer{answers: answers, asked: map[string]int{}}
}

func (n *nameServer) resolver() *net.Resolver {
	return &net.Resolver{PreferGo: true, Dial: func(context.Context, string, string) (net.Conn, error) {
		near, far := net.Pipe()
		go n.serve(far)
		return near, nil
	}}
}

func (n *nameServer) serve(conn net.Conn) {
	defer func() { _ = conn.Close() }()
	var size [2]byte
	if _, err := io.ReadFull(conn, size[:]); err != nil {
		return
	}
	query := make([]byte, binary.BigEndian.Uint16(size[:]))
	if _, err := io.ReadFull(conn, query); err != nil {
		return
	}
	reply := n.reply(query)
	_, _ = conn.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(reply))), reply...))
}

// reply builds the message of RFC 1035 section 4 for the one question of a query.
func (n *nameServer) reply(query []byte) []byte {
	name, end := questionName(query)
	kind := binary.BigEndian.Uint16(query[end:])
	addr, known := n.next(name, kind)
	reply := append([]byte{}, query[:2]...)
	count := byte(0)
	if known {
		count = 1
	}
	reply = append(reply, 0x81, 0x80, 0, 1, 0, count, 0, 0, 0, 0)
	reply = append(reply, query[12:end+4]...)
	if known {
		reply = append(reply, 0xc0, 12)
		reply = binary.BigEndian.AppendUint16(reply, kind)
		reply = append(reply, 0, 1, 0, 0, 0, 0)
		reply = binary.BigEndian.AppendUint16(reply, uint16(len(addr.AsSlice())))
		reply = append(reply, addr.AsSlice()...)
	}
	return reply
}

func questionName(query []byte) (name string, end int) {
	var labels []string
	at := 12
	for query[at] != 0 {
		size := int(query[at])
		labels = append(labels, string(query[at+1:at+1+size]))
		at += size + 1
	}
	return strings.Join(labels, "."), at + 1
}

// next returns the name's next address if it is of the kind asked for; only that kind of question counts.
func (n *nameServer) next(name string, kind uint16) (netip.Addr, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	script := n.answers[name]
	if len(script) == 0 {
		return netip.Addr{}, false
	}
	addr := netip.MustParseAddr(script[min(n.asked[name], len(script)-1)])
	const a, aaaa = 1, 28
	if addr.Is4() && kind != a || !addr.Is4() && kind != aaaa {
		return netip.Addr{}, false
	}
	n.asked[name]++
	return addr, true
}
