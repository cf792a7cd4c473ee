package groupbuystore

import (
	"context"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/team"
)

// DueTeams returns open teams whose window is over. See groupbuy.Reader.
func (s *Store) DueTeams(ctx context.Context, q groupbuy.DueQuery) ([]groupbuy.Due[team.ID], error) {
	var rows []teamRow
	err := due(s.db.Read(ctx).Select("id", "expires_at").Where("closed_at = 0"), q).Find(&rows).Error
	return mapped(rows, func(r teamRow) groupbuy.Due[team.ID] {
		return groupbuy.Due[team.ID]{What: team.ID(r.ID), Place: groupbuy.Place{At: instant(r.ExpiresAt), ID: r.ID}}
	}), failed(err, "teams that are due")
}

// DueSeats returns held seats whose payment deadline has passed. See groupbuy.Reader.
func (s *Store) DueSeats(ctx context.Context, q groupbuy.DueQuery) ([]groupbuy.Due[team.Key], error) {
	var rows []seatRow
	err := due(s.db.Read(ctx).Select("id", "partner_id", "out_trade_no", "expires_at").Where("status = ?", string(team.Held)), q).Find(&rows).Error
	return mapped(rows, func(r seatRow) groupbuy.Due[team.Key] {
		return groupbuy.Due[team.Key]{What: r.key(), Place: groupbuy.Place{At: instant(r.ExpiresAt), ID: r.ID}}
	}), failed(err, "seats that are due")
}

// due pages by (expires_at, id). The bounds on expires_at alone are what an index can begin and end at.
func due(db *gorm.DB, q groupbuy.DueQuery) *gorm.DB {
	after := millis(q.After.At)
	return db.Where("expires_at >= ? AND expires_at <= ?", after, millis(q.By)).
		Where("(expires_at > ? OR id > ?)", after, q.After.ID).
		Order("expires_at, id").Limit(q.Limit)
}
