package groupbuystore

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"time"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/money"
)

// figuresKey is a row of the answer.
type figuresKey struct {
	activity string
	day      groupbuy.Day
}

// counted is what one of the statements below returns per row.
type counted struct {
	ActivityID string
	Bucket     int64 // the start of the day as if China were at UTC, in milliseconds; 0 when not by day
	A, B, C    int64
}

// aggregate is one statement over one index. ACTIVITIES selects the activities, BUCKET(x) the day of x, and x IN
// RANGE the instants asked for.
type aggregate struct {
	sql string
	add func(f *groupbuy.Figures, c counted)
}

// aggregates count what docs/statistics.md defines, each by the day that it names.
func aggregates() []aggregate {
	return []aggregate{
		{"SELECT activity_id, BUCKET(opened_at) AS bucket, COUNT(*) AS a FROM teams WHERE ACTIVITIES AND opened_at IN RANGE AND " + endedSince +
			" GROUP BY activity_id, bucket",
			func(f *groupbuy.Figures, c counted) { f.TeamsOpened = int(c.A) }},
		{"SELECT activity_id, BUCKET(ended_at) AS bucket, SUM(status = 'formed') AS a, SUM(status = 'failed') AS b FROM teams " +
			"WHERE ACTIVITIES AND ended_at IN RANGE GROUP BY activity_id, bucket",
			func(f *groupbuy.Figures, c counted) { f.TeamsFormed, f.TeamsFailed = int(c.A), int(c.B) }},
		{medianSQL, func(f *groupbuy.Figures, c counted) {
			f.Filled, f.MedianFill = int(c.C), time.Duration((c.A+c.B)/2)*time.Millisecond
		}},
		{"SELECT activity_id, BUCKET(paid_at) AS bucket, COUNT(*) AS a, SUM(amount_fen) AS b, SUM(" + refunded + ") AS c FROM seats " +
			"WHERE ACTIVITIES AND paid_at IN RANGE AND " + settled("") + " GROUP BY activity_id, bucket",
			func(f *groupbuy.Figures, c counted) {
				f.SeatsPaid, f.GMV, f.SeatsRefunded = int(c.A), money.Fen(c.B), int(c.C)
			}},
		{newBuyersSQL, func(f *groupbuy.Figures, c counted) { f.NewBuyers = int(c.A) }},
	}
}

// endedSince leaves out teams that had ended before the range began, and so were opened before it: the index goes by their
// end. The day between is for nodes whose clocks differ.
const endedSince = "(ended_at = 0 OR ended_at >= @first - 86400000)"

// refunded leaves out seats of which only a difference goes back: those keep their ordinal.
const refunded = "status = 'refunded' OR (status = 'refunding' AND ordinal IS NULL)"

// settled is a payment that bought a seat.
func settled(alias string) string { return alias + "settlement IN ('joined', 'formed')" }

// medianSQL takes the middle one of the sorted times, or the middle two: those whose number r fulfils n <= 2r <= n + 2.
const medianSQL = `
SELECT activity_id, bucket, MIN(fill) AS a, MAX(fill) AS b, MAX(n) AS c
FROM (SELECT activity_id, bucket, fill,
             ROW_NUMBER() OVER (PARTITION BY activity_id, bucket ORDER BY fill) AS r,
             COUNT(*) OVER (PARTITION BY activity_id, bucket) AS n
      FROM (SELECT activity_id, BUCKET(ended_at) AS bucket, ended_at - opened_at AS fill FROM teams
            WHERE ACTIVITIES AND ended_at IN RANGE AND status = 'formed' AND target > 1 AND virtual_seats = 0) filled) ranked
WHERE 2 * r BETWEEN n AND n + 2 GROUP BY activity_id, bucket`

const newBuyersSQL = `
SELECT s.activity_id, BUCKET(s.paid_at) AS bucket, COUNT(*) AS a FROM seats s
WHERE ACTIVITIES AND s.paid_at IN RANGE AND s.settlement IN ('joined', 'formed')
  AND NOT EXISTS (SELECT 1 FROM seats e WHERE e.partner_id = s.partner_id AND e.buyer = s.buyer AND e.settlement IN ('joined', 'formed')
                  AND (e.paid_at < s.paid_at OR (e.paid_at = s.paid_at AND e.id < s.id)))
  AND NOT EXISTS (SELECT 1 FROM order_facts o WHERE o.partner_id = s.partner_id AND o.buyer = s.buyer AND o.order_id <> s.out_trade_no
                  AND o.paid_at > 0 AND o.paid_at < s.paid_at)
GROUP BY s.activity_id, bucket`

// Figures adds up what came of activities. See groupbuy.Counter.
func (s *Store) Figures(ctx context.Context, q groupbuy.FiguresQuery, limit int) ([]groupbuy.Figures, error) {
	ids, names, err := s.activitiesOf(ctx, q)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	args := map[string]any{"ids": ids, "first": millis(q.First.Start()), "end": millis((q.Last + 1).Start())}
	rows := map[figuresKey]*groupbuy.Figures{}
	for _, a := range aggregates() {
		var found []counted
		if err := s.db.Read(ctx).Raw(a.filled(q.ByDay), args).Scan(&found).Error; err != nil {
			return nil, failed(err, "count figures")
		}
		for _, c := range found {
			key := figuresKey{c.ActivityID, groupbuy.DayOf(groupbuy.Day(0).Start().Add(time.Duration(c.Bucket) * time.Millisecond))}
			if rows[key] == nil {
				rows[key] = &groupbuy.Figures{Activity: activity.ID(key.activity), Name: names[key.activity], Day: key.day}
			}
			a.add(rows[key], c)
		}
	}
	return sorted(rows, limit), nil
}

func sorted(rows map[figuresKey]*groupbuy.Figures, limit int) []groupbuy.Figures {
	keys := slices.SortedFunc(maps.Keys(rows), func(a, b figuresKey) int {
		return cmp.Or(cmp.Compare(a.activity, b.activity), cmp.Compare(a.day, b.day))
	})
	out := make([]groupbuy.Figures, min(len(keys), limit))
	for i := range out {
		out[i] = *rows[keys[i]]
	}
	return out
}

// activitiesOf returns the activities to count and their names. Naming them lets each statement read only its own
// stretch of an index.
func (s *Store) activitiesOf(ctx context.Context, q groupbuy.FiguresQuery) ([]string, map[string]string, error) {
	var rows []activityRow
	db := matching(s.db.Read(ctx), [][2]string{{"id", string(q.Activity)}, {"partner_id", string(q.Partner)}})
	err := db.Select("id", "name").Where("status <> ?", string(activity.Draft)).Find(&rows).Error
	names := make(map[string]string, len(rows))
	for _, row := range rows {
		names[row.ID] = row.Name
	}
	return slices.Sorted(maps.Keys(names)), names, failed(err, "activities to count")
}

// filled puts the conditions into the statement, in terms that both dialects know.
func (a aggregate) filled(byDay bool) string {
	prefix := ""
	if strings.Contains(a.sql, "FROM seats s") {
		prefix = "s."
	}
	sql := strings.ReplaceAll(a.sql, "ACTIVITIES", prefix+"activity_id IN @ids")
	for _, column := range []string{"opened_at", "ended_at", prefix + "paid_at"} {
		day := "0"
		if byDay {
			day = "(" + column + " + 28800000) - (" + column + " + 28800000) % 86400000"
		}
		sql = strings.ReplaceAll(sql, "BUCKET("+column+")", day)
		sql = strings.ReplaceAll(sql, column+" IN RANGE", column+" >= @first AND "+column+" < @end")
	}
	return sql
}
