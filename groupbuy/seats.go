package groupbuy

import (
	"context"
	"strconv"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// LockRequest asks for a seat.
type LockRequest struct {
	OutTradeNo    string // the partner's order number, the idempotency key
	Activity      activity.ID
	Goods         activity.GoodsID
	SKU           activity.SKUID
	Channel       activity.Channel
	Buyer         activity.Buyer
	Quantity      int
	Team          team.ID   // empty opens a team
	ExpectedPrice money.Fen // per piece; 0 expects nothing
}

// Lock takes a seat for a buyer, opening a team or joining one. Safe to repeat with the same OutTradeNo.
// Errors: CodeInvalid, CodeActivityNotFound, CodeQuantityExceeded, CodePriceChanged, every refusal of
// activity.Reason and team.Reason.
func (e *Engine) Lock(ctx context.Context, p partner.ID, req LockRequest) (team.Outcome, error) {
	if err := req.validate(); err != nil {
		return team.Outcome{}, err
	}
	rules, err := e.rules.load(ctx)
	if err != nil {
		return team.Outcome{}, err
	}
	quote := rules.snapshot.QuoteIn(req.ask(p), req.Activity, e.Clock())
	against := req.objection(quote)
	cmd := team.Lock{
		Key: team.Key{Partner: p, OutTradeNo: req.OutTradeNo}, Activity: req.Activity, Goods: req.Goods, SKU: req.SKU,
		Channel: req.Channel, Buyer: req.Buyer, Quantity: req.Quantity, Team: req.Team,
		NewSeat: team.SeatID(e.IDs.New("seat_")), NewTeam: team.ID(e.IDs.New("team_")),
	}
	if against != nil {
		// Decided all the same: a repeated call gets its first answer, whatever the rules say now.
		cmd.Refusal = team.Reason(against.Code)
	} else {
		cmd.Terms = terms(quote, req.Quantity)
	}
	out, err := e.do(ctx, cmd)
	switch {
	case err != nil:
		return team.Outcome{}, err
	case against != nil && out.Refusal == cmd.Refusal:
		return out, against
	default:
		return out, refusal(out.Refusal)
	}
}

func (req LockRequest) validate() error {
	if req.Quantity < 1 {
		return invalid("quantity", "want at least 1")
	}
	return validIDs("out_trade_no", req.OutTradeNo, "activity_id", string(req.Activity), "goods_id", string(req.Goods),
		"sku_id", string(req.SKU), "channel", string(req.Channel), "buyer_id", string(req.Buyer))
}

func (req LockRequest) ask(p partner.ID) activity.Ask {
	item := activity.Item{Goods: req.Goods, SKU: req.SKU, Channel: req.Channel}
	return activity.Ask{Partner: p, Buyer: req.Buyer, Item: item, Joining: req.Team != ""}
}

// objection is what the trial has against the request. Whether the buyer is new is left to the store, which knows
// exactly; it is the last thing that the trial checks.
func (req LockRequest) objection(q activity.Quote) *Error {
	switch {
	case q.Reason == activity.ReasonNoActivity:
		return &Error{Code: CodeActivityNotFound, Param: "activity_id"}
	case q.Reason != activity.ReasonNone && q.Reason != activity.ReasonNewBuyersOnly:
		return &Error{Code: Code(q.Reason)}
	case req.Quantity > q.Activity.MaxQuantity:
		return &Error{Code: CodeQuantityExceeded, Param: "quantity", Detail: "at most " + strconv.Itoa(q.Activity.MaxQuantity)}
	case req.ExpectedPrice != 0 && req.ExpectedPrice != q.PayPrice:
		return &Error{Code: CodePriceChanged, Param: "expected_price_fen", CurrentPrice: q.PayPrice}
	default:
		return nil
	}
}

func terms(q activity.Quote, quantity int) team.Terms {
	a := q.Activity
	// Cannot overflow: activity.MaxPrice times the largest quantity is far below an int64 number of fen.
	amount, _ := q.PayPrice.Times(quantity)
	sizes, prices := q.Steps()
	rule := q.Chosen()
	return team.Terms{
		Original: q.Original, PayPrice: q.PayPrice, Amount: amount, Plan: rule.Plan, Tag: rule.Tag,
		LeaderDiscount: q.LeaderDiscount, Limits: a.Limits, SeatTTL: a.SeatTTL, Expiry: a.TeamExpiry,
		Sizes: sizes, TierPrices: prices, MinReal: a.MinReal, Instant: q.Instant, NewBuyersOnly: a.NewBuyersOnly,
	}
}

// Payment is what a partner reports of a payment.
type Payment struct {
	Amount     money.Fen
	PaidAt     time.Time
	ProviderNo string
}

// Settle records that a seat is paid. The outcome's Seat.Settlement says what the partner does next; it is the
// one of the first report for ever. Errors: CodeInvalid, seat_not_found, amount_mismatch, idempotency_mismatch.
func (e *Engine) Settle(ctx context.Context, p partner.ID, outTradeNo string, pay Payment) (team.Outcome, error) {
	if pay.Amount < 1 {
		return team.Outcome{}, invalid("amount_fen", "want at least 1 fen")
	}
	if pay.PaidAt.UnixMilli() < 1 { // the first instant of 1970 is how stores keep that there is none
		return team.Outcome{}, invalid("paid_at", "is required")
	}
	if err := validIDs("provider_no", pay.ProviderNo); err != nil {
		return team.Outcome{}, err
	}
	return e.command(ctx, team.Settle{
		Key: team.Key{Partner: p, OutTradeNo: outTradeNo}, Amount: pay.Amount, PaidAt: pay.PaidAt.UTC().Truncate(time.Millisecond), ProviderNo: pay.ProviderNo,
	})
}

// Release gives up an unpaid seat. Errors: seat_not_found, seat_paid.
func (e *Engine) Release(ctx context.Context, p partner.ID, outTradeNo string) (team.Outcome, error) {
	return e.command(ctx, team.Release{Key: team.Key{Partner: p, OutTradeNo: outTradeNo}, Why: team.Cancelled})
}

// ConfirmRefund records that the buyer of a seat has the money back, or the difference to a lower price. Errors: CodeInvalid, seat_not_found,
// seat_not_refunding, idempotency_mismatch.
func (e *Engine) ConfirmRefund(ctx context.Context, p partner.ID, outTradeNo, refundNo string) (team.Outcome, error) {
	if err := validIDs("out_request_no", refundNo); err != nil {
		return team.Outcome{}, err
	}
	return e.command(ctx, team.ConfirmRefund{Key: team.Key{Partner: p, OutTradeNo: outTradeNo}, RefundNo: refundNo})
}

func (e *Engine) command(ctx context.Context, cmd team.Command) (team.Outcome, error) {
	out, err := e.do(ctx, cmd)
	if err != nil {
		return team.Outcome{}, err
	}
	return out, refusal(out.Refusal)
}

// Seat returns one seat with its team. Errors: seat_not_found.
func (e *Engine) Seat(ctx context.Context, p partner.ID, outTradeNo string) (team.Seat, team.Team, error) {
	seat, t, err := e.Store.Seat(ctx, team.Key{Partner: p, OutTradeNo: outTradeNo})
	return seat, t, notFound(err, Code(team.SeatNotFound))
}

// Team returns one team with its seats. Errors: team_not_found.
func (e *Engine) Team(ctx context.Context, p partner.ID, id team.ID) (team.Team, []team.Seat, error) {
	t, seats, err := e.Store.Team(ctx, p, id)
	return t, seats, notFound(err, Code(team.TeamNotFound))
}
