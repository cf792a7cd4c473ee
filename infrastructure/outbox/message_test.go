package outbox_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
)

func TestAdd_HandlerSeesWhatWasAdded(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		payload := "{\"name\":\"拼团 🎉 \\\\ '; --\"}\x00"
		b.add(outbox.Message{ID: "evt-1", Key: "team-9", Payload: []byte(payload)})
		b.drain()
		require.Equal(b, []outbox.Message{{
			ID: "evt-1", Topic: topic, Key: "team-9", Payload: []byte(payload),
			CreatedAt: b.clock.Now(), Attempt: 1,
		}}, b.handler.seen)
		require.Zero(b, b.status())
	})
}

func TestAdd_ManyInOneTransactionKeepTheirOrder(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		messages := make([]outbox.Message, 250)
		for i := range messages {
			messages[i].Key = strings.Repeat("k", i%128)
		}
		b.add(messages...)
		b.relay = b.newRelay(b.db, b.handler.handle, outbox.Options{Workers: 1})
		b.drain()
		require.Len(b, b.handler.seen, 250)
		require.IsIncreasing(b, b.handler.ids())
	})
}

func TestAdd_IsPartOfTheTransaction(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		refused := errors.New("refused")
		require.ErrorIs(b, b.db.InTx(b.Context(), func(tx *gorm.DB) error {
			require.NoError(b, outbox.Add(tx, b.clock.Now(), outbox.Message{Topic: topic}))
			return refused
		}), refused)
		require.NoError(b, b.db.InTx(b.Context(), func(tx *gorm.DB) error { return outbox.Add(tx, b.clock.Now()) }))
		b.drain()
		require.Empty(b, b.handler.seen)
	})
}

func TestAdd_Refuses(t *testing.T) {
	for name, m := range map[string]outbox.Message{
		"no topic":        {},
		"long topic":      {Topic: outbox.Topic(strings.Repeat("t", 65))},
		"long id":         {Topic: topic, ID: strings.Repeat("i", 65)},
		"long key":        {Topic: topic, Key: strings.Repeat("k", 129)},
		"payload not utf": {Topic: topic, Payload: []byte{0xff}},
	} {
		t.Run(name, func(t *testing.T) {
			require.ErrorIs(t, outbox.Add(nil, time.Now(), m), outbox.ErrInvalid)
		})
	}
}

func TestAdd_RefusesAKnownID(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		b.add(outbox.Message{ID: "evt-1"})
		err := b.db.InTx(b.Context(), func(tx *gorm.DB) error {
			return outbox.Add(tx, b.clock.Now(), outbox.Message{ID: "evt-1", Topic: topic})
		})
		require.True(b, sqldb.IsDuplicate(err), err)
	})
}

func TestAdd_NotBefore(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		b.add(outbox.Message{NotBefore: b.clock.Now().Add(time.Minute)})
		b.drain()
		require.Empty(b, b.handler.seen)
		b.clock.Advance(time.Minute)
		b.drain()
		require.Len(b, b.handler.seen, 1)
	})
}

func TestOnce(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		once := func(consumer, id string, after error) (first bool) {
			err := b.db.InTx(b.Context(), func(tx *gorm.DB) (err error) {
				first, err = outbox.Once(tx, consumer, id, b.clock.Now())
				return errors.Join(err, after)
			})
			require.ErrorIs(b, err, after)
			return first
		}
		require.True(b, once("mall", "evt-1", errors.New("the effect failed")))
		require.True(b, once("mall", "evt-1", nil), "rolled back with its effect")
		require.False(b, once("mall", "evt-1", nil))
		require.True(b, once("audit", "evt-1", nil), "each consumer for itself")
		require.True(b, once("mall", "evt-2", nil))
	})
}

func TestOnce_Refuses(t *testing.T) {
	for _, bad := range [][2]string{{"", "m"}, {"c", ""}, {strings.Repeat("c", 65), "m"}, {"c", strings.Repeat("m", 65)}} {
		_, err := outbox.Once(nil, bad[0], bad[1], time.Now())
		require.ErrorIs(t, err, outbox.ErrInvalid)
	}
}
