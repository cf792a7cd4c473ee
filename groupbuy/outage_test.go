package groupbuy_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
)

// With the database gone, every use case says that the machine failed. None takes it for "not found" or for another
// refusal, which a caller would believe.
func TestUseCases_WithoutTheDatabase(t *testing.T) {
	w := newWorld(t)
	id := w.publish(nil)
	held := w.open(id, "ann").Seat
	delivery := w.delivery()
	event := w.event()
	require.NoError(t, w.Refresh(w.ctx))
	lock := w.request(id, "bob")
	require.NoError(t, w.db.Close())
	no := held.Key.OutTradeNo
	for name, run := range map[string]func() error{
		"put goods": func() error {
			_, err := w.PutGoods(w.ctx, activity.Goods{Partner: mall, ID: tea, Name: "tea", SKUs: []activity.SKU{{ID: green, Name: "green", OriginalPrice: 1}}})
			return err
		},
		"create activity": func() error { _, err := w.CreateActivity(w.ctx, w.draft("x")); return err },
		"change draft":    func() error { _, err := w.ChangeDraft(w.ctx, activity.Activity{ID: id, Name: "x"}); return err },
		"publish":         func() error { _, err := w.PublishActivity(w.ctx, id); return err },
		"end":             func() error { _, err := w.EndActivity(w.ctx, id); return err },
		"activity":        func() error { _, err := w.Activity(w.ctx, id); return err },
		"own activity":    func() error { _, err := w.PartnerActivity(w.ctx, mall, id); return err },
		"put partner":     func() error { _, err := w.PutPartner(w.ctx, mall, "x"); return err },
		"keys":            func() error { _, err := w.Keys(w.ctx, mall); return err },
		"create key":      func() error { _, err := w.CreateKey(w.ctx, mall); return err },
		"revoke key":      func() error { _, err := w.RevokeKey(w.ctx, mall, "key_1"); return err },
		"endpoints":       func() error { _, err := w.Endpoints(w.ctx, mall); return err },
		"create endpoint": func() error { _, err := w.CreateEndpoint(w.ctx, mall, "https://a.example"); return err },
		"change endpoint": func() error {
			_, err := w.ChangeEndpoint(w.ctx, mall, delivery.Endpoint, groupbuy.EndpointChange{Status: partner.EndpointDisabled})
			return err
		},
		"lock":    func() error { _, err := w.Lock(w.ctx, mall, lock); return err },
		"settle":  func() error { _, err := w.Settle(w.ctx, mall, no, payment(held)); return err },
		"release": func() error { _, err := w.Release(w.ctx, mall, no); return err },
		"refund": func() error {
			_, err := w.Refund(w.ctx, mall, no, groupbuy.RefundRequest{RequestNo: "rf_1"})
			return err
		},
		"confirm refund": func() error { _, err := w.ConfirmRefund(w.ctx, mall, no, "rf_1"); return err },
		"seat":           func() error { _, _, err := w.Seat(w.ctx, mall, no); return err },
		"team":           func() error { _, _, err := w.Team(w.ctx, mall, held.Team); return err },
		"expire":         func() error { _, err := w.ExpireTeams(w.ctx, 1); return err },
		"overdue":        func() error { _, err := w.ReleaseOverdue(w.ctx, 1); return err },
		"dispatch":       func() error { return w.Dispatch(w.ctx, string(event.ID), newsOf(event)) },
		"send":           func() error { return w.SendDelivery(w.ctx, delivery.ID) },
		"replay":         func() error { _, err := w.Replay(w.ctx, mall, delivery.ID); return err },
		"delivery":       func() error { _, _, err := w.Delivery(w.ctx, mall, delivery.ID); return err },
		"deliveries":     func() error { _, err := w.Deliveries(w.ctx, groupbuy.DeliveryQuery{Partner: mall}); return err },
		"events":         func() error { _, err := w.Events(w.ctx, mall, "", 1); return err },
		"test webhook":   func() error { _, err := w.TestWebhooks(w.ctx, mall); return err },
		"refresh":        func() error { return w.Refresh(w.ctx) },
		"trial with teams": func() error {
			_, err := w.Trial(w.ctx, mall, groupbuy.TrialRequest{Buyer: "ann", Channel: app, Items: []groupbuy.TrialItem{{tea, green}}, TeamsLimit: 1})
			return err
		},
		"trial with statistics": func() error {
			_, err := w.Trial(w.ctx, mall, groupbuy.TrialRequest{Buyer: "ann", Channel: app, Items: []groupbuy.TrialItem{{tea, green}}, Statistics: true})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			err := run()
			require.Error(t, err)
			var refusal *groupbuy.Error
			require.NotErrorAs(t, err, &refusal)
		})
	}
	require.EqualValues(t, 100_00, w.price(w.Engine, tea), "prices come from memory")
}
