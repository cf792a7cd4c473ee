package groupbuy

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
)

// rules is one immutable version of what a node keeps in memory.
type rules struct {
	version  int64
	snapshot *activity.Snapshot
	keys     map[partner.KeyID]partner.Key
}

// rulebook hands out the rules of now. A change made by this node is seen by the next load; one made by another
// node, at the next refresh.
type rulebook struct {
	store   Reader
	current atomic.Pointer[rules]
	stale   atomic.Bool
	rebuild sync.Mutex
}

// load returns the rules, reading them first if this node changed the configuration since.
func (b *rulebook) load(ctx context.Context) (*rules, error) {
	if r := b.current.Load(); r != nil && !b.stale.Load() {
		return r, nil
	}
	return b.read(ctx)
}

func (b *rulebook) read(ctx context.Context) (*rules, error) {
	b.rebuild.Lock()
	defer b.rebuild.Unlock()
	if r := b.current.Load(); r != nil && !b.stale.Load() {
		return r, nil
	}
	// Cleared before reading: a change that comes in between marks the rules stale again.
	b.stale.Store(false)
	config, err := b.store.Config(ctx)
	if err != nil {
		b.stale.Store(true)
		return nil, fmt.Errorf("groupbuy: read configuration: %w", err)
	}
	r := &rules{
		version:  config.Version,
		snapshot: activity.NewSnapshot(config.Activities, config.Goods),
		keys:     make(map[partner.KeyID]partner.Key, len(config.Keys)),
	}
	for _, key := range config.Keys {
		if key.Live() {
			r.keys[key.ID] = key
		}
	}
	b.current.Store(r)
	return r, nil
}

func (b *rulebook) refresh(ctx context.Context) error {
	version, err := b.store.ConfigVersion(ctx)
	if err != nil {
		return fmt.Errorf("groupbuy: read configuration version: %w", err)
	}
	if r := b.current.Load(); r == nil || r.version != version {
		b.stale.Store(true)
	}
	_, err = b.load(ctx)
	return err
}

func (b *rulebook) changed() { b.stale.Store(true) }
