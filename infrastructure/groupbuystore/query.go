package groupbuystore

import (
	"context"
	"slices"
	"strings"

	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// seatInTeam is a seat with its team, read in one statement so that both are of one moment.
type seatInTeam struct {
	Team teamRow `gorm:"embedded;embeddedPrefix:t_"`
	Seat seatRow `gorm:"embedded;embeddedPrefix:s_"`
}

// seatsInTeams selects every column of seats s and their teams t under the prefixes of seatInTeam.
func seatsInTeams(db *gorm.DB) *gorm.DB {
	var columns []string
	for _, of := range []struct {
		prefix string
		names  string
	}{
		{"t", "id partner_id activity_id goods_id status target tiers capacity min_real held paid refunded virtual_seats cost_fen leader " +
			"opened_at expires_at ended_at closed_at tier version"},
		{"s", "id partner_id out_trade_no team_id activity_id goods_id sku_id channel buyer quantity opened status " +
			"original_fen pay_price_fen amount_fen terms ordinal held_at expires_at paid_at paid_amount_fen provider_no " +
			"settlement ended_at refund_no difference_fen difference_no asked_no asked_at asked_why left_formed reason version"},
	} {
		for _, name := range strings.Fields(of.names) {
			columns = append(columns, of.prefix+"."+name+" AS "+of.prefix+"_"+name)
		}
	}
	return db.Table("seats s").Joins("JOIN teams t ON t.id = s.team_id").Select(strings.Join(columns, ", "))
}

// Seat returns a partner's seat with its team. See groupbuy.Reader.
func (s *Store) Seat(ctx context.Context, key team.Key) (team.Seat, team.Team, error) {
	var row seatInTeam
	err := seatsInTeams(s.db.Read(ctx)).Where("s.partner_id = ? AND s.out_trade_no = ?", string(key.Partner), key.OutTradeNo).
		Take(&row).Error
	if err != nil {
		return team.Seat{}, team.Team{}, failed(err, "seat %s of %s", key.OutTradeNo, key.Partner)
	}
	seat, err := row.Seat.seat()
	if err != nil {
		return team.Seat{}, team.Team{}, err
	}
	t, err := row.Team.team()
	return seat, t, err
}

// Team returns a partner's team with its seats. See groupbuy.Reader. A team has a seat from its first moment on, so
// joining them finds every team.
func (s *Store) Team(ctx context.Context, p partner.ID, id team.ID) (team.Team, []team.Seat, error) {
	var rows []seatInTeam
	err := seatsInTeams(s.db.Read(ctx)).Where("t.id = ? AND t.partner_id = ?", string(id), string(p)).
		Where("(t.closed_at > 0 OR s.ordinal IS NOT NULL)").
		Order("s.held_at, s.id").Find(&rows).Error
	if err == nil && len(rows) == 0 {
		err = gorm.ErrRecordNotFound
	}
	if err != nil {
		return team.Team{}, nil, failed(err, "team %s of %s", id, p)
	}
	t, err := rows[0].Team.team()
	if err != nil {
		return team.Team{}, nil, err
	}
	seats, err := mappedOrFail(rows, func(r seatInTeam) (team.Seat, error) { return r.Seat.seat() })
	return t, seats, err
}

// OpenTeams lists teams that can be joined. See groupbuy.Reader.
func (s *Store) OpenTeams(ctx context.Context, q groupbuy.OpenTeamsQuery) ([]team.Team, error) {
	sits, err := s.Sitting(ctx, []groupbuy.Visitor{{Partner: q.Partner, Buyer: q.Buyer, Goods: q.Goods}})
	if err != nil {
		return nil, err
	}
	listed, err := s.ownTeams(ctx, q, sits[0])
	if err != nil {
		return nil, failed(err, "own open teams")
	}
	var all []teamRow
	err = joinable(s.db.Read(ctx), q).Where(leaderPaid).Limit(q.Limit + len(listed)).Find(&all).Error
	if err != nil {
		return nil, failed(err, "open teams")
	}
	for _, row := range all {
		if !slices.Contains(listed, row) {
			listed = append(listed, row)
		}
	}
	return mappedOrFail(listed[:min(len(listed), q.Limit)], teamRow.team)
}

// OwnTeams lists teams that can be joined and that the buyer sits in. See groupbuy.Reader.
func (s *Store) OwnTeams(ctx context.Context, q groupbuy.OpenTeamsQuery, sits []team.ID) ([]team.Team, error) {
	own, err := s.ownTeams(ctx, q, sits)
	if err != nil {
		return nil, failed(err, "own open teams")
	}
	return mappedOrFail(own, teamRow.team)
}

// ownTeams returns the teams that the buyer sits in. Where that is was asked before, because a join lets SQLite walk
// through all open teams in the order asked for.
func (s *Store) ownTeams(ctx context.Context, q groupbuy.OpenTeamsQuery, sits []team.ID) (own []teamRow, err error) {
	if q.Buyer == "" || len(sits) == 0 {
		return nil, nil
	}
	err = joinable(s.db.Read(ctx), q).Where("t.id IN ?", sits).
		Where("(t.leader = ? OR "+leaderPaid+")", string(q.Buyer)).Limit(q.Limit).Find(&own).Error
	return own, err
}

// leaderPaid is when a team may be shown to strangers. Its first half is not needed but cheap.
const leaderPaid = "(t.paid > 0 AND EXISTS (SELECT 1 FROM seats l WHERE l.team_id = t.id AND l.status = 'paid' AND l.buyer = t.leader))"

func joinable(db *gorm.DB, q groupbuy.OpenTeamsQuery) *gorm.DB {
	db = db.Table("teams t").Where("t.partner_id = ? AND t.goods_id = ? AND t.closed_at = 0", string(q.Partner), string(q.Goods)).
		Where("t.expires_at > ? AND t.held + t.paid < t.capacity", millis(q.Now))
	if q.Activity != "" {
		db = db.Where("t.activity_id = ?", string(q.Activity))
	}
	return db.Order("t.expires_at, t.id")
}

// Statistics counts teams and buyers. Both counts read nothing but one index each. See groupbuy.Reader.
func (s *Store) Statistics(ctx context.Context, id activity.ID, goods activity.GoodsID) (groupbuy.Statistics, error) {
	var counts []struct {
		Status string
		Teams  int
	}
	var stats groupbuy.Statistics
	words := wordsOf(s.db.Dialect())
	err := s.db.Read(ctx).Raw("SELECT status, COUNT(*) AS teams FROM teams"+words.index("teams_ended")+" WHERE activity_id = ? AND goods_id = ? GROUP BY status",
		string(id), string(goods)).Scan(&counts).Error
	if err != nil {
		return stats, failed(err, "count teams of %s", id)
	}
	for _, c := range counts {
		stats.TeamsOpened += c.Teams
		switch team.Status(c.Status) {
		case team.Formed:
			stats.TeamsFormed = c.Teams
		case team.Failed:
			stats.TeamsFailed = c.Teams
		}
	}
	err = s.db.Read(ctx).Raw("SELECT COUNT(DISTINCT buyer) FROM seats"+words.index("seats_paid")+" WHERE activity_id = ? AND paid_at > 0 AND goods_id = ?"+
		" AND (status = 'paid' OR (status = 'refunding' AND ordinal IS NOT NULL))", string(id), string(goods)).Scan(&stats.Buyers).Error
	return stats, failed(err, "count buyers of %s", id)
}
