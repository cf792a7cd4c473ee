package bench

import (
	"context"
	"fmt"
	"slices"
)

// startTries are made; the middle one counts.
const startTries = 3

// Started is how long a server took to be ready.
type Started struct {
	Round      int     `json:"round"`
	Activities int     `json:"activities"` // that are published
	Seconds    float64 `json:"seconds"`
}

// measureStart stops the server and starts it again, with so many activities more once they are seeded, and says how long
// it took to be ready, in seconds.
func (s *site) measureStart(ctx context.Context, activities int, seed bool) (float64, error) {
	if seed {
		if err := s.seedActivities(ctx, activities); err != nil {
			return 0, err
		}
	}
	var took []float64
	for range startTries {
		if err := s.restart(ctx); err != nil {
			return 0, err
		}
		took = append(took, s.child.took.Seconds())
	}
	slices.Sort(took)
	return took[len(took)/2], nil
}

// seedActivities copies a published activity with its goods.
func (s *site) seedActivities(ctx context.Context, activities int) error {
	of := s.world.hot
	goods := fmt.Sprintf("CONCAT('%s-', n)", of.goods)
	for _, c := range []copies{
		{"goods", "partner_id = '" + partnerID + "' AND " + is(of.goods), map[string]string{"id": goods}, 0, activities},
		{"activities", is(of.activity), map[string]string{
			"id": fmt.Sprintf("CONCAT('%s_', n)", of.activity), "name": "CONCAT(original.name, ' ', n)",
			"spec": fmt.Sprintf("REPLACE(original.spec, '%s', %s)", of.goods, goods),
		}, 0, activities},
	} {
		if err := multiply(ctx, s.engine, c, func(int) {}); err != nil {
			return err
		}
	}
	return nil
}
