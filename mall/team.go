package mall

import (
	"context"
	"errors"
	"slices"
	"time"

	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
)

// TeamPage is a team as anybody with its link sees it.
type TeamPage struct {
	Team    Team // its seats left out: Members tells as much as strangers may know
	Members []Member
	Product catalog.Product
	Quotes  []Quote // what the viewer would pay, one per SKU; empty when the engine gave no prices
	Joined  bool    // the viewer has a seat that is held or paid
	// OwnOrder is the viewer's latest order in the team, whatever became of it; empty without one.
	OwnOrder order.ID
	Others   []TeamCard // other open teams for the same goods
	// Refusal is the code for which the viewer can join no such team; see ProductView.
	Refusal string
}

// Member is one place in a team.
type Member struct {
	Nickname string // masked, unless it is the viewer's own
	Self     bool
	Leader   bool
	Virtual  bool   // nobody: the seat filled a team that was short when its time was up
	Status   string // of the seat: held, paid, released, refunding or refunded; paid also while a difference goes back
	At       time.Time
	Order    order.ID // of the viewer's own seat; empty of others
}

// here says whether it is the viewer, in a seat that is held or paid.
func (m Member) here() bool { return m.Self && (m.Status == "held" || m.Status == "paid") }

// Team shows a team to anybody, signed in or not. Errors: CodeTeamNotFound, CodeGroupUnavailable.
func (s *Shop) Team(ctx context.Context, who Actor, id order.TeamID) (TeamPage, error) {
	t, members, err := s.teamWithMembers(ctx, who, id)
	if err != nil {
		return TeamPage{}, err
	}
	product, err := s.Store.Product(ctx, catalog.ProductID(t.GoodsID))
	if err != nil {
		return TeamPage{}, at(err, CodeTeamNotFound, "no such team")
	}
	view := s.view(ctx, who, []catalog.Product{product}, TrialRequest{
		ActivityID: t.ActivityID, Joining: true, TeamsLimit: maxOpenTeams,
	})[0]
	page := TeamPage{Team: t, Members: members, Product: product, Quotes: view.Quotes, Refusal: view.Refusal}
	page.Team.Seats = nil
	for _, m := range members {
		page.Joined = page.Joined || m.here()
		if m.Self {
			page.OwnOrder = max(page.OwnOrder, m.Order)
		}
	}
	page.Others = slices.DeleteFunc(view.Teams, func(card TeamCard) bool { return card.Team.ID == t.ID })
	return page, nil
}

// teamWithMembers asks the engine for a team and finds its people. Errors: CodeTeamNotFound, CodeGroupUnavailable.
func (s *Shop) teamWithMembers(ctx context.Context, who Actor, id order.TeamID) (Team, []Member, error) {
	t, err := s.GroupBuy.Team(ctx, string(id))
	if definite(err) != nil {
		return Team{}, nil, refuse(CodeTeamNotFound, "no such team")
	}
	if err != nil {
		s.Log.WarnContext(ctx, "no team from the engine", "team", id, "error", err)
		return Team{}, nil, refuse(CodeGroupUnavailable, "the group-buy engine gave no answer, try again in a moment")
	}
	members, err := s.members(ctx, who, t)
	return t, members, err
}

// members finds the people behind a team's seats by their orders: the engine masks its buyers. Virtual seats come last.
func (s *Shop) members(ctx context.Context, who Actor, t Team) ([]Member, error) {
	ids := make([]order.ID, len(t.Seats))
	for i, seat := range t.Seats {
		ids[i] = order.ID(seat.OrderNo)
	}
	orders, err := s.Store.OrdersByID(ctx, ids)
	if err != nil {
		return nil, err
	}
	accounts := make([]account.ID, 0, len(orders))
	for _, o := range orders {
		accounts = append(accounts, o.Buyer)
	}
	names, err := s.Store.Nicknames(ctx, accounts)
	members := make([]Member, 0, len(t.Seats)+t.Virtual)
	for i, seat := range t.Seats {
		members = append(members, member(who, seat, orders[ids[i]], names))
	}
	for range t.Virtual {
		members = append(members, Member{Virtual: true, Status: "paid", At: t.EndedAt})
	}
	return members, err
}

func member(who Actor, seat TeamSeat, o order.Order, names map[account.ID]string) Member {
	m := Member{
		Nickname: names[o.Buyer], Self: who.SignedIn() && o.Buyer == who.Account,
		Leader: seat.Leader, Status: seat.Status, At: seat.HeldAt,
	}
	if m.Self {
		m.Order = o.ID
	} else {
		m.Nickname = account.MaskNickname(m.Nickname)
	}
	if o.Difference > 0 && o.Status.Kept() {
		m.Status = "paid"
	}
	return m
}

// TeamTab is a part of a buyer's teams.
type TeamTab string

// The tabs of a buyer's teams, by what became of the buyer's own order.
const (
	TeamsAll     TeamTab = ""
	TeamsRunning TeamTab = "running"
	TeamsFormed  TeamTab = "formed"
	TeamsFailed  TeamTab = "failed" // the money is back or on its way
)

func (t TeamTab) statuses() ([]order.Status, bool) {
	running := []order.Status{order.AwaitingPayment, order.Paid, order.Teaming}
	formed := []order.Status{order.ToShip, order.Shipped}
	failed := []order.Status{order.Refunding, order.Refunded}
	switch t {
	case TeamsAll:
		return append(append(running, formed...), failed...), true
	case TeamsRunning:
		return running, true
	case TeamsFormed:
		return formed, true
	case TeamsFailed:
		return failed, true
	}
	return nil, false
}

// ListTeams asks for a part of a buyer's teams, newest first.
type ListTeams struct {
	Tab    TeamTab
	Cursor string
	Limit  int // default and at most 20
}

const maxMyTeams = 20

// MyTeam is a team of a buyer with the order in it.
type MyTeam struct {
	Order order.Order
	Team  Team // without its seats; zero but for the id when the engine gave no answer
}

// MyTeams lists the teams that the buyer has an order in. Errors: CodeInvalid, CodeCursorInvalid.
func (s *Shop) MyTeams(ctx context.Context, who Actor, l ListTeams) (Page[MyTeam], error) {
	if err := who.mustBeSignedIn(); err != nil {
		return Page[MyTeam]{}, err
	}
	statuses, ok := l.Tab.statuses()
	switch {
	case !ok:
		return Page[MyTeam]{}, invalid("tab", "running, formed or failed")
	case l.Limit > maxMyTeams:
		return Page[MyTeam]{}, invalid("limit", "1 to 20")
	}
	orders, err := s.listOrders(ctx, OrderQuery{
		Buyer: who.Account, Mode: order.Group, Statuses: statuses,
	}, l.Limit, l.Cursor)
	if err != nil {
		return Page[MyTeam]{}, err
	}
	page := Page[MyTeam]{Items: make([]MyTeam, len(orders.Items)), Next: orders.Next}
	ctx, cancel := context.WithTimeout(ctx, s.TrialTimeout)
	defer cancel()
	for i, o := range orders.Items {
		page.Items[i] = MyTeam{Order: o, Team: s.teamOf(ctx, o)}
	}
	return page, nil
}

// teamOf asks the engine for an order's team.
func (s *Shop) teamOf(ctx context.Context, o order.Order) Team {
	t, err := s.GroupBuy.Team(ctx, string(o.Team))
	if err != nil {
		if !errors.Is(err, context.DeadlineExceeded) {
			s.Log.WarnContext(ctx, "no team from the engine", "team", o.Team, "order", o.ID, "error", err)
		}
		return Team{ID: string(o.Team)}
	}
	t.Seats = nil
	return t
}
