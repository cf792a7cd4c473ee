package groupbuyapi

import (
	"encoding/csv"
	"net/http"
	"strconv"
	"strings"

	"github.com/gin-gonic/gin"

	wire "kaituan/api/groupbuywire"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
)

// GetStatistics returns what came of activities.
func (a *API) GetStatistics(c *gin.Context, params wire.GetStatisticsParams) {
	query, rows, err := a.figures(c, params)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.ActivityFiguresList{Items: each(rows, func(f groupbuy.Figures) wire.ActivityFigures {
		return figuresWire(f, query.ByDay)
	})})
}

// GetStatisticsCSV is GetStatistics as a CSV file.
func (a *API) GetStatisticsCSV(c *gin.Context, params wire.GetStatisticsCSVParams) {
	_, rows, err := a.figures(c, wire.GetStatisticsParams(params))
	if err != nil {
		fail(c, err)
		return
	}
	c.Header("Content-Disposition", `attachment; filename="statistics.csv"`)
	c.Data(http.StatusOK, "text/csv; charset=utf-8", figuresCSV(rows))
}

func (a *API) figures(c *gin.Context, params wire.GetStatisticsParams) (groupbuy.FiguresQuery, []groupbuy.Figures, error) {
	query, err := figuresQuery(params)
	if err != nil {
		return query, nil, err
	}
	rows, err := a.engine.Figures(c.Request.Context(), query)
	return query, rows, err
}

func figuresQuery(params wire.GetStatisticsParams) (q groupbuy.FiguresQuery, err error) {
	if q.First, err = groupbuy.ParseDay(params.From); err != nil {
		return q, invalid("from", "want a day such as 2026-11-20")
	}
	if q.Last, err = groupbuy.ParseDay(params.To); err != nil {
		return q, invalid("to", "want a day such as 2026-11-20")
	}
	if q.Partner, err = optionalID[partner.ID]("partner_id", params.PartnerID); err != nil {
		return q, err
	}
	if q.Activity, err = optionalID[activity.ID]("activity_id", params.ActivityID); err != nil {
		return q, err
	}
	by, err := enumOf[string]("by", params.By)
	q.ByDay = by != string(wire.StatisticsGroupActivity)
	return q, err
}

func figuresWire(f groupbuy.Figures, byDay bool) wire.ActivityFigures {
	out := wire.ActivityFigures{
		ActivityID: string(f.Activity), Name: f.Name, TeamsOpened: f.TeamsOpened, TeamsFormed: f.TeamsFormed, TeamsFailed: f.TeamsFailed,
		SeatsPaid: f.SeatsPaid, GmvFen: f.GMV, SeatsRefunded: f.SeatsRefunded, RefundRateBp: int(f.RefundRate()), NewBuyers: f.NewBuyers,
	}
	if byDay {
		out.Day = f.Day.String()
	}
	if f.Filled > 0 {
		median := f.MedianFill.Milliseconds()
		out.MedianFillMs = &median
	}
	return out
}

// figuresCSV writes one line per row. A row over several days has no day.
func figuresCSV(rows []groupbuy.Figures) []byte {
	var out strings.Builder
	out.WriteString(byteOrderMark)
	w := csv.NewWriter(&out)
	_ = w.Write([]string{ // writing to memory cannot fail
		"activity_id", "name", "day", "teams_opened", "teams_formed", "teams_failed", "median_fill_ms",
		"seats_paid", "gmv_fen", "seats_refunded", "refund_rate_bp", "new_buyers",
	})
	for _, f := range rows {
		median, day := "", ""
		if f.Filled > 0 {
			median = strconv.FormatInt(f.MedianFill.Milliseconds(), 10)
		}
		if f.Day > 0 {
			day = f.Day.String()
		}
		_ = w.Write([]string{
			string(f.Activity), harmless(f.Name), day, strconv.Itoa(f.TeamsOpened), strconv.Itoa(f.TeamsFormed), strconv.Itoa(f.TeamsFailed),
			median, strconv.Itoa(f.SeatsPaid), strconv.FormatInt(int64(f.GMV), 10), strconv.Itoa(f.SeatsRefunded),
			strconv.Itoa(int(f.RefundRate())), strconv.Itoa(f.NewBuyers),
		})
	}
	w.Flush()
	return []byte(out.String())
}

// harmless keeps a spreadsheet from taking a name for a formula.
func harmless(name string) string {
	if strings.ContainsAny(name[:min(1, len(name))], "=+-@\t\r") {
		return "'" + name
	}
	return name
}
