package mall

import (
	"context"
	"errors"
	"slices"
	"time"

	"kaituan/money"
)

// GroupBuy is the engine as the mall calls it, over signed HTTP. Calls that change something are safe to repeat
// with the same order number. Any method may return ErrEngineUnknown: the call may or may not have been carried
// out, repeat it. A *Refused says that the engine understood and refused.
type GroupBuy interface {
	// PutGoods registers or replaces goods with their original prices.
	PutGoods(ctx context.Context, g EngineGoods) error
	// Trial tells a buyer's price of some items.
	Trial(ctx context.Context, r TrialRequest) (Trial, error)
	// Lock takes a seat, in a new team when TeamID is empty. Errors: *Refused.
	Lock(ctx context.Context, r LockRequest) (Seat, error)
	// Seat returns the state of an order's seat. Errors: *Refused with code seat_not_found.
	Seat(ctx context.Context, orderNo string) (Seat, error)
	// Settle reports a payment. Errors: *Refused.
	Settle(ctx context.Context, s Settlement) (Settled, error)
	// Release gives up an unpaid seat. Errors: *Refused with code seat_paid or seat_not_found.
	Release(ctx context.Context, orderNo string) (Seat, error)
	// Refund gives up a paid seat. Errors: *Refused with code seat_not_found, seat_not_paid, idempotency_mismatch when it
	// was asked for under another number, or seat_refunding when the money goes back for another reason.
	Refund(ctx context.Context, r RefundRequest) error
	// ConfirmRefund reports that the buyer has the money back, or the difference to a lower price. Errors: *Refused with
	// code seat_not_refunding, or idempotency_mismatch when a refund was asked for under another number.
	ConfirmRefund(ctx context.Context, orderNo, refundNo string) error
	// Team returns a team with its seats. Errors: *Refused with code team_not_found.
	Team(ctx context.Context, teamID string) (Team, error)
}

// ErrEngineUnknown says that the engine gave no answer that settles the matter.
var ErrEngineUnknown = errors.New("mall: the engine's answer is unknown")

// Refused is the engine's refusal.
type Refused struct {
	Status       int    // HTTP status
	Code         string // stable, lower snake, from the engine's specification
	Detail       string
	CurrentPrice money.Fen // of code price_changed, per piece
}

// Error prints the code and detail.
func (r *Refused) Error() string { return "mall: refused by the engine: " + r.Code + ": " + r.Detail }

// EngineGoods are goods as the engine knows them: identifiers and original prices.
type EngineGoods struct {
	ID   string
	Name string
	SKUs []EngineSKU
}

func (g EngineGoods) equal(other EngineGoods) bool {
	return g.ID == other.ID && g.Name == other.Name && slices.Equal(g.SKUs, other.SKUs)
}

// EngineSKU is one specification of goods.
type EngineSKU struct {
	ID            string
	Name          string
	OriginalPrice money.Fen // per piece
}

// TrialRequest asks for one buyer's prices.
type TrialRequest struct {
	Buyer      string
	Channel    string
	Items      []TrialItem
	ActivityID string // look at this one only; empty: whichever takes the buyer
	Joining    bool   // a team that is open already; otherwise the buyer opens one
	TeamsLimit int    // how many open teams to list per goods; 0: none
	Statistics bool
}

// TrialItem names one SKU.
type TrialItem struct {
	GoodsID string
	SKUID   string
}

// Trial is the engine's answer, one quote per item in the order asked.
type Trial struct {
	Quotes []Quote
	Teams  map[string][]Team // by goods: open teams to join, the buyer's own first; seats not filled in
	Stats  map[string]Statistics
}

// Quote is the price of one item for one buyer.
type Quote struct {
	GoodsID      string
	SKUID        string
	ActivityID   string // empty when no activity covers the goods
	ActivityName string
	TeamSize     int
	Original     money.Fen // per piece
	PayPrice     money.Fen // per piece
	// LeaderDiscount is already off the pay price, per piece, for opening a team: who joins pays that much more.
	LeaderDiscount money.Fen
	Tiers          []TierPrice // the price from each size on, the first being the pay price; empty without tiers
	Instant        bool        // a team that the buyer opens is formed by that one payment
	BuyAlone       bool        // the activity lets its goods be bought alone as well
	Visible        bool
	Joinable       bool
	Reason         string // why not joinable: a stable code
	StartsAt       time.Time
	EndsAt         time.Time
	MaxQuantity    int
}

// TierPrice is what a piece costs everybody in a team that has reached a size.
type TierPrice struct {
	Size  int
	Price money.Fen
}

// The reasons of a quote that the mall's decisions depend on.
const (
	reasonNotOpen  = "activity_not_open"
	reasonAudience = "audience"
)

// aloneOff says whether the goods cannot be bought alone now. An activity that the buyer does not see, or whose time
// has not come, keeps nobody from them.
func (q Quote) aloneOff() bool { return !q.BuyAlone && q.Visible && q.Reason != reasonNotOpen }

// secret says whether the buyer is not to know of the activity at all: its audience sees it, and nobody else.
func (q Quote) secret() bool { return q.ActivityID == "" || !q.Visible && q.Reason == reasonAudience }

// Statistics counts what happened to goods.
type Statistics struct {
	TeamsOpened, TeamsFormed, TeamsFailed, Buyers int
}

// LockRequest asks for a seat.
type LockRequest struct {
	OrderNo       string // the seat's idempotency key
	ActivityID    string
	GoodsID       string
	SKUID         string
	Channel       string
	Buyer         string
	Quantity      int
	TeamID        string    // empty opens a team
	ExpectedPrice money.Fen // per piece; the engine refuses with price_changed when it differs
}

// Seat is an order's place in a team.
type Seat struct {
	OrderNo    string
	TeamID     string
	TeamStatus string // forming, formed or failed, as of the answer
	Status     string // held, paid, released, refunding or refunded
	Original   money.Fen
	PayPrice   money.Fen
	Amount     money.Fen // for the whole quantity
	ExpiresAt  time.Time // payment deadline
	Reason     string    // why it ended
	Settlement string    // joined, formed, refund_required; empty while not settled
	// Difference is what of Amount goes back, or went, because the team closed at a lower price. A seat that is
	// refunding for the reason tier_reached owes this and stays the buyer's.
	Difference money.Fen
	// AskedNo is the number under which a refund was asked for, empty while none was, and AskedReason what was said.
	AskedNo, AskedReason string
}

// RefundRequest asks for the money of a paid seat.
type RefundRequest struct {
	OrderNo   string
	RequestNo string // of the refund, the same for ever
	Reason    string // in the words of who asks; may be empty
}

// Settlement reports a payment.
type Settlement struct {
	OrderNo    string
	Amount     money.Fen
	PaidAt     time.Time
	ProviderNo string
}

// Settled is the engine's answer to a payment: what it decided at the first report, and the seat as it is now.
type Settled struct {
	Outcome string // joined, formed or refund_required
	Reason  string // why the money must go back
	Seat    Seat
}

// Team is a team as the engine tells it.
type Team struct {
	ID         string
	ActivityID string
	GoodsID    string
	Status     string
	Target     int   // people who must have paid for the team to form
	Tiers      []int // sizes beyond the target, each with a lower price
	Capacity   int   // seats in all
	Held, Paid int
	Virtual    int // seats without a buyer, by which the team was completed; to be shown as such
	LeaderID   string
	Own        bool // of a Trial's teams: the buyer asked about leads it
	OpenedAt   time.Time
	ExpiresAt  time.Time
	EndedAt    time.Time // when it formed or failed
	ClosedAt   time.Time // since when nobody can join; with tiers later than EndedAt
	Seats      []TeamSeat
}

// NextSize is the next size of a team that takes people: its target, then each tier. 0 when there is none.
func (t Team) NextSize() int {
	if t.Status == "failed" || !t.ClosedAt.IsZero() {
		return 0
	}
	for _, size := range append([]int{t.Target}, t.Tiers...) {
		if t.Paid < size {
			return size
		}
	}
	return 0
}

// TeamSeat is one place in a team.
type TeamSeat struct {
	OrderNo string
	Buyer   string
	Leader  bool
	Status  string
	HeldAt  time.Time
}
