package app

import (
	"context"
	cryptorand "crypto/rand"
	"errors"
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/oklog/ulid/v2"
	"github.com/prometheus/client_golang/prometheus"

	"kaituan/api/sign"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/breaker"
	"kaituan/infrastructure/failpoint"
	"kaituan/infrastructure/outbox"
	"kaituan/infrastructure/webhook"
)

// ids makes identifiers that sort by the time they were made.
type ids struct{}

func (ids) New(prefix string) string { return prefix + ulid.Make().String() }

// random makes the secrets that operators hand to partners.
type random struct{}

func (random) KeySecret() string { return cryptorand.Text() + cryptorand.Text() }

func (random) WebhookSecret() string { return sign.NewSecret() }

// webhooks fits the webhook sender to the engine's port.
type webhooks struct {
	sender   *webhook.Sender
	attempts *prometheus.CounterVec // by outcome
}

func (w webhooks) CheckURL(url string) error { return w.sender.CheckURL(url) }

func (w webhooks) Send(ctx context.Context, p groupbuy.Post) groupbuy.Receipt {
	failpoint.Hit("webhook.before")
	r := w.sender.Send(ctx, webhook.Delivery{
		ID: p.DeliveryID, EventID: p.MessageID, URL: p.URL, Secrets: p.Secrets, Body: p.Body, Timestamp: p.At,
	})
	failpoint.Hit("webhook.after")
	if r.Reason != webhook.ReasonCancelled && r.Outcome != webhook.Later {
		w.attempts.WithLabelValues(string(r.Outcome)).Inc()
	}
	receipt := groupbuy.Receipt{
		Delivered: r.Outcome == webhook.Delivered, Gone: r.Outcome == webhook.Disable, Cancelled: r.Reason == webhook.ReasonCancelled,
		RetryAfter: r.After, StatusCode: r.Status, Snippet: r.Snippet, Took: r.Took,
	}
	if r.Outcome == webhook.Later {
		receipt.Later = r.After
	}
	if !receipt.Delivered {
		receipt.Error = string(r.Reason)
		if r.Detail != "" {
			receipt.Error += ": " + r.Detail
		}
	}
	return receipt
}

// guarded stops calling somebody outside who does not answer: ten callers learn it, then one every three seconds tries.
func (a *App) guarded(name string, transport http.RoundTripper) http.RoundTripper {
	return breaker.New(name, breaker.Options{Failures: 10, Pause: 3 * time.Second}, func(name string, open bool) {
		if open {
			a.log.Warn("not called for a while, because it does not answer", "to", name)
			return
		}
		a.log.Info("answers again", "to", name)
	}).Transport(transport)
}

// attempts is the webhook schedule with chance in it.
func attempts(made int) (time.Duration, bool) { return webhook.Schedule(made, rand.Float64) }

// deliver sends one delivery and tells the relay when to come again.
func deliver(engine *groupbuy.Engine) outbox.Handler {
	return func(ctx context.Context, m outbox.Message) error {
		err := engine.SendDelivery(ctx, partner.DeliveryID(m.Payload))
		var later *groupbuy.RetryAt
		if errors.As(err, &later) {
			return &outbox.RetryAt{At: later.At, Err: later}
		}
		return err
	}
}
