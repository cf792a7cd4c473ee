package groupbuystore_test

import (
	"testing"

	"kaituan/groupbuy"
	"kaituan/groupbuy/enginetest"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

func TestStore_SQLite(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) groupbuy.Store {
		return groupbuystore.New(sqldbtest.Open(t, sqldb.GroupBuy))
	})
}

func TestStore_MySQL(t *testing.T) {
	enginetest.Run(t, func(t *testing.T) groupbuy.Store {
		return groupbuystore.New(sqldbtest.OpenMySQL(t, sqldb.GroupBuy))
	})
}

func TestStore_TwoNodes(t *testing.T) {
	nodes := func(t *testing.T, db *sqldb.DB) []groupbuy.Store {
		return []groupbuy.Store{groupbuystore.New(db), groupbuystore.New(sqldbtest.Connect(t, db.DSN()))}
	}
	t.Run("mysql", func(t *testing.T) {
		enginetest.RunNodes(t, func(t *testing.T) []groupbuy.Store { return nodes(t, sqldbtest.OpenMySQL(t, sqldb.GroupBuy)) })
	})
	t.Run("sqlite", func(t *testing.T) {
		enginetest.RunNodes(t, func(t *testing.T) []groupbuy.Store { return nodes(t, sqldbtest.Open(t, sqldb.GroupBuy)) })
	})
}
