package demo_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/demo"
	"kaituan/money"
)

const header = "\ufeffInvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country\n"

func read(t *testing.T, text string) (lines []demo.Line, skipped []demo.Skipped) {
	t.Helper()
	require.NoError(t, demo.ReadHistory(strings.NewReader(text),
		func(l demo.Line) { lines = append(lines, l) }, func(s demo.Skipped) { skipped = append(skipped, s) }))
	return lines, skipped
}

func TestReadHistory_KnowsWhyALineIsNoPurchase(t *testing.T) {
	lines, skipped := read(t, header+
		"1;A B;CUP;2;1/12/2010 08:26;2,55;17850;UK\r\n"+
		"C2;A;CUP;-2;1/12/2010 08:26;2,55;17850;UK\n"+
		"3;A;CUP;2;1/12/2010 08:26;2,55;;UK\n"+
		"4;A;CUP;0;1/12/2010 08:26;2,55;1;UK\n"+
		"5;A;CUP;1;1/12/2010 08:26;0;1;UK\n"+
		"6;A;\"broken;1;1/12/2010 08:26;1;1;UK\n"+
		"7;A;CUP;one;1/12/2010 08:26;1;1;UK\n"+
		"8;A;CUP;1;31/2/2010 08:26;1;1;UK\n"+
		"9;A;CUP\n"+
		"10;A;CUP;1;2/12/2010 8:26;1,5;1;UK")
	require.Len(t, lines, 2)
	require.Equal(t, "A_B", lines[0].Goods)
	require.Equal(t, money.Fen(255), lines[0].Price)
	require.Equal(t, 2, lines[0].Number)
	require.Equal(t, money.Fen(150), lines[1].Price)
	require.Equal(t, 11, lines[1].Number)
	var why []demo.Skip
	for i, s := range skipped {
		require.Equal(t, i+3, s.Number)
		why = append(why, s.Why)
	}
	require.Equal(t, []demo.Skip{
		demo.SkipCancelled, demo.SkipNoBuyer, demo.SkipQuantity, demo.SkipPrice,
		demo.SkipUnreadable, demo.SkipUnreadable, demo.SkipUnreadable, demo.SkipUnreadable,
	}, why)
}

func TestReadHistory_RefusesAnotherFile(t *testing.T) {
	for _, text := range []string{"", "a;b;c\n1;2;3\n"} {
		err := demo.ReadHistory(strings.NewReader(text), func(demo.Line) {}, func(demo.Skipped) {})
		require.ErrorIs(t, err, demo.ErrHistory)
	}
}

// The facts are those that the data set's description gives.
func TestReadHistory_RealOrders(t *testing.T) {
	file, err := os.Open("testdata/online-retail-10k.csv")
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, file.Close()) })
	spent := map[string]money.Fen{}
	invoices := map[string]map[string]bool{}
	var total money.Fen
	why := map[demo.Skip]int{}
	require.NoError(t, demo.ReadHistory(file, func(l demo.Line) {
		amount, err := l.Price.Times(l.Quantity)
		require.NoError(t, err)
		total += amount
		spent[l.Buyer] += amount
		if invoices[l.Buyer] == nil {
			invoices[l.Buyer] = map[string]bool{}
		}
		invoices[l.Buyer][l.Invoice] = true
	}, func(s demo.Skipped) { why[s.Why]++ }))
	require.Equal(t, "148206.83", total.String())
	require.Len(t, spent, 303)
	require.Equal(t, map[demo.Skip]int{demo.SkipCancelled: 100, demo.SkipNoBuyer: 2291, demo.SkipPrice: 1}, why)
	big, two, three := 0, 0, 0
	for buyer := range spent {
		if spent[buyer] >= 1000_00 {
			big++
		}
		if len(invoices[buyer]) >= 2 {
			two++
		}
		if len(invoices[buyer]) >= 3 {
			three++
		}
	}
	require.Equal(t, []int{29, 43, 12}, []int{big, two, three})
}

func FuzzReadHistory(f *testing.F) {
	f.Add("1;A;CUP;2;1/12/2010 08:26;2,55;17850;UK\n")
	f.Fuzz(func(t *testing.T, text string) {
		_ = demo.ReadHistory(strings.NewReader(header+text), func(l demo.Line) {
			require.Positive(t, l.Quantity)
			require.Positive(t, l.Price)
			require.NotEmpty(t, l.Buyer)
		}, func(demo.Skipped) {})
	})
}
