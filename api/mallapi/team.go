package mallapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/mall"
	"kaituan/mall/order"
)

// ListMyTeams lists the caller's teams.
func (a *API) ListMyTeams(c *gin.Context, params wire.ListMyTeamsParams) {
	page, err := a.shop.MyTeams(c.Request.Context(), callerOf(c).Actor, mall.ListTeams{
		Tab: mall.TeamTab(given(params.Tab)), Cursor: given(params.Cursor), Limit: limitOf(params.Limit),
	})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.MyTeamList{Items: each(page.Items, myTeamWire), HasMore: page.Next != "", NextCursor: page.Next})
}

// GetTeam shows a team to anybody.
func (a *API) GetTeam(c *gin.Context, teamID wire.Name) {
	page, err := a.shop.Team(c.Request.Context(), callerOf(c).Actor, order.TeamID(teamID))
	if err != nil {
		fail(c, err)
		return
	}
	member := func(m mall.Member) wire.Member {
		return wire.Member{
			Nickname: m.Nickname, Self: m.Self, Leader: m.Leader, Status: wire.SeatStatus(m.Status), At: instant.Of(m.At),
		}
	}
	c.JSON(http.StatusOK, wire.TeamView{
		Team: teamWire(page.Team), Members: each(page.Members, member), Product: productWire(page.Product),
		Offers: offersWire(page.Quotes), Joined: page.Joined, ServerTime: instant.Of(a.shop.Clock()),
	})
}

// myTeamWire leaves a team out that the engine told nothing about.
func myTeamWire(m mall.MyTeam) wire.MyTeam {
	out := wire.MyTeam{Order: orderWire(m.Order)}
	if m.Team.Status != "" {
		team := teamWire(m.Team)
		out.Team = &team
	}
	return out
}

func teamWire(t mall.Team) wire.Team {
	return wire.Team{
		TeamID: t.ID, ActivityID: t.ActivityID, ProductID: t.GoodsID, Status: wire.TeamStatus(t.Status),
		Target: t.Target, Held: t.Held, Paid: t.Paid,
		OpenedAt: instant.Of(t.OpenedAt), ExpiresAt: instant.Of(t.ExpiresAt), EndedAt: instant.Of(t.EndedAt),
	}
}

func teamCardWire(card mall.TeamCard) wire.TeamCard {
	t := card.Team
	return wire.TeamCard{
		TeamID: t.ID, ActivityID: t.ActivityID, Target: t.Target, Held: t.Held, Paid: t.Paid, Leader: card.Leader,
		Own: t.Own, OpenedAt: instant.Of(t.OpenedAt), ExpiresAt: instant.Of(t.ExpiresAt),
	}
}
