package groupbuystore

import (
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// teamRow is also how a team is kept in an event, hence the JSON names.
type teamRow struct {
	ID         string `gorm:"primaryKey" json:"id"`
	PartnerID  string `json:"partner_id"`
	ActivityID string `json:"activity_id"`
	GoodsID    string `json:"goods_id"`
	Status     string `json:"status"`
	Target     int    `json:"target"`
	Held       int    `json:"held"`
	Paid       int    `json:"paid"`
	Leader     string `json:"leader"`
	OpenedAt   int64  `json:"opened_at"`
	ExpiresAt  int64  `json:"expires_at"`
	EndedAt    int64  `json:"ended_at"`
	Version    int64  `json:"version"`
}

// TableName is GORM's hook for the table.
func (teamRow) TableName() string { return "teams" }

func newTeamRow(t team.Team) teamRow {
	return teamRow{
		ID: string(t.ID), PartnerID: string(t.Partner), ActivityID: string(t.Activity), GoodsID: string(t.Goods),
		Status: string(t.Status), Target: t.Target, Held: t.Held, Paid: t.Paid, Leader: string(t.Leader),
		OpenedAt: millis(t.OpenedAt), ExpiresAt: millis(t.ExpiresAt), EndedAt: millis(t.EndedAt), Version: t.Version,
	}
}

func (r teamRow) team() team.Team {
	return team.Team{
		ID: team.ID(r.ID), Partner: partner.ID(r.PartnerID), Activity: activity.ID(r.ActivityID), Goods: activity.GoodsID(r.GoodsID),
		Status: team.Status(r.Status), Target: r.Target, Held: r.Held, Paid: r.Paid, Leader: activity.Buyer(r.Leader),
		OpenedAt: instant(r.OpenedAt), ExpiresAt: instant(r.ExpiresAt), EndedAt: instant(r.EndedAt), Version: r.Version,
	}
}

// teamChanges are the columns that change after a team was opened.
func teamChanges() []string { return []string{"status", "held", "paid", "leader", "ended_at"} }

func (r teamRow) changes() change {
	return change{id: r.ID, version: r.Version, values: []any{r.Status, r.Held, r.Paid, r.Leader, r.EndedAt}}
}
