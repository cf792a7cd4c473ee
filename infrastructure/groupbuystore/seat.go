package groupbuystore

import (
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// seatRow is also how a seat is kept in an event, hence the JSON names. What is left out is zero.
type seatRow struct {
	ID            string `gorm:"primaryKey" json:"id"`
	PartnerID     string `json:"partner_id"`
	OutTradeNo    string `json:"out_trade_no"`
	TeamID        string `json:"team_id"`
	ActivityID    string `json:"activity_id"`
	GoodsID       string `json:"goods_id"`
	SkuID         string `json:"sku_id"`
	Channel       string `json:"channel"`
	Buyer         string `json:"buyer"`
	Quantity      int    `json:"quantity"`
	Opened        int    `json:"opened,omitempty"`
	Status        string `json:"status"`
	OriginalFen   int64  `json:"original_fen"`
	PayPriceFen   int64  `json:"pay_price_fen"`
	AmountFen     int64  `json:"amount_fen"`
	Terms         string `json:"terms"`
	Ordinal       *int   `json:"ordinal,omitempty"`
	HeldAt        int64  `json:"held_at"`
	ExpiresAt     int64  `json:"expires_at"`
	PaidAt        int64  `json:"paid_at,omitempty"`
	PaidAmountFen int64  `json:"paid_amount_fen,omitempty"`
	ProviderNo    string `json:"provider_no,omitempty"`
	Settlement    string `json:"settlement,omitempty"`
	EndedAt       int64  `json:"ended_at,omitempty"`
	RefundNo      string `json:"refund_no,omitempty"`
	DifferenceFen int64  `json:"difference_fen,omitempty"`
	DifferenceNo  string `json:"difference_no,omitempty"`
	AskedNo       string `json:"asked_no,omitempty"`
	AskedAt       int64  `json:"asked_at,omitempty"`
	AskedWhy      string `json:"asked_why,omitempty"`
	LeftFormed    int    `json:"left_formed,omitempty"`
	Reason        string `json:"reason,omitempty"`
	Version       int64  `json:"version,omitempty"`
}

// TableName is GORM's hook for the table.
func (seatRow) TableName() string { return "seats" }

func (r seatRow) key() team.Key {
	return team.Key{Partner: partner.ID(r.PartnerID), OutTradeNo: r.OutTradeNo}
}

func (r seatRow) participation() team.Participation {
	return team.Participation{Activity: activity.ID(r.ActivityID), Buyer: activity.Buyer(r.Buyer)}
}

func (r seatRow) stockKey() team.StockKey {
	return team.StockKey{Activity: activity.ID(r.ActivityID), Goods: activity.GoodsID(r.GoodsID), SKU: activity.SKUID(r.SkuID)}
}

// seatChanges are the columns that change after a seat was taken.
func seatChanges() []string {
	return []string{
		"status", "ordinal", "paid_at", "paid_amount_fen", "provider_no", "settlement", "ended_at", "refund_no", "difference_fen",
		"difference_no", "asked_no", "asked_at", "asked_why", "left_formed", "reason",
	}
}

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}

// optional stores 0 as NULL, of which a unique key takes any number.
func optional(n int) *int {
	if n == 0 {
		return nil
	}
	return &n
}

// seatColumns are the columns of the table, in the order of pointers and values.
func seatColumns() []string {
	return []string{
		"id", "partner_id", "out_trade_no", "team_id", "activity_id", "goods_id", "sku_id", "channel", "buyer",
		"quantity", "opened", "status", "original_fen", "pay_price_fen", "amount_fen", "terms", "ordinal", "held_at",
		"expires_at", "paid_at", "paid_amount_fen", "provider_no", "settlement", "ended_at", "refund_no",
		"difference_fen", "difference_no", "asked_no", "asked_at", "asked_why", "left_formed", "reason", "version",
	}
}

func (r *seatRow) pointers() []any {
	return []any{
		&r.ID, &r.PartnerID, &r.OutTradeNo, &r.TeamID, &r.ActivityID, &r.GoodsID, &r.SkuID, &r.Channel, &r.Buyer,
		&r.Quantity, &r.Opened, &r.Status, &r.OriginalFen, &r.PayPriceFen, &r.AmountFen, &r.Terms, &r.Ordinal,
		&r.HeldAt, &r.ExpiresAt, &r.PaidAt, &r.PaidAmountFen, &r.ProviderNo, &r.Settlement, &r.EndedAt, &r.RefundNo,
		&r.DifferenceFen, &r.DifferenceNo, &r.AskedNo, &r.AskedAt, &r.AskedWhy, &r.LeftFormed, &r.Reason, &r.Version,
	}
}

func (r seatRow) values() []any {
	return []any{
		r.ID, r.PartnerID, r.OutTradeNo, r.TeamID, r.ActivityID, r.GoodsID, r.SkuID, r.Channel, r.Buyer, r.Quantity,
		r.Opened, r.Status, r.OriginalFen, r.PayPriceFen, r.AmountFen, r.Terms, r.Ordinal, r.HeldAt, r.ExpiresAt,
		r.PaidAt, r.PaidAmountFen, r.ProviderNo, r.Settlement, r.EndedAt, r.RefundNo, r.DifferenceFen,
		r.DifferenceNo, r.AskedNo, r.AskedAt, r.AskedWhy, r.LeftFormed, r.Reason, r.Version,
	}
}

func (r seatRow) version() int64 { return r.Version }
