package factcsv_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/factcsv"
	"kaituan/money"
)

func options() factcsv.Options {
	o := factcsv.Defaults()
	o.Mapping = factcsv.Mapping{Order: "o", Buyer: "b", Amount: "a", Times: "n", At: "t"}
	o.DateLayout = factcsv.RFC3339
	return o
}

func read(t *testing.T, text string, o factcsv.Options) (orders []factcsv.Order, skipped []factcsv.Skipped) {
	t.Helper()
	require.NoError(t, factcsv.Read(strings.NewReader(text), o,
		func(order factcsv.Order) error { orders = append(orders, order); return nil },
		func(s factcsv.Skipped) { skipped = append(skipped, s) }))
	return orders, skipped
}

func line(order, buyer string, amount, minute int) string {
	return fmt.Sprintf("%s,%s,%d,1,2026-01-02T03:%02d:00Z\n", order, buyer, amount, minute)
}

func TestRead_SumsTheLinesOfAnOrder(t *testing.T) {
	orders, skipped := read(t, "o,b,a,n,t\n"+line("x", "u", 1, 5)+line("y", "u", 2, 0)+line("x", "u", 3, 4)+line("x", "v", 9, 4), options())
	require.Equal(t, []factcsv.Order{
		{ID: "y", Buyer: "u", Amount: 200, At: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC), Line: 3},
		{ID: "x", Buyer: "u", Amount: 400, At: time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC), Line: 2},
	}, orders)
	require.Equal(t, factcsv.OtherBuyer, skipped[0].Why)
	require.Equal(t, 5, skipped[0].Line)
}

// Exports of spreadsheets have columns without a name; none of them may be taken for a part that was not mapped.
func TestRead_PassesOverColumnsWithoutAName(t *testing.T) {
	o := options()
	o.Mapping = factcsv.Mapping{Order: "o", Buyer: "b", Amount: "a", At: "t"}
	for _, text := range []string{
		",o,b,a,t\n7,x,u,1.50,2026-01-02T03:00:00Z\n",
		"o,b,a,t,\nx,u,1.50,2026-01-02T03:00:00Z,7\n",
		" ,o,b,a,t, \nrefunded,x,u,1.50,2026-01-02T03:00:00Z,refunded\n",
	} {
		orders, skipped := read(t, text, o)
		require.Empty(t, skipped)
		require.Equal(t, []factcsv.Order{{ID: "x", Buyer: "u", Amount: 150, At: time.Date(2026, 1, 2, 3, 0, 0, 0, time.UTC), Line: 2}}, orders)
	}
}

func TestRead_KeepsWhatWasPaidAndWhatWentBackApart(t *testing.T) {
	o := options()
	o.Mapping = factcsv.Mapping{Order: "o", Buyer: "b", Amount: "a", At: "t", Kind: "k"}
	orders, skipped := read(t, "o,b,a,t,k\n"+
		"x,u,1,2026-01-02T03:09:00Z,refunded\n"+
		"x,u,5,2026-01-02T03:01:00Z,paid\n"+
		"x,u,4,2026-01-02T03:00:00Z,paid\n"+
		"y,u,3,2026-01-02T03:02:00Z,refunded\n"+
		"x,u,2,2026-01-02T03:08:00Z,refunded\n"+
		"x,v,2,2026-01-02T03:08:00Z,refunded\n", o)
	at := func(minute int) time.Time { return time.Date(2026, 1, 2, 3, minute, 0, 0, time.UTC) }
	require.Equal(t, []factcsv.Order{
		{ID: "y", Buyer: "u", Amount: 300, At: at(2), Refunded: true, Line: 5},
		{ID: "x", Buyer: "u", Amount: 900, At: at(0), Line: 3},
		{ID: "x", Buyer: "u", Amount: 300, At: at(8), Refunded: true, Line: 2},
	}, orders)
	require.Equal(t, []factcsv.Skipped{{Line: 7, Why: factcsv.OtherBuyer, Detail: "order x is of u since line 2"}}, skipped)
}

// Memory is bounded: an order is over once its lines are far behind.
func TestRead_ForgetsWhatIsFarBehind(t *testing.T) {
	var text strings.Builder
	text.WriteString("o,b,a,n,t\n" + line("far", "u", 1, 0) + line("near", "u", 1, 0))
	for i := range 99_997 {
		text.WriteString(line(fmt.Sprintf("f%d", i), "u", 1, 0))
	}
	text.WriteString(line("near", "u", 1, 0) + line("more", "u", 1, 0) + line("far", "u", 1, 0))
	orders, _ := read(t, text.String(), options())
	amounts := map[string][]money.Fen{}
	for _, o := range orders {
		amounts[o.ID] = append(amounts[o.ID], o.Amount)
	}
	require.Equal(t, []money.Fen{200}, amounts["near"])
	require.Equal(t, []money.Fen{100, 100}, amounts["far"])
}

func TestRead_StopsWhenItsUserFails(t *testing.T) {
	gone := errors.New("gone")
	err := factcsv.Read(strings.NewReader("o,b,a,n,t\n"+line("x", "u", 1, 0)), options(), func(factcsv.Order) error { return gone }, func(factcsv.Skipped) {})
	require.ErrorIs(t, err, gone)
}

func TestRead_RefusesAnotherFile(t *testing.T) {
	for text, want := range map[string]string{
		"":                         "it is empty",
		"x,y\n1,2\n":               `no column "o"`,
		"\xff\xfeo":                "UTF-16",
		"o,b,a,n,t\n\xc4\xe3\n":    "not UTF-8",
		"\"o,b\n":                  "no header",
		"o,b,a,n,t,a\n":            `two columns "a"`,
		strings.Repeat("x", 2<<20): "longer than 1 MB",
	} {
		err := factcsv.Read(strings.NewReader(text), options(), nil, nil)
		require.ErrorIs(t, err, factcsv.ErrFile, want)
		require.ErrorContains(t, err, want)
	}
	// A character that the first look cuts in two is no fault.
	orders, _ := read(t, "o,b,a,n,t\n"+line("x", "u", 1, 0)+strings.Repeat("\n", 65_536-45)+"\n张三,u,1,1,2026-01-02T03:00:00Z\n", options())
	require.Len(t, orders, 2)
}

func TestRead_ReadsDatesAsTheyAreWritten(t *testing.T) {
	shanghai := time.FixedZone("CST", 8*3600)
	for text, layout := range map[string]string{
		"2026-01-02 11:04:05": time.DateTime, "1767323045": factcsv.UnixSecond, "1767323045000": factcsv.UnixMilli,
		"2026-01-02T11:04:05+08:00": factcsv.RFC3339, "2/1/2026 11:04:05": "2/1/2006 15:04:05",
	} {
		o := options()
		o.DateLayout, o.Location = layout, shanghai
		orders, skipped := read(t, "o,b,a,n,t\nx,u,1,1,"+text+"\n", o)
		require.Empty(t, skipped)
		require.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), orders[0].At, layout)
	}
}

func FuzzRead(f *testing.F) {
	f.Add("x,u,1,1,2026-01-02T03:00:00Z\n")
	f.Add("x,u,\"1,1\r\n\n\xff\n,,,,\nx,u,99999999999,99999999999,2026-01-02T03:00:00Z")
	f.Fuzz(func(t *testing.T, text string) {
		err := factcsv.Read(strings.NewReader("o,b,a,n,t\n"+text), options(), func(o factcsv.Order) error {
			require.Positive(t, o.Amount)
			require.NotEmpty(t, o.Buyer)
			return nil
		}, func(s factcsv.Skipped) { require.Greater(t, s.Line, 1) })
		if err != nil {
			require.ErrorIs(t, err, factcsv.ErrFile)
		}
	})
}
