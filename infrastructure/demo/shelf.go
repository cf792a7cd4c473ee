package demo

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/api/mallwire"
)

// shelf is what a history needs to have on sale.
type shelf struct {
	run        string // keeps the activities and orders of two replays apart
	products   map[string]*mallwire.ProductInput
	activities []groupbuywire.ActivityInput
}

// sku names the variant of a product by its price: the history sells the same goods at different prices.
func (l Line) sku() string { return "p" + strconv.FormatInt(int64(l.Price), 10) }

// stock collects the products of a history with as many pieces as it buys.
func stock(lines []Line) *shelf {
	s := &shelf{run: rand.Text()[:8], products: map[string]*mallwire.ProductInput{}}
	pieces := map[string]*int{}
	for _, line := range lines {
		product := s.products[line.Goods]
		if product == nil {
			product = &mallwire.ProductInput{Name: orName(line.Name, line.Goods), Shelf: mallwire.OnShelf}
			s.products[line.Goods] = product
		}
		key := line.Goods + "/" + line.sku()
		if pieces[key] == nil {
			pieces[key] = new(int)
			product.Skus = append(product.Skus, mallwire.SKUInput{SKUID: line.sku(), Name: line.Price.String(), PriceFen: line.Price, Stock: pieces[key]})
		}
		*pieces[key] += line.Quantity
	}
	s.plan()
	return s
}

func orName(name, fallback string) string {
	if name == "" {
		return fallback
	}
	return name
}

// Two team sizes under each of the four kinds of plan make eight activities.
const smallTeam, largeTeam = 2, 3

// plans leave a price of at least 1 fen for the cheapest goods of the history, 10 fen.
func plans() []groupbuywire.Plan {
	return []groupbuywire.Plan{
		{Kind: groupbuywire.Reduce, OffFen: 5},
		{Kind: groupbuywire.Threshold, FromFen: 200, OffFen: 50},
		{Kind: groupbuywire.Percent, ShareBp: 8333},
		{Kind: groupbuywire.Fixed, PriceFen: 99},
	}
}

// plan deals the products to the activities, in the order of their codes.
func (s *shelf) plan() {
	now := time.Now()
	quantity := 100_000
	for _, plan := range plans() {
		for _, size := range []int{smallTeam, largeTeam} {
			s.activities = append(s.activities, groupbuywire.ActivityInput{
				PartnerID: "mall", Name: fmt.Sprintf("replay %s: %s, teams of %d", s.run, plan.Kind, size), Rules: []groupbuywire.Rule{{Plan: plan}}, TeamSize: &size,
				StartsAt: instant.Of(now.Add(-time.Minute)), EndsAt: instant.Of(now.Add(24 * time.Hour)), MaxQuantity: &quantity,
			})
		}
	}
	for i, code := range slices.Sorted(maps.Keys(s.products)) {
		a := &s.activities[i%len(s.activities)]
		a.Goods = append(a.Goods, code)
	}
}

// register puts the products on the shelf and publishes the activities over them.
func (s *shelf) register(ctx context.Context, site *Site, workers int) error {
	err := inParallel(ctx, workers, slices.Sorted(maps.Keys(s.products)), func(ctx context.Context, code string) error {
		return site.putProduct(ctx, code, *s.products[code])
	})
	if err != nil {
		return err
	}
	for _, a := range s.activities {
		if len(a.Goods) == 0 {
			continue
		}
		if err := s.publish(ctx, site, a); err != nil {
			return err
		}
	}
	return nil
}

// publish waits for the mall to have registered its goods at the engine, which it does by itself after saving.
func (s *shelf) publish(ctx context.Context, site *Site, a groupbuywire.ActivityInput) error {
	deadline := time.Now().Add(awaitTime)
	created, err := site.draft(ctx, a)
	if err != nil {
		return err
	}
	for {
		err := site.goLive(ctx, created)
		var refused *Refusal
		if err == nil || !errors.As(err, &refused) || refused.Code != "activity_invalid" || time.Now().After(deadline) {
			return err
		}
		select {
		case <-time.After(200 * time.Millisecond):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
