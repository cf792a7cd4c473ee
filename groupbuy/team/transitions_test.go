package team_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy/team"
)

// infrastructure/app compares both graphs with their drawings.
func TestTransitions_AreCopies(t *testing.T) {
	team.SeatTransitions()[team.Held][0] = team.Refunded
	team.Transitions()[team.Forming][0] = team.Failed
	require.Equal(t, []team.SeatStatus{team.Paid, team.Released}, team.SeatTransitions()[team.Held])
	require.Equal(t, []team.Status{team.Formed, team.Failed}, team.Transitions()[team.Forming])
}
