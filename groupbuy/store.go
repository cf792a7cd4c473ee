package groupbuy

import (
	"context"
	"errors"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// ErrUnavailable says that the store cannot be reached; nothing was written.
var ErrUnavailable = errors.New("groupbuy: store unavailable")

// ErrUnknown says that the connection broke during a commit: it may have happened or not. Repeating the command
// with the same key tells.
var ErrUnknown = errors.New("groupbuy: fate of the commit unknown")

// ErrOverloaded says that more is asked for than can be carried out; nothing was written, try again in a moment.
var ErrOverloaded = errors.New("groupbuy: overloaded")

// ErrNotFound says that the named row does not exist, or belongs to another partner.
var ErrNotFound = errors.New("groupbuy: not found")

// ErrDuplicate says that a unique name or id is taken.
var ErrDuplicate = errors.New("groupbuy: duplicate")

// Store is what the engine asks of a database. Besides the errors named at each method, any may return
// ErrUnavailable.
type Store interface {
	Seats
	Outbound
	Reader
	// InTx runs fn in one READ COMMITTED transaction. fn may run again after a deadlock, so it must have no effect
	// but on tx. Errors: whatever fn returns, ErrUnknown.
	InTx(ctx context.Context, fn func(ctx context.Context, tx Tx) error) error
}

// Seats carries out team commands.
type Seats interface {
	// Batch loads what touch names, holding it against others until Batch returns, calls decide, and writes what
	// decide changed together with its events and their outbox messages, in one READ COMMITTED transaction whose
	// time is fixed once. decide may be called again with a fresh state after a deadlock or a collision with
	// another node. Errors: ErrUnknown.
	Batch(ctx context.Context, touch team.Touch, decide func(s *team.State, now time.Time)) error
}

// Tx is one transaction over what operators and partners configure.
type Tx interface {
	TagBook
	Roster
	Trail
	Switches

	// Now is the transaction's time, UTC, in whole milliseconds, the same at every call.
	Now() time.Time

	// LockPartner holds the partner's configuration against other transactions. Errors: ErrNotFound.
	LockPartner(id partner.ID) error
	// Partner returns one partner. Errors: ErrNotFound.
	Partner(id partner.ID) (partner.Partner, error)
	// PutPartner creates or renames a partner.
	PutPartner(p partner.Partner) error
	// Keys returns every key of a partner, oldest first.
	Keys(id partner.ID) ([]partner.Key, error)
	// PutKey creates a key or revokes it.
	PutKey(k partner.Key) error
	// PutEndpoint creates an endpoint or changes its address, secrets or status.
	PutEndpoint(e partner.Endpoint) error
	// Endpoint returns one endpoint of a partner. Errors: ErrNotFound.
	Endpoint(p partner.ID, id partner.EndpointID) (partner.Endpoint, error)
	// Endpoints returns a partner's endpoints, oldest first.
	Endpoints(p partner.ID) ([]partner.Endpoint, error)

	// Goods returns the named goods of a partner, those that exist.
	Goods(p partner.ID, ids []activity.GoodsID) ([]activity.Goods, error)
	// PutGoods registers or replaces goods with all their SKUs.
	PutGoods(g activity.Goods) error

	// Activity returns one activity. Errors: ErrNotFound.
	Activity(id activity.ID) (activity.Activity, error)
	// Rivals returns the published and paused activities of a partner whose windows overlap the given one.
	Rivals(p partner.ID, from, to time.Time) ([]activity.Activity, error)
	// PutActivity inserts an activity of Version 0, or updates the stored one of the same Version. Errors:
	// ErrDuplicate when the partner has another activity of that name, ErrConflict when the version is stale.
	PutActivity(a activity.Activity) error
	// OpenStock makes the activity's limited SKUs countable by team commands.
	OpenStock(id activity.ID, stock []activity.Stock) error
	// Record appends an event that no team command made to the partner's event log and the outbox. It sets the
	// event's ID and At and returns it so.
	Record(e Event) (Event, error)

	// Delivery returns one delivery. Errors: ErrNotFound.
	Delivery(id partner.DeliveryID) (partner.Delivery, error)
	// PutDelivery updates a delivery and appends the attempt to its log, unless that is nil.
	PutDelivery(d partner.Delivery, attempt *partner.Attempt) error
	// Redeliver sends a delivery's outbox message again.
	Redeliver(id partner.DeliveryID) error

	// TouchConfig announces to every node that what Snapshot returns has changed.
	TouchConfig() error
}

// ErrConflict says that somebody else changed the row in between.
var ErrConflict = errors.New("groupbuy: changed by somebody else")

// Config is everything that a node keeps in memory: prices, keys, endpoints.
type Config struct {
	Version    int64
	Activities []activity.Activity // published, paused, and ended ones whose teams may still gather
	Goods      []activity.Goods
	Settings   activity.Settings
	Keys       []partner.Key // live ones
}

// Reader answers questions. None of its answers is older than the last commit.
type Reader interface {
	TagReader
	Staff
	Finder
	Counter
	// Audit lists what actors did, newest first.
	Audit(ctx context.Context, q AuditQuery) ([]AuditEntry, error)
	// Settings returns the global switches.
	Settings(ctx context.Context) (activity.Settings, error)

	// ConfigVersion is the number that TouchConfig raises.
	ConfigVersion(ctx context.Context) (int64, error)
	// Config returns the configuration with its version, read in one consistent view.
	Config(ctx context.Context) (Config, error)

	// Partner returns one partner. Errors: ErrNotFound.
	Partner(ctx context.Context, id partner.ID) (partner.Partner, error)
	// Partners returns every partner, oldest first.
	Partners(ctx context.Context) ([]partner.Partner, error)
	// PartnerKeys returns a partner's keys, revoked ones included, oldest first.
	PartnerKeys(ctx context.Context, id partner.ID) ([]partner.Key, error)
	// PartnerEndpoints returns a partner's endpoints, oldest first.
	PartnerEndpoints(ctx context.Context, id partner.ID) ([]partner.Endpoint, error)

	// ActivityByID returns one activity in any state. Errors: ErrNotFound.
	ActivityByID(ctx context.Context, id activity.ID) (activity.Activity, error)
	// Activities lists activities, newest first.
	Activities(ctx context.Context, q ActivityQuery) ([]activity.Activity, error)

	// Seat returns a partner's seat. Errors: ErrNotFound.
	Seat(ctx context.Context, key team.Key) (team.Seat, team.Team, error)
	// Team returns a partner's team with its live seats in the order they were taken; of a closed team, with
	// every seat. Errors: ErrNotFound.
	Team(ctx context.Context, p partner.ID, id team.ID) (team.Team, []team.Seat, error)
	// OpenTeams lists teams that can be joined, the buyer's own first, then the soonest to end.
	OpenTeams(ctx context.Context, q OpenTeamsQuery) ([]team.Team, error)
	// Sitting tells of each visitor the teams in which that buyer has a live seat, in no order; of any activity, and also
	// teams that cannot be joined any more.
	Sitting(ctx context.Context, visitors []Visitor) ([][]team.ID, error)
	// OwnTeams lists the first part of OpenTeams alone, given in which teams the buyer sits.
	OwnTeams(ctx context.Context, q OpenTeamsQuery, sits []team.ID) ([]team.Team, error)
	// Statistics counts what happened to goods in an activity.
	Statistics(ctx context.Context, id activity.ID, goods activity.GoodsID) (Statistics, error)
	// Standing returns what the seats already taken say about a buyer and a SKU.
	Standing(ctx context.Context, q StandingQuery) (Standing, error)
	// DueTeams returns open teams, formed ones with tiers too, whose window is over, the longest overdue first.
	DueTeams(ctx context.Context, q DueQuery) ([]Due[team.ID], error)
	// DueSeats returns held seats whose payment deadline has passed, the longest overdue first.
	DueSeats(ctx context.Context, q DueQuery) ([]Due[team.Key], error)

	// Event returns one event. Errors: ErrNotFound.
	Event(ctx context.Context, id partner.EventID) (Event, error)
	// EventsOf returns those of the events that exist and are of the given types, oldest first.
	EventsOf(ctx context.Context, ids []partner.EventID, types []string) ([]Event, error)
	// Events lists a partner's events, oldest first.
	Events(ctx context.Context, q EventQuery) ([]Event, error)
	// Deliveries lists a partner's deliveries, newest first.
	Deliveries(ctx context.Context, q DeliveryQuery) ([]partner.Delivery, error)
	// Delivery returns one delivery of a partner. Errors: ErrNotFound.
	Delivery(ctx context.Context, p partner.ID, id partner.DeliveryID) (partner.Delivery, error)
	// Attempts returns the requests of a delivery, oldest first. Errors: ErrNotFound.
	Attempts(ctx context.Context, p partner.ID, id partner.DeliveryID) ([]partner.Attempt, error)
}

// ActivityQuery selects activities for a list.
type ActivityQuery struct {
	Partner partner.ID      // empty: all
	Status  activity.Status // empty: all
	Before  activity.ID     // the last one of the page before; empty: from the newest
	Limit   int
}

// OpenTeamsQuery selects teams that a buyer might join. Teams whose leader has not paid are listed to the leader
// only; teams that the buyer has a live seat in come first.
type OpenTeamsQuery struct {
	Partner  partner.ID
	Activity activity.ID // empty: any
	Goods    activity.GoodsID
	Buyer    activity.Buyer // empty: a stranger
	Now      time.Time
	Limit    int
}

// Visitor is a buyer who looks at the page of some goods.
type Visitor struct {
	Partner partner.ID
	Buyer   activity.Buyer // empty: a stranger, who sits nowhere
	Goods   activity.GoodsID
}

// DueQuery selects a page of what is due, by time, then id.
type DueQuery struct {
	By    time.Time
	After Place // the last one of the page before; zero: from the longest overdue
	Limit int
}

// Place is where a row stands among those that are due.
type Place struct {
	At time.Time // when it was due
	ID string
}

// Due is something that is due.
type Due[T any] struct {
	What  T
	Place Place
}

// EventQuery selects events for a list.
type EventQuery struct {
	Partner partner.ID
	After   partner.EventID // the last one of the page before; empty: from the oldest
	Until   time.Time       // leave out later ones; zero: none
	Limit   int
}

// DeliveryQuery selects deliveries for a list.
type DeliveryQuery struct {
	Partner partner.ID
	Status  partner.DeliveryStatus // empty: all
	Before  partner.DeliveryID     // the last one of the page before; empty: from the newest
	Limit   int
}

// Statistics counts one activity's teams and buyers over some goods.
type Statistics struct {
	TeamsOpened int
	TeamsFormed int
	TeamsFailed int
	Buyers      int // people with a paid seat, also while a difference goes back
}

// Event is an entry of a partner's event log.
type Event struct {
	ID       partner.EventID
	Partner  partner.ID
	Type     string
	At       time.Time
	Team     *team.Team         // of team and seat events
	Seat     *team.Seat         // of seat events
	Activity *activity.Activity // of activity events
}
