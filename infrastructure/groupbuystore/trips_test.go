package groupbuystore_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// TestBatch_TwoRoundTrips counts what goes over the line to the server: one script that begins and reads, one that
// writes and commits, for one command as for two hundred.
func TestBatch_TwoRoundTrips(t *testing.T) {
	db := sqldbtest.OpenMySQL(t, sqldb.GroupBuy)
	tap, through := sqldbtest.NewTap(t, db.DSN())
	store := groupbuystore.New(sqldbtest.Connect(t, through))
	first, second := lock("seat_1", "team_1", "ann"), lock("seat_2", "", "bob")
	second.Team = "team_1"
	var many []team.Command
	for i := range 200 {
		id := fmt.Sprint("many-", i)
		many = append(many, lock(team.SeatID("seat_"+id), team.ID("team_"+id), activity.Buyer(id)))
	}
	apply(t, store, lock("seat_0", "team_0", "eve")) // opens the connection
	for _, c := range []struct {
		name string
		cmds []team.Command
	}{
		{"open", []team.Command{first}},
		{"join", []team.Command{second}},
		{"pay", []team.Command{pay(first)}},
		{"leave", []team.Command{team.Release{Key: second.Key, Why: team.Cancelled}}},
		{"many", many},
	} {
		tap.Asked()
		apply(t, store, c.cmds...)
		asked := tap.Asked()
		require.Len(t, asked, 2, "%s: %s", c.name, asked)
		require.True(t, strings.HasPrefix(asked[0], "BEGIN;"), asked[0])
		require.True(t, strings.HasSuffix(asked[1], ";COMMIT"), asked[1])
	}
}
