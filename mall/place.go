package mall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"

	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/money"
)

// OrderRequest is what a buyer asks for. It carries no price that counts: Expected is only compared.
type OrderRequest struct {
	Product  catalog.ProductID
	SKU      catalog.SKUID
	Quantity int
	Mode     order.Mode
	Activity order.ActivityID // of group orders
	Team     order.TeamID     // of group orders: the team to join; empty opens one
	Expected money.Fen        // the price per piece that the buyer saw; 0 when not said
	Key      string           // idempotency key, chosen by the buyer's client
}

func (r OrderRequest) faults() []Fault {
	if catalog.ValidID(r.Key) {
		return r.wishFaults()
	}
	return append([]Fault{{"Idempotency-Key", idRule}}, r.wishFaults()...)
}

const idRule = "1 to 64 of A-Z a-z 0-9 _ . -"

// wishFaults looks at everything but the key.
func (r OrderRequest) wishFaults() []Fault {
	var faults []Fault
	require := func(ok bool, param, detail string) {
		if !ok {
			faults = append(faults, Fault{param, detail})
		}
	}
	group := r.Mode == order.Group
	require(catalog.ValidID(string(r.Product)), "product_id", idRule)
	require(catalog.ValidID(string(r.SKU)), "sku_id", idRule)
	require(r.Quantity >= 1 && r.Quantity <= order.MaxQuantity, "quantity", "1 to 100000")
	require(group || r.Mode == order.Solo, "mode", "solo or group")
	require(!group || catalog.ValidID(string(r.Activity)), "activity_id", idRule)
	require(group || r.Activity == "", "activity_id", "only in mode group")
	require(r.Team == "" || group && catalog.ValidID(string(r.Team)), "team_id", idRule+", only in mode group")
	require(r.Expected >= 0, "expected_price_fen", "not negative")
	return faults
}

// digest tells requests apart that come with the same key.
func (r OrderRequest) digest() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%q %q %d %q %q %q %d",
		r.Product, r.SKU, r.Quantity, r.Mode, r.Activity, r.Team, r.Expected))
	return hex.EncodeToString(sum[:])
}

// Placed is the answer to placing an order.
type Placed struct {
	Order    order.Order
	Replayed bool // the key had been used before with the same input
	Cover    Cover
}

// Cover is the picture of what was ordered, if it is known: not of a replayed order.
type Cover struct {
	Known   bool
	Picture string // empty for a product that has none
}

// PlaceOrder takes the pieces from the stock and, for a group order, a seat at the engine, under the order's
// number. The order comes back awaiting payment, or still created when the engine gave no answer: then it is
// settled later and the buyer looks again. A refused seat closes the order; its Error carries the engine's code,
// and it never becomes a full-price order. Placing again under the same key gives the first answer.
// Errors: CodeInvalid, CodeProductNotFound, CodeSKUNotFound, CodeSoldOut, CodeBuyAloneOff, CodePriceChanged,
// CodeIdempotency, a code of the engine.
func (s *Shop) PlaceOrder(ctx context.Context, who Actor, r OrderRequest) (Placed, error) {
	if err := who.mustBeSignedIn(); err != nil {
		return Placed{}, err
	}
	if err := invalidAll(r.faults()); err != nil {
		return Placed{}, err
	}
	placed, err := s.write(ctx, who.Account, r)
	if err != nil { // the key was used before, or would be refused for what may have become so since
		if before, err2 := s.placedBefore(ctx, who.Account, r); !errors.Is(err2, ErrNotFound) {
			placed, err = before, err2
		}
	}
	if err != nil {
		return Placed{}, err
	}
	if placed.Order.Status == order.Created {
		placed.Order, err = s.takeSeat(ctx, placed.Order)
	}
	if err == nil && placed.Order.Refused() {
		err = refusalOf(placed.Order)
	}
	return placed, err
}

// refusalOf tells why the engine gave an order no seat, the first time and at every repeat.
func refusalOf(o order.Order) *Error {
	if Code(o.Reason) == CodePriceChanged && o.PayPrice > 0 {
		return priceChanged(o.PayPrice)
	}
	return refuse(Code(o.Reason), o.Detail)
}

func (s *Shop) placedBefore(ctx context.Context, buyer account.ID, r OrderRequest) (Placed, error) {
	o, input, err := s.Store.OrderByKey(ctx, buyer, r.Key)
	if err != nil {
		return Placed{}, err
	}
	if input != r.digest() {
		return Placed{}, &Error{
			Code: CodeIdempotency, Param: "Idempotency-Key", Detail: "used before for another purchase",
		}
	}
	return Placed{Order: o, Replayed: true}, nil
}

// write records the order and takes its stock; a solo order can be paid at once.
func (s *Shop) write(ctx context.Context, buyer account.ID, r OrderRequest) (Placed, error) {
	draft, cover, err := s.draft(ctx, buyer, r)
	if err != nil {
		return Placed{}, err
	}
	hold := Hold{Stock: StockKey{r.Product, r.SKU}, Key: BuyerKey{buyer, r.Key}}
	placed, err := together(ctx, s, hold, func(tx PurchaseTx) (Placed, error) {
		o := order.Place(draft, tx.Now())
		if r.Mode == order.Solo {
			o.Offer(s.soloTerms(o, tx), tx.Now())
		}
		if err := tx.AddOrder(o, Key{Value: r.Key, Input: r.digest()}); err != nil {
			return Placed{}, err
		}
		o.Version, o.Moves = 1, nil
		return Placed{Order: o, Cover: cover}, tx.TakeStock(r.Product, r.SKU, r.Quantity)
	})
	if errors.Is(err, ErrStock) {
		return Placed{}, refuse(CodeSoldOut, "not enough pieces left")
	}
	return placed, err
}

func (s *Shop) soloTerms(o order.Order, tx PurchaseTx) order.Terms {
	return order.Terms{
		Original: o.Original, PayPrice: o.Original, Amount: o.Original * money.Fen(o.Item.Quantity),
		ExpiresAt: tx.Now().Add(s.PayTTL),
	}
}

// draft fills in an order from the catalogue, with its picture.
func (s *Shop) draft(ctx context.Context, buyer account.ID, r OrderRequest) (order.Order, Cover, error) {
	product, err := s.Store.Product(ctx, r.Product)
	if err != nil {
		return order.Order{}, Cover{}, at(err, CodeProductNotFound, "no such product")
	}
	if product.Shelf != catalog.OnShelf {
		return order.Order{}, Cover{}, refuse(CodeProductNotFound, "not on sale any more")
	}
	sku, ok := product.SKU(r.SKU)
	if !ok {
		return order.Order{}, Cover{}, refuse(CodeSKUNotFound, "the product has no such specification")
	}
	if total, err := sku.Price.Times(r.Quantity); err != nil || total > catalog.MaxPrice {
		return order.Order{}, Cover{}, invalid("quantity", "the order must not exceed "+money.Fen(catalog.MaxPrice).String()+" yuan")
	}
	if r.Mode == order.Solo && r.Expected != 0 && r.Expected != sku.Price {
		return order.Order{}, Cover{}, priceChanged(sku.Price)
	}
	if r.Mode == order.Solo && s.aloneOff(ctx, buyer, r) {
		return order.Order{}, Cover{}, refuse(CodeBuyAloneOff, "sold in teams only at present")
	}
	cover := Cover{Known: true}
	if len(product.Pictures) > 0 {
		cover.Picture = product.Pictures[0]
	}
	return order.Order{
		ID: order.ID(s.IDs("ord")), Buyer: buyer, Mode: r.Mode, Activity: r.Activity, Team: r.Team,
		Item: order.Item{
			Product: product.ID, ProductName: product.Name, SKU: sku.ID, SKUName: sku.Name, Quantity: r.Quantity,
		},
		Original: sku.Price, Expected: r.Expected,
	}, cover, nil
}

// aloneOff asks the engine whether the goods are sold in teams only. Without an answer they are sold.
func (s *Shop) aloneOff(ctx context.Context, buyer account.ID, r OrderRequest) bool {
	ctx, cancel := context.WithTimeout(ctx, s.TrialTimeout)
	defer cancel()
	trial, err := s.trial(ctx, TrialRequest{
		Buyer: string(buyer), Channel: s.SalesChannel, Items: []TrialItem{{string(r.Product), string(r.SKU)}},
	})
	if err != nil {
		s.Log.WarnContext(ctx, "sold alone without the engine's answer", "product", r.Product, "error", err)
		return false
	}
	return trial.Quotes[0].aloneOff()
}

// takeSeat asks the engine for the order's seat and records the answer. Asking twice is harmless.
func (s *Shop) takeSeat(ctx context.Context, o order.Order) (order.Order, error) {
	seat, err := s.GroupBuy.Lock(ctx, LockRequest{
		OrderNo: string(o.ID), ActivityID: string(o.Activity), GoodsID: string(o.Item.Product), SKUID: string(o.Item.SKU),
		Channel: s.SalesChannel, Buyer: string(o.Buyer), Quantity: o.Item.Quantity, TeamID: string(o.Team),
		ExpectedPrice: o.Expected,
	})
	if refusal := definite(err); refusal != nil {
		return together(ctx, s, Hold{Order: o.ID}, func(tx PurchaseTx) (order.Order, error) {
			return closeRefused(tx, o.ID, refusal)
		})
	}
	if err != nil {
		s.Log.WarnContext(ctx, "lock not answered, the order waits for repair", "order", o.ID, "error", err)
		return o, nil
	}
	return s.recordSeat(ctx, o.ID, seat)
}

// definite returns the engine's refusal if it is one of this request. Others, such as a wrong key or too many
// requests, say nothing about it and may pass.
func definite(err error) *Refused {
	refusal, ok := errors.AsType[*Refused](err)
	if ok && slices.Contains([]int{400, 404, 409, 410, 422}, refusal.Status) {
		return refusal
	}
	return nil
}

// recordSeat lets the buyer pay what the engine says.
func (s *Shop) recordSeat(ctx context.Context, id order.ID, seat Seat) (order.Order, error) {
	return together(ctx, s, Hold{Order: id}, func(tx PurchaseTx) (order.Order, error) {
		if seat.Status != "held" {
			return closeUnpaid(tx, id, order.SeatLost, seat.Reason)
		}
		o, err := tx.LockOrder(id)
		if err != nil {
			return order.Order{}, err
		}
		terms := order.Terms{
			Team: order.TeamID(seat.TeamID), Original: seat.Original, PayPrice: seat.PayPrice, Amount: seat.Amount,
			ExpiresAt: seat.ExpiresAt,
		}
		switch {
		case o.Offer(terms, tx.Now()):
			return saveOrder(tx, o)
		case o.Status == order.Closed: // cancelled while the engine was asked
			return o, tx.Enqueue(Task{TopicRelease, string(o.ID)})
		}
		return o, nil
	})
}

// closeUnpaid closes an order that has no payment open at the provider, unless it is past that.
func closeUnpaid(tx PurchaseTx, id order.ID, why order.Reason, detail string) (order.Order, error) {
	o, err := tx.LockOrder(id)
	if err != nil || !o.Close(why, detail, tx.Now()) {
		return o, err
	}
	return saveOrder(tx, o)
}

// closeRefused closes an order that the engine gave no seat.
func closeRefused(tx PurchaseTx, id order.ID, refusal *Refused) (order.Order, error) {
	o, err := tx.LockOrder(id)
	if err != nil || !o.Refuse(order.Reason(refusal.Code), refusal.Detail, refusal.CurrentPrice, tx.Now()) {
		return o, err
	}
	return saveOrder(tx, o)
}

// saveOrder saves an order that changed, with everything that its moves entail.
func saveOrder(tx PurchaseTx, o order.Order) (order.Order, error) {
	moves := o.Moves
	if err := tx.PutOrder(o); err != nil {
		return o, err
	}
	o.Version, o.Moves = o.Version+1, nil
	if len(moves) == 0 { // only what it costs has changed
		return o, nil
	}
	if moves[0].From.HoldsStock() && !o.Status.HoldsStock() {
		if err := tx.ReturnStock(o.Item.Product, o.Item.SKU, o.Item.Quantity); err != nil {
			return o, err
		}
	}
	switch {
	case o.Status == order.Paid:
		return o, tx.Enqueue(Task{TopicSettle, string(o.ID)})
	case o.Status == order.Closed && o.Mode == order.Group && !o.Refused():
		return o, tx.Enqueue(Task{TopicRelease, string(o.ID)})
	}
	return o, nil
}
