package mall

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// Perform carries out a task of the outbox. An error means that it must be tried again; doing it twice is
// harmless.
func (s *Shop) Perform(ctx context.Context, t Task) error {
	switch t.Topic {
	case TopicPutGoods:
		return s.putGoods(ctx, catalog.ProductID(t.Subject))
	case TopicSettle:
		return s.settle(ctx, order.ID(t.Subject))
	case TopicRelease:
		return s.release(ctx, order.ID(t.Subject))
	case TopicClose:
		return s.closeReleased(ctx, order.ID(t.Subject))
	case TopicGreet:
		return s.greet(ctx, account.ScanID(t.Subject))
	case TopicRefund:
		_, err := s.giveUpSeat(ctx, payment.RequestNo(t.Subject))
		return err
	case TopicConfirmRefund:
		return s.confirmRefund(ctx, payment.RequestNo(t.Subject))
	default:
		return fmt.Errorf("mall: no such task: %q", t.Topic)
	}
}

// settle reports an order's payment to the engine and does what its answer demands.
func (s *Shop) settle(ctx context.Context, id order.ID) error {
	o, err := s.Store.Order(ctx, "", id)
	if err != nil || o.Mode != order.Group || o.Status != order.Paid && o.Status != order.Teaming {
		return err
	}
	answer, err := s.GroupBuy.Settle(ctx, settlement(o))
	if noSeat(err) {
		// The engine lost the seat, by going back to an older backup for example, and will not find it again. Whoever
		// holds another key hears 401 or 403, which is no such answer.
		s.Log.ErrorContext(ctx, "paid order has no seat at the engine, its money goes back", "order", id)
		return s.apply(ctx, id, order.News{Outcome: outcomeRefund, Reason: order.SeatLost})
	}
	if err != nil {
		// Other refusals are mistakes of ours, such as another amount than before. The money may well have bought a
		// place, so the order stays, and the check reports it until somebody has looked.
		return fmt.Errorf("settle order %s: %w", id, err)
	}
	return s.apply(ctx, id, order.News{
		Outcome: answer.Outcome, SeatStatus: answer.Seat.Status, TeamStatus: answer.Seat.TeamStatus,
		Reason: order.Reason(orDefault(answer.Reason, answer.Seat.Reason)), Difference: answer.Seat.Difference,
		AskedNo: answer.Seat.AskedNo, Detail: answer.Seat.AskedReason,
	})
}

// settlement is the report of an order's payment, the same at every repeat.
func settlement(o order.Order) Settlement {
	return Settlement{OrderNo: string(o.ID), Amount: o.Amount, PaidAt: o.PaidAt, ProviderNo: o.TradeNo}
}

// outcomeRefund is what the engine answers to a payment that buys no place; having no seat at all means the same.
const outcomeRefund = "refund_required"

// noSeat says whether the engine definitely has no seat for the order asked about.
func noSeat(err error) bool {
	return refusedAs(err, "seat_not_found")
}

// apply tells an order what the engine says.
func (s *Shop) apply(ctx context.Context, id order.ID, n order.News) error {
	return s.Store.Together(ctx, Hold{Order: id, Payments: n.GivesBack()}, func(tx PurchaseTx) error { return s.tell(tx, id, n) })
}

func (s *Shop) tell(tx PurchaseTx, id order.ID, n order.News) error {
	o, err := tx.LockOrder(id)
	if err != nil {
		return err
	}
	verdict := o.Hear(n, tx.Now())
	if n.GivesBack() && o.Status == order.Shipped {
		s.Log.Error("the engine gives back the seat of an order that was sent: it needs an after-sale", "order", id, "reason", n.Reason)
	}
	if !verdict.Owes() {
		return s.carryOut(tx, o, verdict, payment.Payment{})
	}
	p, err := tx.Payment(payment.ID(o.PaidBy))
	if err != nil {
		return err
	}
	return s.carryOut(tx, o, verdict, p)
}

// release gives up a closed order's seat. That there is none, or that it was never paid for, is as good.
func (s *Shop) release(ctx context.Context, id order.ID) error {
	_, err := s.GroupBuy.Release(ctx, string(id))
	if noSeat(err) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("release the seat of order %s: %w", id, err)
	}
	return nil
}

// closeReleased closes an order that lost its seat.
func (s *Shop) closeReleased(ctx context.Context, id order.ID) error {
	o, err := s.Store.Order(ctx, "", id)
	if err != nil || !o.Status.Unpaid() {
		return err
	}
	why := order.SeatLost
	if !o.ExpiresAt.IsZero() && !s.Clock().Before(o.ExpiresAt) {
		why = order.NotPaidInTime
	}
	_, err = s.closeOrder(ctx, id, why)
	return err
}

// EngineEvent is what the engine reports of a team or a seat. Its signature was checked before.
type EngineEvent struct {
	ID         string // the same at every delivery
	Type       string
	At         time.Time
	OrderNo    string // of seat events
	TeamID     string
	TeamStatus string
	SeatStatus string
	Reason     string
	Difference money.Fen // of seat.difference: what goes back
	AskedNo    string    // of seat.refunding: the number under which the refund was asked for, if it was
	AskedWhy   string    // what whoever asked for it says
}

// The events that the mall acts upon.
const (
	eventTeamFormed     = "team.formed"
	eventTeamFailed     = "team.failed"
	eventSeatReleased   = "seat.released"
	eventSeatRefunding  = "seat.refunding"
	eventSeatDifference = "seat.difference"
	eventRefundRequired = "seat.refund_required"
)

// ActsUpon says whether the mall does anything about an event of the engine. There are several for each order of which it
// needs none, because it was told in the engine's answers.
func ActsUpon(eventType string) bool {
	switch eventType {
	case eventTeamFormed, eventTeamFailed, eventSeatReleased, eventSeatRefunding, eventSeatDifference, eventRefundRequired:
		return true
	}
	return false
}

// TeamEvents is the mall's name as a consumer of engine events.
const TeamEvents = "mall.team_events"

// HandleTeamEvent takes an event of the engine. Events come late, twice and in any order: each id has an effect
// once, and only orders whose payment the engine has counted are delivered for a formed team. Events about
// orders that the mall does not know are taken and forgotten; kinds that it does not act upon leave no trace.
func (s *Shop) HandleTeamEvent(ctx context.Context, e EngineEvent) error {
	if e.ID == "" || len(e.ID) > 64 {
		return invalid("id", "1 to 64 bytes")
	}
	if !ActsUpon(e.Type) {
		return nil
	}
	hold := Hold{Message: Receipt{TeamEvents, e.ID}, Order: order.ID(e.OrderNo)}
	if e.Type == eventTeamFormed || e.Type == eventTeamFailed {
		hold.Team = order.TeamID(e.TeamID)
	}
	return s.Store.Together(ctx, hold, func(tx PurchaseTx) error {
		first, err := tx.Once(TeamEvents, e.ID)
		if err != nil || !first {
			return err
		}
		switch e.Type {
		case eventTeamFormed, eventTeamFailed:
			return s.teamEnded(tx, e)
		case eventSeatRefunding:
			return forgetUnknown(s.tell(tx, order.ID(e.OrderNo), order.News{
				SeatStatus: "refunding", Reason: order.Reason(e.Reason), AskedNo: e.AskedNo, Detail: e.AskedWhy,
			}))
		case eventSeatDifference:
			return forgetUnknown(s.tell(tx, order.ID(e.OrderNo), order.News{TeamStatus: e.TeamStatus, Difference: e.Difference}))
		case eventRefundRequired:
			return forgetUnknown(s.tell(tx, order.ID(e.OrderNo), order.News{Outcome: outcomeRefund, Reason: order.Reason(e.Reason)}))
		case eventSeatReleased:
			return forgetUnknown(seatReleased(tx, order.ID(e.OrderNo)))
		}
		return nil
	})
}

func forgetUnknown(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
}

// teamEnded ships the orders of a formed team that the engine has counted. An order that is paid here but whose
// settlement is not answered may or may not belong to the team: the engine is asked again.
func (s *Shop) teamEnded(tx PurchaseTx, e EngineEvent) error {
	orders, err := tx.LockTeam(order.TeamID(e.TeamID))
	if err != nil {
		return err
	}
	for _, o := range orders {
		switch {
		case o.Status == order.Teaming && e.Type == eventTeamFormed:
			if err := s.carryOut(tx, o, o.Formed(tx.Now()), payment.Payment{}); err != nil {
				return err
			}
		case o.Status == order.Teaming || o.Status == order.Paid:
			if err := tx.Enqueue(Task{TopicSettle, string(o.ID)}); err != nil {
				return err
			}
		}
	}
	return nil
}

// seatReleased has an unpaid order closed; that asks the provider and cannot happen in a transaction.
func seatReleased(tx PurchaseTx, id order.ID) error {
	o, err := tx.LockOrder(id)
	if err != nil || !o.Status.Unpaid() {
		return err
	}
	return tx.Enqueue(Task{TopicClose, string(id)})
}

// CheckTeams asks the engine about all paid orders of which nothing was heard for a while, reading page of them at a
// time, and returns how many it looked at. Those that fail are tried again later; their errors are joined.
func (s *Shop) CheckTeams(ctx context.Context, page int) (int, error) {
	check := func(o order.Order) error {
		if err := s.settle(ctx, o.ID); err != nil {
			return err
		}
		return s.postpone(ctx, o, order.TeamAfter) // unless it moved
	}
	paid, err := s.sweep(ctx, page, order.Paid, s.Clock(), check)
	teaming, err2 := s.sweep(ctx, page, order.Teaming, s.Clock(), check)
	return paid + teaming, errors.Join(err, err2)
}
