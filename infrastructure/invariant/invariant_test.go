package invariant_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/infrastructure/invariant"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// shelf is a table with rows that a test breaks; any table with a text key will do.
type shelf struct {
	*testing.T
	db *sqldb.DB
}

func eachShelf(t *testing.T, run func(s shelf)) {
	sqldbtest.Each(t, sqldb.Mall, func(t *testing.T, db *sqldb.DB) { run(shelf{t, db}) })
}

func (s shelf) do(statement string, args ...any) {
	s.Helper()
	require.NoError(s, s.db.InTx(s.Context(), func(tx *gorm.DB) error { return tx.Exec(statement, args...).Error }))
}

func (s shelf) put(n int) {
	for i := range n {
		s.do("INSERT INTO inbox (consumer, message_id, received_at) VALUES ('test', ?, 1)", fmt.Sprintf("m_%02d", i))
	}
}

func messages() invariant.Rows {
	return invariant.Rows{What: "messages", Table: "inbox", Key: "message_id", Where: "consumer = 'test'"}
}

// late finds what was received at another time than 1.
func late() invariant.Rule {
	return invariant.Rule{Invariant: "I2", Over: messages(), Args: invariant.Args{"right": 1},
		SQL: "SELECT message_id AS subject, 'late' AS detail FROM inbox WHERE " + invariant.Within("message_id") + " AND received_at <> @right"}
}

func look(s shelf, o invariant.Options, rules ...invariant.Rule) invariant.Result {
	s.Helper()
	result, err := invariant.Look(s.Context(), s.db, rules, o)
	require.NoError(s, err)
	return result
}

// Each row is looked at once, whatever the size of a page, those whose key is outside the rows included.
func TestLook_PageByPage(t *testing.T) {
	eachShelf(t, func(s shelf) {
		s.put(7)
		s.do("UPDATE inbox SET received_at = 2 WHERE message_id IN ('m_00', 'm_03', 'm_06')")
		s.do("INSERT INTO inbox (consumer, message_id, received_at) VALUES ('other', 'm_99', 2), ('other', 'a', 2)")
		want := []string{"a", "m_00", "m_03", "m_06", "m_99"}
		for _, page := range []int{1, 2, 3, 6, 7, 8, 0} {
			result := look(s, invariant.Options{Page: page}, late())
			var subjects []string
			for _, v := range result.Violations {
				require.Equal(s, invariant.Violation{Invariant: "I2", Subject: v.Subject, Detail: "late"}, v)
				subjects = append(subjects, v.Subject)
			}
			require.Equal(s, want, subjects, "pages of %d", page)
			require.Equal(s, []invariant.Count{{Invariant: "I2", What: "messages", Rows: 7}}, result.Counts)
		}
	})
}

func TestLook_CountsWhatIsNotThere(t *testing.T) {
	eachShelf(t, func(s shelf) {
		few := late()
		few.Invariant, few.Over.Key, few.SQL = "I1", "", "SELECT '' AS subject, '' AS detail FROM inbox WHERE received_at > @right"
		result := look(s, invariant.Options{}, late(), late(), few)
		require.Empty(s, result.Violations)
		require.Equal(s, []invariant.Count{{"I1", "messages", 0}, {"I2", "messages", 0}}, result.Counts)
		s.put(2)
		require.EqualValues(s, 2, look(s, invariant.Options{}, few).Counts[0].Rows)
	})
}

func TestLook_TellsThePatternNotEverything(t *testing.T) {
	s := shelf{t, sqldbtest.Open(t, sqldb.Mall)}
	s.put(3)
	crowd := make([]invariant.Violation, invariant.MaxPerRule-1)
	for i := range crowd {
		crowd[i].Subject = fmt.Sprintf("v_%03d", i)
	}
	rule := invariant.Rule{Invariant: "I1", Over: messages(), Find: func(context.Context, invariant.Page) ([]invariant.Violation, error) {
		return crowd, nil
	}}
	require.Len(t, look(s, invariant.Options{Page: 1}, rule).Violations, invariant.MaxPerRule)
}

// What mends itself before the second look is not told.
func TestLook_Again(t *testing.T) {
	eachShelf(t, func(s shelf) {
		s.put(6)
		s.do("UPDATE inbox SET received_at = 2 WHERE message_id IN ('m_01', 'm_02', 'm_05')")
		looks := 0
		mending := invariant.Rule{Invariant: "I9", Over: messages(), Find: func(context.Context, invariant.Page) ([]invariant.Violation, error) {
			if looks++; looks == 7 { // after the six pages and the end, when pages are looked at again
				s.do("UPDATE inbox SET received_at = 1 WHERE message_id IN ('m_01', 'm_05')")
			}
			return []invariant.Violation{{Subject: fmt.Sprint(looks)}}, nil // another at each look
		}}
		result := look(s, invariant.Options{Page: 1, Again: 2}, mending, late())
		require.Equal(s, []invariant.Violation{{"I2", "m_02", "late"}}, result.Violations)
	})
}

func TestLook_EndsWithItsContext(t *testing.T) {
	s := shelf{t, sqldbtest.Open(t, sqldb.Mall)}
	s.put(1)
	s.do("UPDATE inbox SET received_at = 2")
	ctx, cancel := context.WithCancel(t.Context())
	rule := late()
	find := rule
	find.SQL, find.Find = "", func(context.Context, invariant.Page) ([]invariant.Violation, error) {
		cancel()
		return []invariant.Violation{{Subject: "x"}}, nil
	}
	_, err := invariant.Look(ctx, s.db, []invariant.Rule{find}, invariant.Options{Again: 1, Pause: time.Hour})
	require.ErrorIs(t, err, context.Canceled)
}

func TestLook_SaysWhatFailed(t *testing.T) {
	s := shelf{t, sqldbtest.Open(t, sqldb.Mall)}
	broken := late()
	broken.SQL = "SELECT nothing"
	_, err := invariant.Look(t.Context(), s.db, []invariant.Rule{broken}, invariant.Options{})
	require.ErrorContains(t, err, "look at messages for I2")
	broken.Over.Table = "nowhere"
	_, err = invariant.Look(t.Context(), s.db, []invariant.Rule{broken}, invariant.Options{})
	require.ErrorContains(t, err, "look at messages")
	no := errors.New("no")
	times := 0
	failing := invariant.Rule{Invariant: "I1", Over: messages(), Find: func(context.Context, invariant.Page) ([]invariant.Violation, error) {
		if times++; times == 2 {
			return nil, no
		}
		return []invariant.Violation{{Subject: "x"}}, nil
	}}
	_, err = invariant.Look(t.Context(), s.db, []invariant.Rule{failing}, invariant.Options{Again: 1})
	require.ErrorIs(t, err, no)
}

func TestResult_Order(t *testing.T) {
	var r invariant.Result
	for _, id := range []string{"match", "I10", "I2", "amount", "I9"} {
		r.Add(invariant.Result{Counts: []invariant.Count{{Invariant: id}}, Violations: []invariant.Violation{{Invariant: id}}})
	}
	var counts, violations []string
	for i := range r.Counts {
		counts, violations = append(counts, r.Counts[i].Invariant), append(violations, r.Violations[i].Invariant)
	}
	require.Equal(t, []string{"I2", "I9", "I10", "match", "amount"}, counts)
	require.Equal(t, counts, violations)
}

func TestReports(t *testing.T) {
	for _, service := range []sqldb.Service{sqldb.Mall, sqldb.GroupBuy} {
		t.Run(string(service), func(t *testing.T) {
			sqldbtest.Each(t, service, func(t *testing.T, db *sqldb.DB) {
				last := func(before time.Time) (invariant.Report, bool) {
					r, found, err := invariant.Last(t.Context(), db, before)
					require.NoError(t, err)
					return r, found
				}
				_, found := last(time.Time{})
				require.False(t, found)
				at := time.Date(2026, 11, 21, 4, 0, 0, 0, time.UTC)
				first := invariant.Report{
					StartedAt: at, Took: 20 * time.Millisecond, LeftOut: []string{"the gateway's books: 没有"},
					Result: invariant.Result{
						Violations: []invariant.Violation{{"I1", "act_1/tea/green", "taken 4 of 3"}},
						Counts:     []invariant.Count{{"I1", "activities", 7}},
					},
				}
				second := first
				second.StartedAt = at.Add(time.Minute)
				require.NoError(t, invariant.Save(t.Context(), db, first, time.Hour))
				require.NoError(t, invariant.Save(t.Context(), db, second, time.Hour))
				require.NoError(t, invariant.Save(t.Context(), db, second, time.Hour), "of two nodes at one moment")
				got, found := last(time.Time{})
				require.True(t, found)
				require.Equal(t, second, got)
				got, _ = last(second.StartedAt)
				require.Equal(t, first, got)
				_, found = last(first.StartedAt)
				require.False(t, found)

				third := invariant.Report{StartedAt: at.Add(time.Hour)}
				require.NoError(t, invariant.Save(t.Context(), db, third, time.Hour))
				got, _ = last(second.StartedAt)
				require.Zero(t, got, "the first is an hour older")
				got, found = last(time.Time{})
				require.True(t, found)
				require.Equal(t, third, got)
			})
		})
	}
}
