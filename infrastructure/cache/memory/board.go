package memory

import (
	"context"
	"sync"

	"kaituan/infrastructure/cache"
)

// Board is cache.Board of one process: whoever follows a topic is called by whoever announces. It is safe for
// concurrent use.
type Board struct {
	mu        sync.Mutex
	followers map[cache.Topic][]func()
}

// NewBoard returns an empty board.
func NewBoard() *Board { return &Board{followers: map[cache.Topic][]func(){}} }

// Follow is cache.Board's.
func (b *Board) Follow(topic cache.Topic, heard func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.followers[topic] = append(b.followers[topic], heard)
}

// Announce is cache.Board's.
func (b *Board) Announce(_ context.Context, topic cache.Topic) {
	b.mu.Lock()
	followers := b.followers[topic]
	b.mu.Unlock()
	for _, heard := range followers {
		heard()
	}
}
