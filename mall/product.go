package mall

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
)

// ProductView is a product as one buyer sees it.
type ProductView struct {
	Product catalog.Product
	// Group says whether the engine answered. When it did not, the product is shown without group prices.
	Group  bool
	Quotes []Quote    // one per SKU, in the order of the SKUs; empty without Group
	Teams  []TeamCard // open teams to join, the buyer's own first
	Stats  Statistics
	// BuyAlone says whether the product may be bought alone; it may be without Group.
	BuyAlone bool
	// Refusal is the code for which the buyer can join no team for any SKU; empty when there is one to join, or nothing
	// that the buyer may know of.
	Refusal string
}

// TeamCard is an open team as others see it.
type TeamCard struct {
	Team   Team
	Leader string // masked nickname
}

// maxOpenTeams is how many open teams a product's page lists.
const maxOpenTeams = 20

// guest is the engine's buyer for visitors who are not signed in.
const guest = "guest"

// SaveProduct creates or changes a product and registers it at the engine. Operators only.
// Errors: CodeForbidden, CodeInvalid with every fault.
func (s *Shop) SaveProduct(ctx context.Context, who Actor, d catalog.Draft) (catalog.Product, error) {
	if err := who.mustOperate(); err != nil {
		return catalog.Product{}, err
	}
	if err := invalidDraft(d.Validate()); err != nil {
		return catalog.Product{}, err
	}
	save := func(tx Tx) (catalog.Product, error) { return saveProduct(tx, who, d) }
	product, err := inTx(ctx, s, save)
	if errors.Is(err, ErrDuplicate) { // somebody created it at the same moment
		product, err = inTx(ctx, s, save)
	}
	return product, err
}

func saveProduct(tx Tx, who Actor, d catalog.Draft) (catalog.Product, error) {
	old, err := tx.LockProduct(d.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return catalog.Product{}, err
	}
	product := d.Over(old, tx.Now())
	if err := tx.PutProduct(product); err != nil {
		return catalog.Product{}, err
	}
	product.Version++
	if err := tx.Enqueue(Task{TopicPutGoods, string(product.ID)}); err != nil {
		return catalog.Product{}, err
	}
	if old.Version == 0 {
		return product, audit(tx, who, "product.created", string(product.ID), nil, portraitOfProduct(product))
	}
	return product, audit(tx, who, "product.changed", string(product.ID), portraitOfProduct(old), portraitOfProduct(product))
}

// putGoods registers a product at the engine. Two saves in a row may be carried out at once and arrive there in
// either order, so whoever registered looks once more: the last to register is then the one who saw the last save.
func (s *Shop) putGoods(ctx context.Context, id catalog.ProductID) error {
	goods, err := s.engineGoods(ctx, id)
	for err == nil {
		if err = s.GroupBuy.PutGoods(ctx, goods); err != nil {
			return err
		}
		sent := goods
		if goods, err = s.engineGoods(ctx, id); err == nil && goods.equal(sent) {
			return nil
		}
	}
	return err
}

// engineGoods is what the engine is to know of a product as it is now.
func (s *Shop) engineGoods(ctx context.Context, id catalog.ProductID) (EngineGoods, error) {
	product, err := s.Store.Product(ctx, id)
	if err != nil {
		return EngineGoods{}, err
	}
	goods := EngineGoods{ID: string(product.ID), Name: product.Name}
	for _, sku := range product.SKUs {
		goods.SKUs = append(goods.SKUs, EngineSKU{ID: string(sku.ID), Name: sku.Name, OriginalPrice: sku.Price})
	}
	return goods, nil
}

// ListProducts asks for a part of the catalogue, newest first.
type ListProducts struct {
	Cursor string
	Limit  int  // default 20, at most 100
	All    bool // operators only: also what is off the shelf
}

// Products lists the catalogue with the buyer's group prices and statistics, without open teams.
// Errors: CodeInvalid, CodeCursorInvalid, CodeForbidden.
func (s *Shop) Products(ctx context.Context, who Actor, l ListProducts) (Page[ProductView], error) {
	limit, err := pageSize(l.Limit)
	if err != nil {
		return Page[ProductView]{}, err
	}
	q := ProductQuery{Shelf: catalog.OnShelf, Limit: limit + 1}
	if l.All {
		q.Shelf = ""
		if err := who.mustOperate(); err != nil {
			return Page[ProductView]{}, err
		}
	}
	if q.Before, err = parseProductCursor(l.Cursor); err != nil {
		return Page[ProductView]{}, err
	}
	products, err := s.Store.Products(ctx, q)
	if err != nil {
		return Page[ProductView]{}, err
	}
	page := cut(products, limit, productCursor)
	return Page[ProductView]{Items: s.view(ctx, who, page.Items, TrialRequest{Statistics: true}), Next: page.Next}, nil
}

func productCursor(p catalog.Product) string {
	return strconv.FormatInt(p.CreatedAt.UnixMilli(), 10) + "~" + string(p.ID)
}

func parseProductCursor(cursor string) (ProductCursor, error) {
	if cursor == "" {
		return ProductCursor{}, nil
	}
	at, id, _ := strings.Cut(cursor, "~")
	ms, err := strconv.ParseInt(at, 10, 64)
	if err != nil || !catalog.ValidID(id) {
		return ProductCursor{}, refuse(CodeCursorInvalid, "take the cursor from the list")
	}
	return ProductCursor{CreatedAt: time.UnixMilli(ms).UTC(), ID: catalog.ProductID(id)}, nil
}

// Product shows one product with the buyer's group prices, open teams and statistics. When the engine is down
// it is shown without them. Errors: CodeProductNotFound.
func (s *Shop) Product(ctx context.Context, who Actor, id catalog.ProductID) (ProductView, error) {
	product, err := s.Store.Product(ctx, id)
	if err != nil {
		return ProductView{}, at(err, CodeProductNotFound, "no such product")
	}
	if product.Shelf != catalog.OnShelf && who.Role != account.Operator {
		return ProductView{}, refuse(CodeProductNotFound, "no such product")
	}
	return s.view(ctx, who, []catalog.Product{product}, TrialRequest{TeamsLimit: maxOpenTeams, Statistics: true})[0], nil
}

// maxTrialItems is how many prices the engine tells at once.
const maxTrialItems = 100

// view asks the engine for all products, in as few questions as it takes; request says what else is asked. Without an
// answer they stay without group prices.
func (s *Shop) view(ctx context.Context, who Actor, products []catalog.Product, request TrialRequest) []ProductView {
	views := make([]ProductView, len(products))
	request.Buyer, request.Channel = orDefault(string(who.Account), guest), s.SalesChannel
	for i, product := range products {
		views[i].Product, views[i].BuyAlone = product, true
		for _, sku := range product.SKUs {
			request.Items = append(request.Items, TrialItem{string(product.ID), string(sku.ID)})
		}
	}
	ctx, cancel := context.WithTimeout(ctx, s.TrialTimeout)
	defer cancel()
	trial, err := s.trial(ctx, request)
	if err != nil {
		s.Log.WarnContext(ctx, "no group prices from the engine", "products", len(products), "error", err)
		return views
	}
	s.fill(ctx, views, trial)
	return views
}

// trial asks about any number of items.
func (s *Shop) trial(ctx context.Context, r TrialRequest) (Trial, error) {
	all := Trial{Teams: map[string][]Team{}, Stats: map[string]Statistics{}}
	for items := range slices.Chunk(r.Items, maxTrialItems) {
		r.Items = items
		trial, err := s.GroupBuy.Trial(ctx, r)
		if err != nil {
			return all, err
		}
		if len(trial.Quotes) != len(items) {
			return all, fmt.Errorf("mall: asked for %d prices, got %d", len(items), len(trial.Quotes))
		}
		all.Quotes = append(all.Quotes, trial.Quotes...)
		maps.Copy(all.Teams, trial.Teams)
		maps.Copy(all.Stats, trial.Stats)
	}
	return all, nil
}

// fill spreads the engine's answer over the products it was asked about.
func (s *Shop) fill(ctx context.Context, views []ProductView, trial Trial) {
	quotes := trial.Quotes
	for i := range views {
		v := &views[i]
		n := len(v.Product.SKUs)
		v.Group, v.Quotes, quotes = true, quotes[:n], quotes[n:]
		v.Stats = trial.Stats[string(v.Product.ID)]
		v.Teams = s.cards(ctx, trial.Teams[string(v.Product.ID)])
		v.BuyAlone = !slices.ContainsFunc(v.Quotes, Quote.aloneOff)
		v.Refusal = refusalIn(v.Quotes)
	}
}

// refusalIn is the first reason why nothing can be joined that the buyer may be told.
func refusalIn(quotes []Quote) string {
	if slices.ContainsFunc(quotes, func(q Quote) bool { return q.Joinable }) {
		return ""
	}
	for _, q := range quotes {
		if !q.secret() {
			return q.Reason
		}
	}
	return ""
}

// cards names the leaders, whom the engine masks, by their orders.
func (s *Shop) cards(ctx context.Context, teams []Team) []TeamCard {
	if len(teams) == 0 {
		return nil
	}
	ids := make([]order.TeamID, len(teams))
	for i, t := range teams {
		ids[i] = order.TeamID(t.ID)
	}
	leaders, err := s.Store.TeamLeaders(ctx, ids)
	if err != nil {
		s.Log.WarnContext(ctx, "no names of team leaders", "error", err)
	}
	cards := make([]TeamCard, len(teams))
	for i, t := range teams {
		cards[i] = TeamCard{Team: t, Leader: account.MaskNickname(leaders[ids[i]])}
	}
	return cards
}
