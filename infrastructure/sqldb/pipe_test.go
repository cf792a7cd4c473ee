package sqldb_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/sqldb"
)

func add(name string, n int) sqldb.Write {
	return sqldb.Write{SQL: "INSERT INTO item (name, count) VALUES (?, ?)", Args: []any{name, n}, Rows: 1}
}

// read collects one text column.
func read(into *[]string, sql string, args ...any) sqldb.Query {
	return sqldb.Query{SQL: sql, Args: args, Each: func(scan func(...any) error) error {
		var s string
		err := scan(&s)
		*into = append(*into, s)
		return err
	}}
}

func writing(writes ...sqldb.Write) func(*sqldb.Pipe) ([]sqldb.Write, error) {
	return func(*sqldb.Pipe) ([]sqldb.Write, error) { return writes, nil }
}

func TestInPipe_ReadsInOrderAndWrites(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		nasty := `a'; DROP TABLE item; -- \ " ?`
		require.NoError(t, db.InPipe(t.Context(), writing(add(nasty, 1), add("b", 2))))
		var ones, none, twos, again []string
		require.NoError(t, db.InPipe(t.Context(), func(p *sqldb.Pipe) ([]sqldb.Write, error) {
			err := p.Read(read(&ones, "SELECT name FROM item WHERE count = ?", 1), read(&none, "SELECT name FROM item WHERE count = 9"),
				read(&twos, "SELECT name FROM item WHERE name <> ? AND count = 2", nasty))
			if err != nil {
				return nil, err
			}
			if err := p.Read(read(&again, "SELECT name FROM item ORDER BY count DESC")); err != nil {
				return nil, err
			}
			return []sqldb.Write{{SQL: "UPDATE item SET count = count + 1", Rows: 2}, {SQL: "DELETE FROM item WHERE count = 77", Rows: sqldb.AnyRows}}, nil
		}))
		require.Equal(t, []string{nasty}, ones)
		require.Empty(t, none)
		require.Equal(t, []string{"b"}, twos)
		require.Equal(t, []string{"b", nasty}, again)
		require.EqualValues(t, 2, count(t, db))
		require.NoError(t, db.InPipe(t.Context(), writing()), "nothing at all is fine")
	})
}

func TestInPipe_RollsBack(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.InPipe(t.Context(), writing(add("taken", 1))))
		refused := errors.New("refused")
		reading := func(p *sqldb.Pipe) error {
			var names []string
			return p.Read(read(&names, "SELECT name FROM item"))
		}
		for name, c := range map[string]struct {
			fn func(*sqldb.Pipe) ([]sqldb.Write, error)
			is error
		}{
			"fn refuses":   {func(p *sqldb.Pipe) ([]sqldb.Write, error) { return nil, errors.Join(reading(p), refused) }, refused},
			"stale first":  {writing(sqldb.Write{SQL: "UPDATE item SET count = 5 WHERE name = 'gone'", Rows: 1}, add("b", 1)), sqldb.ErrStale},
			"stale last":   {writing(add("b", 1), sqldb.Write{SQL: "UPDATE item SET count = 5", Rows: 1}), sqldb.ErrStale},
			"duplicate":    {writing(add("b", 1), add("taken", 1), add("c", 1)), nil},
			"each refuses": {func(p *sqldb.Pipe) ([]sqldb.Write, error) { return nil, p.Read(failing(refused)) }, refused},
			"broken read":  {func(p *sqldb.Pipe) ([]sqldb.Write, error) { return nil, p.Read(read(new([]string), "SELECT nothing")) }, nil},
			"second is broken": {func(p *sqldb.Pipe) ([]sqldb.Write, error) {
				return nil, p.Read(read(new([]string), "SELECT name FROM item"), read(new([]string), "SELECT nothing"))
			}, nil},
		} {
			t.Run(name, func(t *testing.T) {
				err := db.InPipe(t.Context(), c.fn)
				require.Error(t, err)
				if c.is != nil {
					require.ErrorIs(t, err, c.is)
				}
				require.Equal(t, name == "duplicate", sqldb.IsDuplicate(err))
				require.NotErrorIs(t, err, sqldb.ErrUnknown)
				require.EqualValues(t, 1, count(t, db))
			})
		}
		require.Panics(t, func() {
			_ = db.InPipe(t.Context(), func(p *sqldb.Pipe) ([]sqldb.Write, error) { _ = reading(p); panic("bug") })
		})
		ctx, cancel := context.WithCancel(t.Context())
		err := db.InPipe(ctx, func(p *sqldb.Pipe) ([]sqldb.Write, error) {
			err := reading(p)
			cancel()
			return []sqldb.Write{add("late", 1)}, err
		})
		require.ErrorIs(t, err, context.Canceled)
		require.EqualValues(t, 1, count(t, db))
		require.NoError(t, db.InPipe(t.Context(), writing(add("b", 1))), "the pool still works")
	})
}

func failing(err error) sqldb.Query {
	return sqldb.Query{SQL: "SELECT name FROM item", Each: func(func(...any) error) error { return err }}
}

// Everybody reads a number and writes the next one: with the row held, nobody's is lost.
func TestInPipe_HoldsWhatItReads(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		const everybody, times = 8, 20
		require.NoError(t, db.InPipe(t.Context(), writing(add("counter", 0))))
		lock := ""
		if db.Dialect() == sqldb.MySQL {
			lock = " FOR UPDATE"
		}
		var wg sync.WaitGroup
		errs := make([]error, everybody)
		for i := range everybody {
			wg.Go(func() {
				for range times {
					errs[i] = errors.Join(errs[i], db.InPipe(t.Context(), func(p *sqldb.Pipe) ([]sqldb.Write, error) {
						n := 0
						err := p.Read(sqldb.Query{SQL: "SELECT count FROM item WHERE name = 'counter'" + lock, Each: func(scan func(...any) error) error { return scan(&n) }})
						return []sqldb.Write{{SQL: "UPDATE item SET count = ? WHERE name = 'counter' AND count = ?", Args: []any{n + 1, n}, Rows: 1}}, err
					}))
				}
			})
		}
		wg.Wait()
		require.NoError(t, errors.Join(errs...))
		var got item
		require.NoError(t, db.Read(t.Context()).Take(&got).Error)
		require.EqualValues(t, everybody*times, got.Count)
	})
}
