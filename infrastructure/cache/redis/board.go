package redis

import (
	"context"
	"strings"
	"sync"

	"github.com/redis/go-redis/v9"

	"kaituan/infrastructure/cache"
)

// Board is cache.Board over Redis's channels. The library connects again by itself; what was announced meanwhile is
// lost, as a Board may.
type Board struct {
	client    *Client
	followers map[cache.Topic][]func() // not changed once started

	start sync.Once
	sub   *redis.PubSub
	done  chan struct{}
}

// NewBoard returns a board; it hears from Start on.
func NewBoard(client *Client) *Board {
	return &Board{client: client, followers: map[cache.Topic][]func(){}, done: make(chan struct{})}
}

const channels = prefix + "changed:"

// Follow is cache.Board's.
func (b *Board) Follow(topic cache.Topic, heard func()) {
	b.followers[topic] = append(b.followers[topic], heard)
}

// Announce is cache.Board's. While Redis is away it calls the followers of this process only.
func (b *Board) Announce(ctx context.Context, topic cache.Topic) {
	err := b.client.do(context.WithoutCancel(ctx), func(ctx context.Context) error {
		return b.client.redis.Publish(ctx, channels+string(topic), "").Err()
	})
	if err != nil {
		b.tell(topic)
	}
}

func (b *Board) tell(topic cache.Topic) {
	for _, heard := range b.followers[topic] {
		heard()
	}
}

// Start begins to hear, as soon as Redis is there.
func (b *Board) Start(context.Context) error {
	b.start.Do(func() {
		var names []string
		for topic := range b.followers {
			names = append(names, channels+string(topic))
		}
		if len(names) == 0 {
			close(b.done)
			return
		}
		b.sub = b.client.redis.Subscribe(context.Background(), names...)
		go b.hear(b.sub.Channel())
	})
	return nil
}

func (b *Board) hear(messages <-chan *redis.Message) {
	defer close(b.done)
	for message := range messages {
		b.tell(cache.Topic(strings.TrimPrefix(message.Channel, channels)))
	}
}

// Stop ends hearing.
func (b *Board) Stop(context.Context) error {
	b.start.Do(func() { close(b.done) }) // never started
	if b.sub != nil {
		_ = b.sub.Close() // of a second call: it is closed
	}
	<-b.done
	return nil
}
