package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"time"

	"kaituan/api/mallwire"
)

// Story plays one group-buy from the shelf to the parcel, and one purchase alone, and prints each step.
type Story struct {
	Site *Site
	Out  io.Writer
	step int
	run  string // makes this run's logins and keys its own
}

// people are the buyers' nicknames, as many as a team of the demo data has at most.
func people() []string { return []string{"小明", "阿芳", "老王", "Lily", "大刘"} }

func (s *Story) say(what, format string, args ...any) {
	s.step++
	_, _ = fmt.Fprintf(s.Out, "%2d  %-8s %s\n", s.step, what, fmt.Sprintf(format, args...))
}

// Play runs the story. Its error is the first step that did not do what it should.
func (s *Story) Play(ctx context.Context) error {
	s.run = rand.Text()[:8]
	product, offer, err := s.choose(ctx)
	if err != nil {
		return err
	}
	buyers, err := s.gather(ctx, grown(offer))
	if err != nil {
		return err
	}
	if err := s.trial(ctx, buyers[0], product, offer); err != nil {
		return err
	}
	bought, err := s.team(ctx, buyers, product, offer)
	if err != nil {
		return err
	}
	if err := s.ship(ctx, bought); err != nil {
		return err
	}
	if err := s.differences(ctx, bought); err != nil {
		return err
	}
	return s.alone(ctx, buyers[0], product)
}

// grown is how many people the story's team has: as many as bring the price down to the lowest, if there are enough.
func grown(offer mallwire.Offer) int {
	if n := len(offer.Tiers); n > 0 && offer.Tiers[n-1].Size <= len(people()) {
		return offer.Tiers[n-1].Size
	}
	return offer.TeamSize
}

// purchase is a seat in the story's team.
type purchase struct {
	buyer *Shopper
	offer mallwire.Offer // as the buyer saw it
	order mallwire.Order
}

// choose takes the first product on the shelf that a small team can buy.
func (s *Story) choose(ctx context.Context) (mallwire.Product, mallwire.Offer, error) {
	list, err := s.Site.products(ctx)
	if err != nil {
		return mallwire.Product{}, mallwire.Offer{}, err
	}
	for _, view := range list {
		for _, offer := range view.Offers {
			if offer.Joinable && !offer.Instant && offer.TeamSize >= 2 && offer.TeamSize <= len(people()) {
				s.say("product", "%s, %s yuan alone, %s in a team of %d (%s)", view.Product.Name, offer.OriginalPriceFen, offer.PriceFen, offer.TeamSize, offer.ActivityName)
				return view.Product, offer, nil
			}
		}
	}
	return mallwire.Product{}, mallwire.Offer{}, errors.New("the shelf has nothing to buy in a team of 2 to 5; start the server with demo data, or publish an activity")
}

func (s *Story) gather(ctx context.Context, n int) ([]*Shopper, error) {
	buyers := make([]*Shopper, n)
	for i := range buyers {
		login := fmt.Sprintf("demo-%s-%d@example.com", s.run, i)
		buyer, err := s.Site.enter(ctx, login, rand.Text(), people()[i])
		if err != nil {
			return nil, err
		}
		buyers[i] = buyer
	}
	s.say("buyers", "%d sign up: %v", n, people()[:n])
	return buyers, nil
}

func (s *Story) trial(ctx context.Context, buyer *Shopper, product mallwire.Product, offer mallwire.Offer) error {
	view, err := buyer.product(ctx, product.ProductID)
	if err != nil {
		return err
	}
	for _, o := range view.Offers {
		if o.SKUID != offer.SKUID {
			continue
		}
		if o.OriginalPriceFen-o.DeductionFen != o.PriceFen {
			return fmt.Errorf("trial: %s - %s is not %s", o.OriginalPriceFen, o.DeductionFen, o.PriceFen)
		}
		s.say("trial", "%s pays %s - %s = %s yuan; %d open teams", buyer.name, o.OriginalPriceFen, o.DeductionFen, o.PriceFen, len(view.Teams))
		return nil
	}
	return fmt.Errorf("trial: no offer for %s any more", offer.SKUID)
}

// team has the first buyer open a team and the others join it, each paying before the next one comes.
func (s *Story) team(ctx context.Context, buyers []*Shopper, product mallwire.Product, offer mallwire.Offer) ([]purchase, error) {
	bought := make([]purchase, len(buyers))
	teamID := ""
	for i, buyer := range buyers {
		offer, err := seen(ctx, buyer, teamID, offer)
		if err != nil {
			return nil, err
		}
		in := mallwire.OrderInput{
			Mode: mallwire.Group, ProductID: product.ProductID, SKUID: offer.SKUID, ActivityID: offer.ActivityID,
			TeamID: teamID, ExpectedPriceFen: &offer.PriceFen,
		}
		order, err := s.buy(ctx, buyer, in, i)
		if err != nil {
			return nil, err
		}
		bought[i], teamID = purchase{buyer, offer, order}, order.TeamID
		if err := s.progress(ctx, buyer, teamID, i+1); err != nil {
			return nil, err
		}
	}
	return bought, nil
}

// seen is the offer on the team's page for who joins it, or the product's own for who opens a team.
func seen(ctx context.Context, buyer *Shopper, teamID string, opening mallwire.Offer) (mallwire.Offer, error) {
	if teamID == "" {
		return opening, nil
	}
	view, err := buyer.team(ctx, teamID)
	if err != nil {
		return mallwire.Offer{}, err
	}
	for _, offer := range view.Offers {
		if offer.SKUID == opening.SKUID {
			return offer, nil
		}
	}
	return mallwire.Offer{}, fmt.Errorf("team %s: no offer for %s", teamID, opening.SKUID)
}

// buy places an order and pays it, the leader at a desk, the others on their phones.
func (s *Story) buy(ctx context.Context, buyer *Shopper, in mallwire.OrderInput, i int) (mallwire.Order, error) {
	order, err := buyer.place(ctx, fmt.Sprintf("demo-%s-%d", s.run, i), in)
	if err != nil {
		return order, err
	}
	if order.Status != mallwire.OrderStatusAwaitingPayment {
		return order, fmt.Errorf("order %s is %s, want awaiting_payment", order.OrderID, order.Status)
	}
	what, method := "join", mallwire.Phone
	if in.TeamID == "" {
		what, method = "open", mallwire.Page
	}
	s.say(what, "%s holds a seat in %s, order %s, %s yuan to pay by %s", buyer.name, order.TeamID, order.OrderID, order.AmountFen, order.ExpiresAt.Format(time.TimeOnly))
	if err := buyer.pay(ctx, order.OrderID, method); err != nil {
		return order, err
	}
	view, err := buyer.await(ctx, order.OrderID, mallwire.OrderStatusTeaming, mallwire.OrderStatusToShip, mallwire.OrderStatusShipped)
	if err != nil {
		return order, err
	}
	s.say("pay", "%s pays %s yuan on the %s page, order is %s", buyer.name, order.AmountFen, method, view.Order.Status)
	return view.Order, nil
}

// progress looks at a team after so many people paid.
func (s *Story) progress(ctx context.Context, buyer *Shopper, id string, paid int) error {
	view, err := buyer.team(ctx, id)
	if err != nil {
		return err
	}
	t := view.Team
	if t.Paid != paid || (paid >= t.Target) != (t.Status == mallwire.TeamStatusFormed) {
		return fmt.Errorf("team %s is %s with %d of %d paid, want %d", id, t.Status, t.Paid, t.Target, paid)
	}
	switch {
	case paid == t.Target:
		s.say("formed", "team %s is formed, %d of %d paid", id, t.Paid, t.Target)
	case paid > t.Target:
		s.say("team", "%d of at most %d paid, the price goes down", t.Paid, t.Capacity)
	default:
		s.say("team", "%d of %d paid, %d more to go until %s", t.Paid, t.Target, t.Target-t.Paid, t.ExpiresAt.Format(time.DateTime))
	}
	return nil
}

// differences waits until everybody in a team that grew to its lowest price has what they paid more. Without tiers
// there is nothing to wait for.
func (s *Story) differences(ctx context.Context, bought []purchase) error {
	for _, p := range bought {
		n := len(p.offer.Tiers)
		if n == 0 || len(bought) < p.offer.Tiers[n-1].Size || p.offer.Tiers[n-1].PriceFen == p.order.AmountFen {
			continue
		}
		lowest := p.offer.Tiers[n-1].PriceFen
		view, err := p.buyer.awaitRefund(ctx, p.order.OrderID)
		if err != nil {
			return err
		}
		if back := view.Refunds[0].AmountFen; back != p.order.AmountFen-lowest {
			return fmt.Errorf("order %s of %s got %s back, want to pay %s", p.order.OrderID, p.order.AmountFen, back, lowest)
		}
		s.say("refund", "%s gets %s of %s yuan back and pays %s", p.buyer.name, view.Refunds[0].AmountFen, p.order.AmountFen, lowest)
	}
	return nil
}

func (s *Story) ship(ctx context.Context, bought []purchase) error {
	for _, p := range bought {
		view, err := p.buyer.await(ctx, p.order.OrderID, mallwire.OrderStatusShipped)
		if err != nil {
			return err
		}
		s.say("shipped", "%s's order %s is on its way: %s", p.buyer.name, view.Order.OrderID, view.Order.Tracking)
	}
	return nil
}

// alone buys the same at the full price, unless it is sold in teams only.
func (s *Story) alone(ctx context.Context, buyer *Shopper, product mallwire.Product) error {
	shelf, err := buyer.product(ctx, product.ProductID)
	if err != nil {
		return err
	}
	if !shelf.BuyAlone {
		s.say("alone", "%s is sold in teams only at present", product.Name)
		return nil
	}
	order, err := buyer.place(ctx, "demo-"+s.run+"-alone", mallwire.OrderInput{Mode: mallwire.Solo, ProductID: product.ProductID, SKUID: product.Skus[0].SKUID})
	if err != nil {
		return err
	}
	if order.AmountFen != product.Skus[0].PriceFen {
		return fmt.Errorf("alone: the order asks %s, the shelf %s", order.AmountFen, product.Skus[0].PriceFen)
	}
	if err := buyer.pay(ctx, order.OrderID, mallwire.Page); err != nil {
		return err
	}
	view, err := buyer.await(ctx, order.OrderID, mallwire.OrderStatusShipped)
	if err != nil {
		return err
	}
	s.say("alone", "%s buys one alone for %s yuan, order %s is %s", buyer.name, order.AmountFen, order.OrderID, view.Order.Status)
	return nil
}
