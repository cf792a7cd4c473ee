package problem_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/problem"
)

// The same for the mall.
func TestPhrases_CoverEveryDetailOfTheMall(t *testing.T) {
	skipped := []string{
		// What is wrong with a payment notice is told to nobody but the log.
		"no valid signature of the provider", "no payment has this out_trade_no", "differs: 7",
		// Half of a text; the other half is a constant. The order tests of mallapi see it whole.
		"7, only in mode group",
	}
	found := 0
	for _, dir := range []string{"../../mall", "../../mall/catalog", "../../mall/account", "../mallapi"} {
		for _, english := range details(t, dir) {
			if slices.Contains(skipped, english) {
				continue
			}
			_, members := write(t, "zh", &problem.Problem{Code: problem.Invalid, Detail: english})
			require.NotContains(t, members["detail"], "（"+english+"）", "%s: no Chinese for it in mallPhrases()", dir)
			found++
		}
	}
	require.Greater(t, found, 50, "the test found too few details to be right")
}
