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

// PruneTaken forgets up to limit messages that a consumer took before a moment, and returns how many. One that is
// delivered again after that counts as new. Errors: those of the database.
func PruneTaken(ctx context.Context, db *sqldb.DB, before time.Time, limit int) (int, error) {
	var taken []receipt
	if err := db.Read(ctx).Where("received_at < ?", before.UnixMilli()).Limit(limit).Find(&taken).Error; err != nil || len(taken) == 0 {
		return 0, pruned(err)
	}
	keys := make([][]any, len(taken))
	for i, r := range taken {
		keys[i] = []any{r.Consumer, r.MessageID}
	}
	return prune(ctx, db, func(tx *gorm.DB) *gorm.DB {
		return tx.Where("(consumer, message_id) IN ?", keys).Delete(&receipt{})
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
