package sign

import (
	"context"
	"crypto/sha256"
	"sync"
	"sync/atomic"
	"time"
)

// nonceShards keeps writers of the hot path apart.
const nonceShards = 64

// MemoryNonces is Nonces in the memory of one process. It suits a single process; several that serve the same
// partners need a shared one, or a call can be replayed once at each.
//
// It holds at most the given number of nonces, at about 40 bytes each. When more than that arrive within
// Retention it forgets the oldest, which opens those calls to a replay, rather than refuse new ones: a write is
// harmless when replayed (its natural key answers with the first result), a refusal would let one busy partner
// stop all. Forgotten counts them.
type MemoryNonces struct {
	shards    [nonceShards]nonceShard
	perShard  int
	forgotten atomic.Uint64
}

// A nonceShard keeps two generations and drops the older one whole: forgetting then costs nothing per nonce and
// needs no goroutine. A nonce lives between one and two Retentions.
type nonceShard struct {
	mu        sync.Mutex
	young     map[nonceDigest]struct{}
	old       map[nonceDigest]struct{}
	startedAt time.Time // of the young generation
}

type nonceDigest [16]byte

// NewMemoryNonces returns a store of at most capacity nonces (at least two per shard, 128 in all). At r calls a
// second about r x 1,202 forget nothing too early.
func NewMemoryNonces(capacity int) *MemoryNonces {
	return &MemoryNonces{perShard: max(capacity/nonceShards/2, 1)}
}

// First is Nonces.First. It never returns an error.
func (m *MemoryNonces) First(_ context.Context, keyID, nonce string, now time.Time) (bool, error) {
	digest := digestNonce(keyID, nonce)
	shard := &m.shards[int(digest[0])%nonceShards]
	shard.mu.Lock()
	defer shard.mu.Unlock()
	shard.age(now)
	if shard.has(digest) {
		return false, nil
	}
	if len(shard.young) >= m.perShard {
		m.forgotten.Add(uint64(len(shard.old)))
		shard.turn(now)
	}
	shard.young[digest] = struct{}{}
	return true, nil
}

// Forgotten returns how many nonces were dropped before their time since the start because the store was full.
// More than zero asks for a larger capacity.
func (m *MemoryNonces) Forgotten() uint64 { return m.forgotten.Load() }

func (s *nonceShard) age(now time.Time) {
	switch age := now.Sub(s.startedAt); {
	case s.young == nil || age >= 2*Retention:
		s.turn(now)
		s.old = nil
	case age >= Retention:
		s.turn(now)
	}
}

func (s *nonceShard) turn(now time.Time) {
	s.old, s.young, s.startedAt = s.young, make(map[nonceDigest]struct{}), now
}

func (s *nonceShard) has(d nonceDigest) bool {
	_, young := s.young[d]
	_, old := s.old[d]
	return young || old
}

// digestNonce hashes both parts to a fixed size. The line feed cannot occur in either (see Parse), so two pairs
// never read alike.
func digestNonce(keyID, nonce string) nonceDigest {
	var buffer [maxKeyID + 1 + maxNonce]byte
	text := append(buffer[:0], keyID...)
	text = append(append(text, '\n'), nonce...)
	sum := sha256.Sum256(text)
	return nonceDigest(sum[:len(nonceDigest{})])
}
