package mall

import (
	"context"
	"slices"

	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/money"
)

// Preview is what a purchase would cost now, and what speaks against it. Nothing is taken and nothing is promised.
type Preview struct {
	Product  catalog.Product
	SKU      catalog.SKU
	Quantity int
	Mode     order.Mode
	Team     Team      // to join, without its seats; zero for one that would be opened
	Quote    Quote     // of group orders; zero when the engine gave none
	Price    money.Fen // per piece
	Amount   money.Fen // Price x Quantity
	// Refusals are the codes for which the order would be refused, the mall's and the engine's; empty: go ahead.
	Refusals []Code
}

// The engine's codes that the mall foresees.
const (
	codeNoActivity       Code = "no_activity"
	codeQuantityExceeded Code = "quantity_exceeded"
	codeAlreadyInTeam    Code = "already_in_team"
	codeTeamOther        Code = "team_other_activity"
	codeTeamNotForming   Code = "team_not_forming"
	codeTeamExpired      Code = "team_expired"
	codeTeamFull         Code = "team_full"
)

// Preview tells anybody, signed in or not, what a purchase would cost. The request's key does not matter.
// Errors: CodeInvalid, CodeProductNotFound, CodeSKUNotFound, CodeTeamNotFound, CodeGroupUnavailable.
func (s *Shop) Preview(ctx context.Context, who Actor, r OrderRequest) (Preview, error) {
	if err := invalidAll(r.wishFaults()); err != nil {
		return Preview{}, err
	}
	product, err := s.Store.Product(ctx, r.Product)
	if err != nil || product.Shelf != catalog.OnShelf {
		return Preview{}, at(orNotFound(err), CodeProductNotFound, "no such product")
	}
	sku, ok := product.SKU(r.SKU)
	if !ok {
		return Preview{}, refuse(CodeSKUNotFound, "the product has no such specification")
	}
	p := Preview{Product: product, SKU: sku, Quantity: r.Quantity, Mode: r.Mode, Price: sku.Price}
	if sku.Stock < r.Quantity {
		p.Refusals = append(p.Refusals, CodeSoldOut)
	}
	if r.Mode == order.Group {
		err = s.previewGroup(ctx, who, r, &p)
	} else if s.aloneOff(ctx, who.Account, r) {
		p.Refusals = append(p.Refusals, CodeBuyAloneOff)
	}
	if err != nil {
		return Preview{}, err
	}
	p.Amount, err = p.Price.Times(r.Quantity)
	if err != nil || p.Amount > catalog.MaxPrice {
		return Preview{}, invalid("quantity", "the order must not exceed "+money.Fen(catalog.MaxPrice).String()+" yuan")
	}
	return p, nil
}

// orNotFound is ErrNotFound where there is no other error.
func orNotFound(err error) error {
	if err == nil {
		return ErrNotFound
	}
	return err
}

// previewGroup asks the engine for the price and for the team to join.
func (s *Shop) previewGroup(ctx context.Context, who Actor, r OrderRequest, p *Preview) error {
	ctx, cancel := context.WithTimeout(ctx, s.TrialTimeout)
	defer cancel()
	trial, err := s.trial(ctx, TrialRequest{
		Buyer: orDefault(string(who.Account), guest), Channel: s.SalesChannel, ActivityID: string(r.Activity), Joining: r.Team != "",
		Items: []TrialItem{{string(r.Product), string(r.SKU)}},
	})
	if err != nil {
		s.Log.WarnContext(ctx, "no price from the engine", "product", r.Product, "error", err)
		return refuse(CodeGroupUnavailable, "the group-buy engine gave no answer, try again in a moment")
	}
	p.Quote = trial.Quotes[0]
	if p.Quote.ActivityID == "" {
		p.Refusals = append(p.Refusals, Code(orDefault(p.Quote.Reason, string(codeNoActivity))))
		return nil
	}
	p.Price = p.Quote.PayPrice
	if !p.Quote.Joinable {
		p.Refusals = append(p.Refusals, Code(p.Quote.Reason))
	}
	if p.Quote.MaxQuantity > 0 && r.Quantity > p.Quote.MaxQuantity {
		p.Refusals = append(p.Refusals, codeQuantityExceeded)
	}
	if r.Team == "" {
		return nil
	}
	return s.previewTeam(ctx, who, r, p)
}

// previewTeam looks at the team to join.
func (s *Shop) previewTeam(ctx context.Context, who Actor, r OrderRequest, p *Preview) error {
	t, members, err := s.teamWithMembers(ctx, who, r.Team)
	if err != nil {
		return err
	}
	if reason := s.joinRefusal(t, r); reason != "" {
		p.Refusals = append(p.Refusals, reason)
	}
	if slices.ContainsFunc(members, Member.here) {
		p.Refusals = append(p.Refusals, codeAlreadyInTeam)
	}
	t.Seats = nil
	p.Team = t
	return nil
}

// joinRefusal is why a team takes nobody more, in the engine's words.
func (s *Shop) joinRefusal(t Team, r OrderRequest) Code {
	switch {
	case t.ActivityID != string(r.Activity) || t.GoodsID != string(r.Product):
		return codeTeamOther
	case t.Status != "forming" && t.NextSize() == 0:
		return codeTeamNotForming
	case !s.Clock().Before(t.ExpiresAt):
		return codeTeamExpired
	case t.Held+t.Paid >= t.Capacity:
		return codeTeamFull
	}
	return ""
}
