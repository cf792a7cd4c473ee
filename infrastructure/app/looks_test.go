package app

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

// Visitors who come while a question is under way share the next one, and each hears of their own teams.
func TestLooks_ShareTheNextQuestion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLooks()
		asked, pass := [][]groupbuy.Visitor{}, make(chan error)
		look := l.share(func(_ context.Context, visitors []groupbuy.Visitor) ([][]team.ID, error) {
			asked = append(asked, visitors)
			sits := make([][]team.ID, len(visitors))
			for i, v := range visitors {
				sits[i] = []team.ID{team.ID("team of " + v.Buyer)}
			}
			return sits, <-pass
		})
		var all sync.WaitGroup
		visit := func(buyer string) {
			all.Go(func() {
				sits, err := look(context.Background(), groupbuy.Visitor{Buyer: activity.Buyer(buyer)})
				require.NoError(t, err)
				require.Equal(t, []team.ID{team.ID("team of " + buyer)}, sits)
			})
			synctest.Wait()
		}
		visit("first")
		for n := range 100 {
			visit(fmt.Sprint("b", n))
		}
		for range 3 {
			pass <- nil
			synctest.Wait()
		}
		all.Wait()
		require.Len(t, asked, 3)
		require.Equal(t, []int{1, maxLook, 100 - maxLook}, []int{len(asked[0]), len(asked[1]), len(asked[2])})
		require.NoError(t, l.Stop(context.Background()))
		_, err := look(context.Background(), groupbuy.Visitor{Buyer: "late"})
		require.ErrorIs(t, err, groupbuy.ErrUnavailable)
	})
}
