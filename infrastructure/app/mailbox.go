package app

import (
	"context"
	"errors"
	"strconv"
	"time"

	"kaituan/api/sign"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/bus"
	"kaituan/infrastructure/bus/rabbitmq"
	"kaituan/infrastructure/webhook"
)

// brokerBack is how long a delivery waits for a broker that is away. Its attempt does not count.
const brokerBack = 10 * time.Second

var errNoBroker = errors.New("this instance has no message broker (rabbitmq.url): want an https address")

// outlets sends webhooks by HTTP, and those for a partner's queue over the broker.
type outlets struct {
	webhooks
	configured bool          // there is a broker, in this process or the worker's
	broker     *rabbitmq.Bus // of the worker, set before anything is sent
}

func (o *outlets) CheckURL(url string) error {
	if _, queue := partner.QueueOf(url); queue {
		if !o.configured {
			return errNoBroker
		}
		return nil
	}
	return o.webhooks.CheckURL(url)
}

func (o *outlets) Send(ctx context.Context, p groupbuy.Post) groupbuy.Receipt {
	owner, queue := partner.QueueOf(p.URL)
	if !queue {
		return o.webhooks.Send(ctx, p)
	}
	began := time.Now()
	err := o.enqueue(ctx, owner, p)
	receipt := groupbuy.Receipt{Delivered: err == nil, Took: time.Since(began)}
	switch {
	case err == nil:
	case ctx.Err() != nil:
		receipt.Cancelled = true
	case errors.Is(err, bus.ErrDown):
		receipt.Later, receipt.Error = brokerBack, "broker_away"
	default:
		receipt.Error = "queue: " + err.Error()
	}
	return receipt
}

// enqueue puts the body of a webhook, with its headers, into a partner's queue.
func (o *outlets) enqueue(ctx context.Context, owner partner.ID, p groupbuy.Post) error {
	if o.broker == nil {
		return bus.ErrDown // the setting was taken away, and the endpoint is still there
	}
	signature, err := sign.SignWebhook(p.Secrets, p.MessageID, p.At, p.Body)
	if err != nil {
		return err
	}
	return o.broker.Deliver(ctx, rabbitmq.Parcel{
		Partner: string(owner), ID: p.MessageID, Body: p.Body, Headers: map[string]string{
			sign.HeaderWebhookID: p.MessageID, sign.HeaderWebhookTimestamp: strconv.FormatInt(p.At.Unix(), 10),
			sign.HeaderWebhookSignature: signature, webhook.HeaderDelivery: p.DeliveryID,
		},
	})
}
