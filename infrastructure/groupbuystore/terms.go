package groupbuystore

import (
	"encoding/json"
	"fmt"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

type termsDoc struct {
	Plan       planDoc     `json:"plan"`
	Limits     limitsDoc   `json:"limits"`
	Tag        string      `json:"tag,omitempty"`
	LeaderFen  int64       `json:"leader_discount_fen,omitempty"`
	ForNew     bool        `json:"for_new_buyers,omitempty"`
	TierPrices []money.Fen `json:"tier_prices_fen,omitempty"` // per piece, at each size of the team
}

// termsBook reads and writes the terms of seats, once where several have the same ones: most seats of a batch do. The zero
// value is ready; it is not for concurrent use.
type termsBook struct {
	docs  map[string]termsDoc
	texts map[termsKey]string
}

// termsKey tells terms without tiers apart.
type termsKey struct {
	plan   planDoc
	limits limitsDoc
	tag    string
	leader int64
	forNew bool
}

func (b *termsBook) text(s team.Seat) (string, error) {
	key := termsKey{newPlanDoc(s.Plan), limitsDoc(s.Limits), string(s.Tag), int64(s.LeaderDiscount), s.ForNewBuyers}
	if text, written := b.texts[key]; written && len(s.TierPrices) == 0 {
		return text, nil
	}
	list, err := json.Marshal(termsDoc{
		Plan: key.plan, Limits: key.limits, Tag: key.tag, LeaderFen: key.leader, ForNew: key.forNew, TierPrices: s.TierPrices,
	})
	if err != nil {
		return "", fmt.Errorf("groupbuystore: terms of seat %s: %w", s.ID, err)
	}
	if len(s.TierPrices) == 0 {
		if b.texts == nil {
			b.texts = map[termsKey]string{}
		}
		b.texts[key] = string(list)
	}
	return string(list), nil
}

func (b *termsBook) doc(r seatRow) (terms termsDoc, err error) {
	terms, read := b.docs[r.Terms]
	if read {
		return terms, nil
	}
	if err := json.Unmarshal([]byte(r.Terms), &terms); err != nil {
		return termsDoc{}, fmt.Errorf("groupbuystore: terms of seat %s: %w", r.ID, err)
	}
	if b.docs == nil {
		b.docs = map[string]termsDoc{}
	}
	b.docs[r.Terms] = terms
	return terms, nil
}

func (r seatRow) seat() (team.Seat, error) { return new(termsBook).seat(r) }

func (b *termsBook) row(s team.Seat) (seatRow, error) {
	terms, err := b.text(s)
	if err != nil {
		return seatRow{}, err
	}
	return seatRow{
		ID: string(s.ID), PartnerID: string(s.Key.Partner), OutTradeNo: s.Key.OutTradeNo,
		TeamID: string(s.Team), ActivityID: string(s.Activity), GoodsID: string(s.Goods), SkuID: string(s.SKU),
		Channel: string(s.Channel), Buyer: string(s.Buyer), Quantity: s.Quantity, Opened: flag(s.Opened), Status: string(s.Status),
		OriginalFen: int64(s.Original), PayPriceFen: int64(s.PayPrice), AmountFen: int64(s.Amount), Terms: terms,
		Ordinal: optional(s.Ordinal), HeldAt: millis(s.HeldAt), ExpiresAt: millis(s.ExpiresAt),
		PaidAt: millis(s.PaidAt), PaidAmountFen: int64(s.PaidAmount), ProviderNo: s.ProviderNo, Settlement: string(s.Settlement),
		EndedAt: millis(s.EndedAt), RefundNo: s.RefundNo, DifferenceFen: int64(s.Difference), DifferenceNo: s.DifferenceNo,
		AskedNo: s.AskedNo, AskedAt: millis(s.AskedAt), AskedWhy: s.AskedWhy, LeftFormed: flag(s.LeftFormed),
		Reason: string(s.Reason), Version: s.Version,
	}, nil
}

func (b *termsBook) seat(r seatRow) (team.Seat, error) {
	terms, err := b.doc(r)
	if err != nil {
		return team.Seat{}, err
	}
	seat := team.Seat{
		ID: team.SeatID(r.ID), Key: r.key(), Team: team.ID(r.TeamID),
		Activity: activity.ID(r.ActivityID), Goods: activity.GoodsID(r.GoodsID), SKU: activity.SKUID(r.SkuID),
		Channel: activity.Channel(r.Channel), Buyer: activity.Buyer(r.Buyer), Quantity: r.Quantity,
		Opened: r.Opened == 1, Status: team.SeatStatus(r.Status),
		Original: money.Fen(r.OriginalFen), PayPrice: money.Fen(r.PayPriceFen), Amount: money.Fen(r.AmountFen),
		Plan: terms.Plan.plan(), Tag: activity.TagID(terms.Tag), LeaderDiscount: money.Fen(terms.LeaderFen), Limits: activity.Limits(terms.Limits),
		ForNewBuyers: terms.ForNew, TierPrices: terms.TierPrices,
		Difference: money.Fen(r.DifferenceFen), DifferenceNo: r.DifferenceNo,
		AskedNo: r.AskedNo, AskedAt: instant(r.AskedAt), AskedWhy: r.AskedWhy, LeftFormed: r.LeftFormed == 1,
		HeldAt: instant(r.HeldAt), ExpiresAt: instant(r.ExpiresAt), PaidAt: instant(r.PaidAt),
		PaidAmount: money.Fen(r.PaidAmountFen), ProviderNo: r.ProviderNo, Settlement: team.Settlement(r.Settlement),
		EndedAt: instant(r.EndedAt), RefundNo: r.RefundNo, Reason: team.Reason(r.Reason), Version: r.Version,
	}
	if r.Ordinal != nil {
		seat.Ordinal = *r.Ordinal
	}
	return seat, nil
}
