// Package showcase fills an empty shop with something to look at: products with pictures, group-buys of every kind, and
// a month in which people bought. Nothing is written into tables. Everything happens through the use cases, on a clock
// that begins in the past, so that it is as true as what happens later.
package showcase

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/payment"
)

// Stage is the system on a clock of its own.
type Stage struct {
	Engine  *groupbuy.Engine
	Shop    *mall.Shop
	Partner partner.ID // that the shop is at the engine
	Clock   *Clock
	// Bustle is how many people come, as a share of the usual.
	Bustle float64
	// Pay presses the button of a pay page and returns once the shop has heard of it.
	Pay func(ctx context.Context, page payment.PageURL) error
	// Relay carries out tasks and sends webhooks until none is due.
	Relay func(ctx context.Context) error
	// Sweep does what jobs do by the clock: ends what is over, ships, pays back.
	Sweep func(ctx context.Context) error
}

// Clock shows the time of the stage. It is safe for concurrent use.
type Clock struct{ ms atomic.Int64 }

// NewClock returns a clock that shows an instant until it is set.
func NewClock(at time.Time) *Clock {
	c := &Clock{}
	c.Set(at)
	return c
}

// Now is what the clock shows, UTC, whole milliseconds.
func (c *Clock) Now() time.Time { return time.UnixMilli(c.ms.Load()).UTC() }

// Set moves the clock. Back is not allowed for: what happened stays.
func (c *Clock) Set(at time.Time) { c.ms.Store(at.UnixMilli()) }

// Past is how long before the first start the showcase begins.
const Past = 30 * 24 * time.Hour

// operator is who puts things on the shelf.
func operator() mall.Actor {
	return mall.Actor{Account: "demo-data", Role: account.Operator, Rank: mall.RankAdmin, Name: "demo data"}
}

// Stock puts the products on the shelf and publishes the group-buys over them, unless the shop sells anything else.
// Every step looks whether it was done before, so that one that was cut short is made up for by the next. fresh says
// that the shelf was empty: then there may be a past to play.
func (s *Stage) Stock(ctx context.Context) (fresh bool, err error) {
	there, err := s.onShelf(ctx)
	if err != nil {
		return false, err
	}
	list := products()
	missing := slices.DeleteFunc(slices.Clone(list), func(p product) bool { return there[p.id] })
	if len(list)-len(missing) < len(there) {
		return false, nil // the shop has products of its own
	}
	for _, p := range missing {
		if _, err := s.Shop.SaveProduct(ctx, operator(), p.draft()); err != nil {
			return false, fmt.Errorf("product %s: %w", p.id, err)
		}
	}
	if err := s.Relay(ctx); err != nil { // which registers the goods at the engine
		return false, err
	}
	tag, err := s.regulars(ctx)
	if err != nil {
		return false, err
	}
	return len(there) == 0, s.publishAll(ctx, tag)
}

// onShelf is what the shop has, also what it does not show.
func (s *Stage) onShelf(ctx context.Context) (map[catalog.ProductID]bool, error) {
	shelf, err := s.Shop.Products(ctx, operator(), mall.ListProducts{Limit: mall.MaxPage, All: true})
	there := map[catalog.ProductID]bool{}
	for _, view := range shelf.Items {
		there[view.Product.ID] = true
	}
	return there, err
}

// publishAll publishes the group-buys that are not there yet.
func (s *Stage) publishAll(ctx context.Context, tag activity.TagID) error {
	known, err := s.known(ctx)
	if err != nil {
		return err
	}
	for _, d := range deals() {
		a, there := known[d.name]
		if there && a.Status != activity.Draft {
			continue
		}
		if !there {
			if a, err = s.Engine.CreateActivity(ctx, d.activity(s.Partner, tag, s.Clock.Now())); err != nil {
				return fmt.Errorf("activity %s: %w", d.name, err)
			}
		}
		if _, err := s.Engine.PublishActivity(ctx, a.ID); err != nil {
			return fmt.Errorf("publish %s: %w", d.name, err)
		}
	}
	return nil
}

// known are the shop's activities by name.
func (s *Stage) known(ctx context.Context) (map[string]activity.Activity, error) {
	list, err := s.Engine.ListActivities(ctx, groupbuy.ActivityQuery{Partner: s.Partner, Limit: 100})
	known := make(map[string]activity.Activity, len(list))
	for _, a := range list {
		known[a.Name] = a
	}
	return known, err
}

// refused says that an error is a no to a buyer, with which life goes on, rather than a failure.
func refused(err error) bool {
	_, ok := errors.AsType[*mall.Error](err)
	return ok
}
