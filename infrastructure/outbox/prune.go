package outbox

import (
	"context"
	"fmt"
	"time"

	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
)

// PruneSent deletes up to limit messages that were sent before a moment, and returns how many. Those that wait or are
// dead stay, however old. Errors: those of the database.
func PruneSent(ctx context.Context, db *sqldb.DB, before time.Time, limit int) (int, error) {
	var ids []string
	err := db.Read(ctx).Model(&row{}).Where("sent_at < ?", before.UnixMilli()).Limit(limit).Pluck("id", &ids).Error
	if err != nil || len(ids) == 0 {
		return 0, pruned(err)
	}
	return prune(ctx, db, func(tx *gorm.DB) *gorm.DB { return tx.Where("id IN ?", ids).Delete(&row{}) })
}

// PruneTaken forgets up to limit messages of each consumer that were taken before a moment, and returns how many. One
// that is delivered again after that counts as new. It looks at the messages with the lowest numbers, and so expects
// senders that number theirs in the order of time, as ULIDs are. Errors: those of the database.
func PruneTaken(ctx context.Context, db *sqldb.DB, before time.Time, limit int) (n int, err error) {
	for consumer := ""; ; {
		var next *string
		err := db.Read(ctx).Raw("SELECT MIN(consumer) FROM inbox WHERE consumer > ?", consumer).Row().Scan(&next)
		if err != nil || next == nil {
			return n, pruned(err)
		}
		consumer = *next
		forgotten, err := pruneTaken(ctx, db, consumer, before, limit)
		n += forgotten
		if err != nil {
			return n, err
		}
	}
}

func pruneTaken(ctx context.Context, db *sqldb.DB, consumer string, before time.Time, limit int) (int, error) {
	var taken []receipt
	err := db.Read(ctx).Where("consumer = ?", consumer).Order("message_id").Limit(limit).Find(&taken).Error
	if err != nil {
		return 0, pruned(err)
	}
	var ids []string
	for _, r := range taken {
		if r.ReceivedAt < before.UnixMilli() {
			ids = append(ids, r.MessageID)
		}
	}
	if len(ids) == 0 {
		return 0, nil
	}
	return prune(ctx, db, func(tx *gorm.DB) *gorm.DB {
		return tx.Where("consumer = ? AND message_id IN ?", consumer, ids).Delete(&receipt{})
	})
}

func prune(ctx context.Context, db *sqldb.DB, drop func(tx *gorm.DB) *gorm.DB) (n int, err error) {
	err = db.InTx(ctx, func(tx *gorm.DB) error {
		done := drop(tx)
		n = int(done.RowsAffected)
		return done.Error
	})
	return n, pruned(err)
}

func pruned(err error) error {
	if err != nil {
		return fmt.Errorf("prune the outbox: %w", err)
	}
	return nil
}
