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
	changes  counts // of this node that are surely in it
	snapshot *activity.Snapshot
	keys     map[partner.KeyID]partner.Key
}

// rulebook hands out the rules of now. A change made by this node is seen by every load that begins after it; one
// made by another node, at the next refresh.
type rulebook struct {
	store   Reader
	crowd   activity.Crowd
	current atomic.Pointer[rules]
	prices  atomic.Int64 // changes made by this node to goods and activities
	keys    atomic.Int64 // likewise to partners' keys
	rebuild sync.Mutex
}

// counts of changes. They are apart because every call needs its key: registering many goods must not have each
// next call read all goods again to find one.
type counts struct{ prices, keys int64 }

func (b *rulebook) counts() counts { return counts{b.prices.Load(), b.keys.Load()} }

// load returns the rules, reading them first if anything changed since.
func (b *rulebook) load(ctx context.Context) (*rules, error) {
	return b.loadIf(ctx, func(r *rules) bool { return r.changes == b.counts() })
}

// loadKeys is load for one who only looks at the keys.
func (b *rulebook) loadKeys(ctx context.Context) (*rules, error) {
	return b.loadIf(ctx, func(r *rules) bool { return r.changes.keys == b.keys.Load() })
}

func (b *rulebook) loadIf(ctx context.Context, fresh func(r *rules) bool) (*rules, error) {
	if r := b.current.Load(); r != nil && fresh(r) {
		return r, nil
	}
	b.rebuild.Lock()
	defer b.rebuild.Unlock()
	if r := b.current.Load(); r != nil && fresh(r) { // somebody else read them while this one waited
		return r, nil
	}
	return b.read(ctx)
}

func (b *rulebook) read(ctx context.Context) (*rules, error) {
	// Counted before reading: a change that comes in between is not taken as read.
	changes := b.counts()
	config, err := b.store.Config(ctx)
	if err != nil {
		return nil, fmt.Errorf("groupbuy: read configuration: %w", err)
	}
	r := &rules{
		version: config.Version, changes: changes,
		snapshot: activity.NewSnapshot(config.Activities, config.Goods, config.Settings, b.crowd),
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

// refresh reads the rules again if another node changed them. While they cannot be read the old ones serve, just as
// they do while not even their version can.
func (b *rulebook) refresh(ctx context.Context) error {
	version, err := b.store.ConfigVersion(ctx)
	if err != nil {
		return fmt.Errorf("groupbuy: read configuration version: %w", err)
	}
	if r := b.current.Load(); r != nil && r.version == version {
		return nil
	}
	b.rebuild.Lock()
	defer b.rebuild.Unlock()
	_, err = b.read(ctx)
	return err
}
