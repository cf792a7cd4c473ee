package groupbuystore

import (
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/money"
)

// specDoc is everything about an activity that no query asks for.
type specDoc struct {
	Goods           []string   `json:"goods"`
	Channels        []string   `json:"channels,omitempty"`
	Plan            *planDoc   `json:"plan,omitempty"` // the only rule of an activity stored before there were several
	Rules           []ruleDoc  `json:"rules,omitempty"`
	LeaderFen       int64      `json:"leader_discount_fen,omitempty"`
	Tiers           []tierDoc  `json:"tiers,omitempty"`
	TeamSize        int        `json:"team_size"`
	TeamTTLMs       int64      `json:"team_ttl_ms"`
	SeatTTLMs       int64      `json:"seat_ttl_ms"`
	CloseTeamsAtEnd bool       `json:"close_teams_at_end,omitempty"`
	MaxQuantity     int        `json:"max_quantity"`
	Limits          limitsDoc  `json:"limits"`
	Stock           []stockDoc `json:"stock,omitempty"`
	SeeTag          string     `json:"see_tag,omitempty"`
	JoinTag         string     `json:"join_tag,omitempty"`
	AllowBuyers     []string   `json:"allow_buyers,omitempty"`
	DenyBuyers      []string   `json:"deny_buyers,omitempty"`
	BlockedChannels []string   `json:"blocked_channels,omitempty"`
	RolloutPercent  *int       `json:"rollout_percent,omitempty"` // left out of activities that are older: everybody
	NewBuyersOnly   bool       `json:"new_buyers_only,omitempty"`
	InstantTag      string     `json:"instant_tag,omitempty"`
	MinReal         int        `json:"min_real,omitempty"`
	TeamOnly        bool       `json:"team_only,omitempty"` // the opposite of BuyAlone, which older activities allow
}

type ruleDoc struct {
	Plan planDoc `json:"plan"`
	Tag  string  `json:"tag,omitempty"`
}

type tierDoc struct {
	Size int     `json:"size"`
	Plan planDoc `json:"plan"`
}

type planDoc struct {
	Kind     string `json:"kind"`
	OffFen   int64  `json:"off_fen,omitempty"`
	FromFen  int64  `json:"from_fen,omitempty"`
	ShareBP  int64  `json:"share_bp,omitempty"`
	PriceFen int64  `json:"price_fen,omitempty"`
}

type limitsDoc struct {
	Open  int `json:"open,omitempty"`
	Join  int `json:"join,omitempty"`
	Total int `json:"total,omitempty"`
}

type stockDoc struct {
	Goods  string `json:"goods"`
	SKU    string `json:"sku"`
	Pieces int    `json:"pieces"`
}

func newPlanDoc(p activity.Plan) planDoc {
	return planDoc{Kind: string(p.Kind), OffFen: int64(p.Off), FromFen: int64(p.From), ShareBP: int64(p.Share), PriceFen: int64(p.Price)}
}

func (d planDoc) plan() activity.Plan {
	return activity.Plan{
		Kind: activity.PlanKind(d.Kind), Off: money.Fen(d.OffFen), From: money.Fen(d.FromFen),
		Share: money.BasisPoints(d.ShareBP), Price: money.Fen(d.PriceFen),
	}
}

func newSpecDoc(a activity.Activity) specDoc {
	return specDoc{
		Goods: texts(a.Goods), Channels: texts(a.Channels), TeamSize: a.TeamSize,
		Rules:     mapped(a.Rules, func(r activity.Rule) ruleDoc { return ruleDoc{newPlanDoc(r.Plan), string(r.Tag)} }),
		Tiers:     mapped(a.Tiers, func(t activity.Tier) tierDoc { return tierDoc{t.Size, newPlanDoc(t.Plan)} }),
		LeaderFen: int64(a.LeaderDiscount), TeamTTLMs: a.TeamTTL.Milliseconds(), SeatTTLMs: a.SeatTTL.Milliseconds(),
		CloseTeamsAtEnd: a.CloseTeamsAtEnd, MaxQuantity: a.MaxQuantity, Limits: limitsDoc(a.Limits),
		Stock: mapped(a.Stock, func(s activity.Stock) stockDoc {
			return stockDoc{Goods: string(s.Goods), SKU: string(s.SKU), Pieces: s.Pieces}
		}),
		SeeTag: string(a.Audience.See), JoinTag: string(a.Audience.Join), InstantTag: string(a.InstantTag),
		AllowBuyers: texts(a.AllowBuyers), DenyBuyers: texts(a.DenyBuyers), BlockedChannels: texts(a.BlockedChannels),
		RolloutPercent: &a.RolloutPercent, NewBuyersOnly: a.NewBuyersOnly, MinReal: a.MinReal, TeamOnly: !a.BuyAlone,
	}
}

func (d specDoc) activity() activity.Activity {
	return activity.Activity{
		Goods: named[activity.GoodsID](d.Goods), Channels: named[activity.Channel](d.Channels), TeamSize: d.TeamSize,
		Rules: d.rules(), LeaderDiscount: money.Fen(d.LeaderFen),
		Tiers:   mappedOrNil(d.Tiers, func(t tierDoc) activity.Tier { return activity.Tier{Size: t.Size, Plan: t.Plan.plan()} }),
		TeamTTL: time.Duration(d.TeamTTLMs) * time.Millisecond, SeatTTL: time.Duration(d.SeatTTLMs) * time.Millisecond,
		CloseTeamsAtEnd: d.CloseTeamsAtEnd, MaxQuantity: d.MaxQuantity, Limits: activity.Limits(d.Limits),
		Stock: mappedOrNil(d.Stock, func(s stockDoc) activity.Stock {
			return activity.Stock{Goods: activity.GoodsID(s.Goods), SKU: activity.SKUID(s.SKU), Pieces: s.Pieces}
		}),
		Audience:    activity.Audience{See: activity.TagID(d.SeeTag), Join: activity.TagID(d.JoinTag)},
		AllowBuyers: named[activity.Buyer](d.AllowBuyers), DenyBuyers: named[activity.Buyer](d.DenyBuyers),
		BlockedChannels: named[activity.Channel](d.BlockedChannels), RolloutPercent: d.rollout(),
		NewBuyersOnly: d.NewBuyersOnly, InstantTag: activity.TagID(d.InstantTag), MinReal: d.MinReal, BuyAlone: !d.TeamOnly,
	}
}

func (d specDoc) rules() []activity.Rule {
	if d.Plan != nil {
		return []activity.Rule{{Plan: d.Plan.plan()}}
	}
	return mappedOrNil(d.Rules, func(r ruleDoc) activity.Rule {
		return activity.Rule{Plan: r.Plan.plan(), Tag: activity.TagID(r.Tag)}
	})
}

func (d specDoc) rollout() int {
	if d.RolloutPercent == nil {
		return activity.DefaultSettings().RolloutPercent
	}
	return *d.RolloutPercent
}

// named gives a stored list its type; an empty one is nil.
func named[T ~string](list []string) []T {
	return mappedOrNil(list, func(text string) T { return T(text) })
}
