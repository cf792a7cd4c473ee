package enginetest

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

func eventTests() []test {
	return []test{
		{"Event_OfSeat", eventOfSeat},
		{"Event_OfActivity", eventOfActivity},
		{"Events_Pages", eventPages},
		{"Deliver_OncePerEndpoint", deliverOnce},
		{"Delivery_Life", deliveryLife},
		{"Deliveries_Pages", deliveryPages},
	}
}

// eventOfSeat checks that an event keeps the entities as they were, whatever becomes of them.
func eventOfSeat(e *env) {
	held := e.do(e.lock("ann"))
	paid := e.do(settle(held.Seat))
	list, err := e.store().Events(e.ctx, groupbuy.EventQuery{Partner: mall, Limit: 10})
	require.NoError(e, err)
	require.Len(e, list, 3)
	require.Nil(e, list[0].Seat)
	require.Equal(e, held.Seat, *list[1].Seat)
	require.Equal(e, held.Team, *list[1].Team)
	require.Equal(e, paid.Seat, *list[2].Seat)
	require.Equal(e, team.EventSeatPaid, team.EventType(list[2].Type))
	require.Equal(e, mall, list[2].Partner)

	one, err := e.store().Event(e.ctx, list[2].ID)
	require.NoError(e, err)
	require.Equal(e, list[2], one)
	_, err = e.store().Event(e.ctx, "evt_none")
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
}

func (e *env) record(event groupbuy.Event) groupbuy.Event {
	e.Helper()
	e.inTx(func(tx groupbuy.Tx) (err error) {
		event, err = tx.Record(event)
		require.Equal(e, tx.Now(), event.At)
		return err
	})
	require.NotEmpty(e, event.ID)
	return event
}

func eventOfActivity(e *env) {
	a := newActivity("act_1", "spring")
	want := e.record(groupbuy.Event{Partner: mall, Type: "activity.published", Activity: &a})
	got, err := e.store().Event(e.ctx, want.ID)
	require.NoError(e, err)
	require.Equal(e, want, got)
	bare := e.record(groupbuy.Event{Partner: mall, Type: groupbuy.EventWebhookTest})
	got, err = e.store().Event(e.ctx, bare.ID)
	require.NoError(e, err)
	require.Equal(e, bare, got)
}

func eventPages(e *env) {
	var ids []partner.EventID
	for range 5 {
		ids = append(ids, e.record(groupbuy.Event{Partner: mall, Type: "test"}).ID)
	}
	e.record(groupbuy.Event{Partner: "other", Type: "test"})
	var seen []partner.EventID
	after := partner.EventID("")
	for {
		page, err := e.store().Events(e.ctx, groupbuy.EventQuery{Partner: mall, After: after, Limit: 2})
		require.NoError(e, err)
		if len(page) == 0 {
			break
		}
		for _, event := range page {
			seen = append(seen, event.ID)
		}
		after = page[len(page)-1].ID
	}
	require.Equal(e, ids, seen)

	all, err := e.store().Events(e.ctx, groupbuy.EventQuery{Partner: mall, Limit: 10})
	require.NoError(e, err)
	until := all[len(all)-1].At
	same, err := e.store().Events(e.ctx, groupbuy.EventQuery{Partner: mall, Until: until, Limit: 10})
	require.NoError(e, err)
	require.Equal(e, all, same)
	none, err := e.store().Events(e.ctx, groupbuy.EventQuery{Partner: mall, Until: all[0].At.Add(-time.Millisecond), Limit: 10})
	require.NoError(e, err)
	require.Empty(e, none)
}

func (e *env) putEndpoint(id partner.EndpointID, p partner.ID, status partner.EndpointStatus) {
	e.Helper()
	e.inTx(func(tx groupbuy.Tx) error {
		return tx.PutEndpoint(partner.Endpoint{ID: id, Partner: p, URL: "https://a.example", Secrets: []string{"whsec_1"}, Status: status, CreatedAt: created(1)})
	})
}

func (e *env) deliver(ids ...partner.EventID) (message string) {
	e.Helper()
	message = e.next("message")
	require.NoError(e, e.store().Deliver(e.ctx, message, ids))
	return message
}

func (e *env) deliveries(change func(q *groupbuy.DeliveryQuery)) []partner.Delivery {
	e.Helper()
	q := groupbuy.DeliveryQuery{Partner: mall, Limit: 100}
	if change != nil {
		change(&q)
	}
	list, err := e.store().Deliveries(e.ctx, q)
	require.NoError(e, err)
	return list
}

func deliverOnce(e *env) {
	e.putEndpoint("ep_a", mall, partner.EndpointEnabled)
	e.putEndpoint("ep_b", mall, partner.EndpointDisabled)
	e.putEndpoint("ep_c", mall, partner.EndpointEnabled)
	e.putEndpoint("ep_d", "other", partner.EndpointEnabled)
	event := e.record(groupbuy.Event{Partner: mall, Type: "test"})
	e.deliver(event.ID)
	list := e.deliveries(nil)
	require.Len(e, list, 2)
	for i, endpoint := range []partner.EndpointID{"ep_c", "ep_a"} { // newest first
		require.Equal(e, endpoint, list[i].Endpoint)
		require.Equal(e, partner.DeliveryPending, list[i].Status)
		require.Equal(e, event.ID, list[i].Event)
		require.Equal(e, "test", list[i].EventType)
		require.Equal(e, list[i].CreatedAt, list[i].NextAt)
	}
	e.deliver(event.ID)
	require.Equal(e, list, e.deliveries(nil))
	e.putEndpoint("ep_b", mall, partner.EndpointEnabled)
	message := e.deliver(event.ID)
	require.Len(e, e.deliveries(nil), 3)
	e.putEndpoint("ep_e", mall, partner.EndpointEnabled)
	require.NoError(e, e.store().Deliver(e.ctx, message, []partner.EventID{event.ID}))
	require.Len(e, e.deliveries(nil), 3, "a message that comes again brings nothing to a new endpoint")
	e.putEndpoint("ep_e", mall, partner.EndpointDisabled)

	theirs := e.record(groupbuy.Event{Partner: "other", Type: "test"})
	second := e.record(groupbuy.Event{Partner: mall, Type: "test"})
	e.deliver(event.ID, theirs.ID, second.ID)
	require.Len(e, e.deliveries(nil), 6)
	require.Len(e, e.deliveries(func(q *groupbuy.DeliveryQuery) { q.Partner = "other" }), 1)

	err := e.store().Deliver(e.ctx, "m", []partner.EventID{event.ID, "evt_none"})
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
}

func deliveryLife(e *env) {
	e.putEndpoint("ep_a", mall, partner.EndpointEnabled)
	e.deliver(e.record(groupbuy.Event{Partner: mall, Type: "test"}).ID)
	d := e.deliveries(nil)[0]
	d.Attempts, d.NextAt, d.LastError = 1, created(5), "answered 500"
	// What a stranger's server sends need not be text.
	failed := partner.Attempt{Number: 1, At: created(4), Took: 1500 * time.Millisecond, StatusCode: 500, Error: "answered 500", Snippet: "oops \xff"}
	require.NoError(e, e.store().Attempted(e.ctx, d, failed))
	failed.Snippet = "oops \uFFFD"
	d.Status, d.Attempts, d.NextAt, d.EndedAt, d.LastError = partner.DeliveryDelivered, 2, time.Time{}, created(6), ""
	done := partner.Attempt{Number: 2, At: created(6), Took: time.Millisecond, StatusCode: 204}
	e.inTx(func(tx groupbuy.Tx) error { return tx.PutDelivery(d, &done) })
	require.Equal(e, []partner.Delivery{d}, e.deliveries(nil))
	require.ErrorIs(e, e.store().Attempted(e.ctx, d, done), groupbuy.ErrDuplicate)
	out, err := e.store().Outgoing(e.ctx, d.ID)
	require.NoError(e, err)
	require.Equal(e, d, out.Delivery)
	require.Equal(e, d.Endpoint, out.Endpoint.ID)
	require.Equal(e, []string{"whsec_1"}, out.Endpoint.Secrets)
	require.Equal(e, d.Event, out.Event.ID)
	_, err = e.store().Outgoing(e.ctx, "dlv_none")
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
	again := e.store().InTx(e.ctx, func(_ context.Context, tx groupbuy.Tx) error { return tx.PutDelivery(d, &done) })
	require.ErrorIs(e, again, groupbuy.ErrDuplicate)

	attempts, err := e.store().Attempts(e.ctx, mall, d.ID)
	require.NoError(e, err)
	require.Equal(e, []partner.Attempt{failed, done}, attempts)
	_, err = e.store().Attempts(e.ctx, "other", d.ID)
	require.ErrorIs(e, err, groupbuy.ErrNotFound)
	read, err := e.store().Delivery(e.ctx, mall, d.ID)
	require.NoError(e, err)
	require.Equal(e, d, read)
	for _, stranger := range []partner.ID{"other", ""} {
		_, err = e.store().Delivery(e.ctx, stranger, d.ID)
		require.ErrorIs(e, err, groupbuy.ErrNotFound)
	}

	d.Status, d.Earlier, d.NextAt, d.EndedAt = partner.DeliveryPending, 2, created(7), time.Time{}
	e.inTx(func(tx groupbuy.Tx) error {
		require.NoError(e, tx.PutDelivery(d, nil))
		require.NoError(e, tx.Redeliver(d.ID))
		got, err := tx.Delivery(d.ID)
		require.Equal(e, d, got)
		_, none := tx.Delivery("dlv_none")
		require.ErrorIs(e, none, groupbuy.ErrNotFound)
		require.ErrorIs(e, tx.Redeliver("dlv_none"), groupbuy.ErrNotFound)
		return err
	})
}

func deliveryPages(e *env) {
	e.putEndpoint("ep_a", mall, partner.EndpointEnabled)
	for range 3 {
		e.deliver(e.record(groupbuy.Event{Partner: mall, Type: "test"}).ID)
	}
	all := e.deliveries(nil)
	require.Len(e, all, 3)
	require.Equal(e, all[:2], e.deliveries(func(q *groupbuy.DeliveryQuery) { q.Limit = 2 }))
	require.Equal(e, all[2:], e.deliveries(func(q *groupbuy.DeliveryQuery) { q.Before, q.Limit = all[1].ID, 2 }))
	dead := all[1]
	dead.Status, dead.NextAt = partner.DeliveryDead, time.Time{}
	e.inTx(func(tx groupbuy.Tx) error { return tx.PutDelivery(dead, nil) })
	require.Equal(e, []partner.Delivery{dead}, e.deliveries(func(q *groupbuy.DeliveryQuery) { q.Status = partner.DeliveryDead }))
	require.Empty(e, e.deliveries(func(q *groupbuy.DeliveryQuery) { q.Partner = "other" }))
}
