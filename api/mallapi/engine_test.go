package mallapi_test

import (
	"context"
	"fmt"
	"sync"
	"time"

	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/money"
)

// The group-buy that every test of this package is about.
const (
	cupPrice  money.Fen = 99_00
	groupDeal money.Fen = 79_00
	activity            = "act_tea"
	teamSize            = 2
)

// engine stands in for the group-buy engine, which another process may be: teams of two, and a script of failures.
// The real one plays in the tests of infrastructure/app.
type engine struct {
	mu      sync.Mutex
	now     func() time.Time
	teams   map[string]*mall.Team
	seats   map[string]*mall.Seat
	refusal *mall.Refused       // of the next lock
	quote   func(q *mall.Quote) // changes what a trial tells
	down    bool
}

func newEngine(now func() time.Time) *engine {
	return &engine{now: now, teams: map[string]*mall.Team{}, seats: map[string]*mall.Seat{}}
}

func (e *engine) set(change func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	change()
}

func (e *engine) begin() (func(), error) {
	e.mu.Lock()
	if e.down {
		e.mu.Unlock()
		return nil, mall.ErrEngineUnknown
	}
	return e.mu.Unlock, nil
}

func (e *engine) PutGoods(context.Context, mall.EngineGoods) error { return nil }

func (e *engine) Trial(_ context.Context, r mall.TrialRequest) (mall.Trial, error) {
	end, err := e.begin()
	if err != nil {
		return mall.Trial{}, err
	}
	defer end()
	t := mall.Trial{Teams: map[string][]mall.Team{}, Stats: map[string]mall.Statistics{}}
	for _, item := range r.Items {
		q := mall.Quote{
			GoodsID: item.GoodsID, SKUID: item.SKUID, ActivityID: activity, ActivityName: "两人团", TeamSize: teamSize,
			Original: cupPrice, PayPrice: groupDeal, BuyAlone: true, Visible: item.SKUID != "cup-secret", Joinable: r.Buyer != "guest",
			StartsAt: e.now().Add(-time.Hour), EndsAt: e.now().Add(time.Hour), MaxQuantity: 3,
		}
		if e.quote != nil {
			e.quote(&q)
		}
		t.Quotes = append(t.Quotes, q)
		t.Stats[item.GoodsID] = mall.Statistics{TeamsOpened: len(e.teams)}
		t.Teams[item.GoodsID] = nil
		for _, team := range e.teams {
			if len(t.Teams[item.GoodsID]) < r.TeamsLimit {
				open := *team
				open.Own, open.LeaderID = team.LeaderID == r.Buyer, "***"
				t.Teams[item.GoodsID] = append(t.Teams[item.GoodsID], open)
			}
		}
	}
	return t, nil
}

func (e *engine) Lock(_ context.Context, r mall.LockRequest) (mall.Seat, error) {
	end, err := e.begin()
	if err != nil {
		return mall.Seat{}, err
	}
	defer end()
	if e.refusal != nil {
		return mall.Seat{}, e.refusal
	}
	team, ok := e.teams[r.TeamID]
	switch {
	case r.TeamID == "":
		team = &mall.Team{
			ID: fmt.Sprintf("team_%d", len(e.teams)+1), ActivityID: r.ActivityID, GoodsID: r.GoodsID, Status: "forming",
			Target: teamSize, LeaderID: r.Buyer, OpenedAt: e.now(), ExpiresAt: e.now().Add(24 * time.Hour),
		}
		e.teams[team.ID] = team
	case !ok:
		return mall.Seat{}, &mall.Refused{Status: 404, Code: "team_not_found", Detail: "no such team"}
	}
	team.Held++
	team.Seats = append(team.Seats, mall.TeamSeat{
		OrderNo: r.OrderNo, Buyer: "***", Leader: r.TeamID == "", Status: "held", HeldAt: e.now(),
	})
	seat := &mall.Seat{
		OrderNo: r.OrderNo, TeamID: team.ID, TeamStatus: team.Status, Status: "held", Original: cupPrice, PayPrice: groupDeal,
		Amount: groupDeal * money.Fen(r.Quantity), ExpiresAt: e.now().Add(15 * time.Minute),
	}
	e.seats[r.OrderNo] = seat
	return *seat, nil
}

func (e *engine) Seat(_ context.Context, orderNo string) (mall.Seat, error) {
	end, err := e.begin()
	if err != nil {
		return mall.Seat{}, err
	}
	defer end()
	seat, ok := e.seats[orderNo]
	if !ok {
		return mall.Seat{}, &mall.Refused{Status: 404, Code: "seat_not_found"}
	}
	return *seat, nil
}

func (e *engine) Settle(_ context.Context, s mall.Settlement) (mall.Settled, error) {
	end, err := e.begin()
	if err != nil {
		return mall.Settled{}, err
	}
	defer end()
	seat := e.seats[s.OrderNo]
	team := e.teams[seat.TeamID]
	if seat.Settlement == "" {
		seat.Status, seat.Settlement = "paid", "joined"
		team.Held, team.Paid = team.Held-1, team.Paid+1
		if team.Paid == team.Target {
			team.Status, seat.Settlement = "formed", "formed"
		}
	}
	seat.TeamStatus = team.Status
	return mall.Settled{Outcome: seat.Settlement, Seat: *seat}, nil
}

func (e *engine) Release(ctx context.Context, orderNo string) (mall.Seat, error) {
	return e.Seat(ctx, orderNo)
}

func (e *engine) Refund(context.Context, mall.RefundRequest) error { return nil }

func (e *engine) ConfirmRefund(context.Context, string, string) error { return nil }

func (e *engine) Team(_ context.Context, id string) (mall.Team, error) {
	end, err := e.begin()
	if err != nil {
		return mall.Team{}, err
	}
	defer end()
	team, ok := e.teams[id]
	if !ok {
		return mall.Team{}, &mall.Refused{Status: 404, Code: "team_not_found"}
	}
	return *team, nil
}

// Sessions of operators at the engine.
const (
	viewerSession = "session-of-a-viewer"
	editorSession = "session-of-an-operator"
	adminSession  = "session-of-an-administrator"
)

// Member implements mall.Staff.
func (e *engine) Member(_ context.Context, token string) (mall.StaffMember, error) {
	end, err := e.begin()
	if err != nil {
		return mall.StaffMember{}, err
	}
	defer end()
	rank, ok := map[string]mall.Rank{viewerSession: mall.RankViewer, editorSession: mall.RankEditor, adminSession: mall.RankAdmin}[token]
	if !ok {
		return mall.StaffMember{}, &mall.Refused{Status: 401, Code: "unauthenticated"}
	}
	return mall.StaffMember{ID: account.ID("op_" + rank), Login: string(rank), Rank: rank}, nil
}
