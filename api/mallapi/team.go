package mallapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/api/problem"
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
	bought := a.ordersWire(c, each(page.Items, func(m mall.MyTeam) order.Order { return m.Order })...)
	items := make([]wire.MyTeam, len(bought))
	for i, m := range page.Items {
		items[i] = myTeamWire(m, bought[i])
	}
	c.JSON(http.StatusOK, wire.MyTeamList{Items: items, HasMore: page.Next != "", NextCursor: page.Next})
}

// GetTeam shows a team to anybody.
func (a *API) GetTeam(c *gin.Context, teamID wire.Name) {
	page, err := a.shop.Team(c.Request.Context(), callerOf(c).Actor, order.TeamID(teamID))
	if err != nil {
		fail(c, err)
		return
	}
	lang := languageOf(c)
	c.JSON(http.StatusOK, wire.TeamView{
		Team: teamWire(page.Team), Product: productWire(page.Product), Offers: offersWire(page.Quotes, lang),
		Members: each(page.Members, func(m mall.Member) wire.Member { return memberWire(m, lang) }),
		Joined:  page.Joined, OwnOrderID: string(page.OwnOrder), Teams: each(page.Others, teamCardWire), Refusal: refusalWire(page.Refusal, lang),
		ServerTime: instant.Of(a.shop.Clock()),
	})
}

// memberWire calls a virtual seat what it is.
func memberWire(m mall.Member, lang problem.Language) wire.Member {
	out := wire.Member{
		Nickname: m.Nickname, Self: m.Self, Leader: m.Leader, Virtual: m.Virtual,
		Status: wire.SeatStatus(m.Status), At: instant.Of(m.At),
	}
	if m.Virtual {
		out.Nickname = text{"虚拟成员（系统补位）", "Virtual member (filled by the shop)"}.in(lang)
	}
	return out
}

// myTeamWire leaves a team out that the engine told nothing about.
func myTeamWire(m mall.MyTeam, bought wire.Order) wire.MyTeam {
	out := wire.MyTeam{Order: bought}
	if m.Team.Status != "" {
		team := teamWire(m.Team)
		out.Team = &team
	}
	return out
}

func teamWire(t mall.Team) wire.Team {
	return wire.Team{
		TeamID: t.ID, ActivityID: t.ActivityID, ProductID: t.GoodsID, Status: wire.TeamStatus(t.Status),
		Target: t.Target, Tiers: t.Tiers, Capacity: t.Capacity, Held: t.Held, Paid: t.Paid, Virtual: t.Virtual, NextSize: t.NextSize(),
		OpenedAt: instant.Of(t.OpenedAt), ExpiresAt: instant.Of(t.ExpiresAt), EndedAt: instant.Of(t.EndedAt), ClosedAt: instant.Of(t.ClosedAt),
	}
}

func teamCardWire(card mall.TeamCard) wire.TeamCard {
	t := card.Team
	return wire.TeamCard{
		TeamID: t.ID, ActivityID: t.ActivityID, Status: wire.TeamStatus(t.Status),
		Target: t.Target, Tiers: t.Tiers, Capacity: t.Capacity, Held: t.Held, Paid: t.Paid, NextSize: t.NextSize(),
		Leader: card.Leader, Own: t.Own, OpenedAt: instant.Of(t.OpenedAt), ExpiresAt: instant.Of(t.ExpiresAt),
	}
}
