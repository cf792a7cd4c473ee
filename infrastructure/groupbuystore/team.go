package groupbuystore

import (
	"encoding/json"
	"fmt"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/money"
)

// teamRow is also how a team is kept in an event, hence the JSON names. What is left out is zero.
type teamRow struct {
	ID         string `gorm:"primaryKey" json:"id"`
	PartnerID  string `json:"partner_id"`
	ActivityID string `json:"activity_id"`
	GoodsID    string `json:"goods_id"`
	Status     string `json:"status"`
	Target     int    `json:"target"`
	Tiers      string `json:"tiers,omitempty"` // JSON list of the sizes beyond the target
	Capacity   int    `json:"capacity"`
	MinReal    int    `json:"min_real,omitempty"`
	Held       int    `json:"held,omitempty"`
	Paid       int    `json:"paid,omitempty"`
	Refunded   int    `json:"refunded,omitempty"`
	Virtual    int    `gorm:"column:virtual_seats" json:"virtual_seats,omitempty"`
	CostFen    int64  `json:"cost_fen,omitempty"`
	Leader     string `json:"leader"`
	OpenedAt   int64  `json:"opened_at"`
	ExpiresAt  int64  `json:"expires_at"`
	EndedAt    int64  `json:"ended_at,omitempty"`
	ClosedAt   int64  `json:"closed_at,omitempty"`
	Tier       int    `json:"tier,omitempty"`
	Version    int64  `json:"version,omitempty"`
}

// TableName is GORM's hook for the table.
func (teamRow) TableName() string { return "teams" }

func newTeamRow(t team.Team) (teamRow, error) {
	tiers := ""
	if len(t.Sizes) > 1 {
		list, err := json.Marshal(t.Sizes[1:])
		if err != nil {
			return teamRow{}, fmt.Errorf("groupbuystore: tiers of team %s: %w", t.ID, err)
		}
		tiers = string(list)
	}
	return teamRow{
		ID: string(t.ID), PartnerID: string(t.Partner), ActivityID: string(t.Activity), GoodsID: string(t.Goods),
		Status: string(t.Status), Target: t.Target(), Tiers: tiers, Capacity: t.Capacity(), MinReal: t.MinReal,
		Held: t.Held, Paid: t.Paid, Refunded: t.Refunded, Virtual: t.Virtual, CostFen: int64(t.CostFen), Leader: string(t.Leader),
		OpenedAt: millis(t.OpenedAt), ExpiresAt: millis(t.ExpiresAt), EndedAt: millis(t.EndedAt), ClosedAt: millis(t.ClosedAt),
		Tier: t.Tier, Version: t.Version,
	}, nil
}

func (r teamRow) team() (team.Team, error) {
	sizes := []int{r.Target}
	if r.Tiers != "" {
		var tiers []int
		if err := json.Unmarshal([]byte(r.Tiers), &tiers); err != nil {
			return team.Team{}, fmt.Errorf("groupbuystore: tiers of team %s: %w", r.ID, err)
		}
		sizes = append(sizes, tiers...)
	}
	return team.Team{
		ID: team.ID(r.ID), Partner: partner.ID(r.PartnerID), Activity: activity.ID(r.ActivityID), Goods: activity.GoodsID(r.GoodsID),
		Status: team.Status(r.Status), Sizes: sizes, MinReal: r.MinReal, Held: r.Held, Paid: r.Paid, Refunded: r.Refunded,
		Virtual: r.Virtual, CostFen: money.Fen(r.CostFen), Leader: activity.Buyer(r.Leader),
		OpenedAt: instant(r.OpenedAt), ExpiresAt: instant(r.ExpiresAt), EndedAt: instant(r.EndedAt), ClosedAt: instant(r.ClosedAt),
		Tier: r.Tier, Version: r.Version,
	}, nil
}

// teamChanges are the columns that change after a team was opened.
func teamChanges() []string {
	return []string{"status", "held", "paid", "refunded", "virtual_seats", "cost_fen", "leader", "ended_at", "closed_at", "tier"}
}

// teamColumns are the columns of the table, in the order of pointers and values.
func teamColumns() []string {
	return []string{
		"id", "partner_id", "activity_id", "goods_id", "status", "target", "tiers", "capacity", "min_real", "held",
		"paid", "refunded", "virtual_seats", "cost_fen", "leader", "opened_at", "expires_at", "ended_at", "closed_at", "tier",
		"version",
	}
}

func (r *teamRow) pointers() []any {
	return []any{
		&r.ID, &r.PartnerID, &r.ActivityID, &r.GoodsID, &r.Status, &r.Target, &r.Tiers, &r.Capacity, &r.MinReal,
		&r.Held, &r.Paid, &r.Refunded, &r.Virtual, &r.CostFen, &r.Leader, &r.OpenedAt, &r.ExpiresAt, &r.EndedAt, &r.ClosedAt,
		&r.Tier, &r.Version,
	}
}

func (r teamRow) values() []any {
	return []any{
		r.ID, r.PartnerID, r.ActivityID, r.GoodsID, r.Status, r.Target, r.Tiers, r.Capacity, r.MinReal, r.Held,
		r.Paid, r.Refunded, r.Virtual, r.CostFen, r.Leader, r.OpenedAt, r.ExpiresAt, r.EndedAt, r.ClosedAt, r.Tier, r.Version,
	}
}

func (r teamRow) version() int64 { return r.Version }
