package groupbuy_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

func failure() groupbuy.Receipt {
	return groupbuy.Receipt{StatusCode: 500, Error: "bad_status", Snippet: "oops", Took: 20 * time.Millisecond}
}

func (w *world) endpoint() partner.Endpoint {
	w.Helper()
	endpoint, err := w.CreateEndpoint(w.ctx, mall, "https://a.example/"+w.next("hook-"))
	require.NoError(w, err)
	return endpoint
}

func newsOf(e groupbuy.Event) groupbuy.News { return groupbuy.News{Event: e.ID, Type: e.Type} }

// event records a test event and turns it into deliveries.
func (w *world) event() groupbuy.Event {
	w.Helper()
	event, err := w.TestWebhooks(w.ctx, mall)
	require.NoError(w, err)
	require.NoError(w, w.Dispatch(w.ctx, string(event.ID), newsOf(event)))
	return event
}

func (w *world) deliveries() []partner.Delivery {
	w.Helper()
	list, err := w.Deliveries(w.ctx, groupbuy.DeliveryQuery{Partner: mall, Limit: 100})
	require.NoError(w, err)
	return list
}

// delivery is an event on its way to a new endpoint.
func (w *world) delivery() partner.Delivery {
	w.Helper()
	w.endpoint()
	w.event()
	list := w.deliveries()
	require.Len(w, list, 1)
	require.Equal(w, partner.DeliveryPending, list[0].Status)
	return list[0]
}

func (w *world) stored(id partner.DeliveryID) (partner.Delivery, []partner.Attempt) {
	w.Helper()
	d, attempts, err := w.Delivery(w.ctx, mall, id)
	require.NoError(w, err)
	return d, attempts
}

// retry makes one attempt that fails and is to be tried again, and returns how long to wait.
func (w *world) retry(id partner.DeliveryID, receipt groupbuy.Receipt) time.Duration {
	w.Helper()
	w.sender.script = []groupbuy.Receipt{receipt}
	var later *groupbuy.RetryAt
	require.ErrorAs(w, w.SendDelivery(w.ctx, id), &later)
	require.Equal(w, receipt.Error, later.Cause)
	require.Contains(w, later.Error(), receipt.Error)
	d, _ := w.stored(id)
	require.Equal(w, partner.DeliveryPending, d.Status)
	require.Equal(w, later.At, d.NextAt)
	return later.At.Sub(w.clock.Now())
}

func TestSendDelivery_Delivered(t *testing.T) {
	onEach(t, func(w *world) {
		endpoint := w.endpoint()
		event := w.event()
		id := w.deliveries()[0].ID
		w.clock.advance(time.Second)
		require.NoError(w, w.SendDelivery(w.ctx, id))
		require.Equal(w, []groupbuy.Post{{
			DeliveryID: string(id), MessageID: string(event.ID), URL: endpoint.URL, Secrets: endpoint.Secrets,
			Body: []byte(groupbuy.EventWebhookTest), At: w.clock.Now(),
		}}, w.sender.posts)
		d, attempts := w.stored(id)
		require.Equal(w, partner.DeliveryDelivered, d.Status)
		require.Equal(w, w.clock.Now(), d.EndedAt)
		require.True(w, d.NextAt.IsZero())
		require.Equal(w, []partner.Attempt{{Number: 1, At: w.clock.Now(), StatusCode: 200}}, attempts)

		require.NoError(w, w.SendDelivery(w.ctx, id), "its message came twice")
		require.Len(w, w.sender.posts, 1)
	})
}

func TestSendDelivery_RetriesBySchedule(t *testing.T) {
	w := newWorld(t)
	id := w.delivery().ID
	require.Equal(t, time.Minute, w.retry(id, failure()))
	require.Equal(t, time.Hour, w.retry(id, failure()))
	w.sender.script = []groupbuy.Receipt{failure()}
	require.NoError(t, w.SendDelivery(w.ctx, id), "nothing is left to wait for")
	d, attempts := w.stored(id)
	require.Equal(t, partner.DeliveryDead, d.Status)
	require.Equal(t, "bad_status", d.LastError)
	require.Len(t, attempts, 3)
	for i, attempt := range attempts {
		require.Equal(t, i+1, attempt.Number)
		require.Equal(t, "oops", attempt.Snippet)
		require.Equal(t, 500, attempt.StatusCode)
	}
}

func TestSendDelivery_RetryAfterLongerThanTheSchedule(t *testing.T) {
	w := newWorld(t)
	id := w.delivery().ID
	busy := failure()
	busy.RetryAfter = 2 * time.Minute
	require.Equal(t, 2*time.Minute, w.retry(id, busy))
	busy.RetryAfter = time.Second
	require.Equal(t, time.Hour, w.retry(id, busy), "the schedule is never shortened")
}

// The endpoint is done with us: it is switched off, and what else is on its way to it ends too.
func TestSendDelivery_GoneDisablesTheEndpoint(t *testing.T) {
	w := newWorld(t)
	id := w.delivery().ID
	w.event()
	other := w.deliveries()[0].ID
	w.sender.script = []groupbuy.Receipt{{Gone: true, StatusCode: 410, Error: "gone"}}
	require.NoError(t, w.SendDelivery(w.ctx, id))
	d, _ := w.stored(id)
	require.Equal(t, partner.DeliveryDead, d.Status)
	endpoints, err := w.Endpoints(w.ctx, mall)
	require.NoError(t, err)
	require.Equal(t, partner.EndpointDisabled, endpoints[0].Status)

	require.NoError(t, w.SendDelivery(w.ctx, other))
	d, attempts := w.stored(other)
	require.Equal(t, partner.DeliveryDead, d.Status)
	require.Equal(t, "endpoint disabled", attempts[0].Error)
	require.Len(t, w.sender.posts, 1, "nothing was sent any more")
	w.event()
	require.Len(t, w.deliveries(), 2, "nor made ready")
}

// What an operator changes while an attempt is under way outlives its answer.
func TestSendDelivery_GoneKeepsWhatChangedMeanwhile(t *testing.T) {
	gone := groupbuy.Receipt{Gone: true, StatusCode: 410, Error: "gone"}
	t.Run("a new secret", func(t *testing.T) {
		w := newWorld(t)
		d := w.delivery()
		w.sender.script = []groupbuy.Receipt{gone}
		w.sender.during = func() {
			_, err := w.ChangeEndpoint(w.ctx, mall, d.Endpoint, groupbuy.EndpointChange{RotateSecret: true})
			require.NoError(t, err)
		}
		require.NoError(t, w.SendDelivery(w.ctx, d.ID))
		endpoints, err := w.Endpoints(w.ctx, mall)
		require.NoError(t, err)
		require.Len(t, endpoints[0].Secrets, 2)
		require.Equal(t, partner.EndpointDisabled, endpoints[0].Status)
	})
	t.Run("a new address", func(t *testing.T) {
		w := newWorld(t)
		d := w.delivery()
		w.sender.script = []groupbuy.Receipt{gone}
		w.sender.during = func() {
			_, err := w.AddEndpoint(w.ctx, partner.Endpoint{ID: d.Endpoint, Partner: mall, URL: "https://new.example", Secrets: []string{"whsec_new"}, Status: partner.EndpointEnabled})
			require.NoError(t, err)
		}
		require.NoError(t, w.SendDelivery(w.ctx, d.ID))
		endpoints, err := w.Endpoints(w.ctx, mall)
		require.NoError(t, err)
		require.Equal(t, "https://new.example", endpoints[0].URL)
		require.Equal(t, partner.EndpointEnabled, endpoints[0].Status, "it was the old address that is gone")
	})
}

// An attempt that we broke off ourselves does not count, and is made again.
func TestSendDelivery_Cancelled(t *testing.T) {
	w := newWorld(t)
	id := w.delivery().ID
	ctx, cancel := context.WithCancel(w.ctx)
	w.sender.during = cancel
	w.sender.script = []groupbuy.Receipt{{Cancelled: true, Error: "cancelled"}}
	require.ErrorIs(t, w.SendDelivery(ctx, id), context.Canceled)
	d, attempts := w.stored(id)
	require.Equal(t, partner.DeliveryPending, d.Status)
	require.Zero(t, d.Attempts)
	require.Empty(t, attempts)
	w.sender.during = nil
	require.NoError(t, w.SendDelivery(w.ctx, id))
	_, attempts = w.stored(id)
	require.Equal(t, 1, attempts[0].Number)
}

// An endpoint that has enough to do, or is down, is sent nothing: no attempt is spent, however often that happens.
func TestSendDelivery_LaterIsNoAttempt(t *testing.T) {
	w := newWorld(t)
	id := w.delivery().ID
	for range 30 {
		w.sender.script = []groupbuy.Receipt{{Later: 10 * time.Second, Error: "endpoint_down"}}
		var later *groupbuy.RetryAt
		require.ErrorAs(t, w.SendDelivery(w.ctx, id), &later)
		require.Equal(t, 10*time.Second, later.At.Sub(w.Clock()))
	}
	d, attempts := w.stored(id)
	require.Equal(t, partner.DeliveryPending, d.Status)
	require.Zero(t, d.Attempts)
	require.Empty(t, attempts)
	require.NoError(t, w.SendDelivery(w.ctx, id))
}

func TestReplay_StartsTheScheduleAnew(t *testing.T) {
	onEach(t, func(w *world) {
		id := w.delivery().ID
		_, err := w.Replay(w.ctx, mall, id)
		w.refused(err, groupbuy.CodeDeliveryPending)
		for range 2 {
			w.retry(id, failure())
		}
		w.sender.script = []groupbuy.Receipt{failure()}
		require.NoError(w, w.SendDelivery(w.ctx, id))

		replayed, err := w.Replay(w.ctx, mall, id)
		require.NoError(w, err)
		require.Equal(w, partner.DeliveryPending, replayed.Status)
		require.Equal(w, 3, replayed.Earlier)
		require.True(w, replayed.EndedAt.IsZero())
		require.Equal(w, time.Minute, w.retry(id, failure()))
		require.NoError(w, w.SendDelivery(w.ctx, id))
		d, attempts := w.stored(id)
		require.Equal(w, partner.DeliveryDelivered, d.Status)
		require.Empty(w, d.LastError)
		require.Len(w, attempts, 5)
		require.Equal(w, 5, attempts[4].Number)

		_, err = w.Replay(w.ctx, mall, id) // a delivered one may be wanted again too
		require.NoError(w, err)
		require.NoError(w, w.SendDelivery(w.ctx, id))
		require.Equal(w, w.sender.posts[0].MessageID, w.sender.posts[5].MessageID, "the receiver drops it by its id")
	})
}

// To look at a delivery takes no turn among those who write.
func TestDelivery_IsReadWhileOthersWrite(t *testing.T) {
	w := newWorld(t)
	id := w.delivery().ID
	require.NoError(t, w.Store.InTx(w.ctx, func(ctx context.Context, tx groupbuy.Tx) error {
		if err := tx.LockPartner(mall); err != nil {
			return err
		}
		ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		_, _, err := w.Delivery(ctx, mall, id)
		return err
	}))
}

func TestDelivery_BelongsToItsPartner(t *testing.T) {
	w := newWorld(t)
	id := w.delivery().ID
	_, err := w.PutPartner(w.ctx, "other", "Other")
	require.NoError(t, err)
	for _, p := range []partner.ID{"other", "nobody"} {
		_, _, err = w.Delivery(w.ctx, p, id)
		w.refused(err, groupbuy.CodeDeliveryNotFound)
		_, err = w.Replay(w.ctx, p, id)
		w.refused(err, groupbuy.CodeDeliveryNotFound)
	}
	_, _, err = w.Delivery(w.ctx, mall, "dlv_0")
	w.refused(err, groupbuy.CodeDeliveryNotFound)
	_, err = w.Replay(w.ctx, mall, "dlv_0")
	w.refused(err, groupbuy.CodeDeliveryNotFound)
	require.ErrorIs(t, w.SendDelivery(w.ctx, "dlv_0"), groupbuy.ErrNotFound)
	require.ErrorIs(t, w.Dispatch(w.ctx, "m", groupbuy.News{Event: "evt_0"}), groupbuy.ErrNotFound)
}

// However often and by however many workers an event is dispatched, each enabled endpoint gets it once.
func TestDispatch_OncePerEndpoint(t *testing.T) {
	onEach(t, func(w *world) {
		w.endpoint()
		w.endpoint()
		off := w.endpoint()
		_, err := w.ChangeEndpoint(w.ctx, mall, off.ID, groupbuy.EndpointChange{Status: partner.EndpointDisabled})
		require.NoError(w, err)
		event := w.event()
		other := w.secondNode()
		errs := make([]error, 6)
		atOnce(6, func(i int) {
			engine := w.Engine
			if i%2 == 1 {
				engine = other
			}
			errs[i] = engine.Dispatch(w.ctx, fmt.Sprint("message ", i%3), newsOf(event))
		})
		require.Equal(w, make([]error, 6), errs)
		require.Len(w, w.deliveries(), 2)
	})
}

// Two workers with the same delivery send it twice at worst; it is logged once, and never goes on being retried.
func TestSendDelivery_ByTwoAtOnce(t *testing.T) {
	onEach(t, func(w *world) {
		id := w.delivery().ID
		other := w.secondNode()
		errs := make([]error, 2)
		atOnce(2, func(i int) { errs[i] = []*groupbuy.Engine{w.Engine, other}[i].SendDelivery(w.ctx, id) })
		for _, err := range errs {
			if err != nil {
				require.ErrorIs(w, err, groupbuy.ErrDuplicate)
			}
		}
		d, attempts := w.stored(id)
		require.Equal(w, partner.DeliveryDelivered, d.Status)
		require.Len(w, attempts, 1)
		require.NoError(w, w.SendDelivery(w.ctx, id))
	})
}

// Where commits may overtake one another, the newest events are held back until none can slip in before them.
func TestEvents_WaitUntilTheyAreOldEnough(t *testing.T) {
	w := newWorld(t)
	w.EventLag = 3 * time.Second
	event, err := w.TestWebhooks(w.ctx, mall)
	require.NoError(t, err)
	w.clock.advance(3*time.Second - time.Millisecond)
	require.Empty(t, w.events())
	w.clock.advance(time.Millisecond)
	require.Equal(t, []string{groupbuy.EventWebhookTest}, w.events())
	rest, err := w.Events(w.ctx, mall, event.ID, 10)
	require.NoError(t, err)
	require.Empty(t, rest)
}
