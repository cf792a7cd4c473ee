package app

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"kaituan/groupbuy"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
)

// Outbox is what waits in one database to be told to others.
type Outbox struct {
	Database string // groupbuy or mall
	Status   outbox.Status
	Dead     []outbox.DeadMessage
	Failing  []outbox.Stuck // those that fail again and again or that nobody takes, as the check sees them
}

// Outboxes looks at the outbox of each database and lists messages of each with an ID above after: up to limit dead
// ones, and the failing ones among as many that need attention.
// Errors: a database that cannot be opened or read.
func Outboxes(ctx context.Context, c config.Config, after string, limit int) (list []Outbox, err error) {
	err = eachOutbox(ctx, c, func(name string, db *sqldb.DB) error {
		status, err := outbox.Backlog(ctx, db, time.Now())
		if err != nil {
			return err
		}
		dead, err := outbox.ListDead(ctx, db, after, limit)
		if err != nil {
			return err
		}
		stuck, err := outbox.ListStuck(ctx, db, time.Now(), limit, groupbuy.TopicDelivery)
		failing := slices.DeleteFunc(stuck, func(m outbox.Stuck) bool { return m.Dead || m.ID <= after })
		list = append(list, Outbox{Database: name, Status: status, Dead: dead, Failing: failing})
		return err
	})
	return list, err
}

// RedoDead makes dead messages due again with all their attempts back, wherever they are, and returns how many of ids
// were dead. Errors: as Outboxes.
func RedoDead(ctx context.Context, c config.Config, ids ...string) (n int, err error) {
	err = eachOutbox(ctx, c, func(_ string, db *sqldb.DB) error {
		redone, err := outbox.Redo(ctx, db, time.Now(), ids...)
		n += int(redone)
		return err
	})
	return n, err
}

// redoAtOnce is how many messages are made due again in one transaction.
const redoAtOnce = 500

// RedoAllDead is RedoDead for every dead message of both databases.
func RedoAllDead(ctx context.Context, c config.Config) (n int, err error) {
	err = eachOutbox(ctx, c, func(_ string, db *sqldb.DB) error {
		after := ""
		for {
			dead, err := outbox.ListDead(ctx, db, after, redoAtOnce)
			if err != nil || len(dead) == 0 {
				return err
			}
			ids := make([]string, len(dead))
			for i, m := range dead {
				ids[i] = m.ID
			}
			redone, err := outbox.Redo(ctx, db, time.Now(), ids...)
			if err != nil {
				return err
			}
			n, after = n+int(redone), ids[len(ids)-1]
		}
	})
	return n, err
}

func eachOutbox(ctx context.Context, c config.Config, do func(name string, db *sqldb.DB) error) (err error) {
	c.Role = config.RoleAll
	dbs, err := openExisting(ctx, c)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, dbs.close()) }()
	opened := dbs.opened()
	for _, name := range slices.Sorted(maps.Keys(opened)) {
		if err := do(name, opened[name]); err != nil {
			return fmt.Errorf("outbox of %s: %w", name, err)
		}
	}
	return nil
}
