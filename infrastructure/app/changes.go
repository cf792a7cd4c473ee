package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"kaituan/infrastructure/coalesce"
	"kaituan/infrastructure/mallstore"
	"kaituan/mall"
)

// changesAtOnce is how many of the shop's changes share a transaction. More would hold each other's orders for longer
// than their commits take.
const changesAtOnce = 64

// changePatience is how long a change may expect to wait before it is refused. A payment that was refused is told again
// in minutes, so waiting for a connection's time is better.
const changePatience = 5 * time.Second

// changes let the shop's callers share transactions.
type changes struct {
	*shared
	store *mallstore.Store
	group *coalesce.Group[mallstore.Change, error]
}

func newChanges() *changes {
	c := &changes{}
	c.shared = newShared("kaituan_mall_commit_", "changes", "changes of the shop", func() int { return c.group.Waiting() })
	c.group = coalesce.New(c.carry, coalesce.Options[mallstore.Change]{
		MaxBatch: changesAtOnce, MaxWait: changePatience, Observe: c.observe,
		// A store that is away is away for all, and of what may be done already each has to be asked about by who wanted it.
		Apart: func(err error) bool { return !errors.Is(err, mall.ErrUnavailable) && !errors.Is(err, mall.ErrUnknown) },
	})
	return c
}

func (c *changes) carry(ctx context.Context, batch []mallstore.Change) ([]error, error) {
	return c.store.Carry(ctx, batch)
}

func (c *changes) share(ctx context.Context, change mallstore.Change) (outcome, err error) {
	outcome, err = c.group.Do(ctx, change)
	if errors.Is(err, coalesce.ErrOverloaded) || errors.Is(err, coalesce.ErrStopped) {
		err = fmt.Errorf("%w: %w", mall.ErrUnavailable, err)
	}
	return outcome, err
}

// Start does nothing: the group works from the first change on.
func (c *changes) Start(context.Context) error { return nil }

// Stop carries out what waits.
func (c *changes) Stop(ctx context.Context) error { return c.group.Stop(ctx) }
