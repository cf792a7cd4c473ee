package app_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/team"
	"kaituan/mall/account"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

func TestTransitions_AreDrawn(t *testing.T) {
	require.Equal(t, arrows(team.Forming, team.Transitions()), drawn(t, "groupbuy/team.Transitions"))
	require.Equal(t, arrows(team.Held, team.SeatTransitions()), drawn(t, "groupbuy/team.SeatTransitions"))
	require.Equal(t, arrows(order.Created, order.Transitions()), drawn(t, "mall/order.Transitions"))
	require.Equal(t, arrows(payment.Created, payment.Transitions()), drawn(t, "mall/payment.Transitions"))
	require.Equal(t, arrows(payment.RefundCreated, payment.RefundTransitions()), drawn(t, "mall/payment.RefundTransitions"))
	require.Equal(t, arrows(account.ScanWaiting, account.ScanTransitions()), drawn(t, "mall/account.ScanTransitions"))
}

// drawn reads the arrows of the drawing in docs/state-machines.md that carries the mark.
func drawn(t *testing.T, mark string) []string {
	t.Helper()
	doc, err := os.ReadFile("../../docs/state-machines.md")
	require.NoError(t, err)
	_, drawing, found := strings.Cut(string(doc), "%% "+mark+"\n")
	require.True(t, found, mark)
	drawing, _, _ = strings.Cut(drawing, "```")
	var list []string
	for _, arrow := range regexp.MustCompile(`(?m)^\s*(\S+) --> ([^\s:]+)`).FindAllStringSubmatch(drawing, -1) {
		list = append(list, arrow[1]+" --> "+arrow[2])
	}
	slices.Sort(list)
	return list
}

func arrows[S ~string](first S, graph map[S][]S) []string {
	list := []string{"[*] --> " + string(first)}
	for from, next := range graph {
		for _, to := range next {
			list = append(list, string(from)+" --> "+string(to))
		}
		if len(next) == 0 {
			list = append(list, string(from)+" --> [*]")
		}
	}
	slices.Sort(list)
	return list
}
