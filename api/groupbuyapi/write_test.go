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
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// drawTrial draws any trial there can be, with texts that need escaping among them.
func drawTrial(t *rapid.T) ([]wire.Quote, []groupbuy.Outlook) {
	text := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "春茶 <b>&\"\\\u2028", "act_1", "\xff", "\x00", "\u007f"}))
	number := rapid.IntRange(-3, 1_000_000)
	fen := rapid.Map(rapid.Int64(), func(n int64) money.Fen { return money.Fen(n) })
	at := rapid.Map(rapid.Int64Range(-62135596800000, 253402300799999), func(ms int64) wire.Instant { return instant.Of(time.UnixMilli(ms)) })
	truth := rapid.Bool()
	open := rapid.Custom(func(t *rapid.T) *groupbuy.OpenTeam {
		o := &groupbuy.OpenTeam{Team: team.Team{
			ID: team.ID(text.Draw(t, "id")), Activity: activity.ID(text.Draw(t, "a")), Status: team.Status(text.Draw(t, "s")),
			Sizes: rapid.SliceOfN(number, 1, 3).Draw(t, "sizes"), Held: number.Draw(t, "n"), Paid: number.Draw(t, "n"),
			Leader: activity.Buyer(rapid.SampledFrom([]string{"ann", "bob", "王小明"}).Draw(t, "leader")), OpenedAt: at.Draw(t, "at").Time, ExpiresAt: at.Draw(t, "at").Time,
		}}
		if truth.Draw(t, "shared") {
			o.Shown = ShowTeam(o.Team)
		}
		return o
	})
	outlook := rapid.Custom(func(t *rapid.T) groupbuy.Outlook {
		o := groupbuy.Outlook{Goods: activity.GoodsID(text.Draw(t, "g")), Teams: rapid.SliceOfN(open, 0, 3).Draw(t, "teams")}
		if truth.Draw(t, "counted") {
			o.Statistics = &groupbuy.Statistics{Buyers: number.Draw(t, "n"), TeamsFailed: number.Draw(t, "n"), TeamsFormed: number.Draw(t, "n"), TeamsOpened: number.Draw(t, "n")}
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
	return rapid.SliceOfN(quote, 0, 3).Draw(t, "quotes"), rapid.SliceOfN(outlook, 0, 3).Draw(t, "outlooks")
}

// inWire is the answer as the generated model has it.
func inWire(asking activity.Buyer, quotes []wire.Quote, outlooks []groupbuy.Outlook) wire.Trial {
	return wire.Trial{Quotes: quotes, Goods: each(outlooks, func(o groupbuy.Outlook) wire.GoodsOutlook {
		out := wire.GoodsOutlook{
			GoodsID: string(o.Goods), Teams: each(o.Teams, func(t *groupbuy.OpenTeam) wire.OpenTeam { return openTeamWire(t.Team, asking) }),
		}
		if s := o.Statistics; s != nil {
			out.Statistics = &wire.Statistics{TeamsOpened: s.TeamsOpened, TeamsFormed: s.TeamsFormed, TeamsFailed: s.TeamsFailed, Buyers: s.Buyers}
		}
		return out
	})}
}

func TestWriteTrial_AsEncodingJSONDoes(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		quotes, outlooks := drawTrial(t)
		want, err := json.Marshal(inWire("ann", quotes, outlooks))
		require.NoError(t, err)
		answer := httptest.NewRecorder()
		c, _ := gin.CreateTestContext(answer)
		require.NoError(t, writeTrial(c, "ann", quotes, outlooks))
		require.Equal(t, string(want), answer.Body.String())
		require.Equal(t, strconv.Itoa(len(want)), answer.Header().Get("Content-Length"))
	})
}

func TestWriteTrial_RefusesWhatHasNoForm(t *testing.T) {
	c, _ := gin.CreateTestContext(httptest.NewRecorder())
	never := time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC)
	late := team.Team{Sizes: []int{3}, ExpiresAt: never}
	require.Nil(t, ShowTeam(late))
	err := writeTrial(c, "ann", nil, []groupbuy.Outlook{{Teams: []*groupbuy.OpenTeam{{Team: late}}}})
	require.ErrorContains(t, err, "year 10000")
}

func BenchmarkWriteTrial(b *testing.B) {
	at := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	quotes := []wire.Quote{{GoodsID: "tea", SKUID: "green", Activity: wire.ActivitySummary{ActivityID: "act_1", Name: "春茶", StartsAt: instant.Of(at), EndsAt: instant.Of(at)}}}
	outlooks := []groupbuy.Outlook{{Goods: "tea", Statistics: &groupbuy.Statistics{Buyers: 1000}}}
	for range 10 {
		t := team.Team{ID: "team_01", Activity: "act_1", Leader: "bob", Sizes: []int{3}, Status: team.Forming, OpenedAt: at, ExpiresAt: at}
		outlooks[0].Teams = append(outlooks[0].Teams, &groupbuy.OpenTeam{Team: t, Shown: ShowTeam(t)})
	}
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			w := writer{out: make([]byte, 0, 5000)}
			w.trial("ann", quotes, outlooks)
		}
	})
	b.Run("encoding/json", func(b *testing.B) {
		for b.Loop() {
			if _, err := json.Marshal(inWire("ann", quotes, outlooks)); err != nil {
				b.Fatal(err)
			}
		}
	})
}
