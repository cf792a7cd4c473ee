package sqldb_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// wire is a TCP proxy before the MySQL server that can cut the line at COMMIT, before or after the server has it.
type wire struct {
	listener net.Listener
	server   string
	cut      atomic.Value // of string: "", "before" or "after"
	open     sync.WaitGroup
}

func startWire(t *testing.T, server string) *wire {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	w := &wire{listener: listener, server: server}
	w.cut.Store("")
	w.open.Go(w.accept)
	t.Cleanup(w.stop)
	return w
}

func (w *wire) stop() {
	_ = w.listener.Close() // a test may have closed it
	w.open.Wait()
}

func (w *wire) accept() {
	for {
		client, err := w.listener.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial("tcp", w.server)
		if err != nil {
			_ = client.Close()
			continue
		}
		w.open.Go(func() { w.forward(client, server) })
		w.open.Go(func() { w.answer(client, server) })
	}
}

// answer passes what the server says until either side hangs up, which is how every test here ends. A server that still
// talks to nobody is heard to the end: it carries out several statements only as long as somebody takes its answers.
func (w *wire) answer(client, server net.Conn) {
	defer hangUp(client, server)
	_, _ = io.Copy(client, server)
	_ = server.SetReadDeadline(time.Now().Add(lastWords)) // a connection that is closed has said all
	_, _ = io.Copy(io.Discard, server)
}

const lastWords = 200 * time.Millisecond

func hangUp(lines ...net.Conn) {
	for _, line := range lines {
		_ = line.Close()
	}
}

func (w *wire) forward(client, server net.Conn) {
	defer hangUp(client)
	buffer := make([]byte, 64<<10)
	for {
		n, err := client.Read(buffer)
		if err != nil {
			return // the other direction hangs up on the server
		}
		cut := ""
		if bytes.HasSuffix(buffer[:n], []byte("\x03COMMIT")) || bytes.HasSuffix(buffer[:n], []byte(";COMMIT")) {
			cut = w.cut.Swap("").(string)
		}
		if cut == "before" {
			hangUp(server)
			return
		}
		if cut == "after" {
			hangUp(client) // the answer finds nobody
		}
		if _, err := server.Write(buffer[:n]); err != nil {
			return
		}
	}
}

// throughWire makes a schema with table item, and a second handle on it whose connections pass the wire.
func throughWire(t *testing.T) (direct, db *sqldb.DB, w *wire) {
	direct = sqldbtest.Connect(t, sqldbtest.Schema(t))
	create(t, direct, "CREATE TABLE item (id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(64) NOT NULL UNIQUE, count BIGINT NOT NULL)")
	cfg, err := mysql.ParseDSN(string(direct.DSN())[len("mysql:"):])
	require.NoError(t, err)
	w = startWire(t, cfg.Addr)
	cfg.Addr = w.listener.Addr().String()
	return direct, sqldbtest.Connect(t, sqldb.DSN("mysql:"+cfg.FormatDSN())), w
}

func TestInTx_LineCutDuringCommit(t *testing.T) {
	direct, db, w := throughWire(t)
	insert := func(name string) error {
		return db.InTx(context.Background(), func(tx *gorm.DB) error { return tx.Create(&item{Name: name}).Error })
	}
	require.NoError(t, insert("whole"))

	w.cut.Store("before")
	require.ErrorIs(t, insert("lost"), sqldb.ErrUnknown)
	require.EqualValues(t, 1, count(t, direct))

	w.cut.Store("after")
	require.ErrorIs(t, insert("kept"), sqldb.ErrUnknown)
	require.Eventually(t, func() bool { return count(t, direct) == 2 }, waitLimit, waitStep)

	require.NoError(t, insert("next"), "the pool replaces the dead connection")
}

func TestInPipe_LineCutDuringCommit(t *testing.T) {
	direct, db, w := throughWire(t)
	insert := func(name string) error { return db.InPipe(context.Background(), writing(add(name, 1))) }
	require.NoError(t, insert("whole"))

	w.cut.Store("before")
	require.ErrorIs(t, insert("lost"), sqldb.ErrUnknown)
	require.EqualValues(t, 1, count(t, direct))

	w.cut.Store("after")
	require.ErrorIs(t, insert("kept"), sqldb.ErrUnknown)
	require.Eventually(t, func() bool { return count(t, direct) == 2 }, waitLimit, waitStep)

	require.NoError(t, insert("next"), "the pool replaces the dead connection")
}

func TestInPipe_DeadConnectionInThePool(t *testing.T) {
	direct, db, _ := throughWire(t)
	id := func() (id int64) {
		require.NoError(t, db.InPipe(t.Context(), func(p *sqldb.Pipe) ([]sqldb.Write, error) {
			return nil, p.Read(sqldb.Query{SQL: "SELECT CONNECTION_ID()", Each: func(scan func(...any) error) error { return scan(&id) }})
		}))
		return id
	}
	first := id()
	create(t, direct, fmt.Sprintf("KILL CONNECTION %d", first))
	require.NotEqual(t, first, id())
}

// A server that was restarted, or hung up on idle connections, leaves dead ones in the pool; callers do not notice.
func TestInTx_DeadConnectionsInThePool(t *testing.T) {
	direct, db, _ := throughWire(t)
	const conns = 8
	var ids []int64
	var hold func(n int) error
	hold = func(n int) error {
		return db.InTx(t.Context(), func(tx *gorm.DB) error {
			var id int64
			require.NoError(t, tx.Raw("SELECT CONNECTION_ID()").Scan(&id).Error)
			if ids = append(ids, id); n > 1 {
				return hold(n - 1)
			}
			return nil
		})
	}
	require.NoError(t, hold(conns))
	for _, id := range ids {
		create(t, direct, fmt.Sprintf("KILL CONNECTION %d", id))
	}
	require.NoError(t, hold(conns))
	require.Len(t, ids, 2*conns)
	require.NotSubset(t, ids[:conns], ids[conns:])
}

func TestServerGone(t *testing.T) {
	_, db, w := throughWire(t)
	require.NoError(t, db.Ping(t.Context()))
	err := db.InTx(t.Context(), func(tx *gorm.DB) error {
		require.NoError(t, tx.Create(&item{Name: "a"}).Error)
		require.NoError(t, w.listener.Close())
		killConnections(t, tx)
		return tx.Create(&item{Name: "b"}).Error
	})
	require.ErrorIs(t, err, sqldb.ErrUnavailable)
	require.NotErrorIs(t, err, sqldb.ErrUnknown, "COMMIT was never sent")
	require.ErrorIs(t, db.InTx(t.Context(), func(*gorm.DB) error { return nil }), sqldb.ErrUnavailable)
	require.ErrorIs(t, db.Read(t.Context()).Take(&item{}).Error, sqldb.ErrUnavailable)
	require.ErrorIs(t, db.Ping(t.Context()), sqldb.ErrUnavailable)
	_, err = sqldb.Open(t.Context(), db.DSN())
	require.ErrorIs(t, err, sqldb.ErrUnavailable)
}

// killConnections makes the server hang up on tx.
func killConnections(t *testing.T, tx *gorm.DB) {
	err := tx.Exec("KILL CONNECTION_ID()").Error
	require.True(t, err != nil && !errors.Is(err, sqldb.ErrUnknown), err)
}
