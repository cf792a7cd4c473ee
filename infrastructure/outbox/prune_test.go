package outbox_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/outbox"
)

func TestPruneSent_KeepsWhatWaitsOrIsDead(t *testing.T) {
	eachDatabase(t, outbox.Policy{MaxAttempts: 1}, func(b *bench) {
		b.handler.fail = func(m outbox.Message) error {
			if m.ID == "m0000" {
				return errDown
			}
			return nil
		}
		b.addNumbered(6) // m0000 dies
		b.drain()
		b.clock.Advance(time.Hour)
		b.add(outbox.Message{ID: "later"})
		b.drain()
		b.add(outbox.Message{ID: "waits"})

		before := b.clock.Now()
		for _, want := range []int{3, 2, 0} {
			n, err := outbox.PruneSent(b.Context(), b.db, before, 3)
			require.NoError(b, err)
			require.Equal(b, want, n)
		}
		require.Equal(b, []string{"later", "m0000", "waits"}, b.ids())
		require.Equal(b, outbox.Status{Waiting: 1, Dead: 1}, b.status())
	})
}

func (b *bench) ids() (ids []string) {
	b.Helper()
	require.NoError(b, b.db.Read(b.Context()).Table("outbox").Order("id").Pluck("id", &ids).Error)
	return ids
}

func TestPruneTaken_ForgetsTheOldest(t *testing.T) {
	eachDatabase(t, outbox.DefaultPolicy(), func(b *bench) {
		take := func(id string) (first bool) {
			require.NoError(b, b.db.InTx(b.Context(), func(tx *gorm.DB) (err error) {
				first, err = outbox.Once(tx, "mall", id, b.clock.Now())
				return err
			}))
			return first
		}
		for _, id := range []string{"1", "2", "3"} {
			require.True(b, take(id))
		}
		b.clock.Advance(time.Hour)
		require.True(b, take("4"))
		for _, want := range []int{2, 1, 0} {
			n, err := outbox.PruneTaken(b.Context(), b.db, b.clock.Now(), 2)
			require.NoError(b, err)
			require.Equal(b, want, n)
		}
		require.False(b, take("4"))
		require.True(b, take("1"), "forgotten")
	})
}

func TestListStuck(t *testing.T) {
	policy := outbox.Policy{MaxAttempts: 5, First: time.Second, Max: time.Second}
	eachDatabase(t, policy, func(b *bench) {
		stuck := func(patient ...outbox.Topic) (found []string) {
			list, err := outbox.ListStuck(b.Context(), b.db, b.clock.Now(), 10, patient...)
			require.NoError(b, err)
			for _, s := range list {
				found = append(found, s.ID+": "+s.String())
			}
			return found
		}
		b.handler.fail = func(outbox.Message) error { return errDown }
		b.addNumbered(1)
		b.drain()
		b.add(outbox.Message{ID: "late", NotBefore: b.clock.Now().Add(time.Hour)})
		b.clock.Advance(61 * time.Second)
		require.Equal(b, []string{"m0000: topic team.formed, due at 1800000000" + b.millis() + ", attempts 1: endpoint down"}, stuck(topic), "nobody took it")
		b.drain()
		require.Empty(b, stuck(), "a moment's trouble")
		b.clock.Advance(time.Second)
		b.drain()
		require.Len(b, stuck(), 1, "it fails, although it is never overdue")
		require.Contains(b, stuck()[0], "attempts 3: endpoint down")
		require.Empty(b, stuck("another", topic))
		for range 2 {
			b.clock.Advance(time.Second)
			b.drain()
		}
		require.Equal(b, []string{"m0000: topic team.formed, dead after 5 attempts: endpoint down"}, stuck(topic))
		_, err := outbox.Redo(b.Context(), b.db, b.clock.Now(), "m0000")
		require.NoError(b, err)
		require.Empty(b, stuck())
	})
}

// millis is the last digits of the next attempt of the first message, which jitter decides.
func (b *bench) millis() string {
	b.Helper()
	var next []string
	require.NoError(b, b.db.Read(b.Context()).Table("outbox").Where("id = 'm0000'").Pluck("next_at", &next).Error)
	return next[0][len("1800000000"):]
}
