package mall

import (
	"context"
	"errors"
	"slices"
	"time"

	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// OrderView is an order with everything that happened to it.
type OrderView struct {
	Order    order.Order
	History  []order.Move      // oldest first
	Payments []payment.Payment // oldest first
	Refunds  []payment.Refund  // oldest first
}

// Step is one entry of an order's timeline: the order came into a state, or, with Refund, a part of its money went
// back while it stayed what it was.
type Step struct {
	Status       order.Status
	Reason       order.Reason
	At           time.Time
	Refund       payment.RequestNo
	RefundStatus payment.RefundStatus
	Amount       money.Fen
}

// Timeline tells the order's moves together with the differences to a lower price, promised and back, oldest first.
func (v OrderView) Timeline() []Step {
	steps := make([]Step, len(v.History))
	for i, m := range v.History {
		steps[i] = Step{Status: m.To, Reason: m.Reason, At: m.At}
	}
	for _, r := range v.Refunds {
		if r.Intent != payment.Difference {
			continue
		}
		steps = v.insert(steps, Step{At: r.CreatedAt, RefundStatus: payment.RefundCreated}, r)
		if r.Status == payment.RefundSucceeded {
			steps = v.insert(steps, Step{At: r.EndedAt, RefundStatus: r.Status}, r)
		}
	}
	return steps
}

// insert puts a step of a refund behind everything that had happened by then.
func (v OrderView) insert(steps []Step, s Step, r payment.Refund) []Step {
	i := len(steps)
	for i > 0 && steps[i-1].At.After(s.At) {
		i--
	}
	s.Status, s.Reason, s.Refund, s.Amount = v.Order.Status, r.Reason, r.No, r.Amount
	if i > 0 {
		s.Status = steps[i-1].Status
	}
	return slices.Insert(steps, i, s)
}

// Order shows an order to its buyer, or to an operator. Errors: CodeOrderNotFound.
func (s *Shop) Order(ctx context.Context, who Actor, id order.ID) (OrderView, error) {
	if err := who.mustBeSignedIn(); err != nil {
		return OrderView{}, err
	}
	buyer := who.Account
	if who.Role == account.Operator {
		buyer = ""
	}
	o, err := s.Store.Order(ctx, buyer, id)
	if err != nil {
		return OrderView{}, at(err, CodeOrderNotFound, "no such order")
	}
	history, err1 := s.Store.History(ctx, id)
	payments, err2 := s.Store.Payments(ctx, id)
	refunds, err3 := s.Store.OrderRefunds(ctx, id)
	return OrderView{o, history, payments, refunds}, errors.Join(err1, err2, err3)
}

// Covers returns the pictures of what was ordered, by product. Without the database's answer there are none: an order
// can be read without its picture.
func (s *Shop) Covers(ctx context.Context, orders ...order.Order) map[catalog.ProductID]string {
	ids := make([]catalog.ProductID, len(orders))
	for i, o := range orders {
		ids[i] = o.Item.Product
	}
	slices.Sort(ids)
	covers, err := s.Store.Covers(ctx, slices.Compact(ids))
	if err != nil {
		s.Log.WarnContext(ctx, "orders without pictures", "error", err)
	}
	return covers
}

// Tab is a part of a buyer's orders.
type Tab string

// The tabs.
const (
	TabAll      Tab = ""
	TabToPay    Tab = "to_pay"
	TabTeaming  Tab = "teaming"
	TabToShip   Tab = "to_ship"
	TabShipped  Tab = "shipped"
	TabRefunded Tab = "refunded" // or on the way
	TabClosed   Tab = "closed"
)

// statuses returns the states in a tab and whether there is such a tab.
func (t Tab) statuses() ([]order.Status, bool) {
	switch t {
	case TabAll:
		return nil, true
	case TabToPay:
		return []order.Status{order.Created, order.AwaitingPayment}, true
	case TabTeaming:
		return []order.Status{order.Paid, order.Teaming}, true
	case TabToShip:
		return []order.Status{order.ToShip}, true
	case TabShipped:
		return []order.Status{order.Shipped}, true
	case TabRefunded:
		return []order.Status{order.Refunding, order.Refunded}, true
	case TabClosed:
		return []order.Status{order.Closed}, true
	}
	return nil, false
}

// ListOrders asks for a part of a buyer's orders, newest first.
type ListOrders struct {
	Tab    Tab
	Cursor string
	Limit  int // default 20, at most 100
}

// Orders lists the buyer's orders. Errors: CodeInvalid, CodeCursorInvalid.
func (s *Shop) Orders(ctx context.Context, who Actor, l ListOrders) (Page[order.Order], error) {
	if err := who.mustBeSignedIn(); err != nil {
		return Page[order.Order]{}, err
	}
	statuses, ok := l.Tab.statuses()
	if !ok {
		return Page[order.Order]{}, invalid("tab", "to_pay, teaming, to_ship, shipped, refunded or closed")
	}
	return s.listOrders(ctx, OrderQuery{Buyer: who.Account, Statuses: statuses}, l.Limit, l.Cursor)
}

// SearchOrders asks for a part of everybody's orders, newest first. What is left empty does not matter.
type SearchOrders struct {
	Login   string // the buyer's phone number or e-mail address
	Buyer   account.ID
	Status  order.Status
	Mode    order.Mode
	Product catalog.ProductID
	Team    order.TeamID
	Cursor  string
	Limit   int // default 20, at most 100
}

// SearchOrders lists orders of all buyers. Operators only. Errors: CodeForbidden, CodeInvalid, CodeCursorInvalid.
func (s *Shop) SearchOrders(ctx context.Context, who Actor, q SearchOrders) (Page[order.Order], error) {
	if err := who.mustOperate(); err != nil {
		return Page[order.Order]{}, err
	}
	query := OrderQuery{Buyer: q.Buyer, Mode: q.Mode, Product: q.Product, Team: q.Team}
	if q.Status != "" {
		query.Statuses = []order.Status{q.Status}
	}
	if q.Login != "" {
		login, _ := account.ParseLogin(q.Login)
		a, err := s.Store.AccountByLogin(ctx, login)
		if errors.Is(err, ErrNotFound) || err == nil && q.Buyer != "" && q.Buyer != a.ID {
			return Page[order.Order]{}, nil
		}
		if err != nil {
			return Page[order.Order]{}, err
		}
		query.Buyer = a.ID
	}
	return s.listOrders(ctx, query, q.Limit, q.Cursor)
}

func (s *Shop) listOrders(ctx context.Context, q OrderQuery, limit int, cursor string) (Page[order.Order], error) {
	limit, cursor, err := pageOf(limit, cursor)
	if err != nil {
		return Page[order.Order]{}, err
	}
	q.Before, q.Limit = order.ID(cursor), limit+1
	orders, err := s.Store.Orders(ctx, q)
	return cut(orders, limit, func(o order.Order) string { return string(o.ID) }), err
}

// pageOf checks the limit and a cursor that is an id.
func pageOf(limit int, cursor string) (int, string, error) {
	if cursor != "" && !catalog.ValidID(cursor) {
		return 0, "", refuse(CodeCursorInvalid, "take the cursor from the list")
	}
	limit, err := pageSize(limit)
	return limit, cursor, err
}
