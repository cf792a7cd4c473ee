package bench

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"strconv"
)

const (
	seatsPerTeam  = scaledTeam / 2
	leastTeams    = 100       // of an activity, before there is another
	uploadMembers = 1_000_000 // in one file
)

// seed adds so many seats, a tenth as many teams that are open for others, and half as many members of the tag. Trials
// and product pages look at these from then on.
func (s *site) seed(ctx context.Context, seats int, log func(string, ...any)) error {
	teams := seats / seatsPerTeam
	places := min(max(teams/leastTeams, 1), spreadGoods)
	for i := range places {
		at, err := s.world.stage(ctx, fmt.Sprintf("scaled-%d", i), scaledTeam)
		if err != nil {
			return err
		}
		if err := s.seedTeams(ctx, at, i, teams/places); err != nil {
			return err
		}
		s.world.scaled = append(s.world.scaled, at)
		if i%5 == 4 {
			log("%d of %d seats seeded", (i+1)*(teams/places)*seatsPerTeam, seats)
		}
	}
	for from := 0; from < seats/2; from += uploadMembers {
		if err := s.world.members(ctx, membersCSV(from, min(from+uploadMembers, seats/2))); err != nil {
			return err
		}
	}
	log("%d members of a tag seeded", seats/2)
	return nil
}

// seedTeams copies one team of a place with its leader's paid seat.
func (s *site) seedTeams(ctx context.Context, at place, number, teams int) error {
	original, err := s.world.openPaid(at)
	if err != nil {
		return err
	}
	// Of each team the copy's number, and of each seat that and its place in the team.
	team := fmt.Sprintf("CONCAT('team_0%02d', 100000000 + n)", number)
	teamOfSeat := fmt.Sprintf("CONCAT('team_0%02d', 100000000 + CAST((n - n %% %[2]d) / %[2]d AS SIGNED))", number, seatsPerTeam)
	seat := fmt.Sprintf("CONCAT('seat_0%02d', 1000000000 + n)", number)
	buyer := fmt.Sprintf("CONCAT('s%02d', 1000000000 + n)", number)
	leader := fmt.Sprintf("CONCAT('s%02d', 1000000000 + n * %d)", number, seatsPerTeam)
	none := func(int) {}
	for _, c := range []copies{
		{"teams", is(original.team), map[string]string{"id": team, "paid": strconv.Itoa(seatsPerTeam), "leader": leader}, 0, teams},
		{"team_history", is(original.team), map[string]string{"id": team}, 0, teams},
		{"seats", is(original.seat), map[string]string{
			"id": seat, "out_trade_no": buyer, "buyer": buyer, "team_id": teamOfSeat, "provider_no": buyer,
			"opened": fmt.Sprintf("CASE WHEN n %% %d = 0 THEN 1 ELSE 0 END", seatsPerTeam),
		}, 0, teams * seatsPerTeam},
		{"seat_history", is(original.seat), map[string]string{"id": seat}, 0, teams * seatsPerTeam},
	} {
		if err := multiply(ctx, s.engine, c, none); err != nil {
			return err
		}
	}
	return nil
}

// is is the condition of one row. Identifiers need no escape.
func is(id string) string { return "id = '" + id + "'" }

// membersCSV is a file of buyers.
func membersCSV(from, upTo int) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriter(w)
		_, err := out.WriteString("buyer_id\n")
		for n := from; n < upTo && err == nil; n++ {
			_, err = fmt.Fprintf(out, "m%09d\n", n)
		}
		if err == nil {
			err = out.Flush()
		}
		_ = w.CloseWithError(err) // tells the reader
	}()
	return r
}

// original is a team with one paid seat.
type original struct{ team, seat, outTradeNo string }

// openPaid opens a team and pays for its first seat.
func (w *world) openPaid(at place) (original, error) {
	c := &worker{caller: w.newCaller()}
	defer c.wire.close()
	b := w.newBook()
	seat, team, err := c.lock(b, at, "")
	if err != nil {
		return original{}, err
	}
	answer, err := c.partner("POST", partnerAPI+"/seats/"+seat.outTradeNo+"/payment", payment(seat))
	return original{team, text(answer, "seat_id"), seat.outTradeNo}, err
}
