package groupbuystore

import (
	"maps"
	"slices"

	"kaituan/groupbuy/team"
	"kaituan/infrastructure/sqldb"
)

// loaded is what a batch decides on, with the statuses as they were before.
type loaded struct {
	state *team.State
	teams map[string]teamRow // by id, as they were read
	seats map[string]seatRow // by id
	terms *termsBook
}

// loading is one batch's reading: one part that all batches have, and one more for what shows only then to be needed.
type loading struct {
	loaded
	words   words
	named   map[team.Key]bool // the seats that the batch names
	found   []seatRow         // those of them that exist, as they are with their teams held
	late    bool              // one of them came to be while the others were read
	known   map[team.ID]team.Team
	history map[team.Customer]team.History
}

// load reads what a batch touches. Locks are taken in the same order by everybody: teams by id, buyers' seats, stock.
func (s *Store) load(p *sqldb.Pipe, touch team.Touch) (loaded, error) {
	l := &loading{
		loaded:  loaded{state: team.NewState(), teams: map[string]teamRow{}, seats: map[string]seatRow{}, terms: new(termsBook)},
		words:   wordsOf(s.db.Dialect()),
		named:   map[team.Key]bool{},
		known:   map[team.ID]team.Team{},
		history: map[team.Customer]team.History{},
	}
	named := distinctKeys(touch.Seats, touch.WholeOf)
	for _, key := range named {
		l.named[key] = true
	}
	of := l.teamsOf(touch, named)
	whole := l.wholeTeams(touch)
	err := p.Read(slices.Concat(
		l.lockTeams(of),
		l.readNamed(named),
		l.readRosters(whole),
		l.lockBuyers(touch.Buyers, touch.WholeOf),
		l.lockStock(touch.Stock, whole),
		l.readHistory(touch.History),
	)...)
	if err != nil {
		return loaded{}, err
	}
	if err := l.settled(); err != nil {
		return loaded{}, err
	}
	if err := l.more(p, touch); err != nil {
		return loaded{}, err
	}
	if l.late {
		return loaded{}, errCollision
	}
	for customer, h := range l.history {
		l.state.LoadHistory(customer, h)
	}
	return l.loaded, nil
}

// teamsOf selects the ids of every team that the batch touches.
func (l *loading) teamsOf(touch team.Touch, named []team.Key) condition {
	var teams condition
	teams.union("SELECT id FROM teams WHERE id IN ", texts(slices.Concat(touch.Teams, touch.Whole)))
	if len(named) > 0 {
		teams.unionWhere("SELECT team_id AS id FROM seats WHERE ", byKey(named))
	}
	return teams
}

// wholeTeams selects the ids of the teams of which every live seat is needed.
func (l *loading) wholeTeams(touch team.Touch) condition {
	var teams condition
	teams.union("SELECT id FROM teams WHERE id IN ", texts(touch.Whole))
	if len(touch.WholeOf) > 0 {
		teams.unionWhere("SELECT team_id AS id FROM seats WHERE ", byKey(distinctKeys(touch.WholeOf)))
	}
	return teams
}

// lockTeams holds every team of the batch in the order of ids, so that two batches never wait for each other. Whoever
// changes a seat holds its team, so from here on the named seats stand still.
func (l *loading) lockTeams(of condition) []sqldb.Query {
	if of.sql == "" {
		return nil
	}
	return []sqldb.Query{{
		SQL: "SELECT " + columns("t", teamColumns()) + " FROM (SELECT id FROM (" + of.sql + ") u ORDER BY id" + all + ") k " +
			l.words.join + " teams t" + l.words.primary + " ON t.id = k.id" + l.words.lock,
		Args: of.args,
		Each: func(scan func(...any) error) error {
			var row teamRow
			if err := scan(row.pointers()...); err != nil {
				return err
			}
			t, err := row.team()
			if err != nil {
				return err
			}
			l.state.LoadTeam(t)
			l.teams[row.ID] = row
			l.known[t.ID] = t
			return nil
		},
	}}
}

// readNamed reads the seats that the batch names, those that exist.
func (l *loading) readNamed(named []team.Key) []sqldb.Query {
	if len(named) == 0 {
		return nil
	}
	where := byKey(named)
	return []sqldb.Query{{
		SQL: "SELECT " + columns("s", seatColumns()) + " FROM seats s WHERE " + where.sql, Args: where.args,
		Each: l.seat(func(row seatRow) {
			l.found = append(l.found, row)
			delete(l.named, row.key())
		}),
	}}
}

// settled says whether the named seats stand still. One that another transaction took while this one read may have a
// team that is not held, so the batch starts over.
func (l *loading) settled() error {
	for _, row := range l.found {
		if _, held := l.known[team.ID(row.TeamID)]; !held {
			return errCollision
		}
	}
	return nil
}

// readRosters reads every live seat of some teams.
func (l *loading) readRosters(teams condition) []sqldb.Query {
	if teams.sql == "" {
		return nil
	}
	return []sqldb.Query{{
		SQL: "SELECT " + columns("s", seatColumns()) + " FROM (SELECT DISTINCT id FROM (" + teams.sql + ") u" + all + ") k " +
			l.words.join + " seats s" + l.words.index("seats_of_team") + " ON s.team_id = k.id AND " + liveSeat,
		Args: teams.args, Each: l.seat(nil),
	}}
}

// lockBuyers holds the live seats of buyers, and of the buyers of seats, so that none is given up elsewhere between the
// count against a limit and the commit. Seats that come meanwhile collide by their ordinal.
func (l *loading) lockBuyers(buyers []team.Participation, of []team.Key) []sqldb.Query {
	var who condition
	if len(buyers) > 0 {
		where := among("activity_id", "buyer", buyers, func(p team.Participation) (string, string) { return string(p.Activity), string(p.Buyer) })
		return append(l.lockSeats("seats_ordinal", where, "s.ordinal IS NOT NULL"), l.lockBuyers(nil, of)...)
	}
	if len(of) == 0 {
		return nil
	}
	who.unionWhere("SELECT activity_id, buyer FROM seats WHERE ", byKey(distinctKeys(of)))
	return []sqldb.Query{{
		SQL: "SELECT " + columns("s", seatColumns()) + " FROM (SELECT DISTINCT activity_id, buyer FROM (" + who.sql + ") u" + all + ") k " +
			l.words.join + " seats s" + l.words.index("seats_ordinal") +
			" ON s.activity_id = k.activity_id AND s.buyer = k.buyer AND s.ordinal IS NOT NULL" + l.words.lock,
		Args: who.args, Each: l.seat(nil),
	}}
}

// lockSeats holds seats through one index. READ COMMITTED would otherwise wait for rows that a full scan of a small
// table meets on its way, and those have nothing to do with the batch.
func (l *loading) lockSeats(index string, where condition, and string) []sqldb.Query {
	return []sqldb.Query{{
		SQL:  "SELECT " + columns("s", seatColumns()) + " FROM seats s" + l.words.index(index) + " WHERE (" + where.sql + ") AND " + and + l.words.lock,
		Args: where.args, Each: l.seat(nil),
	}}
}

// seat puts each row into the state and hands it to also.
func (l *loading) seat(also func(seatRow)) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var row seatRow
		if err := scan(row.pointers()...); err != nil {
			return err
		}
		seat, err := l.terms.seat(row)
		if err != nil {
			return err
		}
		l.state.LoadSeat(seat)
		l.seats[row.ID] = row
		if also != nil {
			also(row)
		}
		l.late = l.late || l.named[row.key()]
		return nil
	}
}

// lockStock holds the pieces of some SKUs, and of those in every live seat of some teams.
func (l *loading) lockStock(stock []team.StockKey, teams condition) []sqldb.Query {
	var skus condition
	if len(stock) > 0 {
		skus.unionWhere("SELECT activity_id, goods_id, sku_id FROM activity_stock WHERE ", bySKU(stock))
	}
	if teams.sql != "" {
		skus.unionAs("SELECT s.activity_id, s.goods_id, s.sku_id FROM (SELECT DISTINCT id FROM ("+teams.sql+") u"+all+") k "+
			l.words.join+" seats s"+l.words.index("seats_of_team")+" ON s.team_id = k.id AND "+liveSeat, teams.args)
	}
	if skus.sql == "" {
		return nil
	}
	return []sqldb.Query{{
		SQL: "SELECT " + columns("a", stockColumns()) + " FROM (SELECT activity_id, goods_id, sku_id FROM (" + skus.sql + ") u ORDER BY activity_id, goods_id, sku_id" + all + ") k " +
			l.words.join + " activity_stock a" + l.words.primary + " ON a.activity_id = k.activity_id AND a.goods_id = k.goods_id AND a.sku_id = k.sku_id" + l.words.lock,
		Args: skus.args,
		Each: func(scan func(...any) error) error {
			var row stockRow
			if err := scan(row.pointers()...); err != nil {
				return err
			}
			l.state.LoadStock(row.stock())
			return nil
		},
	}}
}

// more reads what only the rows themselves say to be needed: the whole of teams that the batch's payments may close; of
// payments by somebody who has to be new, the team and what they bought; of payments for a seat that is not live, what
// taking it again depends on. Most batches have none of these.
func (l *loading) more(p *sqldb.Pipe, touch team.Touch) error {
	if touch.Payments == 0 {
		return nil
	}
	var whole []string
	for id, t := range l.known {
		if t.MayClose(touch.Payments) {
			whole = append(whole, string(id))
		}
	}
	var customers []team.Customer
	var gone []seatRow
	for _, row := range l.found {
		seat, err := l.terms.seat(row)
		if err != nil {
			return err
		}
		if seat.ForNewBuyers {
			whole = append(whole, row.TeamID)
			customers = append(customers, row.customer())
		}
		if !seat.Live() {
			gone = append(gone, row)
		}
	}
	var teams condition
	teams.union("SELECT id FROM teams WHERE id IN ", distinct(whole))
	return p.Read(slices.Concat(
		l.readRosters(teams),
		l.lockBuyers(mapped(gone, seatRow.participation), nil),
		l.lockStock(mapped(gone, seatRow.stockKey), teams),
		l.readHistory(customers),
	)...)
}

func distinctKeys(lists ...[]team.Key) []team.Key {
	set := map[team.Key]bool{}
	for _, list := range lists {
		for _, key := range list {
			set[key] = true
		}
	}
	return slices.Collect(maps.Keys(set))
}
