package bench

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"kaituan/api/groupbuyclient"
	"kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/api/sign"
)

// How much the engine is given to work with, besides what --scale adds.
const (
	spreadGoods  = 20    // each with an activity of its own, teams of 3
	smallTeam    = 3     // people
	bigTeam      = 1000  // people
	scaledTeam   = 20    // people; of each seeded team half have paid
	priceFen     = 10000 // before the discount
	partnerID    = "bench"
	callTime     = 30 * time.Second
	activityTime = 24 * time.Hour
)

// world is what the workloads play in: a partner with goods and activities that nobody else uses, at one server.
type world struct {
	server  string // scheme and host
	token   string // the operator's
	partner string
	key     sign.Key
	nodes   []string // host:port of each node that serves the engine; empty: the server alone
	dealt   atomic.Int64
	run     string // part of every name, so that runs do not meet
	tag     string // whose members pay less
	clients clients
	http    *http.Transport

	spread, scaled []place
	hot, big, due  place
	gathered       bool // pages have teams to show

	books atomic.Int64
}

// clients are for what is not measured.
type clients struct {
	operator, partner *groupbuyclient.ClientWithResponses
}

// place is where a seat can be taken.
type place struct{ activity, goods string }

// newWorld makes the partner, its goods and activities through the operators' API. The caller closes it, also after an
// error. Errors: what the server refuses.
func newWorld(ctx context.Context, server, token, partner string) (*world, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.MaxIdleConnsPerHost = 64
	w := &world{partner: partner, token: token, run: fmt.Sprintf("%x", time.Now().UnixMilli()), http: transport}
	err := w.move(server)
	if err == nil {
		err = w.enrol(ctx)
	}
	if err == nil {
		err = w.stages(ctx)
	}
	return w, err
}

// leave takes the key back: a partner may have few. The partner and what it did stay.
func (w *world) leave(ctx context.Context) error {
	if w.key.ID == "" {
		return nil
	}
	revoked, err := w.clients.operator.RevokeKeyWithResponse(ctx, w.partner, w.key.ID)
	return answered("revoke the key", revoked, err)
}

// close lets go of idle connections.
func (w *world) close() { w.http.CloseIdleConnections() }

// move follows the server to another address.
func (w *world) move(server string) (err error) {
	w.server = server
	if w.clients.operator, err = groupbuyclient.NewOperator(groupbuyclient.Config{
		BaseURL: server, OperatorToken: w.token, Transport: w.http, Timeout: callTime,
	}); err != nil || w.key.ID == "" {
		return err
	}
	w.clients.partner, err = groupbuyclient.NewPartner(groupbuyclient.Config{BaseURL: server, Key: w.key, Transport: w.http, Timeout: callTime})
	return err
}

// enrol makes the partner, a key and a tag.
func (w *world) enrol(ctx context.Context) error {
	put, err := w.clients.operator.PutPartnerWithResponse(ctx, w.partner, groupbuywire.PartnerInput{Name: "Benchmark"})
	if err := answered("make partner", put, err); err != nil {
		return err
	}
	keys, err := w.clients.operator.CreateKeyWithResponse(ctx, w.partner)
	if err := answered("make a key", keys, err); err != nil {
		return err
	}
	w.key = sign.Key{ID: keys.JSON201.Key.KeyID, Secret: keys.JSON201.Secret}
	if err := w.move(w.server); err != nil {
		return err
	}
	of := w.partner
	tag, err := w.clients.operator.CreateTagWithResponse(ctx, groupbuywire.TagInput{Kind: "manual", Name: "bench " + w.run, PartnerID: &of})
	if err := answered("make a tag", tag, err); err != nil {
		return err
	}
	w.tag = tag.JSON201.TagID
	return w.members(ctx, strings.NewReader("buyer_id\nmember\n"))
}

// members adds a file of buyers to the tag.
func (w *world) members(ctx context.Context, csv io.Reader) error {
	put, err := w.clients.operator.UploadTagMembersWithBodyWithResponse(ctx, w.tag, &groupbuywire.UploadTagMembersParams{}, "text/csv", csv)
	return answered("add members to the tag", put, err)
}

// stages publishes the activities.
func (w *world) stages(ctx context.Context) (err error) {
	for i := range spreadGoods {
		at, err := w.stage(ctx, fmt.Sprintf("spread-%d", i), smallTeam)
		if err != nil {
			return err
		}
		w.spread = append(w.spread, at)
	}
	if w.hot, err = w.stage(ctx, "hot", smallTeam); err != nil {
		return err
	}
	if w.due, err = w.stage(ctx, "due", smallTeam); err != nil {
		return err
	}
	w.big, err = w.stage(ctx, "big", bigTeam)
	return err
}

// stage registers goods and publishes an activity over them: a fifth off for everybody, more for members of the tag.
func (w *world) stage(ctx context.Context, name string, size int) (place, error) {
	goods := name + "-" + w.run
	in := groupbuywire.GoodsInput{Name: "Bench " + name, Skus: []groupbuywire.SKU{{SKUID: "sku", Name: "one", OriginalPriceFen: priceFen}}}
	put, err := w.clients.partner.PutGoodsWithResponse(ctx, goods, in)
	if err := answered("register goods", put, err); err != nil {
		return place{}, err
	}
	activity, err := w.draft(ctx, w.partner, goods, size, groupbuywire.Rule{Plan: groupbuywire.Plan{Kind: "percent", ShareBp: 7000}, Tag: &w.tag})
	if err != nil {
		return place{}, err
	}
	published, err := w.clients.operator.PublishActivityWithResponse(ctx, activity)
	return place{activity, goods}, answered("publish an activity", published, err)
}

// draft writes an activity down and returns its id.
func (w *world) draft(ctx context.Context, of, goods string, size int, more ...groupbuywire.Rule) (string, error) {
	hour := int64(time.Hour / time.Second)
	draft, err := w.clients.operator.CreateActivityWithResponse(ctx, groupbuywire.ActivityInput{
		PartnerID: of, Name: "bench " + goods, Goods: []groupbuywire.PartnerID{goods}, TeamSize: &size,
		Rules:    append([]groupbuywire.Rule{{Plan: groupbuywire.Plan{Kind: "percent", ShareBp: 8000}}}, more...),
		StartsAt: instant.Of(time.Now().Add(-time.Minute)), EndsAt: instant.Of(time.Now().Add(activityTime)), SeatTTLSeconds: &hour,
	})
	if err := answered("draft an activity", draft, err); err != nil {
		return "", err
	}
	return draft.JSON201.ActivityID, nil
}

// answered says what is wrong with an answer that is not the one wanted.
func answered(what string, answer interface {
	StatusCode() int
	Status() string
}, err error) error {
	switch {
	case err != nil:
		return fmt.Errorf("bench: %s: %w", what, err)
	case answer.StatusCode() > 299:
		return errors.New("bench: " + what + ": answered " + answer.Status())
	default:
		return nil
	}
}

// newCaller calls the engine, at the nodes in turn.
func (w *world) newCaller() *caller {
	c := w.shopCaller()
	if len(w.nodes) > 0 {
		c.wire.address = w.nodes[int(w.dealt.Add(1))%len(w.nodes)]
	}
	return c
}

// shopCaller calls the node that is everything.
func (w *world) shopCaller() *caller { return &caller{wire: wire{address: host(w.server)}, key: w.key} }

// host is host:port of a URL.
func host(url string) string { return strings.TrimPrefix(url, "http://") }
