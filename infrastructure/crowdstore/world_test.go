package crowdstore_test

import (
	"context"
	"fmt"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/crowdstore"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
	"kaituan/money"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// node is one process over a database, with a clock that a test moves.
type node struct {
	*testing.T
	db     *sqldb.DB
	store  *crowdstore.Store
	engine *groupbuy.Engine
	now    *atomic.Int64 // milliseconds
}

type serial struct{ n *atomic.Int64 }

func (s serial) New(prefix string) string { return fmt.Sprintf("%s%026d", prefix, s.n.Add(1)) }

var names atomic.Int64 //nolint:gochecknoglobals // ids differ between the nodes of a test

func newNode(t *testing.T, db *sqldb.DB, wrap ...func(groupbuy.Crowds) groupbuy.Crowds) *node {
	t.Helper()
	n := &node{T: t, db: db, store: crowdstore.New(db), now: new(atomic.Int64)}
	n.now.Store(time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC).UnixMilli())
	clock := func() time.Time { return time.UnixMilli(n.now.Load()).UTC() }
	var crowds groupbuy.Crowds = n.store
	for _, w := range wrap {
		crowds = w(crowds)
	}
	n.engine = groupbuy.New(groupbuy.Deps{
		Store: groupbuystore.New(db, groupbuystore.WithClock(clock)), Crowds: crowds, IDs: serial{&names}, Clock: clock,
		Log: slog.New(slog.DiscardHandler), Wake: func() {},
	})
	for _, p := range []partner.ID{"mall", "other"} {
		_, err := n.engine.PutPartner(t.Context(), p, "Mall "+string(p))
		require.NoError(t, err)
	}
	return n
}

func each(t *testing.T, run func(t *testing.T, n *node)) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) { run(t, newNode(t, db)) })
}

func (n *node) clock() time.Time { return time.UnixMilli(n.now.Load()).UTC() }

func (n *node) after(d time.Duration) { n.now.Add(d.Milliseconds()) }

func paid(order, buyer string, amount money.Fen, at time.Time) crowd.Fact {
	return crowd.Fact{Partner: "mall", Order: crowd.OrderID(order), Buyer: activity.Buyer(buyer), Amount: amount, At: at, Kind: crowd.Paid}
}

func refunded(f crowd.Fact, amount money.Fen) crowd.Fact {
	f.Kind, f.Amount, f.At = crowd.Refunded, amount, f.At.Add(time.Minute)
	return f
}

func (n *node) record(facts ...crowd.Fact) []crowd.Outcome {
	n.Helper()
	verdicts, err := n.engine.RecordFacts(n.Context(), facts)
	require.NoError(n, err)
	outcomes := make([]crowd.Outcome, len(verdicts))
	for i, v := range verdicts {
		outcomes[i] = v.Outcome
	}
	return outcomes
}

func ruled(conditions ...crowd.Condition) crowd.Rule {
	return crowd.Rule{Match: crowd.All, Conditions: conditions}
}

func (n *node) tag(name string, rule crowd.Rule, schedule crowd.Schedule) crowd.Tag {
	n.Helper()
	tag, err := n.engine.CreateTag(n.Context(), crowd.Tag{Name: name, Kind: crowd.Ruled, Rule: rule, Schedule: schedule})
	require.NoError(n, err)
	return tag
}

// compute runs a job of a tag to its end and returns it.
func (n *node) compute(id activity.TagID) crowd.Job {
	n.Helper()
	_, err := n.engine.RunTag(n.Context(), id)
	require.NoError(n, err)
	require.NoError(n, n.engine.WorkTags(n.Context()))
	return n.lastJob(id)
}

func (n *node) lastJob(id activity.TagID) crowd.Job {
	n.Helper()
	jobs, err := n.engine.TagJobs(n.Context(), groupbuy.TagJobQuery{Tag: id, Limit: 1})
	require.NoError(n, err)
	require.Len(n, jobs, 1)
	return jobs[0]
}

func (n *node) members(id activity.TagID) []string {
	n.Helper()
	found := []string{}
	require.NoError(n, n.engine.EachTagMember(n.Context(), id, func(p partner.ID, b activity.Buyer) error {
		found = append(found, string(p)+"/"+string(b))
		return nil
	}))
	return found
}

func (n *node) refused(err error, code groupbuy.Code) {
	n.Helper()
	var refused *groupbuy.Error
	require.ErrorAs(n, err, &refused)
	require.Equal(n, code, refused.Code)
}

var twoOrders = ruled(crowd.Condition{Measure: crowd.OrderCount, AtLeast: 2}) //nolint:gochecknoglobals // a value of the tests

// seed writes facts as fast as the database takes them: so many orders per buyer, in the order of the key.
func seed(t testing.TB, db *sqldb.DB, p partner.ID, facts, each int) {
	t.Helper()
	const perRow, perTx = 2000, 40_000
	for from := 0; from < facts; from += perTx {
		require.NoError(t, db.InTx(context.Background(), func(tx *gorm.DB) error {
			for at := from; at < min(from+perTx, facts); at += perRow {
				text := []byte("INSERT INTO order_facts (partner_id, buyer, order_id, amount_fen, paid_at, refunded_fen, refunded_at) VALUES ")
				for i := at; i < min(at+perRow, facts); i++ {
					if i > at {
						text = append(text, ',')
					}
					text = fmt.Appendf(text, "('%s','s%08d','s%09d',%d,%d,0,0)", p, i/each, i, i*7919%50_000+100, 1_700_000_000_000+int64(i%86_400)*1000)
				}
				if err := tx.Exec(string(text)).Error; err != nil {
					return err
				}
			}
			return nil
		}))
	}
}
