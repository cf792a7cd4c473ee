package app_test

import (
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuywire"
	"kaituan/infrastructure/app"
	"kaituan/infrastructure/factcsv"
	"kaituan/money"
)

// The facts are those that the data set's description gives; the history is imported beside the running instance,
// tags are computed from it, and one of them decides about an activity.
func TestApp_TagsRealOrdersForAnActivity(t *testing.T) {
	onEachStore(t, func(w *world) {
		w.importRealOrders()
		big := w.ruleTag("spent 1,000.00 or more", groupbuywire.TagCondition{Measure: groupbuywire.Spend, AtLeast: 1000_00})
		two := w.ruleTag("two invoices or more", groupbuywire.TagCondition{Measure: groupbuywire.OrderCount, AtLeast: 2})
		three := w.ruleTag("three invoices or more", groupbuywire.TagCondition{Measure: groupbuywire.OrderCount, AtLeast: 3})
		every := w.ruleTag("everybody", groupbuywire.TagCondition{Measure: groupbuywire.OrderCount, AtLeast: 1})
		for tag, want := range map[string]int64{big: 29, two: 43, three: 12, every: 303} {
			require.Equal(w.t, want, w.compute(tag))
		}
		members := w.export(big)
		require.Len(w.t, members, 29)
		require.Subset(w.t, w.export(every), members)

		id := w.sell("cup", 10, func(in *groupbuywire.ActivityInput) { in.Audience.Join = &big })
		require.Eventually(w.t, func() bool { return w.quote(id, members[0]).Joinable }, patience, pace)
		require.EqualValues(w.t, 80_00, w.quote(id, members[0]).PayPriceFen)
		stranger := w.quote(id, "stranger")
		require.False(w.t, stranger.Joinable)
		require.EqualValues(w.t, "audience", stranger.Reason)
	})
}

// Facts of one file that belong together count together, and neither an import nor a start renames the mall.
func TestApp_CountsRefundsOfTheSameFile(t *testing.T) {
	onEachStore(t, func(w *world) {
		renamed, err := w.operator().PutPartnerWithResponse(context.Background(), "mall", groupbuywire.PartnerInput{Name: "海边的店"})
		require.NoError(w.t, err)
		require.Equal(w.t, http.StatusOK, renamed.StatusCode(), string(renamed.Body))
		o := factcsv.Defaults()
		o.Mapping = factcsv.Mapping{Order: "o", Buyer: "b", Amount: "a", At: "t", Kind: "k"}
		report, err := app.Import(context.Background(), w.config, "mall", strings.NewReader("o,b,a,t,k\n"+
			"whole,u1,100,2026-01-02 03:04:05,paid\nwhole,u1,60,2026-01-03 03:04:05,refunded\nwhole,u1,40,2026-01-04 03:04:05,refunded\n"+
			"half,u2,50,2026-01-03 03:04:05,refunded\nhalf,u2,100,2026-01-02 03:04:05,paid\n"), o, func(_ int, why string) { w.t.Error(why) })
		require.NoError(w.t, err)
		require.Equal(w.t, 4, report.Accepted)
		tag := w.ruleTag("kept something", groupbuywire.TagCondition{Measure: groupbuywire.Spend, AtLeast: 50_00})
		require.EqualValues(w.t, 1, w.compute(tag))
		require.Equal(w.t, []string{"u2"}, w.export(tag))

		w.stop()
		w.start()
		partners, err := w.operator().ListPartnersWithResponse(context.Background())
		require.NoError(w.t, err)
		require.Contains(w.t, string(partners.Body), "海边的店")
	})
}

// A seat's payment makes its buyer one who has paid, and its refund takes that back.
func TestApp_SeatsBecomeFacts(t *testing.T) {
	onEachStore(t, func(w *world) {
		every := w.ruleTag("everybody", groupbuywire.TagCondition{Measure: groupbuywire.Spend, AtLeast: 80_00})
		id := w.sell("cup", 10, nil)
		b := w.buyer("13800000001")
		order := b.lock("cup", id, "")
		b.pay(order.OrderID)
		require.Eventually(w.t, func() bool { return w.compute(every) == 1 }, patience, pace)
		w.endWindow(order.TeamID)
		require.Eventually(w.t, func() bool { return w.compute(every) == 0 }, patience, pace, "the team stays short, the money goes back")
	})
}

func (w *world) importRealOrders() {
	w.t.Helper()
	options, err := factcsv.Preset("online-retail")
	require.NoError(w.t, err)
	for _, accepted := range []bool{true, false} {
		file, err := os.Open("../demo/testdata/online-retail-10k.csv")
		require.NoError(w.t, err)
		report, err := app.Import(context.Background(), w.config, "mall", file, options, func(int, string) {})
		require.NoError(w.t, err)
		require.NoError(w.t, file.Close())
		require.Equal(w.t, money.Fen(148206_83), report.Amount)
		require.Zero(w.t, report.Refused)
		require.Equal(w.t, accepted, report.Accepted == report.Orders)
		require.Equal(w.t, accepted, report.Repeated == 0)
	}
}

func (w *world) ruleTag(name string, condition groupbuywire.TagCondition) string {
	w.t.Helper()
	made, err := w.operator().CreateTagWithResponse(context.Background(), groupbuywire.TagInput{
		Name: name, Kind: groupbuywire.TagKindRule, Rule: &groupbuywire.TagRule{Match: groupbuywire.All, Conditions: []groupbuywire.TagCondition{condition}},
	})
	require.NoError(w.t, err)
	require.NotNil(w.t, made.JSON201, string(made.Body))
	return made.JSON201.TagID
}

// compute asks for a job and returns how many members it found, once it is done.
func (w *world) compute(tag string) (members int64) {
	w.t.Helper()
	asked, err := w.operator().RunTagWithResponse(context.Background(), tag)
	require.NoError(w.t, err)
	require.NotNil(w.t, asked.JSON202, string(asked.Body))
	require.Eventually(w.t, func() bool {
		jobs, err := w.operator().ListTagJobsWithResponse(context.Background(), tag, nil)
		if err != nil || jobs.JSON200 == nil || jobs.JSON200.Items[0].Status != groupbuywire.JobDone {
			return false
		}
		members = jobs.JSON200.Items[0].Members
		return jobs.JSON200.Items[0].JobID == asked.JSON202.JobID
	}, patience, pace)
	return members
}

// export returns the buyers of a tag.
func (w *world) export(tag string) []string {
	w.t.Helper()
	file, err := w.operator().ExportTagMembersWithResponse(context.Background(), tag)
	require.NoError(w.t, err)
	require.Equal(w.t, http.StatusOK, file.StatusCode())
	var buyers []string
	for _, line := range strings.Split(strings.TrimSpace(string(file.Body)), "\n")[1:] {
		buyers = append(buyers, strings.TrimPrefix(line, "mall,"))
	}
	return buyers
}

func (w *world) quote(activity, buyer string) groupbuywire.Quote {
	w.t.Helper()
	answer, err := w.operator().DryRunActivityWithResponse(context.Background(), activity, groupbuywire.DryRunInput{
		BuyerID: buyer, Channel: "h5", Items: []groupbuywire.Item{{GoodsID: "cup", SKUID: "one"}},
	})
	require.NoError(w.t, err)
	require.NotNil(w.t, answer.JSON200, string(answer.Body))
	return answer.JSON200.Quotes[0]
}
