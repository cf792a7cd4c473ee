package app

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// An engine that is broken for a day loses no event: the default policy gives up after 16 attempts.
func TestEngineRelays_NeverGiveAnEventUpInADay(t *testing.T) {
	db := sqldbtest.Open(t, sqldb.GroupBuy)
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		if err := outbox.Add(tx, time.Now(), outbox.Message{ID: "e1", Topic: groupbuy.TopicEvent, Payload: []byte("evt_1")}); err != nil {
			return err
		}
		return tx.Exec("UPDATE outbox SET attempts = 3000").Error
	}))
	broken := &groupbuy.Engine{} // has no store: every use panics, which the relay takes for a failure
	stream, err := newEventBus(config.RabbitMQ{}, db, eventConsumers(broken, nil), func() {}, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	events, _ := engineRelays(db, broken, stream, nil, slog.New(slog.DiscardHandler), time.Now)
	require.NoError(t, events.Drain(t.Context()))
	status, err := outbox.Backlog(t.Context(), db, time.Now())
	require.NoError(t, err)
	require.EqualValues(t, 1, status.Waiting)
	require.Zero(t, status.Dead)
}

func TestPruneJobs_DropOldReceipts(t *testing.T) {
	dbs := databases{groupbuy: sqldbtest.Open(t, sqldb.GroupBuy), mall: sqldbtest.Open(t, sqldb.Mall)}
	for _, db := range dbs.opened() {
		receive(t, db, "old", time.Now().Add(-keepTaken-time.Hour))
		receive(t, db, "week", time.Now().Add(-keepSent-time.Hour))
		receive(t, db, "new", time.Now())
	}
	jobs := pruneJobs(dbs)
	require.Len(t, jobs, 4)
	for _, job := range jobs {
		n, err := job.Run(t.Context())
		require.NoError(t, err, job.Name)
		require.Positive(t, n, job.Name)
	}
	for _, db := range dbs.opened() {
		var sent, taken []string
		require.NoError(t, db.Read(t.Context()).Table("outbox").Pluck("id", &sent).Error)
		require.NoError(t, db.Read(t.Context()).Table("inbox").Order("message_id").Pluck("message_id", &taken).Error)
		require.Equal(t, []string{"new"}, sent)
		require.Equal(t, []string{"new", "week"}, taken)
	}
}

// receive writes down a message that was sent and taken at a moment.
func receive(t *testing.T, db *sqldb.DB, id string, at time.Time) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		if err := outbox.Add(tx, at, outbox.Message{ID: id, Topic: "event"}); err != nil {
			return err
		}
		if _, err := outbox.Once(tx, "mall", id, at); err != nil {
			return err
		}
		return tx.Exec("UPDATE outbox SET sent_at = ? WHERE id = ?", at.UnixMilli(), id).Error
	}))
}

func TestMetrics_TellTheBacklogOfEachDatabase(t *testing.T) {
	dbs := databases{groupbuy: sqldbtest.Open(t, sqldb.GroupBuy), mall: sqldbtest.Open(t, sqldb.Mall)}
	require.NoError(t, dbs.mall.InTx(t.Context(), func(tx *gorm.DB) error {
		if err := outbox.Add(tx, time.Now().Add(-time.Hour), outbox.Message{ID: "m1", Topic: "a"}, outbox.Message{ID: "m2", Topic: "a"}); err != nil {
			return err
		}
		return tx.Exec("UPDATE outbox SET dead_at = 1 WHERE id = 'm1'").Error
	}))
	metrics := scrape(t, dbs)
	for _, line := range []string{
		`kaituan_outbox_waiting{database="groupbuy"} 0`, `kaituan_outbox_waiting{database="mall"} 1`,
		`kaituan_outbox_dead{database="groupbuy"} 0`, `kaituan_outbox_dead{database="mall"} 1`,
		`kaituan_outbox_oldest_seconds{database="mall"} 36`, `kaituan_outbox_overdue_seconds{database="mall"} 36`,
		"go_goroutines",
	} {
		require.Contains(t, metrics, line)
	}
}

// A database that is away takes only its own numbers with it.
func TestMetrics_WithoutADatabase(t *testing.T) {
	mall, err := sqldb.Open(t.Context(), sqldb.DSN("sqlite:"+t.TempDir()+"/mall.db"))
	require.NoError(t, err)
	require.NoError(t, mall.Close())
	metrics := scrape(t, databases{groupbuy: sqldbtest.Open(t, sqldb.GroupBuy), mall: mall})
	require.Contains(t, metrics, `kaituan_outbox_dead{database="groupbuy"} 0`)
	require.NotContains(t, metrics, `database="mall"`)
}

func scrape(t *testing.T, dbs databases) string {
	t.Helper()
	answer := httptest.NewRecorder()
	serveMetrics(newRegistry(dbs), slog.New(slog.DiscardHandler)).ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", nil))
	require.Equal(t, http.StatusOK, answer.Code)
	return answer.Body.String()
}
