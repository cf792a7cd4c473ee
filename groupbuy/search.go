package groupbuy

import (
	"context"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// Finder looks for teams and seats of any partner, for operators.
type Finder interface {
	// FindTeams lists teams, newest first.
	FindTeams(ctx context.Context, q TeamQuery) ([]team.Team, error)
	// FindSeats lists seats, newest first.
	FindSeats(ctx context.Context, q SeatQuery) ([]team.Seat, error)
	// TeamSeats returns a team with every seat it ever had, in the order they were taken. Errors: ErrNotFound.
	TeamSeats(ctx context.Context, id team.ID) (team.Team, []team.Seat, error)
	// TeamTimeline returns the changes of status and the events of a team and its seats, oldest first.
	TeamTimeline(ctx context.Context, id team.ID) ([]Moment, error)
	// SeatTimeline returns the changes of status and the events of a team's seat, oldest first.
	SeatTimeline(ctx context.Context, of team.ID, id team.SeatID) ([]Moment, error)
}

// TeamQuery selects teams; what is empty selects all.
type TeamQuery struct {
	ID       team.ID
	Partner  partner.ID
	Activity activity.ID
	Goods    activity.GoodsID
	Status   team.Status
	Leader   activity.Buyer
	Before   team.ID // the last one of the page before; empty: from the newest
	Limit    int
}

// SeatQuery selects seats; what is empty selects all.
type SeatQuery struct {
	OutTradeNo string
	Partner    partner.ID
	Buyer      activity.Buyer
	Team       team.ID
	Status     team.SeatStatus
	Before     team.SeatID // the last one of the page before; empty: from the newest
	Limit      int
}

// Moment is a change of status, or an event, in the life of a team or seat.
type Moment struct {
	At        time.Time
	Subject   string // the team's or seat's id
	From, To  string // of a change of status; From is empty at the beginning
	Event     partner.EventID
	EventType string // of an event
}

// FindTeams lists teams of any partner, newest first.
func (e *Engine) FindTeams(ctx context.Context, q TeamQuery) ([]team.Team, error) {
	return e.Store.FindTeams(ctx, q)
}

// FindSeats lists seats of any partner, newest first.
func (e *Engine) FindSeats(ctx context.Context, q SeatQuery) ([]team.Seat, error) {
	return e.Store.FindSeats(ctx, q)
}

// TeamFile is a team with everything that happened to it.
type TeamFile struct {
	Team     team.Team
	Seats    []team.Seat // every one it ever had, in the order they were taken
	Timeline []Moment    // oldest first
}

// TeamFile returns everything about one team. Errors: code team_not_found.
func (e *Engine) TeamFile(ctx context.Context, id team.ID) (f TeamFile, err error) {
	if f.Team, f.Seats, err = e.Store.TeamSeats(ctx, id); err != nil {
		return TeamFile{}, notFound(err, Code(team.TeamNotFound))
	}
	f.Timeline, err = e.Store.TeamTimeline(ctx, id)
	return f, err
}

// SeatFile is a seat with its team and everything that happened to it.
type SeatFile struct {
	Seat     team.Seat
	Team     team.Team
	Timeline []Moment // oldest first
}

// SeatFile returns everything about one seat. Errors: code seat_not_found.
func (e *Engine) SeatFile(ctx context.Context, key team.Key) (f SeatFile, err error) {
	if f.Seat, f.Team, err = e.Store.Seat(ctx, key); err != nil {
		return SeatFile{}, notFound(err, Code(team.SeatNotFound))
	}
	f.Timeline, err = e.Store.SeatTimeline(ctx, f.Team.ID, f.Seat.ID)
	return f, err
}
