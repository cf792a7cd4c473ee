package sqldb_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// item is a row of the table that these tests make for themselves.
type item struct {
	ID    int64 `gorm:"primaryKey;autoIncrement"`
	Name  string
	Count int64
}

func (item) TableName() string { return "item" }

func eachWithItems(t *testing.T, run func(t *testing.T, db *sqldb.DB)) {
	sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) {
		id := "INTEGER PRIMARY KEY AUTOINCREMENT"
		if db.Dialect() == sqldb.MySQL {
			id = "BIGINT PRIMARY KEY AUTO_INCREMENT"
		}
		create(t, db, "CREATE TABLE item (id "+id+", name VARCHAR(64) NOT NULL UNIQUE, count BIGINT NOT NULL)")
		run(t, db)
	})
}

func create(t *testing.T, db *sqldb.DB, statement string) {
	require.NoError(t, db.InTx(context.Background(), func(tx *gorm.DB) error { return tx.Exec(statement).Error }))
}

func count(t *testing.T, db *sqldb.DB) int64 {
	var n int64
	require.NoError(t, db.Read(context.Background()).Model(&item{}).Count(&n).Error)
	return n
}

func TestInTx_CommitsWhenTheFunctionReturnsNil(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		rows := []item{{Name: "a", Count: 1}, {Name: "b", Count: 2}}
		require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error { return tx.Create(&rows).Error }))
		var got []item
		require.NoError(t, db.Read(t.Context()).Order("id").Find(&got).Error)
		require.Equal(t, rows, got, "ids of a batch insert are those in the table")
	})
}

func TestInTx_RollsBack(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		refused := errors.New("refused")
		insert := func(tx *gorm.DB) { require.NoError(t, tx.Create(&item{Name: "a"}).Error) }

		err := db.InTx(t.Context(), func(tx *gorm.DB) error { insert(tx); return refused })
		require.ErrorIs(t, err, refused)
		require.Panics(t, func() {
			_ = db.InTx(t.Context(), func(tx *gorm.DB) error { insert(tx); panic("bug") })
		})
		ctx, cancel := context.WithCancel(t.Context())
		err = db.InTx(ctx, func(tx *gorm.DB) error { insert(tx); cancel(); return nil })
		require.ErrorIs(t, err, context.Canceled)
		require.NotErrorIs(t, err, sqldb.ErrUnknown)

		require.Zero(t, count(t, db))
		require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error { insert(tx); return nil }), "the pool still works")
	})
}

func TestInTx_DuplicateLetsTheTransactionGoOn(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&item{ID: 1, Name: "a"}).Error)
			byName := tx.Create(&item{ID: 2, Name: "a"}).Error
			require.True(t, sqldb.IsDuplicate(byName), byName)
			require.ErrorIs(t, byName, gorm.ErrDuplicatedKey)
			byID := tx.Create(&item{ID: 1, Name: "b"}).Error
			require.True(t, sqldb.IsDuplicate(byID), byID)
			raw := tx.Exec("INSERT INTO item (name, count) VALUES ('a', 0)").Error
			require.True(t, sqldb.IsDuplicate(raw), raw)
			return tx.Create(&item{ID: 3, Name: "c"}).Error
		}))
		require.EqualValues(t, 2, count(t, db))
		require.False(t, sqldb.IsDuplicate(gorm.ErrRecordNotFound))
	})
}

// Two rows locked in opposite order deadlock on MySQL; SQLite lines the writers up.
func TestInTx_RunsAgainAfterADeadlock(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
			return tx.Create(&[]item{{ID: 1, Name: "a"}, {ID: 2, Name: "b"}}).Error
		}))
		bump := func(tx *gorm.DB, id int64) error {
			return tx.Model(&item{}).Where("id = ?", id).Update("count", gorm.Expr("count + 1")).Error
		}
		const rounds = 20
		var all sync.WaitGroup
		for _, order := range [][2]int64{{1, 2}, {2, 1}, {1, 2}, {2, 1}} {
			all.Go(func() {
				for range rounds {
					err := db.InTx(context.Background(), func(tx *gorm.DB) error {
						if err := bump(tx, order[0]); err != nil {
							return err
						}
						return bump(tx, order[1])
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		var got []item
		require.NoError(t, db.Read(t.Context()).Find(&got).Error)
		for _, row := range got {
			require.EqualValues(t, 4*rounds, row.Count, "each transaction took effect once")
		}
	})
}

// A row read FOR UPDATE is still the same when it is written, on both databases and over two pools.
func TestInTx_LockedReadsLoseNoUpdate(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error { return tx.Create(&item{ID: 1, Name: "a"}).Error }))
		other := sqldbtest.Connect(t, db.DSN())
		const rounds = 25
		var all sync.WaitGroup
		for _, db := range []*sqldb.DB{db, other, db, other} {
			all.Go(func() {
				for range rounds {
					err := db.InTx(context.Background(), func(tx *gorm.DB) error {
						var row item
						if err := tx.Clauses(clause.Locking{Strength: "UPDATE"}).Take(&row, 1).Error; err != nil {
							return err
						}
						return tx.Model(&row).Update("count", row.Count+1).Error
					})
					if err != nil {
						t.Error(err)
					}
				}
			})
		}
		all.Wait()
		var row item
		require.NoError(t, db.Read(t.Context()).Take(&row, 1).Error)
		require.EqualValues(t, 4*rounds, row.Count)
	})
}

// How long to wait for what the server does on its own.
const (
	waitLimit = 30 * time.Second
	waitStep  = 5 * time.Millisecond
)

func TestRead(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
			return tx.Create(&[]item{{Name: "a"}, {Name: "b"}, {Name: "c"}}).Error
		}))
		var rows []item
		require.NoError(t, db.Read(t.Context()).Order("id").Limit(1).Offset(1).Find(&rows).Error)
		require.Equal(t, "b", rows[0].Name)
		require.ErrorIs(t, db.Read(t.Context()).Take(&item{}, 99).Error, gorm.ErrRecordNotFound)
		require.NoError(t, db.Ping(t.Context()))
		require.Panics(t, func() { _ = db.Read(t.Context()).AutoMigrate(&item{}) }, "schemas come from migrations")
	})
}

func TestRead_SQLiteRefusesToWrite(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.Mall)
	require.Error(t, db.Read(t.Context()).Exec("DELETE FROM outbox").Error)
}

// The settings that correctness rests on hold whatever the DSN asks for.
func TestOpen_MySQLSession(t *testing.T) {
	dsn := sqldbtest.Schema(t)
	db := sqldbtest.Connect(t, dsn+"?parseTime=true&clientFoundRows=true&multiStatements=true&loc=Local")
	create(t, db, "CREATE TABLE item (id BIGINT PRIMARY KEY AUTO_INCREMENT, name VARCHAR(4) NOT NULL, count BIGINT NOT NULL)")
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		require.NoError(t, tx.Create(&item{ID: 1, Name: "团🎉"}).Error)
		same := tx.Model(&item{}).Where("id = 1").Update("count", 0)
		require.NoError(t, same.Error)
		require.Zero(t, same.RowsAffected, "rows changed, not rows found")
		require.Error(t, tx.Create(&item{Name: "too long"}).Error, "never cut")
		require.Error(t, tx.Exec("SELECT 1; SELECT 2").Error)
		return nil
	}))
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		var before, after int64
		require.NoError(t, tx.Model(&item{}).Count(&before).Error)
		create(t, db, "INSERT INTO item (name, count) VALUES ('b', 0)")
		require.NoError(t, tx.Model(&item{}).Count(&after).Error)
		require.Equal(t, before+1, after, "READ COMMITTED sees what another transaction has committed meanwhile")
		return nil
	}))
}

func TestOpen_Refuses(t *testing.T) {
	_, err := sqldb.Open(t.Context(), "postgres:x")
	require.Error(t, err)
	file := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(file, []byte("this is no database, and long enough to be sure of it"), 0o600))
	_, err = sqldb.Open(t.Context(), sqldb.DSN("sqlite:"+file))
	require.Error(t, err, "not a database")
	_, err = sqldb.Open(t.Context(), sqldb.DSN("sqlite:"+filepath.Join(file, "below.db")))
	require.Error(t, err, "not a folder")
}

// Odd characters of a path must not become parameters of the connection.
func TestOpen_AnyPath(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "团 购?mode=memory&x#y%41")
	db := sqldbtest.Connect(t, sqldb.DSN("sqlite:"+filepath.Join(dir, "a.db")))
	require.NoError(t, db.Migrate(t.Context(), sqldb.Mall))
	info, err := os.Stat(filepath.Join(dir, "a.db"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm(), "buyers' data is for the owner alone")
}

func TestLog_FailedStatementWithoutItsValues(t *testing.T) {
	eachWithItems(t, func(t *testing.T, db *sqldb.DB) {
		var out strings.Builder
		db, err := sqldb.Open(t.Context(), db.DSN(), sqldb.WithLog(slog.New(slog.NewJSONHandler(&out, nil))))
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		var name string
		var number int64
		read := db.Read(t.Context())
		for ask, fault := range map[string]error{
			"nowhere = ?": read.Where("nowhere = ?", "s3cret").Find(&[]item{}).Error,
			"raw = ?":     read.Raw("SELECT 1 FROM nowhere WHERE raw = ?", "s3cret").Scan(&name).Error,
			"scan = ?":    read.Table("nowhere").Where("scan = ?", "s3cret").Scan(&[]item{}).Error,
			"pluck = ?":   read.Table("nowhere").Where("pluck = ?", "s3cret").Pluck("name", &name).Error,
			"exec = ?":    read.Exec("UPDATE nowhere SET name = ? WHERE exec = ?", "s3cret", "s3cret").Error,
			"CONCAT(?)":   read.Raw("SELECT CONCAT(?)", "s3cret").Scan(&number).Error,
		} {
			require.Error(t, fault, ask)
			require.Contains(t, out.String(), ask)
		}
		require.Equal(t, 6, strings.Count(out.String(), `"msg":"statement failed"`))
		require.NotContains(t, out.String(), "s3cret")
		out.Reset()
		require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
			require.NoError(t, tx.Create(&item{Name: "s3cret"}).Error)
			require.Error(t, tx.Create(&item{Name: "s3cret"}).Error)
			return nil
		}))
		require.Empty(t, out.String(), "a unique key at work is no fault")
	})
}
