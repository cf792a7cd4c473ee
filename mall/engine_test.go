package mall_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"kaituan/mall"
	"kaituan/money"
)

// engine is a group-buy engine of a few lines: teams of two at a reduced price, cheaper for more people if the script
// says so, and a script of failures.
type engine struct {
	mu     sync.Mutex
	now    func() time.Time
	goods  map[string]mall.EngineGoods
	teams  map[string]*mall.Team
	seats  map[string]*mall.Seat
	buyers map[string]string   // by order
	backs  map[string][]string // numbers of confirmed refunds, by order
	events []mall.EngineEvent
	calls  []string
	serial int // of events

	target  int
	tiers   []mall.TierPrice    // beyond the target
	quote   func(q *mall.Quote) // changes what a trial tells
	asked   []mall.TrialRequest
	refusal *mall.Refused // of the next Lock
	down    bool          // nothing gets through
	mute    bool          // everything is done and no answer gets through
	fault   func(call string, done bool) error
}

func newEngine(now func() time.Time) *engine {
	return &engine{
		now: now, target: 2, goods: map[string]mall.EngineGoods{}, teams: map[string]*mall.Team{},
		seats: map[string]*mall.Seat{}, buyers: map[string]string{}, backs: map[string][]string{},
	}
}

// begin starts a call; end, deferred, loses its answer if the script says so.
func (g *engine) begin(call string) (end func(err *error), err error) {
	g.mu.Lock()
	g.calls = append(g.calls, call)
	if g.down {
		err = mall.ErrEngineUnknown
	} else if g.fault != nil {
		err = g.fault(call, false)
	}
	if err != nil {
		g.mu.Unlock()
		return nil, err
	}
	return func(err *error) {
		if g.mute {
			*err = mall.ErrEngineUnknown
		} else if g.fault != nil {
			if lost := g.fault(call, true); lost != nil {
				*err = lost
			}
		}
		g.mu.Unlock()
	}, nil
}

func (g *engine) count(call string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.countNow(call)
}

// countNow is count for a script, which holds the engine.
func (g *engine) countNow(call string) int {
	n := 0
	for _, c := range g.calls {
		if c == call {
			n++
		}
	}
	return n
}

func (g *engine) takeEvents() []mall.EngineEvent {
	g.mu.Lock()
	defer g.mu.Unlock()
	events := g.events
	g.events = nil
	return events
}

func (g *engine) emit(kind string, s *mall.Seat) {
	g.serial++
	g.events = append(g.events, mall.EngineEvent{
		ID: fmt.Sprintf("evt_%d", g.serial), Type: kind, At: g.now(), OrderNo: s.OrderNo, TeamID: s.TeamID,
		TeamStatus: g.teams[s.TeamID].Status, SeatStatus: s.Status, Reason: s.Reason,
		Difference: s.Difference, AskedNo: s.AskedNo, AskedWhy: s.AskedReason,
	})
}

func (g *engine) PutGoods(_ context.Context, goods mall.EngineGoods) (err error) {
	end, err := g.begin("put_goods")
	if err != nil {
		return err
	}
	defer end(&err)
	g.goods[goods.ID] = goods
	return nil
}

func (g *engine) Trial(_ context.Context, r mall.TrialRequest) (trial mall.Trial, err error) {
	end, err := g.begin("trial")
	if err != nil {
		return trial, err
	}
	defer end(&err)
	if len(r.Items) > 100 {
		return trial, &mall.Refused{Status: 400, Code: "invalid"}
	}
	trial = mall.Trial{Teams: map[string][]mall.Team{}, Stats: map[string]mall.Statistics{}}
	g.asked = append(g.asked, r)
	for _, item := range r.Items {
		q := mall.Quote{
			GoodsID: item.GoodsID, SKUID: item.SKUID, ActivityID: string(deal), TeamSize: g.target,
			Original: price, PayPrice: reduced, BuyAlone: true, Visible: true, Joinable: true,
		}
		if g.quote != nil {
			g.quote(&q)
		}
		trial.Quotes = append(trial.Quotes, q)
		trial.Stats[item.GoodsID] = mall.Statistics{TeamsOpened: len(g.teams)}
		for _, t := range g.teams {
			if len(trial.Teams[item.GoodsID]) < r.TeamsLimit && t.Status == "forming" && t.Paid > 0 {
				card := *t
				card.LeaderID = "a***1" // masked, as the engine's answer is
				trial.Teams[item.GoodsID] = append(trial.Teams[item.GoodsID], card)
			}
		}
	}
	return trial, nil
}

func (g *engine) Lock(_ context.Context, r mall.LockRequest) (seat mall.Seat, err error) {
	end, err := g.begin("lock")
	if err != nil {
		return seat, err
	}
	defer end(&err)
	if s, ok := g.seats[r.OrderNo]; ok {
		return g.tell(s), nil
	}
	if g.refusal != nil {
		refusal := g.refusal
		g.refusal = nil
		return seat, refusal
	}
	t, ok := g.teams[r.TeamID]
	switch {
	case r.TeamID == "":
		t = &mall.Team{
			ID: fmt.Sprintf("team_%d", len(g.teams)+1), ActivityID: r.ActivityID, GoodsID: r.GoodsID, Status: "forming",
			Target: g.target, Capacity: g.target, LeaderID: r.Buyer, OpenedAt: g.now(), ExpiresAt: g.now().Add(24 * time.Hour),
		}
		for _, tier := range g.tiers {
			t.Tiers, t.Capacity = append(t.Tiers, tier.Size), tier.Size
		}
		g.teams[t.ID] = t
	case !ok:
		return seat, &mall.Refused{Status: 422, Code: "team_not_found", Detail: "no such team"}
	case !t.ClosedAt.IsZero() || t.Held+t.Paid >= t.Capacity:
		return seat, &mall.Refused{Status: 422, Code: "team_full", Detail: "the team is full"}
	}
	t.Held++
	s := &mall.Seat{
		OrderNo: r.OrderNo, TeamID: t.ID, Status: "held", Original: price, PayPrice: reduced,
		Amount: reduced * money.Fen(r.Quantity), ExpiresAt: g.now().Add(15 * time.Minute),
	}
	g.seats[r.OrderNo], g.buyers[r.OrderNo] = s, r.Buyer
	return g.tell(s), nil
}

func (g *engine) tell(s *mall.Seat) mall.Seat {
	told := *s
	told.TeamStatus = g.teams[s.TeamID].Status
	return told
}

func (g *engine) Seat(_ context.Context, orderNo string) (seat mall.Seat, err error) {
	end, err := g.begin("seat")
	if err != nil {
		return seat, err
	}
	defer end(&err)
	s, ok := g.seats[orderNo]
	if !ok {
		return seat, &mall.Refused{Status: 404, Code: "seat_not_found"}
	}
	return g.tell(s), nil
}

func (g *engine) Settle(_ context.Context, r mall.Settlement) (answer mall.Settled, err error) {
	end, err := g.begin("settle")
	if err != nil {
		return answer, err
	}
	defer end(&err)
	s, ok := g.seats[r.OrderNo]
	switch {
	case !ok:
		return answer, &mall.Refused{Status: 404, Code: "seat_not_found"}
	case s.Amount != r.Amount:
		return answer, &mall.Refused{Status: 422, Code: "amount_mismatch"}
	case s.Settlement == "":
		g.decide(s)
	}
	return mall.Settled{Outcome: s.Settlement, Reason: s.Reason, Seat: g.tell(s)}, nil
}

// decide settles a seat for the first time.
func (g *engine) decide(s *mall.Seat) {
	t := g.teams[s.TeamID]
	if s.Status != "held" {
		s.Settlement, s.Reason = "refund_required", "team_full"
		g.emit("seat.refund_required", s)
		return
	}
	t.Held, t.Paid = t.Held-1, t.Paid+1
	s.Status, s.Settlement = "paid", "joined"
	if t.Paid >= t.Target {
		s.Settlement = "formed"
	}
	if t.Paid == t.Target {
		t.Status = "formed"
		g.emit("team.formed", &mall.Seat{TeamID: t.ID})
	}
	if t.Paid == t.Capacity {
		g.close(t)
	}
}

// close ends a formed team: everybody gets the price of the highest tier that was reached.
func (g *engine) close(t *mall.Team) {
	t.ClosedAt = g.now()
	final := money.Fen(reduced)
	for _, tier := range g.tiers {
		if t.Paid >= tier.Size {
			final = tier.Price
		}
	}
	for _, s := range g.sorted() {
		if s.TeamID != t.ID || s.Status != "paid" || final == s.PayPrice {
			continue
		}
		s.Difference = (s.PayPrice - final) * (s.Amount / s.PayPrice)
		s.Status, s.Reason = "refunding", "tier_reached"
		g.emit("seat.difference", s)
	}
	g.emit("team.closed", &mall.Seat{TeamID: t.ID})
}

// end is the end of a team's window.
func (g *engine) end(teamID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.close(g.teams[teamID])
}

// giveBack asks for the whole money of a paid seat, as an after-sale does.
func (g *engine) giveBack(orderNo string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	s := g.seats[orderNo]
	s.Status, s.Reason = "refunding", "after_sale"
	g.emit("seat.refunding", s)
}

func (g *engine) Release(_ context.Context, orderNo string) (seat mall.Seat, err error) {
	end, err := g.begin("release")
	if err != nil {
		return seat, err
	}
	defer end(&err)
	s, ok := g.seats[orderNo]
	switch {
	case !ok:
		return seat, &mall.Refused{Status: 404, Code: "seat_not_found"}
	case s.Status == "held":
		g.drop(s, "cancelled")
	case s.Status != "released":
		return seat, &mall.Refused{Status: 409, Code: "seat_paid"}
	}
	return g.tell(s), nil
}

func (g *engine) drop(s *mall.Seat, why string) {
	s.Status, s.Reason = "released", why
	g.teams[s.TeamID].Held--
	g.emit("seat.released", s)
}

// loseSeat takes an unpaid seat away, as the engine does at its deadline.
func (g *engine) loseSeat(orderNo string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.drop(g.seats[orderNo], "seat_deadline")
}

// fail ends a team short of its target.
func (g *engine) fail(teamID string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.teams[teamID].Status, g.teams[teamID].ClosedAt = "failed", g.now()
	for _, s := range g.sorted() {
		switch {
		case s.TeamID != teamID:
		case s.Status == "held":
			g.drop(s, "team_did_not_fill")
		case s.Status == "paid":
			s.Status, s.Reason = "refunding", "team_did_not_fill"
			g.teams[teamID].Paid--
			g.emit("seat.refunding", s)
		}
	}
	g.emit("team.failed", &mall.Seat{TeamID: teamID})
}

func (g *engine) sorted() []*mall.Seat {
	var seats []*mall.Seat
	for _, s := range g.seats {
		seats = append(seats, s)
	}
	slices.SortFunc(seats, func(a, b *mall.Seat) int { return strings.Compare(a.OrderNo, b.OrderNo) })
	return seats
}

func (g *engine) Team(_ context.Context, teamID string) (team mall.Team, err error) {
	end, err := g.begin("team")
	if err != nil {
		return team, err
	}
	defer end(&err)
	t, ok := g.teams[teamID]
	if !ok {
		return team, &mall.Refused{Status: 404, Code: "team_not_found"}
	}
	team = *t
	for _, s := range g.sorted() {
		if s.TeamID == teamID {
			team.Seats = append(team.Seats, mall.TeamSeat{
				OrderNo: s.OrderNo, Buyer: "***", Leader: g.buyers[s.OrderNo] == t.LeaderID, Status: s.Status,
			})
		}
	}
	return team, nil
}

// set changes the script.
func (g *engine) set(change func(*engine)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	change(g)
}

// failAll ends every team that still gathers.
func (g *engine) failAll() {
	g.mu.Lock()
	var forming []string
	for id, t := range g.teams {
		if t.Status == "forming" {
			forming = append(forming, id)
		}
	}
	g.mu.Unlock()
	for _, id := range forming {
		g.fail(id)
	}
}
