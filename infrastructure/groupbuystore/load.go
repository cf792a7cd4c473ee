package groupbuystore

import (
	"fmt"
	"maps"
	"slices"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/sqldb"
)

// loaded is what a batch decides on, with the statuses as they were before.
type loaded struct {
	state *team.State
	teams map[string]string // by id
	seats map[string]string // by id
}

// loading is one batch's reading. Each step is one statement, and none for a step that has nothing to read.
type loading struct {
	loaded
	db      *gorm.DB
	dialect sqldb.Dialect
	named   map[team.Key]bool // the seats asked for, known or not
	anchors []seatRow         // those that are known: what they belong to never changes
	closing []string          // the teams that the batch's payments may close
	strict  []seatRow         // those of anchors that only a new buyer may pay, when payments are reported
	rosters []seatRow         // every live seat of the whole and closing teams
}

func (s *Store) load(db *gorm.DB, touch team.Touch) (loaded, error) {
	l := &loading{
		loaded:  loaded{state: team.NewState(), teams: map[string]string{}, seats: map[string]string{}},
		db:      db,
		dialect: s.db.Dialect(),
		named:   map[team.Key]bool{},
	}
	for _, step := range []func(team.Touch) error{l.resolve, l.lockTeams, l.readNamed, l.readRosters, l.lockBuyers, l.lockStock, l.readHistory} {
		if err := step(touch); err != nil {
			return loaded{}, err
		}
	}
	return l.loaded, nil
}

// resolve finds out what the named seats belong to.
func (l *loading) resolve(touch team.Touch) (err error) {
	for _, key := range touch.Seats {
		l.named[key] = true
	}
	for _, key := range touch.WholeOf {
		l.named[key] = true
	}
	if l.anchors, err = l.seatsByKey(slices.Collect(maps.Keys(l.named))); err != nil || touch.Payments == 0 {
		return err
	}
	for _, row := range l.anchors {
		seat, err := row.seat()
		if err != nil {
			return err
		}
		if seat.ForNewBuyers {
			l.strict = append(l.strict, row)
		}
	}
	return nil
}

func (l *loading) seatsByKey(keys []team.Key) (rows []seatRow, err error) {
	if len(keys) == 0 {
		return nil, nil
	}
	where := among("partner_id", "out_trade_no", keys, func(k team.Key) (string, string) { return string(k.Partner), k.OutTradeNo })
	if err = l.db.Where(where.sql, where.args...).Find(&rows).Error; err != nil {
		return nil, fmt.Errorf("groupbuystore: read seats by order: %w", err)
	}
	return rows, nil
}

// lockTeams holds every team of the batch in the order of ids, so that two batches never wait for each other. Whoever
// changes a seat holds its team, so from here on the named seats stand still.
func (l *loading) lockTeams(touch team.Touch) error {
	ids := slices.Concat(texts(touch.Teams), texts(touch.Whole), mapped(l.anchors, func(r seatRow) string { return r.TeamID }))
	if len(ids) == 0 {
		return nil
	}
	var rows []teamRow
	if err := l.locking("teams", "PRIMARY").Where("id IN ?", distinct(ids)).Order("id").Find(&rows).Error; err != nil {
		return fmt.Errorf("groupbuystore: lock teams: %w", err)
	}
	for _, row := range rows {
		t, err := row.team()
		if err != nil {
			return err
		}
		if t.MayClose(touch.Payments) {
			l.closing = append(l.closing, row.ID)
		}
		l.state.LoadTeam(t)
		l.teams[row.ID] = row.Status
	}
	return nil
}

// locking reads a table FOR UPDATE through one index. READ COMMITTED would otherwise wait for rows that a full scan
// of a small table meets on its way, and those have nothing to do with the batch.
func (l *loading) locking(table, index string) *gorm.DB {
	if l.dialect == sqldb.MySQL {
		table += " FORCE INDEX (" + index + ")"
	}
	return l.db.Table(table).Clauses(clause.Locking{Strength: "UPDATE"})
}

// readNamed reads the known seats once more, now that their teams are held.
func (l *loading) readNamed(team.Touch) error {
	rows, err := l.seatsByKey(mapped(l.anchors, seatRow.key))
	if err != nil {
		return err
	}
	for _, row := range rows {
		delete(l.named, row.key())
	}
	return l.add(rows)
}

func (l *loading) readRosters(touch team.Touch) error {
	of := map[team.Key]bool{}
	for _, key := range touch.WholeOf {
		of[key] = true
	}
	ids := slices.Concat(texts(touch.Whole), l.closing, mapped(l.strict, func(r seatRow) string { return r.TeamID }))
	for _, row := range l.anchors {
		if of[row.key()] {
			ids = append(ids, row.TeamID)
		}
	}
	if len(ids) == 0 {
		return nil
	}
	if err := l.db.Where("team_id IN ? AND "+live, distinct(ids)).Find(&l.rosters).Error; err != nil {
		return fmt.Errorf("groupbuystore: read rosters: %w", err)
	}
	return l.add(l.rosters)
}

// lockBuyers holds the live seats of the buyers, so that none is given up elsewhere between the count against a limit
// and the commit. Seats that come meanwhile collide by their ordinal.
func (l *loading) lockBuyers(touch team.Touch) error {
	buyers := slices.Clone(touch.Buyers)
	for _, row := range l.anchors {
		buyers = append(buyers, team.Participation{Activity: activity.ID(row.ActivityID), Buyer: activity.Buyer(row.Buyer)})
	}
	if len(buyers) == 0 {
		return nil
	}
	where := among("activity_id", "buyer", buyers, func(p team.Participation) (string, string) { return string(p.Activity), string(p.Buyer) })
	var rows []seatRow
	query := l.locking("seats", "seats_ordinal").Where(where.sql, where.args...).Where("ordinal IS NOT NULL")
	if err := query.Find(&rows).Error; err != nil {
		return fmt.Errorf("groupbuystore: lock seats of buyers: %w", err)
	}
	return l.add(rows)
}

func (l *loading) lockStock(touch team.Touch) error {
	type sold struct{ activity, goods string }
	skus := map[sold][]string{}
	for _, k := range touch.Stock {
		of := sold{string(k.Activity), string(k.Goods)}
		skus[of] = append(skus[of], string(k.SKU))
	}
	for _, row := range slices.Concat(l.anchors, l.rosters) {
		of := sold{row.ActivityID, row.GoodsID}
		skus[of] = append(skus[of], row.SkuID)
	}
	if len(skus) == 0 {
		return nil
	}
	var where condition
	for of, ids := range skus {
		where.or("activity_id = ? AND goods_id = ? AND sku_id IN ?", of.activity, of.goods, distinct(ids))
	}
	var rows []stockRow
	err := l.locking("activity_stock", "PRIMARY").Where(where.sql, where.args...).Order("activity_id, goods_id, sku_id").Find(&rows).Error
	if err != nil {
		return fmt.Errorf("groupbuystore: lock stock: %w", err)
	}
	for _, row := range rows {
		l.state.LoadStock(row.stock())
	}
	return nil
}

// add puts seats into the state. A seat that was asked for and not known a moment ago, but is there now, has been
// taken by another transaction in between: its team is not held, so the batch starts over.
func (l *loading) add(rows []seatRow) error {
	for _, row := range rows {
		if l.named[row.key()] {
			return errCollision
		}
		seat, err := row.seat()
		if err != nil {
			return err
		}
		l.state.LoadSeat(seat)
		l.seats[row.ID] = row.Status
	}
	return nil
}

// condition is a WHERE made of alternatives.
type condition struct {
	sql  string
	args []any
}

func (c *condition) or(sql string, args ...any) {
	if c.sql != "" {
		c.sql += " OR "
	}
	c.sql += "(" + sql + ")"
	c.args = append(c.args, args...)
}

// among asks for pairs in two columns, as one IN list per first value: row constructors get no index on MariaDB.
func among[T any](first, second string, keys []T, pair func(T) (string, string)) condition {
	groups := map[string][]string{}
	for _, key := range keys {
		a, b := pair(key)
		groups[a] = append(groups[a], b)
	}
	var c condition
	for _, a := range slices.Sorted(maps.Keys(groups)) {
		c.or(first+" = ? AND "+second+" IN ?", a, distinct(groups[a]))
	}
	return c
}

func distinct(list []string) []string {
	slices.Sort(list)
	return slices.Compact(list)
}

// live is which seats count. A seat whose difference goes back is refunding and live, any other refunding one is not;
// the statuses are there for the indexes.
const live = "status IN ('held', 'paid', 'refunding') AND ordinal IS NOT NULL"
