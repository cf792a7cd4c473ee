package enginetest

import (
	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

// standing counts live seats only, of one buyer in one activity, and the stock of one SKU.
func standing(e *env) {
	of := func(buyer activity.Buyer) groupbuy.Standing {
		s, err := e.store().Standing(e.ctx, groupbuy.StandingQuery{Activity: act, Buyer: buyer, Goods: tea, SKU: green})
		require.NoError(e, err)
		return s
	}
	require.Equal(e, groupbuy.Standing{}, of("ann"), "nothing is limited, nobody has a seat")
	e.openStock(10)
	first, _ := e.teamOf(2, "ann")
	e.teamOf(2, "ann")
	_, theirs := e.teamOf(2, "bob")
	e.do(e.lockIn(first, "bob"))
	e.do(e.lockIn(theirs[0].Team, "ann"))
	lapsed := e.do(e.lock("ann")).Seat
	e.do(release(lapsed))
	elsewhere := e.lock("ann")
	elsewhere.Activity = "act_other"
	e.do(elsewhere)

	ann := of("ann")
	require.Equal(e, [2]int{2, 1}, [2]int{ann.Opened, ann.Joined})
	require.Equal(e, team.StockKey{Activity: act, Goods: tea, SKU: green}, ann.Stock.Key)
	require.Equal(e, [2]int{10, 5}, [2]int{ann.Stock.Pieces, ann.Stock.Taken})
	bob := of("bob")
	require.Equal(e, [2]int{1, 1}, [2]int{bob.Opened, bob.Joined})
}
