package groupbuystore

import (
	"context"

	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
	"kaituan/infrastructure/invariant"
)

// seatsPerRead bounds what EachSeat holds in memory.
const seatsPerRead = 500

// EachSeat calls fn with the seats of a partner whose order numbers are in a page, by order number, each with its team as
// of the same moment, until fn returns an error, which it returns.
func (s *Store) EachSeat(ctx context.Context, p partner.ID, of invariant.Page, fn func(team.Seat, team.Team) error) error {
	for after := of.After; ; {
		var rows []seatInTeam
		err := seatsInTeams(s.db.Read(ctx)).Where("s.partner_id = ? AND s.out_trade_no > ? AND s.out_trade_no <= ?", string(p), after, of.UpTo).
			Order("s.out_trade_no").Limit(seatsPerRead).Find(&rows).Error
		if err != nil {
			return failed(err, "seats of %s", p)
		}
		for _, row := range rows {
			seat, err := row.Seat.seat()
			if err != nil {
				return err
			}
			t, err := row.Team.team()
			if err != nil {
				return err
			}
			if err := fn(seat, t); err != nil {
				return err
			}
			after = seat.Key.OutTradeNo
		}
		if len(rows) < seatsPerRead {
			return nil
		}
	}
}

// DeliveriesTo are the deliveries to an endpoint, by their events.
func DeliveriesTo(endpoint partner.EndpointID) invariant.Rows {
	return invariant.Rows{What: "deliveries to " + string(endpoint), Table: "deliveries", Key: "event_id", Where: "endpoint_id = '" + string(endpoint) + "'"}
}

// DeliveriesOf returns the deliveries of a page to an endpoint, by their events.
func (s *Store) DeliveriesOf(ctx context.Context, endpoint partner.EndpointID, page invariant.Page) ([]partner.Delivery, error) {
	var rows []deliveryRow
	err := s.db.Read(ctx).Where("endpoint_id = ? AND event_id > ? AND event_id <= ?", string(endpoint), page.After, page.UpTo).
		Order("event_id").Find(&rows).Error
	return mapped(rows, deliveryRow.delivery), failed(err, "deliveries to %s", endpoint)
}

// EventIDs returns which of some events a partner has.
func (s *Store) EventIDs(ctx context.Context, p partner.ID, ids []partner.EventID) (known []partner.EventID, err error) {
	for len(ids) > 0 {
		n := min(len(ids), rowsPerWrite)
		var some []string
		err := s.db.Read(ctx).Model(&eventRow{}).Where("partner_id = ? AND id IN ?", string(p), texts(ids[:n])).Pluck("id", &some).Error
		if err != nil {
			return nil, failed(err, "%d events of %s", n, p)
		}
		known = append(known, mapped(some, func(id string) partner.EventID { return partner.EventID(id) })...)
		ids = ids[n:]
	}
	return known, nil
}
