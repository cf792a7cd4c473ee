package bench

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"kaituan/infrastructure/sqldb"
)

// Verdict is what came of comparing the answers of one workload with the database.
type Verdict struct {
	Promised int      `json:"promised"`        // seats or orders that a 2xx answer told of
	Faults   int      `json:"faults"`          // how many are not as they were promised, or should not be
	Wrong    []string `json:"wrong,omitempty"` // the first 20 of them
}

const toldFaults = 20

func (v *Verdict) fault(format string, args ...any) {
	v.Faults++
	if len(v.Wrong) < toldFaults {
		v.Wrong = append(v.Wrong, fmt.Sprintf(format, args...))
	}
}

// proof compares a book with the engine's database.
type proof struct {
	db    *sqldb.DB
	since string // the last event before the workload
}

func newProof(ctx context.Context, db *sqldb.DB) (proof, error) {
	p := proof{db: db}
	err := db.Read(ctx).Raw("SELECT COALESCE(MAX(id), '') FROM events WHERE partner_id = ?", partnerID).Row().Scan(&p.since)
	return p, err
}

// seatSeen is a seat as the database has it.
type seatSeen struct {
	outTradeNo, team, status string
	amountFen                int64
	live, settled            bool
}

// verify wants every promise in the database and nothing beside them, no team beyond its size, and one event for each
// seat that was taken and for each that was paid.
func (p proof) verify(ctx context.Context, b *book) (Verdict, error) {
	var v Verdict
	live := map[string]int{}
	seen, held, paid := map[string]bool{}, int64(0), int64(0)
	err := p.eachSeat(ctx, b, func(s seatSeen) {
		promised, known := b.seats[s.outTradeNo]
		switch {
		case !known:
			v.fault("seat %s exists, although its lock was refused", s.outTradeNo)
		case promised.status != "" && (s.status != promised.status || s.amountFen != promised.amountFen):
			v.fault("seat %s was promised %s for %d fen and is %s for %d", s.outTradeNo, promised.status, promised.amountFen, s.status, s.amountFen)
		case seen[s.outTradeNo]:
			v.fault("seat %s is there twice", s.outTradeNo)
		}
		seen[s.outTradeNo] = true
		held++
		if s.settled {
			paid++
		}
		if live[s.team] += 0; s.live {
			live[s.team]++
		}
	})
	if err != nil {
		return v, err
	}
	for no, promised := range b.seats {
		if promised.status == "" {
			continue
		}
		v.Promised++
		if !seen[no] {
			v.fault("seat %s was promised %s and does not exist", no, promised.status)
		}
	}
	if err := p.teams(ctx, &v, live); err != nil {
		return v, err
	}
	err = p.events(ctx, &v, map[string]int64{"seat.held": held, "seat.paid": paid})
	return v, err
}

func (p proof) eachSeat(ctx context.Context, b *book, do func(seatSeen)) error {
	rows, err := p.db.Read(ctx).Raw(`SELECT out_trade_no, team_id, status, amount_fen, CASE WHEN ordinal IS NULL THEN 0 ELSE 1 END,
		CASE WHEN settlement IN ('joined', 'formed') THEN 1 ELSE 0 END
		FROM seats WHERE partner_id = ? AND out_trade_no > ? AND out_trade_no < ?`, partnerID, b.prefix, b.prefix+"~").Rows()
	if err != nil {
		return fmt.Errorf("bench: read seats: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var s seatSeen
		var live, settled int
		if err := rows.Scan(&s.outTradeNo, &s.team, &s.status, &s.amountFen, &live, &settled); err != nil {
			return err
		}
		s.live, s.settled = live == 1, settled == 1
		do(s)
	}
	return rows.Err()
}

// teams wants each team to count the live seats that it has, and not to have more than it takes.
func (p proof) teams(ctx context.Context, v *Verdict, live map[string]int) error {
	if len(live) == 0 {
		return nil
	}
	first, last := "~", ""
	for id := range live {
		first, last = min(first, id), max(last, id)
	}
	rows, err := p.db.Read(ctx).Raw("SELECT id, held + paid, capacity FROM teams WHERE id >= ? AND id <= ?", first, last).Rows()
	if err != nil {
		return fmt.Errorf("bench: read teams: %w", err)
	}
	defer rows.Close()
	found := 0
	for rows.Next() {
		var id string
		var counted, capacity int
		if err := rows.Scan(&id, &counted, &capacity); err != nil {
			return err
		}
		seats, ours := live[id]
		if !ours {
			continue
		}
		found++
		if seats > capacity || counted != seats {
			v.fault("team %s takes %d, has %d and counts %d", id, capacity, seats, counted)
		}
	}
	if found != len(live) {
		v.fault("of %d teams %d exist", len(live), found)
	}
	return rows.Err()
}

// events wants as many events of some kinds since the workload began.
func (p proof) events(ctx context.Context, v *Verdict, want map[string]int64) error {
	for kind, n := range want {
		var found int64
		err := p.db.Read(ctx).Raw("SELECT COUNT(*) FROM events WHERE partner_id = ? AND id > ? AND kind = ?", partnerID, p.since, kind).Row().Scan(&found)
		if err != nil {
			return fmt.Errorf("bench: count events: %w", err)
		}
		if found != n {
			v.fault("%d events %s for %d seats", found, kind, n)
		}
	}
	return nil
}

// ask verifies over the server's own API, where its database is out of reach: every promise, but not what was never
// promised.
func (w *world) ask(ctx context.Context, b *book, connections int) (Verdict, error) {
	promises := b.all()
	v := Verdict{Promised: len(promises)}
	next := make(chan promise)
	var mu sync.Mutex
	var errs []error
	var askers sync.WaitGroup
	for range connections {
		askers.Go(func() {
			c := w.newCaller()
			defer c.wire.close()
			for p := range next {
				answer, err := c.partner("GET", partnerAPI+"/seats/"+p.outTradeNo, nil)
				status := text(answer, "status")
				mu.Lock()
				var refused *refusal
				switch {
				case err != nil && !errors.As(err, &refused):
					errs = append(errs, err)
				case err != nil || status != p.status || number(answer, "amount_fen") != p.amountFen:
					v.fault("seat %s was promised %s for %d fen; asked again: %.200s", p.outTradeNo, p.status, p.amountFen, answer)
				}
				mu.Unlock()
			}
		})
	}
	for _, p := range promises {
		if ctx.Err() != nil {
			break
		}
		next <- p
	}
	close(next)
	askers.Wait()
	return v, errors.Join(append(errs, ctx.Err())...)
}
