package bench

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"kaituan/api/groupbuyclient"
	"kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/api/sign"
)

// How much the engine is given to work with, besides what --scale adds.
const (
	spreadGoods = 50    // each with an activity of its own, teams of 3
	smallTeam   = 3     // people
	bigTeam     = 1000  // people
	priceFen    = 10000 // before the discount
	partnerID   = "bench"
)

// World is what the workloads play in: a partner with goods and activities that nobody else uses.
type World struct {
	address string // host:port
	key     sign.Key
	run     string // part of every order number, so that runs do not meet
	spread  []place
	hot     place
	big     place

	purses  atomic.Int64
	mu      sync.Mutex
	records []record // what answers promised
}

// place is where a seat can be taken.
type place struct{ activity, goods string }

// record is a seat that a 2xx answer promised.
type record struct {
	outTradeNo string
	status     string // as the last answer said
	amountFen  int64
}

// Prepare makes the partner, its goods and activities through the operators' API. Errors: what the server refuses.
func Prepare(ctx context.Context, server, operatorToken string) (*World, error) {
	operator, err := groupbuyclient.NewOperator(groupbuyclient.Config{
		BaseURL: server, OperatorToken: operatorToken, Transport: http.DefaultTransport, Timeout: 30 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	w := &World{address: strings.TrimPrefix(server, "http://"), run: fmt.Sprintf("%x", time.Now().UnixMilli())}
	if _, err := operator.PutPartnerWithResponse(ctx, partnerID, groupbuywire.PartnerInput{Name: "Benchmark"}); err != nil {
		return nil, fmt.Errorf("bench: make partner: %w", err)
	}
	keys, err := operator.CreateKeyWithResponse(ctx, partnerID)
	if err != nil || keys.JSON201 == nil {
		return nil, fmt.Errorf("bench: make a key: %w", answerError(err, keys))
	}
	w.key = sign.Key{ID: keys.JSON201.Key.KeyID, Secret: keys.JSON201.Secret}
	partner, err := groupbuyclient.NewPartner(groupbuyclient.Config{
		BaseURL: server, Key: w.key, Transport: http.DefaultTransport, Timeout: 30 * time.Second,
	})
	if err != nil {
		return nil, err
	}
	for i := range spreadGoods {
		at, err := w.stage(ctx, operator, partner, fmt.Sprintf("spread-%d", i), smallTeam)
		if err != nil {
			return nil, err
		}
		w.spread = append(w.spread, at)
	}
	if w.hot, err = w.stage(ctx, operator, partner, "hot", smallTeam); err != nil {
		return nil, err
	}
	w.big, err = w.stage(ctx, operator, partner, "big", bigTeam)
	return w, err
}

// stage registers goods and publishes an activity over them.
func (w *World) stage(ctx context.Context, operator, partner *groupbuyclient.ClientWithResponses, name string, size int) (place, error) {
	at := place{goods: name + "-" + w.run}
	sku := groupbuywire.SKU{SKUID: "sku", Name: "one", OriginalPriceFen: priceFen}
	put, err := partner.PutGoodsWithResponse(ctx, at.goods, groupbuywire.GoodsInput{Name: "Bench " + name, Skus: []groupbuywire.SKU{sku}})
	if err != nil || put.StatusCode() >= 300 {
		return at, fmt.Errorf("bench: register goods: %w", answerError(err, put))
	}
	hour := int64(time.Hour / time.Second)
	draft, err := operator.CreateActivityWithResponse(ctx, groupbuywire.ActivityInput{
		PartnerID: partnerID, Name: "bench " + at.goods, Goods: []string{at.goods}, TeamSize: &size,
		Rules:    []groupbuywire.Rule{{Plan: groupbuywire.Plan{Kind: "percent", ShareBp: 8000}}},
		StartsAt: instant.Of(time.Now().Add(-time.Minute)), EndsAt: instant.Of(time.Now().Add(24 * time.Hour)),
		SeatTTLSeconds: &hour,
	})
	if err != nil || draft.JSON201 == nil {
		return at, fmt.Errorf("bench: draft an activity: %w", answerError(err, draft))
	}
	at.activity = draft.JSON201.ActivityID
	published, err := operator.PublishActivityWithResponse(ctx, at.activity)
	if err != nil || published.StatusCode() >= 300 {
		return at, fmt.Errorf("bench: publish an activity: %w", answerError(err, published))
	}
	return at, nil
}

// answerError says what is wrong with an answer that is not the one wanted.
func answerError(err error, answer interface{ Status() string }) error {
	if err != nil {
		return err
	}
	return fmt.Errorf("answered %s", answer.Status())
}

func (w *World) newCaller() *caller { return &caller{wire: wire{address: w.address}, key: w.key} }

// remember keeps what answers promised, for Verify.
func (w *World) remember(records []record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.records = append(w.records, records...)
}
