package groupbuyapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
)

// ListOpenTeams lists teams that a buyer may join.
func (a *API) ListOpenTeams(c *gin.Context, goods wire.GoodsID, params wire.ListOpenTeamsParams) {
	limit, err := limitOf(params.Limit)
	if err != nil {
		fail(c, err)
		return
	}
	buyer, err := optionalID[activity.Buyer]("buyer_id", params.BuyerID)
	if err != nil {
		fail(c, err)
		return
	}
	teams, err := a.engine.OpenTeams(c.Request.Context(), groupbuy.OpenTeamsQuery{
		Partner: caller(c), Goods: activity.GoodsID(goods), Buyer: buyer, Limit: limit,
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.OpenTeamList{Items: each(teams, func(t team.Team) wire.OpenTeam { return openTeamWire(t, buyer) })})
}

// GetTeam returns a team with its seats.
func (a *API) GetTeam(c *gin.Context, id string) {
	t, seats, err := a.engine.Team(c.Request.Context(), caller(c), team.ID(id))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.TeamWithSeats{
		Team:  teamWire(t),
		Seats: each(seats, func(s team.Seat) wire.TeamSeat { return teamSeatWire(s, t) }),
	})
}

func teamWire(t team.Team) wire.Team {
	return wire.Team{
		TeamID: string(t.ID), ActivityID: string(t.Activity), GoodsID: string(t.Goods), Status: wire.TeamStatus(t.Status),
		Target: t.Target(), Tiers: t.Sizes[1:], Capacity: t.Capacity(), Held: t.Held, Paid: t.Paid, Refunded: t.Refunded, Virtual: t.Virtual,
		CostFen: t.CostFen, Tier: t.Tier, LeaderID: string(t.Leader), OpenedAt: instant.Of(t.OpenedAt),
		ExpiresAt: instant.Of(t.ExpiresAt), EndedAt: instant.Of(t.EndedAt), ClosedAt: instant.Of(t.ClosedAt),
	}
}

func teamSeatWire(s team.Seat, t team.Team) wire.TeamSeat {
	return wire.TeamSeat{
		OutTradeNo: s.Key.OutTradeNo, BuyerID: string(s.Buyer), Leader: s.Buyer == t.Leader,
		Status: wire.SeatStatus(s.Status), HeldAt: instant.Of(s.HeldAt), PaidAt: instant.Of(s.PaidAt),
	}
}

func openTeamWire(t team.Team, asking activity.Buyer) wire.OpenTeam {
	return wire.OpenTeam{
		TeamID: string(t.ID), ActivityID: string(t.Activity), Status: wire.TeamStatus(t.Status),
		Target: t.Target(), Tiers: t.Sizes[1:], Capacity: t.Capacity(), Held: t.Held, Paid: t.Paid,
		Leader: mask(string(t.Leader)), Own: asking != "" && t.Leader == asking,
		OpenedAt: instant.Of(t.OpenedAt), ExpiresAt: instant.Of(t.ExpiresAt),
	}
}

// mask hides a buyer from strangers: the first and the last character stay, of a short name only the first.
func mask(name string) string {
	runes := []rune(name)
	switch len(runes) {
	case 0, 1:
		return "***"
	case 2:
		return string(runes[:1]) + "***"
	default:
		return string(runes[:1]) + "***" + string(runes[len(runes)-1:])
	}
}
