package groupbuystore

import (
	"cmp"
	"context"
	"slices"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// everyPartner lets the indexes that begin with a partner serve a search over all of them: there are few.
const everyPartner = "partner_id IN (SELECT id FROM partners)"

// matching adds a condition for each value that is not empty.
func matching(db *gorm.DB, columns [][2]string) *gorm.DB {
	for _, c := range columns {
		if c[1] != "" {
			db = db.Where(c[0]+" = ?", c[1])
		}
	}
	return db
}

// FindTeams lists teams. A leader is found by the seats of that buyer. See groupbuy.Finder.
func (s *Store) FindTeams(ctx context.Context, q groupbuy.TeamQuery) ([]team.Team, error) {
	db := matching(s.db.Read(ctx), [][2]string{
		{"id", string(q.ID)}, {"partner_id", string(q.Partner)}, {"activity_id", string(q.Activity)},
		{"goods_id", string(q.Goods)}, {"status", string(q.Status)}, {"leader", string(q.Leader)},
	})
	if q.Leader != "" {
		db = db.Where("id IN (SELECT team_id FROM seats WHERE "+everyPartner+" AND buyer = ?)", string(q.Leader))
	}
	if q.Goods != "" && q.Partner == "" {
		db = db.Where(everyPartner)
	}
	if q.Before != "" {
		db = db.Where("id < ?", string(q.Before))
	}
	var rows []teamRow
	if err := db.Order("id DESC").Limit(q.Limit).Find(&rows).Error; err != nil {
		return nil, failed(err, "find teams")
	}
	return mappedOrFail(rows, teamRow.team)
}

// FindSeats lists seats. See groupbuy.Finder.
func (s *Store) FindSeats(ctx context.Context, q groupbuy.SeatQuery) ([]team.Seat, error) {
	db := matching(s.db.Read(ctx), [][2]string{
		{"out_trade_no", q.OutTradeNo}, {"partner_id", string(q.Partner)}, {"buyer", string(q.Buyer)},
		{"team_id", string(q.Team)}, {"status", string(q.Status)},
	})
	if q.Partner == "" && (q.OutTradeNo != "" || q.Buyer != "") {
		db = db.Where(everyPartner)
	}
	if q.Before != "" {
		db = db.Where("id < ?", string(q.Before))
	}
	var rows []seatRow
	if err := db.Order("id DESC").Limit(q.Limit).Find(&rows).Error; err != nil {
		return nil, failed(err, "find seats")
	}
	return mappedOrFail(rows, seatRow.seat)
}

// TeamSeats returns a team with every seat it ever had, both of one moment. See groupbuy.Finder.
func (s *Store) TeamSeats(ctx context.Context, id team.ID) (team.Team, []team.Seat, error) {
	var rows []seatInTeam
	err := seatsInTeams(s.db.Read(ctx)).Where("t.id = ?", string(id)).Order("s.held_at, s.id").Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = gorm.ErrRecordNotFound
	}
	if err != nil {
		return team.Team{}, nil, failed(err, "team %s", id)
	}
	t, err := rows[0].Team.team()
	if err != nil {
		return team.Team{}, nil, err
	}
	seats, err := mappedOrFail(rows, func(r seatInTeam) (team.Seat, error) { return r.Seat.seat() })
	return t, seats, err
}

// TeamTimeline returns what happened to a team and its seats. See groupbuy.Finder.
func (s *Store) TeamTimeline(ctx context.Context, id team.ID) ([]groupbuy.Moment, error) {
	moments, err := s.eventsAbout(ctx, string(id))
	if err != nil {
		return nil, err
	}
	ofTeam, err := s.steps(ctx, "team_history", "id = ?", string(id))
	if err != nil {
		return nil, err
	}
	ofSeats, err := s.steps(ctx, "seat_history", "id IN (SELECT id FROM seats WHERE team_id = ?)", string(id))
	return inOrder(slices.Concat(ofTeam, ofSeats, moments)), err
}

// SeatTimeline returns what happened to a seat. See groupbuy.Finder.
func (s *Store) SeatTimeline(ctx context.Context, of team.ID, id team.SeatID) ([]groupbuy.Moment, error) {
	moments, err := s.eventsAbout(ctx, string(of))
	if err != nil {
		return nil, err
	}
	moments = slices.DeleteFunc(moments, func(m groupbuy.Moment) bool { return m.Subject != string(id) })
	steps, err := s.steps(ctx, "seat_history", "id = ?", string(id))
	return inOrder(slices.Concat(steps, moments)), err
}

func (s *Store) eventsAbout(ctx context.Context, subject string) ([]groupbuy.Moment, error) {
	var rows []eventRow
	if err := s.db.Read(ctx).Where("subject = ?", subject).Order("id").Find(&rows).Error; err != nil {
		return nil, failed(err, "events about %s", subject)
	}
	return mappedOrFail(rows, func(r eventRow) (groupbuy.Moment, error) {
		event, err := r.event()
		m := groupbuy.Moment{At: event.At, Subject: subject, Event: partner.EventID(r.ID), EventType: r.Kind}
		if event.Seat != nil {
			m.Subject = string(event.Seat.ID)
		}
		return m, err
	})
}

func (s *Store) steps(ctx context.Context, table, where, id string) ([]groupbuy.Moment, error) {
	var rows []historyRow
	err := s.db.Read(ctx).Table(table).Where(where, id).Order("happened_at, version, step").Find(&rows).Error
	return mapped(rows, func(r historyRow) groupbuy.Moment {
		return groupbuy.Moment{At: instant(r.HappenedAt), Subject: r.ID, From: r.FromStatus, To: r.ToStatus}
	}), failed(err, "history of %s", id)
}

// inOrder sorts by time; what happened in one transaction keeps the given order.
func inOrder(moments []groupbuy.Moment) []groupbuy.Moment {
	slices.SortStableFunc(moments, func(a, b groupbuy.Moment) int { return cmp.Compare(a.At.UnixMilli(), b.At.UnixMilli()) })
	return moments
}
