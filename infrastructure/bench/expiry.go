package bench

import (
	"context"
	"errors"
	"fmt"
	"time"

	"gorm.io/gorm"
)

// Expiry is what happened when many teams ran out at the same second, beside locks at a moderate rate.
type Expiry struct {
	Round   int     `json:"round"`
	Teams   int     `json:"teams"`
	Seconds float64 `json:"seconds"`       // from that second until the last was terminal
	Rate    float64 `json:"lock_rate"`     // offered meanwhile
	Alone   float64 `json:"lock_p99_ms"`   // of locks without it
	Beside  float64 `json:"expiry_p99_ms"` // of locks beside it

	Verdicts []Verdict `json:"verdicts"` // on the locks of both
}

const (
	expiryLead    = 2 * time.Second  // from when they are told to run out
	expiryTime    = 60 * time.Second // after which it is given up
	lockShare     = 4                // the lock rate beside it is this part of what the server takes
	leastLockRate = 100
	expiryLooks   = 20 * time.Millisecond
)

// expire has teams with one paid seat each run out together.
func (s *site) expire(ctx context.Context, teams int, load Load) (Expiry, error) {
	result := Expiry{Teams: teams, Rate: load.Rate}
	row, err := s.measure(ctx, Lock, load)
	if err != nil {
		return result, err
	}
	result.Alone, result.Verdicts = row.P99, append(result.Verdicts, *row.Verdict)
	at, err := s.seedDue(ctx, teams)
	if err != nil {
		return result, err
	}
	if err := s.quiet(ctx); err != nil {
		return result, err
	}
	select {
	case <-time.After(time.Until(at.Add(-load.warmUp()))):
	case <-ctx.Done():
		return result, ctx.Err()
	}
	over := make(chan error, 1)
	go func() {
		seconds, err := s.allTerminal(ctx, at)
		result.Seconds = seconds
		over <- err
	}()
	// Not s.measure, which would wait for the messages of the teams that run out.
	b := s.world.newBook()
	proof, err := s.newProof(ctx)
	if err != nil {
		return result, errors.Join(err, <-over)
	}
	out := s.drive(ctx, load, smallTeams(b, s.world.spread))
	result.Beside = millis(out.times.percentile(99))
	if err := errors.Join(<-over, out.err); err != nil {
		return result, err
	}
	verdict, err := proof.verify(ctx, b)
	result.Verdicts = append(result.Verdicts, verdict)
	return result, err
}

// seedDue copies teams that all run out at the instant that it returns.
func (s *site) seedDue(ctx context.Context, teams int) (time.Time, error) {
	original, err := s.world.openPaid(s.world.due)
	if err != nil {
		return time.Time{}, err
	}
	// Names of a run of its own: there may have been one before.
	team := fmt.Sprintf("CONCAT('%s_', 100000000 + n)", original.team)
	seat := fmt.Sprintf("CONCAT('%s_', 100000000 + n)", original.seat)
	buyer := fmt.Sprintf("CONCAT('%s_', 100000000 + n)", original.outTradeNo)
	for _, c := range []copies{
		{"seats", is(original.seat), map[string]string{"id": seat, "out_trade_no": buyer, "buyer": buyer, "team_id": team, "provider_no": buyer}, 0, teams},
		{"seat_history", is(original.seat), map[string]string{"id": seat}, 0, teams},
		{"team_history", is(original.team), map[string]string{"id": team}, 0, teams},
		{"teams", is(original.team), map[string]string{"id": team, "leader": buyer}, 0, teams},
	} {
		if err := multiply(ctx, s.engine, c, func(int) {}); err != nil {
			return time.Time{}, err
		}
	}
	at := time.Now().Add(expiryLead + time.Second).Truncate(time.Second)
	err = s.engine.InTx(ctx, func(tx *gorm.DB) error {
		return tx.Exec("UPDATE teams SET expires_at = ? WHERE activity_id = ? AND closed_at = 0", at.UnixMilli(), s.world.due.activity).Error
	})
	return at, err
}

// allTerminal waits until no team is open that ran out, and says how long after that instant it was.
func (s *site) allTerminal(ctx context.Context, at time.Time) (float64, error) {
	ctx, cancel := context.WithDeadline(ctx, at.Add(expiryTime))
	defer cancel()
	for {
		var open int64
		err := s.engine.Read(ctx).Raw("SELECT COUNT(*) FROM teams WHERE closed_at = 0 AND expires_at <= ?", at.UnixMilli()).Row().Scan(&open)
		if err != nil {
			return 0, fmt.Errorf("bench: count open teams: %w", err)
		}
		if open == 0 && time.Now().After(at) {
			return time.Since(at).Seconds(), nil
		}
		select {
		case <-time.After(expiryLooks):
		case <-ctx.Done():
			return 0, fmt.Errorf("bench: %d teams are open %s after they ran out", open, expiryTime)
		}
	}
}
