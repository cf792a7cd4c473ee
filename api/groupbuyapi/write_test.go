package groupbuyapi

import (
	"encoding/json"
	"net/http/httptest"
	"strconv"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/money"
)

// drawTrial draws any trial there can be, with texts that need escaping among them.
func drawTrial(t *rapid.T) wire.Trial {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "春茶 <b>&\"\\\u2028", "act_1", "\xff", "\x00", "\u007f"}))
	number := rapid.IntRange(-3, 1_000_000)
	fen := rapid.Map(rapid.Int64(), func(n int64) money.Fen { return money.Fen(n) })
	at := rapid.Map(rapid.Int64Range(-62135596800000, 253402300799999), func(ms int64) wire.Instant { return instant.Of(time.UnixMilli(ms)) })
	truth := rapid.Bool()
	team := rapid.Custom(func(t *rapid.T) wire.OpenTeam {
		return wire.OpenTeam{
			ActivityID: text.Draw(t, "a"), Capacity: number.Draw(t, "n"), ExpiresAt: at.Draw(t, "at"), Held: number.Draw(t, "n"),
			Leader: text.Draw(t, "l"), OpenedAt: at.Draw(t, "at"), Own: truth.Draw(t, "own"), Paid: number.Draw(t, "n"),
			Status: wire.TeamStatus(text.Draw(t, "s")), Target: number.Draw(t, "n"), TeamID: text.Draw(t, "id"),
			Tiers: rapid.SliceOfN(number, 0, 3).Draw(t, "tiers"),
		}
	})
	outlook := rapid.Custom(func(t *rapid.T) wire.GoodsOutlook {
		o := wire.GoodsOutlook{GoodsID: text.Draw(t, "g"), Teams: rapid.SliceOfN(team, 0, 3).Draw(t, "teams")}
		if truth.Draw(t, "counted") {
			o.Statistics = &wire.Statistics{Buyers: number.Draw(t, "n"), TeamsFailed: number.Draw(t, "n"), TeamsFormed: number.Draw(t, "n"), TeamsOpened: number.Draw(t, "n")}
		}
		return o
	})
	quote := rapid.Custom(func(t *rapid.T) wire.Quote {
		q := wire.Quote{
			BuyAlone: truth.Draw(t, "b"), DeductionFen: fen.Draw(t, "f"), GoodsID: text.Draw(t, "g"), Instant: truth.Draw(t, "i"),
			Joinable: truth.Draw(t, "j"), LeaderDiscountFen: fen.Draw(t, "f"), OriginalPriceFen: fen.Draw(t, "f"), PayPriceFen: fen.Draw(t, "f"),
			Reason: wire.TrialReason(text.Draw(t, "r")), SKUID: text.Draw(t, "k"), Tag: text.Draw(t, "t"), Visible: truth.Draw(t, "v"),
		}
		if truth.Draw(t, "in an activity") {
			q.Activity = wire.ActivitySummary{
				ActivityID: text.Draw(t, "a"), EndsAt: at.Draw(t, "at"), MaxQuantity: number.Draw(t, "n"), Name: text.Draw(t, "name"),
				StartsAt: at.Draw(t, "at"), TeamSize: number.Draw(t, "n"),
			}
		}
		if truth.Draw(t, "explained") {
			q.Tiers = []wire.TierPrice{{Size: number.Draw(t, "n"), PriceFen: fen.Draw(t, "f")}}
			q.Verdicts = []wire.Verdict{{Rule: text.Draw(t, "r"), Ok: truth.Draw(t, "ok"), Detail: text.Draw(t, "d")}}
		}
		return q
	})
	trial := wire.Trial{Quotes: rapid.SliceOfN(quote, 0, 3).Draw(t, "quotes")}
	if truth.Draw(t, "page") {
		trial.Goods = rapid.SliceOfN(outlook, 0, 3).Draw(t, "goods")
	}
	return trial
}

func TestWriteTrial_AsEncodingJSONDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		trial := drawTrial(t)
		want, err := json.Marshal(trial)
		require.NoError(t, err)
		answer := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(answer)
		require.NoError(t, writeTrial(c, trial))
		require.Equal(t, string(want), answer.Body.String())
		require.Equal(t, strconv.Itoa(len(want)), answer.Header().Get("Content-Length"))
	})
}

func TestWriteTrial_RefusesWhatHasNoForm(t *testing.T) {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	err := writeTrial(c, wire.Trial{Quotes: []wire.Quote{{Activity: wire.ActivitySummary{EndsAt: wire.Instant{Time: time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)}}}}})
	require.ErrorContains(t, err, "year 10000")
}

func BenchmarkWriteTrial(b *testing.B) {
	at := instant.Of(time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC))
	page := wire.Trial{
		Quotes: []wire.Quote{{GoodsID: "tea", SKUID: "green", Activity: wire.ActivitySummary{ActivityID: "act_1", Name: "春茶", StartsAt: at, EndsAt: at}}},
		Goods:  []wire.GoodsOutlook{{GoodsID: "tea", Statistics: &wire.Statistics{Buyers: 1000}}},
	}
	for range 10 {
		page.Goods[0].Teams = append(page.Goods[0].Teams, wire.OpenTeam{TeamID: "team_01", ActivityID: "act_1", Leader: "a***b", Status: "forming", OpenedAt: at, ExpiresAt: at})
	}
	b.Run("own", func(b *testing.B) {
		for b.Loop() {
			w := writer{out: make([]byte, 0, 5000)}
			w.trial(page)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		for b.Loop() {
			if _, err := json.Marshal(page); err != nil {
				b.Fatal(err)
			}
		}
	})
}
