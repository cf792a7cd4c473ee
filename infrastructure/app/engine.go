package app

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"kaituan/api/groupbuyapi"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/crowdstore"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
)

// mallPartner is the partner that our own mall is at the engine: number one among equals.
const (
	mallPartner   partner.ID         = "mall"
	mallName                         = "Kaituan mall"
	mallEndpoint  partner.EndpointID = "ep_mall"
	mallEventPath                    = "/callbacks/groupbuy"
)

// eventLag is far longer than a transaction that has numbered its events needs to commit.
const eventLag = 3 * time.Second

func newEngine(db *sqldb.DB, store *groupbuystore.Store, sender groupbuy.Sender, share func(groupbuy.CarryOut) groupbuy.Do, look func(groupbuy.Look) groupbuy.LookOnce, changed func(context.Context), wake func(), log *slog.Logger) (*groupbuy.Engine, error) {
	hasher, err := newHasher()
	if err != nil {
		return nil, err
	}
	lag := eventLag
	if db.Dialect() == sqldb.SQLite {
		lag = 0 // one writer: events are numbered in the order they are committed
	}
	return groupbuy.New(groupbuy.Deps{
		Store: store, Crowds: crowdstore.New(db), Sender: sender, Encoder: groupbuyapi.Encoder{}, Schedule: attempts,
		IDs: ids{}, Secrets: random{}, Hasher: hasher, Random: rand.Reader, Clock: time.Now, EventLag: lag, Log: log, Changed: changed, Wake: wake, Share: share, Show: groupbuyapi.ShowTeam, ShareLooks: look,
	}), nil
}

// sealedStore is the engine's store. It seals partners' secrets that are kept in another way, and starts only when it can
// open all of them.
func (a *App) sealedStore(ctx context.Context) (*groupbuystore.Store, error) {
	sealer, err := loadSealer(a.config)
	if err != nil {
		return nil, err
	}
	store := groupbuystore.New(a.dbs.groupbuy, groupbuystore.WithSealer(sealer), groupbuystore.WithMoves(a.watch.moves.Moved),
		groupbuystore.WithWants(wanted))
	n, err := store.Reseal(ctx)
	if err != nil {
		return nil, fmt.Errorf("secrets in groupbuy.db do not open; restore %s, or add their key to groupbuy.seal_keys (%s), or give them up with "+
			"kaituan forget-secrets: %w", filepath.Join(a.config.Data, SealKey), config.EnvName("groupbuy.seal_keys"), err)
	}
	if n > 0 {
		a.log.InfoContext(ctx, "secrets sealed", "rows", n)
	}
	return store, nil
}

// wanted says which events an endpoint is told of: our mall's of those that it acts upon, because the engine's answers tell
// it of the others; everybody else's of all.
func wanted(to partner.EndpointID, kind string) bool {
	return to != mallEndpoint || mall.ActsUpon(kind)
}

// enrol makes our mall a partner with the key and webhook address that this instance is configured with. Doing it
// at every start brings an address that changed up to date; the name is the operators' from the first start on.
func enrol(ctx context.Context, engine *groupbuy.Engine, s secrets, webhookURL string) error {
	if err := engine.EnsurePartner(ctx, mallPartner, mallName); err != nil {
		return err
	}
	if err := enrolKey(ctx, engine, partner.Key{ID: partner.KeyID(s.KeyID), Partner: mallPartner, Secret: s.KeySecret}); err != nil {
		return err
	}
	_, err := engine.AddEndpoint(ctx, partner.Endpoint{
		ID: mallEndpoint, Partner: mallPartner, URL: webhookURL, Secrets: []string{s.WebhookSecret}, Status: partner.EndpointEnabled,
	})
	return err
}

// enrolKey registers the mall's key. An instance that lost its secrets has made new ones; then the oldest of the
// mall's keys, which nobody holds any more, makes room.
func enrolKey(ctx context.Context, engine *groupbuy.Engine, key partner.Key) error {
	_, err := engine.AddKey(ctx, key)
	var refused *groupbuy.Error
	if !errors.As(err, &refused) || refused.Code != groupbuy.CodeTooManyKeys {
		return err
	}
	keys, err := engine.Keys(ctx, mallPartner)
	if err != nil {
		return err
	}
	for _, old := range keys {
		if old.Live() {
			if _, err := engine.RevokeKey(ctx, mallPartner, old.ID); err != nil {
				return err
			}
			break
		}
	}
	_, err = engine.AddKey(ctx, key)
	return err
}
