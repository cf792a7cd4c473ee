package team_test

import (
	"fmt"
	"testing"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

// benchBatch is how many commands one batch has at most; the figures are of a whole one.
const benchBatch = 256

// BenchmarkApply decides a full batch: locks that open teams of three and fill them, and the payments for those seats.
// What a batch touches is loaded outside of the figure.
func BenchmarkApply(b *testing.B) {
	now := startTime()
	locks := benchLocks()
	taken := team.NewState()
	seats := team.Apply(taken, locks, now)
	payments := make([]team.Command, len(seats))
	for i, out := range seats {
		payments[i] = settle(out.Seat)
	}
	for name, c := range map[string]struct {
		cmds []team.Command
		load func(s *team.State)
	}{
		"lock": {locks, func(*team.State) {}},
		"settle": {payments, func(s *team.State) {
			for _, t := range taken.ChangedTeams() {
				s.LoadTeam(t)
			}
			for _, out := range seats {
				s.LoadSeat(out.Seat)
			}
		}},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				b.StopTimer()
				s := team.NewState()
				c.load(s)
				b.StartTimer()
				for _, out := range team.Apply(s, c.cmds, now) {
					if out.Refusal != team.NoRefusal {
						b.Fatal(out.Refusal)
					}
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*benchBatch), "ns/command")
		})
	}
}

func benchLocks() []team.Command {
	locks := make([]team.Command, benchBatch)
	for i := range locks {
		lock := team.Lock{
			Key: team.Key{Partner: "mall", OutTradeNo: fmt.Sprint("order-", i)}, Activity: "act", Goods: "tea", SKU: "green", Channel: "app",
			Buyer: activity.Buyer(fmt.Sprint("buyer-", i)), Quantity: 1,
			NewSeat: team.SeatID(fmt.Sprint("seat_", i)), NewTeam: team.ID(fmt.Sprint("team_", i)),
			Terms: team.Terms{
				Original: 1000, PayPrice: 800, Amount: 800, Plan: activity.Plan{Kind: activity.Reduce, Off: 200},
				Sizes: []int{3}, SeatTTL: 15 * time.Minute, Expiry: after(24 * time.Hour),
			},
		}
		if i%3 > 0 {
			lock.Team = team.ID(fmt.Sprint("team_", i-i%3))
		}
		locks[i] = lock
	}
	return locks
}
