package groupbuystore

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/money"
)

// activityRow is also how an event of the activity is kept, hence the JSON names.
type activityRow struct {
	ID        string `gorm:"primaryKey" json:"id"`
	PartnerID string `json:"partner_id"`
	Name      string `json:"name"`
	Status    string `json:"status"`
	StartsAt  int64  `json:"starts_at"`
	EndsAt    int64  `json:"ends_at"`
	Spec      string `json:"spec"`
	Version   int64  `json:"version"`
	CreatedAt int64  `gorm:"autoCreateTime:false" json:"created_at"`
	UpdatedAt int64  `gorm:"autoUpdateTime:false" json:"updated_at"`
}

// TableName is GORM's hook for the table.
func (activityRow) TableName() string { return "activities" }

type specDoc struct {
	Goods           []string   `json:"goods"`
	Channels        []string   `json:"channels,omitempty"`
	Plan            planDoc    `json:"plan"`
	TeamSize        int        `json:"team_size"`
	TeamTTLMs       int64      `json:"team_ttl_ms"`
	SeatTTLMs       int64      `json:"seat_ttl_ms"`
	CloseTeamsAtEnd bool       `json:"close_teams_at_end,omitempty"`
	MaxQuantity     int        `json:"max_quantity"`
	Limits          limitsDoc  `json:"limits"`
	Stock           []stockDoc `json:"stock,omitempty"`
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

func newActivityRow(a activity.Activity) (activityRow, error) {
	spec, err := json.Marshal(specDoc{
		Goods: texts(a.Goods), Channels: texts(a.Channels), Plan: newPlanDoc(a.Plan), TeamSize: a.TeamSize,
		TeamTTLMs: a.TeamTTL.Milliseconds(), SeatTTLMs: a.SeatTTL.Milliseconds(), CloseTeamsAtEnd: a.CloseTeamsAtEnd,
		MaxQuantity: a.MaxQuantity, Limits: limitsDoc(a.Limits),
		Stock: mapped(a.Stock, func(s activity.Stock) stockDoc {
			return stockDoc{Goods: string(s.Goods), SKU: string(s.SKU), Pieces: s.Pieces}
		}),
	})
	if err != nil {
		return activityRow{}, fmt.Errorf("groupbuystore: activity %s: %w", a.ID, err)
	}
	return activityRow{
		ID: string(a.ID), PartnerID: string(a.Partner), Name: a.Name, Status: string(a.Status),
		StartsAt: millis(a.StartsAt), EndsAt: millis(a.EndsAt), Spec: string(spec), Version: a.Version,
		CreatedAt: millis(a.CreatedAt), UpdatedAt: millis(a.UpdatedAt),
	}, nil
}

func (r activityRow) activity() (activity.Activity, error) {
	var d specDoc
	if err := json.Unmarshal([]byte(r.Spec), &d); err != nil {
		return activity.Activity{}, fmt.Errorf("groupbuystore: activity %s: %w", r.ID, err)
	}
	return activity.Activity{
		ID: activity.ID(r.ID), Partner: partner.ID(r.PartnerID), Name: r.Name, Status: activity.Status(r.Status),
		Goods:    mapped(d.Goods, func(id string) activity.GoodsID { return activity.GoodsID(id) }),
		Channels: mappedOrNil(d.Channels, func(c string) activity.Channel { return activity.Channel(c) }),
		Plan:     d.Plan.plan(), TeamSize: d.TeamSize,
		StartsAt: instant(r.StartsAt), EndsAt: instant(r.EndsAt),
		TeamTTL: time.Duration(d.TeamTTLMs) * time.Millisecond, SeatTTL: time.Duration(d.SeatTTLMs) * time.Millisecond,
		CloseTeamsAtEnd: d.CloseTeamsAtEnd, MaxQuantity: d.MaxQuantity, Limits: activity.Limits(d.Limits),
		Stock: mappedOrNil(d.Stock, func(s stockDoc) activity.Stock {
			return activity.Stock{Goods: activity.GoodsID(s.Goods), SKU: activity.SKUID(s.SKU), Pieces: s.Pieces}
		}),
		Version: r.Version, CreatedAt: instant(r.CreatedAt), UpdatedAt: instant(r.UpdatedAt),
	}, nil
}

// mappedOrNil is mapped for lists whose emptiness has a meaning of its own and is nil in the domain.
func mappedOrNil[Row, T any](rows []Row, f func(Row) T) []T {
	if len(rows) == 0 {
		return nil
	}
	return mapped(rows, f)
}

// Activity returns one activity. See groupbuy.Tx.
func (t *tx) Activity(id activity.ID) (activity.Activity, error) { return activityByID(t.db, id) }

// ActivityByID returns one activity. See groupbuy.Reader.
func (s *Store) ActivityByID(ctx context.Context, id activity.ID) (activity.Activity, error) {
	return activityByID(s.db.Read(ctx), id)
}

func activityByID(db *gorm.DB, id activity.ID) (activity.Activity, error) {
	var row activityRow
	if err := db.Where("id = ?", string(id)).Take(&row).Error; err != nil {
		return activity.Activity{}, failed(err, "activity %s", id)
	}
	return row.activity()
}

// Rivals returns live activities with an overlapping window. See groupbuy.Tx.
func (t *tx) Rivals(p partner.ID, from, to time.Time) ([]activity.Activity, error) {
	return activities(t.db.
		Where("partner_id = ? AND status IN ?", string(p), []string{string(activity.Published), string(activity.Paused)}).
		Where("starts_at < ? AND ends_at > ?", millis(to), millis(from)).Order("id"))
}

// Activities lists activities. See groupbuy.Reader.
func (s *Store) Activities(ctx context.Context, q groupbuy.ActivityQuery) ([]activity.Activity, error) {
	db := s.db.Read(ctx).Order("id DESC").Limit(q.Limit)
	if q.Partner != "" {
		db = db.Where("partner_id = ?", string(q.Partner))
	}
	if q.Status != "" {
		db = db.Where("status = ?", string(q.Status))
	}
	if q.Before != "" {
		db = db.Where("id < ?", string(q.Before))
	}
	return activities(db)
}

func activities(query *gorm.DB) ([]activity.Activity, error) {
	var rows []activityRow
	if err := query.Find(&rows).Error; err != nil {
		return nil, failed(err, "list activities")
	}
	return mappedOrFail(rows, activityRow.activity)
}

// PutActivity inserts an activity or updates the stored one of the same version. See groupbuy.Tx.
func (t *tx) PutActivity(a activity.Activity) error {
	row, err := newActivityRow(a)
	if err != nil {
		return err
	}
	row.Version++
	if a.Version == 0 {
		return failed(t.db.Create(&row).Error, "create activity %s", a.ID)
	}
	done := t.db.Model(&activityRow{}).Where("id = ? AND version = ?", row.ID, a.Version).
		Select("name", "status", "starts_at", "ends_at", "spec", "version", "updated_at").Updates(&row)
	if done.Error == nil && done.RowsAffected != 1 {
		return fmt.Errorf("update activity %s of version %d: %w", a.ID, a.Version, groupbuy.ErrConflict)
	}
	return failed(done.Error, "update activity %s", a.ID)
}
