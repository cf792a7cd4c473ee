package groupbuyapi

import (
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/api/problem"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/money"
)

const (
	wantName    = "want 1 to 200 characters"
	maxLimits   = 1_000_000
	maxQuantity = 100_000
	maxChannels = 100
)

func validName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 1 && n <= activity.MaxNameRune
}

// decodeDraft reads an activity. A draft may be incomplete, but what is there is within the specification's bounds,
// so that it can be stored and its durations do not overflow.
func decodeDraft(c *gin.Context) (activity.Activity, error) {
	var in wire.ActivityInput
	if err := edge.Decode(c, &in); err != nil {
		return activity.Activity{}, err
	}
	if faults := draftFaults(in); len(faults) > 0 {
		return activity.Activity{}, &problem.Problem{
			Code: problem.Invalid, Param: faults[0].Param, Detail: faults[0].Detail, Faults: faults,
		}
	}
	return draftOf(in), nil
}

type faults []problem.Fault

func (f *faults) require(ok bool, param, detail string) {
	if !ok {
		*f = append(*f, problem.Fault{Param: param, Detail: detail})
	}
}

func (f *faults) ids(list []string, param string, most int) {
	f.require(len(list) <= most, param, "at most "+strconv.Itoa(most))
	for i, id := range list {
		f.require(partner.ValidID(id), param+"["+strconv.Itoa(i)+"]", wantID)
	}
}

func draftFaults(in wire.ActivityInput) faults {
	var f faults
	f.require(partner.ValidID(in.PartnerID), "partner_id", wantID)
	f.require(validName(in.Name), "name", wantName)
	f.ids(in.Goods, "goods", activity.MaxGoods)
	f.ids(in.Channels, "channels", maxChannels)
	f.require(within(in.TeamSize, 1, activity.MaxTeamSize), "team_size", "want 1 to 1000 people")
	f.require(within(in.MaxQuantity, 1, maxQuantity), "max_quantity", "want 1 to 100000 pieces")
	seconds := int64(activity.MaxTTL / time.Second)
	f.require(within(in.TeamTTLSeconds, 1, seconds), "team_ttl_seconds", "want 1 second to 30 days")
	f.require(within(in.SeatTTLSeconds, 1, seconds), "seat_ttl_seconds", "want 1 second to 30 days")
	f.require(within(&in.Limits.Open, 0, maxLimits), "limits.open", "want 0 to 1000000")
	f.require(within(&in.Limits.Join, 0, maxLimits), "limits.join", "want 0 to 1000000")
	f.require(within(&in.Limits.Total, 0, maxLimits), "limits.total", "want 0 to 1000000")
	planFaults(&f, in.Plan)
	f.require(len(in.Stock) <= activity.MaxGoods, "stock", "at most "+strconv.Itoa(activity.MaxGoods))
	for i, s := range in.Stock {
		at := "stock[" + strconv.Itoa(i) + "]"
		f.require(partner.ValidID(s.GoodsID), at+".goods_id", wantID)
		f.require(partner.ValidID(s.SKUID), at+".sku_id", wantID)
		f.require(within(&s.Pieces, 0, activity.MaxPieces), at+".pieces", "want 0 to 1000000000")
	}
	return f
}

func planFaults(f *faults, p wire.Plan) {
	f.require(p.OffFen >= 0, "plan.off_fen", "want at least 0")
	f.require(p.FromFen >= 0, "plan.from_fen", "want at least 0")
	f.require(p.PriceFen >= 0, "plan.price_fen", "want at least 0")
	f.require(within(&p.ShareBp, 0, int64(money.Whole)), "plan.share_bp", "want 0 to 10000")
}

// within says whether a value that may be left out lies between the bounds.
func within[T int | int64](value *T, low, high T) bool {
	return value == nil || *value >= low && *value <= high
}

func draftOf(in wire.ActivityInput) activity.Activity {
	return activity.Activity{
		Partner: partner.ID(in.PartnerID), Name: in.Name,
		Goods:    each(in.Goods, func(id string) activity.GoodsID { return activity.GoodsID(id) }),
		Channels: each(in.Channels, func(id string) activity.Channel { return activity.Channel(id) }),
		Plan: activity.Plan{
			Kind: activity.PlanKind(in.Plan.Kind), Off: in.Plan.OffFen, From: in.Plan.FromFen,
			Share: money.BasisPoints(in.Plan.ShareBp), Price: in.Plan.PriceFen,
		},
		TeamSize: orZero(in.TeamSize), MaxQuantity: orZero(in.MaxQuantity),
		StartsAt: in.StartsAt.Time, EndsAt: in.EndsAt.Time,
		TeamTTL:         time.Duration(orZero(in.TeamTTLSeconds)) * time.Second,
		SeatTTL:         time.Duration(orZero(in.SeatTTLSeconds)) * time.Second,
		CloseTeamsAtEnd: in.CloseTeamsAtEnd,
		Limits:          activity.Limits{Open: in.Limits.Open, Join: in.Limits.Join, Total: in.Limits.Total},
		Stock: each(in.Stock, func(s wire.Stock) activity.Stock {
			return activity.Stock{Goods: activity.GoodsID(s.GoodsID), SKU: activity.SKUID(s.SKUID), Pieces: s.Pieces}
		}),
	}
}

func orZero[T any](value *T) T {
	if value == nil {
		var zero T
		return zero
	}
	return *value
}

func activityWire(a activity.Activity) wire.Activity {
	return wire.Activity{
		ActivityID: string(a.ID), PartnerID: string(a.Partner), Name: a.Name, Status: wire.ActivityStatus(a.Status),
		Goods:    each(a.Goods, func(id activity.GoodsID) string { return string(id) }),
		Channels: each(a.Channels, func(channel activity.Channel) string { return string(channel) }),
		Plan:     planWire(a.Plan), TeamSize: a.TeamSize, MaxQuantity: a.MaxQuantity,
		StartsAt: instant.Of(a.StartsAt), EndsAt: instant.Of(a.EndsAt),
		TeamTTLSeconds: int64(a.TeamTTL / time.Second), SeatTTLSeconds: int64(a.SeatTTL / time.Second),
		CloseTeamsAtEnd: a.CloseTeamsAtEnd,
		Limits:          wire.Limits{Open: a.Limits.Open, Join: a.Limits.Join, Total: a.Limits.Total},
		Stock: each(a.Stock, func(s activity.Stock) wire.Stock {
			return wire.Stock{GoodsID: string(s.Goods), SKUID: string(s.SKU), Pieces: s.Pieces}
		}),
		CreatedAt: instant.Of(a.CreatedAt), UpdatedAt: instant.Of(a.UpdatedAt),
	}
}

func planWire(p activity.Plan) wire.Plan {
	return wire.Plan{
		Kind: wire.PlanKind(p.Kind), OffFen: p.Off, FromFen: p.From, ShareBp: int64(p.Share), PriceFen: p.Price,
	}
}
