package sqldb_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/sqldb"
)

func TestAsked(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.InPipe(t.Context(), writing(add("a", 1), add("b", 2), add("c", 2))))
		named := db.Ask("SELECT name FROM item WHERE count = ? ORDER BY name")
		ask := func(ctx context.Context, count int) (names []string, err error) {
			err = named.Each(ctx, func(scan func(...any) error) error {
				var name string
				err := scan(&name)
				names = append(names, name)
				return err
			}, count)
			return names, err
		}
		var everybody sync.WaitGroup
		for range 16 {
			everybody.Go(func() {
				for count, want := range map[int][]string{1: {"a"}, 2: {"b", "c"}, 3: nil} {
					names, err := ask(t.Context(), count)
					if err != nil || len(names) != len(want) {
						t.Error(count, names, err)
					}
				}
			})
		}
		everybody.Wait()
		require.NoError(t, db.InPipe(t.Context(), writing(add("d", 3))))
		names, err := ask(t.Context(), 3)
		require.NoError(t, err)
		require.Equal(t, []string{"d"}, names, "what was committed since")

		refused := errors.New("refused")
		require.ErrorIs(t, named.Each(t.Context(), func(func(...any) error) error { return refused }, 1), refused)
		require.Error(t, db.Ask("SELECT nothing").Each(t.Context(), nil))
		over, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = ask(over, 1)
		require.ErrorIs(t, err, context.Canceled)
	})
}
