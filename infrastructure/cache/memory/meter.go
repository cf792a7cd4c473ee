// Package memory is the cache of one process: what a system of one node needs, and what every node falls back to when
// Redis is away.
package memory

import (
	"context"
	"hash/maphash"
	"sync"
	"time"

	"kaituan/api/limit"
)

// meterShards keeps callers apart who are metered at the same time.
const meterShards = 64

// Meter is limit.Meter in the memory of this process. It is safe for concurrent use.
type Meter struct {
	shards   [meterShards]meterShard
	seed     maphash.Seed
	perShard int
	clock    func() time.Time
}

type meterShard struct {
	mu   sync.Mutex
	full map[string]time.Time // when the bucket is full again; one that is full is not kept
}

// NewMeter returns a meter of about so many buckets, at some 100 bytes each. A shard with more than its part of them
// forgets the full ones, and if there are none all: whoever calls from very many places is let through rather than
// the machine's memory used up.
func NewMeter(capacity int, clock func() time.Time) *Meter {
	m := &Meter{seed: maphash.MakeSeed(), perShard: max(capacity/meterShards, 1), clock: clock}
	for i := range m.shards {
		m.shards[i].full = map[string]time.Time{}
	}
	return m
}

// Take is limit.Meter's.
func (m *Meter) Take(_ context.Context, bucket string, rate limit.Rate) limit.Verdict {
	now := m.clock()
	shard := &m.shards[maphash.String(m.seed, bucket)%meterShards]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	full, kept := shard.full[bucket]
	if !kept && len(shard.full) >= m.perShard {
		shard.forget(now)
	}
	debt, verdict := rate.Take(max(0, full.Sub(now)))
	if verdict.Allowed {
		shard.full[bucket] = now.Add(debt)
	}
	return verdict
}

// forget makes room.
func (s *meterShard) forget(now time.Time) {
	before := len(s.full)
	for bucket, full := range s.full {
		if !full.After(now) {
			delete(s.full, bucket)
		}
	}
	if len(s.full) == before {
		clear(s.full)
	}
}

// Buckets is how many are kept.
func (m *Meter) Buckets() (kept int) {
	for i := range m.shards {
		shard := &m.shards[i]
		shard.mu.Lock()
		kept += len(shard.full)
		shard.mu.Unlock()
	}
	return kept
}
