package groupbuystore_test

import (
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// BenchmarkBatch_Lock opens teams, one per batch and 100 per batch; the figure is per seat.
func BenchmarkBatch_Lock(b *testing.B) {
	for name, open := range map[string]func(testing.TB, sqldb.Service) *sqldb.DB{"sqlite": sqldbtest.Open, "mysql": sqldbtest.OpenMySQL} {
		for _, size := range []int{1, 100} {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				store := groupbuystore.New(open(b, sqldb.GroupBuy))
				var count atomic.Int64
				b.ResetTimer()
				for left := b.N; left > 0; left -= size {
					cmds := make([]team.Command, min(size, left))
					for i := range cmds {
						n := count.Add(1)
						cmds[i] = lock(team.SeatID(fmt.Sprintf("seat_%d", n)), team.ID(fmt.Sprintf("team_%d", n)), activity.Buyer(fmt.Sprint(n)))
					}
					err := store.Batch(b.Context(), team.TouchOf(cmds), func(s *team.State, now time.Time) { team.Apply(s, cmds, now) })
					if err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
