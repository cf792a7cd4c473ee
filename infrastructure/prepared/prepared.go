// Package prepared has SQLite understand the text of a statement once for each connection, and not each time: parsing and
// planning cost as much as most statements do.
package prepared

import (
	"context"
	"database/sql/driver"
	"reflect"
	"strings"
)

const (
	most    = 256  // statements that a connection keeps
	longest = 4096 // bytes of a text that is kept; longer ones insert many rows and are seldom the same again
)

// Connector returns c with connections that keep the statements they understood.
func Connector(c driver.Connector) driver.Connector { return connector{c} }

type connector struct{ driver.Connector }

// Connect implements driver.Connector.
func (c connector) Connect(ctx context.Context) (driver.Conn, error) {
	base, err := c.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &conn{sqlite: base.(sqlite), known: map[string]*statement{}}, nil
}

// sqlite is what the driver's connections implement and database/sql uses.
type sqlite interface {
	driver.Conn
	driver.ConnBeginTx
	driver.ConnPrepareContext
	driver.ExecerContext
	driver.QueryerContext
	driver.Pinger
	driver.SessionResetter
	driver.Validator
}

// conn is used by one goroutine at a time, as every driver.Conn.
type conn struct {
	sqlite
	known map[string]*statement
}

// statement is one that was understood. It is busy while somebody reads its rows.
type statement struct {
	executor
	busy bool
}

// executor is what the driver's statements implement.
type executor interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// ExecContext implements driver.ExecerContext.
func (c *conn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqlite.ExecContext(ctx, text, args)
	}
	return s.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *conn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	s, err := c.statement(ctx, text)
	if err != nil {
		return nil, err
	}
	if s == nil {
		return c.sqlite.QueryContext(ctx, text, args)
	}
	found, err := s.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	s.busy = true
	return rows{found.(typed), s}, nil
}

// Close implements driver.Conn.
func (c *conn) Close() error {
	for _, s := range c.known {
		_ = s.Close() // what it could report is that it failed before
	}
	return c.sqlite.Close()
}

// statement is nil for a text that is not worth keeping, and for one that is being read just now.
func (c *conn) statement(ctx context.Context, text string) (*statement, error) {
	if s, ok := c.known[text]; ok {
		if s.busy {
			return nil, nil //nolint:nilnil // see above
		}
		return s, nil
	}
	if !worth(text) {
		return nil, nil //nolint:nilnil // see above
	}
	made, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	c.makeRoom()
	s := &statement{executor: made.(executor)}
	c.known[text] = s
	return s, nil
}

// worth says whether a text is one statement that reads or changes rows.
func worth(text string) bool {
	verb, _, _ := strings.Cut(strings.TrimSpace(text[:min(len(text), longest)]), " ")
	switch verb {
	case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH":
		return len(text) <= longest && !strings.Contains(text, ";")
	}
	return false
}

// makeRoom gives up any statement of too many: those that matter are back at once.
func (c *conn) makeRoom() {
	if len(c.known) < most {
		return
	}
	for text, s := range c.known {
		if !s.busy {
			_ = s.Close() // as above
			delete(c.known, text)
			return
		}
	}
}

// typed is what the driver's rows implement.
type typed interface {
	driver.RowsColumnTypeDatabaseTypeName
	driver.RowsColumnTypeLength
	driver.RowsColumnTypeNullable
	driver.RowsColumnTypePrecisionScale
	ColumnTypeScanType(index int) reflect.Type
}

// rows let go of their statement when they are closed.
type rows struct {
	typed
	of *statement
}

// Close implements driver.Rows.
func (r rows) Close() error {
	r.of.busy = false
	return r.typed.Close()
}
