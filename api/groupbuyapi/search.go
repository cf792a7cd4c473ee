package groupbuyapi

import (
	"errors"
	"net/http"

	"github.com/gin-gonic/gin"

	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// FindTeams finds teams of any partner.
func (a *API) FindTeams(c *gin.Context, params wire.FindTeamsParams) {
	query, err := teamQuery(params)
	if err != nil {
		fail(c, err)
		return
	}
	limit := query.Limit
	query.Limit++
	list, err := a.engine.FindTeams(c.Request.Context(), query)
	if err != nil {
		fail(c, err)
		return
	}
	list, more := cut(list, limit)
	page := wire.FoundTeamPage{Items: each(list, foundTeamWire), HasMore: more}
	if more {
		page.NextCursor = cursorAfter(string(list[limit-1].ID))
	}
	c.JSON(http.StatusOK, page)
}

func teamQuery(params wire.FindTeamsParams) (q groupbuy.TeamQuery, err error) {
	before, limit, err := pageOf(params.Cursor, params.Limit)
	q.Before, q.Limit = team.ID(before), limit
	errs := []error{err}
	read := func(err error) { errs = append(errs, err) }
	q.ID, err = optionalID[team.ID]("team_id", params.TeamID)
	read(err)
	q.Partner, err = optionalID[partner.ID]("partner_id", params.PartnerID)
	read(err)
	q.Activity, err = optionalID[activity.ID]("activity_id", params.ActivityID)
	read(err)
	q.Goods, err = optionalID[activity.GoodsID]("goods_id", params.GoodsID)
	read(err)
	q.Leader, err = optionalID[activity.Buyer]("leader_id", params.LeaderID)
	read(err)
	q.Status, err = enumOf[team.Status]("status", params.Status)
	read(err)
	return q, errors.Join(errs...)
}

// FindSeats finds seats of any partner.
func (a *API) FindSeats(c *gin.Context, params wire.FindSeatsParams) {
	query, err := seatQuery(params)
	if err != nil {
		fail(c, err)
		return
	}
	limit := query.Limit
	query.Limit++
	list, err := a.engine.FindSeats(c.Request.Context(), query)
	if err != nil {
		fail(c, err)
		return
	}
	list, more := cut(list, limit)
	page := wire.FoundSeatPage{Items: each(list, foundSeatWire), HasMore: more}
	if more {
		page.NextCursor = cursorAfter(string(list[limit-1].ID))
	}
	c.JSON(http.StatusOK, page)
}

func seatQuery(params wire.FindSeatsParams) (q groupbuy.SeatQuery, err error) {
	before, limit, err := pageOf(params.Cursor, params.Limit)
	q.Before, q.Limit = team.SeatID(before), limit
	errs := []error{err}
	read := func(err error) { errs = append(errs, err) }
	q.OutTradeNo, err = optionalID[string]("out_trade_no", params.OutTradeNo)
	read(err)
	q.Partner, err = optionalID[partner.ID]("partner_id", params.PartnerID)
	read(err)
	q.Buyer, err = optionalID[activity.Buyer]("buyer_id", params.BuyerID)
	read(err)
	q.Team, err = optionalID[team.ID]("team_id", params.TeamID)
	read(err)
	q.Status, err = enumOf[team.SeatStatus]("status", params.Status)
	read(err)
	return q, errors.Join(errs...)
}

// GetTeamFile returns everything about a team.
func (a *API) GetTeamFile(c *gin.Context, id string) {
	f, err := a.engine.TeamFile(c.Request.Context(), team.ID(id))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.TeamFile{
		PartnerID: string(f.Team.Partner), Team: teamWire(f.Team), Seats: each(f.Seats, seatWire), Timeline: each(f.Timeline, momentWire),
	})
}

// GetSeatFile returns everything about a seat.
func (a *API) GetSeatFile(c *gin.Context, of wire.PartnerIDPath, no wire.OutTradeNo) {
	f, err := a.engine.SeatFile(c.Request.Context(), team.Key{Partner: partner.ID(of), OutTradeNo: no})
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.SeatFile{
		PartnerID: of, Seat: seatWire(f.Seat), Team: teamWire(f.Team), Timeline: each(f.Timeline, momentWire),
	})
}

func foundTeamWire(t team.Team) wire.FoundTeam {
	return wire.FoundTeam{PartnerID: string(t.Partner), Team: teamWire(t)}
}

func foundSeatWire(s team.Seat) wire.FoundSeat {
	return wire.FoundSeat{PartnerID: string(s.Key.Partner), Seat: seatWire(s)}
}

func momentWire(m groupbuy.Moment) wire.Moment {
	return wire.Moment{
		At: instant.Of(m.At), Subject: m.Subject, From: m.From, To: m.To, EventID: string(m.Event), EventType: m.EventType,
	}
}
