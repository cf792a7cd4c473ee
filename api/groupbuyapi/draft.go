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

const wantName = "want 1 to 200 characters"

// maxDraft is far more than the largest activity, in bytes, so that a list which is too long is told how long it is.
const maxDraft = 16 << 20

func validName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 1 && n <= activity.MaxNameRune
}

// decodeDraft reads an activity. A draft may be incomplete, but what is there is within the specification's bounds,
// so that it can be stored and its durations do not overflow.
func decodeDraft(c *gin.Context) (activity.Activity, error) {
	edge.AllowBody(c, maxDraft)
	var in wire.ActivityInput
	if err := edge.Decode(c, &in); err != nil {
		return activity.Activity{}, err
	}
	if faults := draftFaults(in); len(faults) > 0 {
		return activity.Activity{}, faults.problem()
	}
	return draftOf(in), nil
}

// decodeChange reads a change of a live activity.
func decodeChange(c *gin.Context) (activity.Change, error) {
	var in wire.ActivityChange
	if err := edge.Decode(c, &in); err != nil {
		return activity.Change{}, err
	}
	var f faults
	f.require(in.Name == nil || validName(*in.Name), "name", wantName)
	f.stock(in.Stock)
	if len(f) > 0 {
		return activity.Change{}, f.problem()
	}
	return activity.Change{Name: orZero(in.Name), EndsAt: orZero(in.EndsAt).Time, Stock: each(in.Stock, stockOf)}, nil
}

type faults []problem.Fault

func (f faults) problem() error {
	return &problem.Problem{Code: problem.Invalid, Param: f[0].Param, Detail: f[0].Detail, Faults: f}
}

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
	f.ids(in.Channels, "channels", activity.MaxChannels)
	f.ids(in.BlockedChannels, "blocked_channels", activity.MaxChannels)
	bounded(&f, "team_size", in.TeamSize, 1, activity.MaxTeamSize, "want 1 to 1000 people")
	bounded(&f, "max_quantity", in.MaxQuantity, 1, activity.MaxQuantity, "want 1 to 100000 pieces")
	seconds := int64(activity.MaxTTL / time.Second)
	bounded(&f, "team_ttl_seconds", in.TeamTTLSeconds, 1, seconds, "want 1 second to 30 days")
	bounded(&f, "seat_ttl_seconds", in.SeatTTLSeconds, 1, seconds, "want 1 second to 30 days")
	bounded(&f, "limits.open", &in.Limits.Open, 0, activity.MaxLimit, "want 0 to 1000000")
	bounded(&f, "limits.join", &in.Limits.Join, 0, activity.MaxLimit, "want 0 to 1000000")
	bounded(&f, "limits.total", &in.Limits.Total, 0, activity.MaxLimit, "want 0 to 1000000")
	f.price(in)
	f.audience(in)
	f.stock(in.Stock)
	return f
}

func (f *faults) stock(list []wire.Stock) {
	f.require(len(list) <= activity.MaxGoods, "stock", "at most "+strconv.Itoa(activity.MaxGoods))
	for i, s := range list {
		at := "stock[" + strconv.Itoa(i) + "]"
		f.require(partner.ValidID(s.GoodsID), at+".goods_id", wantID)
		f.require(partner.ValidID(s.SKUID), at+".sku_id", wantID)
		bounded(f, at+".pieces", &s.Pieces, 0, activity.MaxPieces, "want 0 to 1000000000")
	}
}

func (f *faults) price(in wire.ActivityInput) {
	bounded(f, "leader_discount_fen", &in.LeaderDiscountFen, 0, activity.MaxPrice, "want 0 to 10000000000 fen")
	f.require(len(in.Rules) <= activity.MaxRules, "rules", "at most "+strconv.Itoa(activity.MaxRules))
	for i, rule := range in.Rules {
		at := "rules[" + strconv.Itoa(i) + "]"
		f.plan(at+".plan", rule.Plan)
		f.tag(at+".tag", rule.Tag)
	}
	f.require(len(in.Tiers) <= activity.MaxTiers, "tiers", "at most "+strconv.Itoa(activity.MaxTiers))
	for i, tier := range in.Tiers {
		at := "tiers[" + strconv.Itoa(i) + "]"
		f.plan(at+".plan", tier.Plan)
		bounded(f, at+".size", &tier.Size, 2, activity.MaxTeamSize, "want 2 to 1000 people")
	}
}

func (f *faults) plan(at string, p wire.Plan) {
	f.require(p.OffFen >= 0, at+".off_fen", "want at least 0")
	f.require(p.FromFen >= 0, at+".from_fen", "want at least 0")
	f.require(p.PriceFen >= 0, at+".price_fen", "want at least 0")
	bounded(f, at+".share_bp", &p.ShareBp, 0, int64(money.Whole), "want 0 to 10000")
}

func (f *faults) audience(in wire.ActivityInput) {
	f.tag("audience.see", in.Audience.See)
	f.tag("audience.join", in.Audience.Join)
	f.tag("instant_tag", in.InstantTag)
	f.buyers("allow_buyers", in.AllowBuyers)
	f.buyers("deny_buyers", in.DenyBuyers)
	bounded(f, "rollout_percent", in.RolloutPercent, 0, 100, "want 0 (nobody) to 100 (everybody) percent")
	bounded(f, "min_real", &in.MinReal, 0, activity.MaxTeamSize, "want 0 (off) to 1000, at most the team size")
}

func (f *faults) tag(param string, tag *string) {
	f.require(tag == nil || partner.ValidID(*tag), param, wantID)
}

// buyers says of a list that is too long how long it is, and nothing about its entries.
func (f *faults) buyers(param string, list []string) {
	if len(list) > activity.MaxBuyers {
		f.require(false, param, "want at most 10000 buyers, not "+strconv.Itoa(len(list))+"; use a tag for more")
		return
	}
	f.ids(list, param, activity.MaxBuyers)
}

// bounded says what the value is and what would be right.
func bounded[T ~int | ~int64](f *faults, param string, value *T, low, high T, detail string) {
	if !within(value, low, high) {
		*f = append(*f, problem.Fault{Param: param, Value: strconv.FormatInt(int64(*value), 10), Detail: detail})
	}
}

// within says whether a value that may be left out lies between the bounds.
func within[T ~int | ~int64](value *T, low, high T) bool {
	return value == nil || *value >= low && *value <= high
}

func draftOf(in wire.ActivityInput) activity.Activity {
	return activity.Activity{
		Partner: partner.ID(in.PartnerID), Name: in.Name,
		Goods: named[activity.GoodsID](in.Goods), Channels: named[activity.Channel](in.Channels),
		Rules: each(in.Rules, func(r wire.Rule) activity.Rule {
			return activity.Rule{Plan: planOf(r.Plan), Tag: tagOf(r.Tag)}
		}),
		LeaderDiscount: in.LeaderDiscountFen,
		Tiers:          each(in.Tiers, func(t wire.Tier) activity.Tier { return activity.Tier{Size: t.Size, Plan: planOf(t.Plan)} }),
		TeamSize:       orZero(in.TeamSize), MaxQuantity: orZero(in.MaxQuantity),
		StartsAt: in.StartsAt.Time, EndsAt: in.EndsAt.Time,
		TeamTTL:         time.Duration(orZero(in.TeamTTLSeconds)) * time.Second,
		SeatTTL:         time.Duration(orZero(in.SeatTTLSeconds)) * time.Second,
		CloseTeamsAtEnd: in.CloseTeamsAtEnd,
		Limits:          activity.Limits{Open: in.Limits.Open, Join: in.Limits.Join, Total: in.Limits.Total},
		Stock:           each(in.Stock, stockOf),
		Audience:        activity.Audience{See: tagOf(in.Audience.See), Join: tagOf(in.Audience.Join)},
		AllowBuyers:     named[activity.Buyer](in.AllowBuyers), DenyBuyers: named[activity.Buyer](in.DenyBuyers),
		BlockedChannels: named[activity.Channel](in.BlockedChannels),
		RolloutPercent:  orDefault(in.RolloutPercent, activity.Blank().RolloutPercent),
		NewBuyersOnly:   in.NewBuyersOnly, InstantTag: tagOf(in.InstantTag),
		MinReal: in.MinReal, BuyAlone: orDefault(in.BuyAlone, activity.Blank().BuyAlone),
	}
}

func planOf(p wire.Plan) activity.Plan {
	return activity.Plan{
		Kind: activity.PlanKind(p.Kind), Off: p.OffFen, From: p.FromFen, Share: money.BasisPoints(p.ShareBp), Price: p.PriceFen,
	}
}

func stockOf(s wire.Stock) activity.Stock {
	return activity.Stock{Goods: activity.GoodsID(s.GoodsID), SKU: activity.SKUID(s.SKUID), Pieces: s.Pieces}
}

func tagOf(tag *string) activity.TagID { return activity.TagID(orZero(tag)) }

// tagWire leaves out what is for everybody.
func tagWire(tag activity.TagID) *string {
	if tag == "" {
		return nil
	}
	text := string(tag)
	return &text
}

// named gives a list of ids its type.
func named[T ~string](list []string) []T {
	return each(list, func(id string) T { return T(id) })
}

func unnamed[T ~string](list []T) []string {
	return each(list, func(id T) string { return string(id) })
}

func orDefault[T any](value *T, fallback T) T {
	if value == nil {
		return fallback
	}
	return *value
}

func orZero[T any](value *T) T {
	if value == nil {
		var zero T
		return zero
	}
	return *value
}

// activityWire is the activity as lists, events and partners see it, without its lists of buyers.
func activityWire(a activity.Activity) wire.Activity {
	return wire.Activity{
		ActivityID: string(a.ID), PartnerID: string(a.Partner), Name: a.Name, Status: wire.ActivityStatus(a.Status),
		Goods: unnamed(a.Goods), Channels: unnamed(a.Channels),
		Rules: each(a.Rules, func(r activity.Rule) wire.Rule {
			return wire.Rule{Plan: planWire(r.Plan), Tag: tagWire(r.Tag)}
		}),
		LeaderDiscountFen: a.LeaderDiscount,
		Tiers:             each(a.Tiers, func(t activity.Tier) wire.Tier { return wire.Tier{Size: t.Size, Plan: planWire(t.Plan)} }),
		TeamSize:          a.TeamSize, MaxQuantity: a.MaxQuantity,
		StartsAt: instant.Of(a.StartsAt), EndsAt: instant.Of(a.EndsAt),
		TeamTTLSeconds: int64(a.TeamTTL / time.Second), SeatTTLSeconds: int64(a.SeatTTL / time.Second),
		CloseTeamsAtEnd: a.CloseTeamsAtEnd,
		Limits:          wire.Limits{Open: a.Limits.Open, Join: a.Limits.Join, Total: a.Limits.Total},
		Stock: each(a.Stock, func(s activity.Stock) wire.Stock {
			return wire.Stock{GoodsID: string(s.Goods), SKUID: string(s.SKU), Pieces: s.Pieces}
		}),
		Audience:        wire.Audience{See: tagWire(a.Audience.See), Join: tagWire(a.Audience.Join)},
		BlockedChannels: unnamed(a.BlockedChannels), RolloutPercent: a.RolloutPercent, NewBuyersOnly: a.NewBuyersOnly,
		InstantTag: string(a.InstantTag), MinReal: a.MinReal, BuyAlone: a.BuyAlone,
		CreatedAt: instant.Of(a.CreatedAt), UpdatedAt: instant.Of(a.UpdatedAt),
	}
}

// wholeActivityWire is the activity as an operator reads and rewrites it.
func wholeActivityWire(a activity.Activity) wire.Activity {
	out := activityWire(a)
	out.AllowBuyers, out.DenyBuyers = unnamed(a.AllowBuyers), unnamed(a.DenyBuyers)
	return out
}

func planWire(p activity.Plan) wire.Plan {
	return wire.Plan{
		Kind: wire.PlanKind(p.Kind), OffFen: p.Off, FromFen: p.From, ShareBp: int64(p.Share), PriceFen: p.Price,
	}
}
