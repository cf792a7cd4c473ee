package groupbuystore_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/go-sql-driver/mysql"
	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

func inTx(t *testing.T, store groupbuy.Store, fn func(tx groupbuy.Tx) error) {
	t.Helper()
	require.NoError(t, store.InTx(t.Context(), func(_ context.Context, tx groupbuy.Tx) error { return fn(tx) }))
}

// TestBatch_Outbox checks that each event is announced once, in few messages.
func TestBatch_Outbox(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		store := groupbuystore.New(db)
		cmd := lock("seat_1", "team_1", "ann")
		apply(t, store, cmd)
		apply(t, store, pay(cmd))
		var payloads, ids []string
		require.NoError(t, db.Read(t.Context()).Raw("SELECT payload FROM outbox WHERE topic = ? ORDER BY id", groupbuy.TopicEvent).Scan(&payloads).Error)
		require.NoError(t, db.Read(t.Context()).Raw("SELECT id FROM events ORDER BY id").Scan(&ids).Error)
		var told []string
		for _, n := range groupbuy.EventsIn([]byte(strings.Join(payloads, " "))) {
			told = append(told, string(n.Event))
		}
		require.Equal(t, ids, told)
		require.Len(t, ids, 3)
		require.Len(t, payloads, 2, "one for each batch")
	})
}

// TestBatch_Clock decides at the injected time, once per batch.
func TestBatch_Clock(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		at := time.Date(2030, 1, 2, 3, 4, 5, 678_900_000, time.FixedZone("CST", 8*3600))
		store := groupbuystore.New(db, groupbuystore.WithClock(func() time.Time { return at }))
		out := apply(t, store, lock("seat_1", "team_1", "ann"))
		require.Equal(t, time.Date(2030, 1, 1, 19, 4, 5, 678_000_000, time.UTC), out[0].Seat.HeldAt)
		inTx(t, store, func(tx groupbuy.Tx) error {
			require.Equal(t, out[0].Seat.HeldAt, tx.Now())
			return nil
		})
	})
}

// TestBatch_HoldsWhatItRead asks from another connection, while a batch decides, for the rows that the decision rests
// on. SQLite has one writer at a time anyway.
func TestBatch_HoldsWhatItRead(t *testing.T) {
	db := sqldbtest.OpenMySQL(t, sqldb.GroupBuy)
	store := sound(t, db)
	elsewhere := lock("seat_elsewhere", "team_elsewhere", "bob")
	apply(t, store, elsewhere)
	join := lock("seat_new", "", "bob") // who has live seats in two other teams
	join.Team = "team_forming"
	cmds := []team.Command{join}
	require.NoError(t, store.Batch(t.Context(), team.TouchOf(cmds), func(s *team.State, now time.Time) {
		for row, held := range map[string]bool{
			"teams WHERE id = 'team_forming'":                      true,
			"seats WHERE id = 'seat_elsewhere'":                    true,
			"seats WHERE id = 'seat_last'":                         true,
			"activity_stock WHERE sku_id = 'green'":                true,
			"teams WHERE id = 'team_elsewhere'":                    false,
			"seats FORCE INDEX (PRIMARY) WHERE id = 'seat_leader'": false,
		} {
			var found []map[string]any
			err := db.Read(t.Context()).Raw("SELECT version FROM " + row + " FOR UPDATE NOWAIT").Scan(&found).Error
			busy, refused := errors.AsType[*mysql.MySQLError](err)
			require.Equal(t, held, refused && busy.Number == 1205, row)
		}
		team.Apply(s, cmds, now)
	}))
}

// TestBatch_TakenMeanwhile lets another node take the same order while this one decides. On SQLite that node would
// wait, so this is about MySQL.
func TestBatch_TakenMeanwhile(t *testing.T) {
	db := sqldbtest.OpenMySQL(t, sqldb.GroupBuy)
	store := groupbuystore.New(db)
	mine, theirs := lock("seat_1", "team_1", "ann"), lock("seat_2", "team_2", "ann")
	theirs.Key = mine.Key // the same order, on another node
	runs := 0
	var out []team.Outcome
	cmds := []team.Command{mine}
	err := store.Batch(t.Context(), team.TouchOf(cmds), func(s *team.State, now time.Time) {
		if runs++; runs == 1 {
			apply(t, store, theirs)
		}
		out = team.Apply(s, cmds, now)
	})
	require.NoError(t, err)
	require.Equal(t, 2, runs)
	require.True(t, out[0].Replayed)
	require.Equal(t, team.SeatID("seat_2"), out[0].Seat.ID)
}

// TestBatch_OrdinalTakenMeanwhile has another node pass the same limit at the same moment.
func TestBatch_OrdinalTakenMeanwhile(t *testing.T) {
	db := sqldbtest.OpenMySQL(t, sqldb.GroupBuy)
	store := groupbuystore.New(db)
	mine, theirs := lock("seat_1", "team_1", "ann"), lock("seat_2", "team_2", "ann")
	mine.Terms.Limits.Open, theirs.Terms.Limits.Open = 1, 1
	runs := 0
	var out []team.Outcome
	cmds := []team.Command{mine}
	err := store.Batch(t.Context(), team.TouchOf(cmds), func(s *team.State, now time.Time) {
		if runs++; runs == 1 {
			apply(t, store, theirs)
		}
		out = team.Apply(s, cmds, now)
	})
	require.NoError(t, err)
	require.Equal(t, 2, runs)
	require.Equal(t, team.LimitOpen, out[0].Refusal)
}

// TestBatch_CallerLeaves stops deciding again when nobody waits for it any more.
func TestBatch_CallerLeaves(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		store := groupbuystore.New(db)
		taken, again := lock("seat_1", "team_1", "ann"), lock("seat_1", "team_2", "bob")
		again.Key.OutTradeNo = "another"
		apply(t, store, taken)
		ctx, cancel := context.WithCancel(t.Context())
		runs := 0
		cmds := []team.Command{again}
		err := store.Batch(ctx, team.TouchOf(cmds), func(s *team.State, now time.Time) {
			if runs++; runs == 2 {
				cancel()
			}
			team.Apply(s, cmds, now)
		})
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 2, runs)
	})
}

// TestBatch_StaleVersion shows the second guard: what is not as it was read is never overwritten, locks or not.
func TestBatch_StaleVersion(t *testing.T) {
	for name, spoil := range map[string]func(s *team.State){
		"team": func(s *team.State) {
			s.LoadTeam(team.Team{ID: "team_1", Version: 9, Status: team.Forming, Sizes: []int{2}})
		},
		"stock": func(s *team.State) { s.LoadStock(team.Stock{Key: tea(), Pieces: 9, Taken: 1, Version: 9}) },
	} {
		t.Run(name, func(t *testing.T) {
			sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
				store := groupbuystore.New(db)
				inTx(t, store, func(tx groupbuy.Tx) error {
					return tx.OpenStock("act_1", []activity.Stock{{Goods: "tea", SKU: "green", Pieces: 5}})
				})
				cmd := lock("seat_1", "team_1", "ann")
				apply(t, store, cmd)
				cmds := []team.Command{team.Release{Key: cmd.Key}}
				err := store.Batch(t.Context(), team.TouchOf(cmds), func(s *team.State, now time.Time) {
					spoil(s)
					team.Apply(s, cmds, now)
				})
				require.ErrorIs(t, err, groupbuy.ErrUnavailable)
				seat, _, err := store.Seat(t.Context(), cmd.Key)
				require.NoError(t, err)
				require.Equal(t, team.Held, seat.Status)
			})
		})
	}
}

func tea() team.StockKey { return team.StockKey{Activity: "act_1", Goods: "tea", SKU: "green"} }

// TestBatch_SeatChangedMeanwhile changes a seat that is not live, the only kind that no lock covers by itself.
func TestBatch_SeatChangedMeanwhile(t *testing.T) {
	db := sqldbtest.OpenMySQL(t, sqldb.GroupBuy)
	store := groupbuystore.New(db)
	cmd := lock("seat_1", "team_1", "ann")
	apply(t, store, cmd)
	apply(t, store, team.Release{Key: cmd.Key})
	runs := 0
	cmds := []team.Command{pay(cmd)}
	require.NoError(t, store.Batch(t.Context(), team.TouchOf(cmds), func(s *team.State, now time.Time) {
		if runs++; runs == 1 {
			require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error { return tx.Exec("UPDATE seats SET version = version + 1").Error }))
		}
		team.Apply(s, cmds, now)
	}))
	require.Equal(t, 2, runs)
	seat, _, err := store.Seat(t.Context(), cmd.Key)
	require.NoError(t, err)
	require.EqualValues(t, 4, seat.Version)
}

// TestBatch_ConnectionKilled loses the server in the middle.
func TestBatch_ConnectionKilled(t *testing.T) {
	db := sqldbtest.OpenMySQL(t, sqldb.GroupBuy)
	store := groupbuystore.New(db)
	cmd := lock("seat_1", "team_1", "ann")
	cmds := []team.Command{cmd}
	err := store.Batch(t.Context(), team.TouchOf(cmds), func(s *team.State, now time.Time) {
		kill(t, db)
		team.Apply(s, cmds, now)
	})
	require.ErrorIs(t, err, groupbuy.ErrUnknown, "COMMIT was sent along with the rest")
	err = store.InTx(t.Context(), func(_ context.Context, tx groupbuy.Tx) error {
		kill(t, db)
		return tx.TouchConfig()
	})
	require.ErrorIs(t, err, groupbuy.ErrUnavailable)
	_, _, err = store.Seat(t.Context(), cmd.Key)
	require.ErrorIs(t, err, groupbuy.ErrNotFound)
	apply(t, store, cmd)
}

// kill ends every other connection to the schema.
func kill(t *testing.T, db *sqldb.DB) {
	t.Helper()
	other := sqldbtest.Connect(t, db.DSN())
	require.NoError(t, other.InTx(t.Context(), func(tx *gorm.DB) error {
		var kills []string
		err := tx.Raw("SELECT CONCAT('KILL ', id) FROM information_schema.processlist WHERE db = DATABASE() AND id <> CONNECTION_ID()").Scan(&kills).Error
		for _, kill := range kills {
			if err == nil {
				err = tx.Exec(kill).Error
			}
		}
		return err
	}))
}

// TestRead_BadJSON reports a row that cannot be understood instead of a half of it.
func TestRead_BadJSON(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		store := sound(t, db)
		a := activity.Activity{ID: "act_1", Partner: "mall", Name: "spring", Status: activity.Published, EndsAt: time.Now().Add(time.Hour)}
		inTx(t, store, func(tx groupbuy.Tx) error {
			return errors.Join(tx.PutActivity(a), tx.PutGoods(activity.Goods{Partner: "mall", ID: "tea"}),
				tx.PutEndpoint(partner.Endpoint{ID: "ep_1", Partner: "mall"}))
		})
		for _, damage := range []string{
			"UPDATE seats SET terms = '{'", "UPDATE events SET body = '{'", "UPDATE activities SET spec = '{'",
			"UPDATE goods SET skus = '{'", "UPDATE partner_endpoints SET secrets = '{'",
		} {
			require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error { return tx.Exec(damage).Error }))
		}
		_, _, err := store.Seat(t.Context(), team.Key{Partner: "mall", OutTradeNo: "order-seat_held"})
		require.ErrorContains(t, err, "seat_held")
		_, err = store.Events(t.Context(), groupbuy.EventQuery{Partner: "mall", Limit: 1})
		require.ErrorContains(t, err, "evt_")
		_, err = store.ActivityByID(t.Context(), "act_1")
		require.ErrorContains(t, err, "act_1")
		_, err = store.Config(t.Context())
		require.ErrorContains(t, err, "act_1")
		_, err = store.PartnerEndpoints(t.Context(), "mall")
		require.ErrorContains(t, err, "ep_1")
		err = store.Batch(t.Context(), team.Touch{Whole: []team.ID{"team_forming"}}, func(*team.State, time.Time) {
			t.Error("decided on seats that could not be read")
		})
		require.ErrorContains(t, err, "seat_leader")
		inTx(t, store, func(tx groupbuy.Tx) error {
			_, err := tx.Goods("mall", []activity.GoodsID{"tea"})
			require.ErrorContains(t, err, "tea")
			return nil
		})
	})
}
