// Package sqldb is the base under every store: it opens SQLite or MySQL/MariaDB through GORM, runs transactions with
// bounded retries, translates driver errors by code, and applies the embedded migrations.
//
//	db, err := sqldb.Open(ctx, "sqlite:./data/groupbuy.db")
//	err = db.Migrate(ctx, sqldb.GroupBuy)
//	err = db.InTx(ctx, func(tx *gorm.DB) error { ... })  // READ COMMITTED; the function may run again
//	err = db.Read(ctx).Where("id = ?", id).Take(&row).Error
//
// Errors of InTx, and of statements run through Read:
//   - ErrUnavailable: the database cannot be reached or stayed busy; nothing was written, try again later.
//   - ErrUnknown: the connection broke during COMMIT; the writes may or may not have happened, ask before repeating.
//   - ErrFenced: the context is a job's (see DB.Fenced) that another node has taken over; nothing was written.
//   - gorm.ErrDuplicatedKey (test with IsDuplicate): a unique key refused a row; the transaction can go on.
//   - whatever the function returned, unchanged for errors.Is and errors.As.
//
// Rules for stores: models are private, columns explicit, no associations, hooks, soft delete or AutoMigrate (the
// dialects have no migrator, so AutoMigrate panics). Instants are int64 UTC milliseconds. INSERT ... ON CONFLICT DO
// NOTHING reports rows differently per dialect: insert plainly and test IsDuplicate. An UPDATE that changes nothing
// reports 0 rows on MySQL: change a version column. OFFSET needs a LIMIT on both. Lock with
// clause.Locking{Strength: "UPDATE"}: MySQL locks the rows, SQLite drops the clause because its writers are serial.
//
// Migrations live in migrations/{groupbuy,mall}/{sqlite,mysql}/NNNNN_name.sql and only go forward. SQLite applies all
// pending ones in one transaction; MySQL commits each DDL statement by itself, so write those so that a second run
// after a crash passes (CREATE TABLE IF NOT EXISTS, indexes inside the table).
package sqldb
