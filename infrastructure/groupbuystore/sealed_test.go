package groupbuystore_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/groupbuystore"
	"kaituan/infrastructure/seal"
	"kaituan/infrastructure/sqldb"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

func sealedWith(t *testing.T, db *sqldb.DB, keys ...string) *groupbuystore.Store {
	t.Helper()
	sealer, err := seal.New(keys...)
	require.NoError(t, err)
	return groupbuystore.New(db, groupbuystore.WithSealer(sealer))
}

// enrol gives a partner a key and an endpoint with secrets.
func enrol(t *testing.T, store *groupbuystore.Store, n int) {
	t.Helper()
	at := time.UnixMilli(int64(n)).UTC()
	require.NoError(t, store.InTx(t.Context(), func(_ context.Context, tx groupbuy.Tx) error {
		if err := tx.PutPartner(partner.Partner{ID: "p1", Name: "云朵", CreatedAt: at}); err != nil {
			return err
		}
		if err := tx.PutKey(partner.Key{ID: partner.KeyID(fmt.Sprint("key_", n)), Partner: "p1", Secret: fmt.Sprint("hush-", n), CreatedAt: at}); err != nil {
			return err
		}
		return tx.PutEndpoint(partner.Endpoint{ID: partner.EndpointID(fmt.Sprint("ep_", n)), Partner: "p1", URL: "https://p1.example.com",
			Secrets: []string{fmt.Sprint("whsec_", n), "whsec_old"}, Status: partner.EndpointEnabled, CreatedAt: at})
	}))
}

// requireSecrets reads back what enrol wrote, by every way there is to read it.
func requireSecrets(t *testing.T, store *groupbuystore.Store, n int) {
	t.Helper()
	var secrets, hooks []string
	for i := 1; i <= n; i++ {
		secrets = append(secrets, fmt.Sprint("hush-", i))
		hooks = append(hooks, fmt.Sprint("whsec_", i))
	}
	of := func(keys []partner.Key, err error) (got []string) {
		require.NoError(t, err)
		for _, key := range keys {
			got = append(got, key.Secret)
		}
		return got
	}
	require.Equal(t, secrets, of(store.PartnerKeys(t.Context(), "p1")))
	config, err := store.Config(t.Context())
	require.Equal(t, secrets, of(config.Keys, err))
	endpoints, err := store.PartnerEndpoints(t.Context(), "p1")
	require.NoError(t, err)
	require.Len(t, endpoints, n)
	for i, e := range endpoints {
		require.Equal(t, []string{hooks[i], "whsec_old"}, e.Secrets)
	}
	require.NoError(t, store.InTx(t.Context(), func(_ context.Context, tx groupbuy.Tx) error {
		one, err := tx.Endpoint("p1", "ep_1")
		require.Equal(t, []string{"whsec_1", "whsec_old"}, one.Secrets)
		return err
	}))
}

func kept(t *testing.T, db *sqldb.DB) (all []string) {
	t.Helper()
	require.NoError(t, db.Read(t.Context()).Raw("SELECT secret FROM partner_keys UNION ALL SELECT secrets FROM partner_endpoints").Scan(&all).Error)
	return all
}

// What a copy of the database shows gives no secret away, and secrets kept before there was a key, or under an older one,
// are sealed again.
func TestStore_SecretsAreSealed(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		older, key := seal.NewKey(), seal.NewKey()
		enrol(t, groupbuystore.New(db), 1)
		enrol(t, sealedWith(t, db, older), 2)
		store := sealedWith(t, db, key, older)
		enrol(t, store, 3)
		requireSecrets(t, store, 3)

		n, err := store.Reseal(t.Context())
		require.NoError(t, err)
		require.Equal(t, 4, n)
		for _, text := range kept(t, db) {
			require.NotContains(t, text, "hush")
			require.NotContains(t, text, "whsec")
		}
		store = sealedWith(t, db, key) // the older one is not needed any more
		requireSecrets(t, store, 3)
		n, err = store.Reseal(t.Context())
		require.NoError(t, err)
		require.Zero(t, n)
	})
}

func TestStore_SecretsDoNotOpenWithAnotherKeyOrInAnotherRow(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		key := seal.NewKey()
		enrol(t, sealedWith(t, db, key), 1)
		enrol(t, sealedWith(t, db, key), 2)
		store := sealedWith(t, db, seal.NewKey())
		_, err := store.Reseal(t.Context())
		require.ErrorIs(t, err, seal.ErrUnknownKey)
		_, err = store.PartnerKeys(t.Context(), "p1")
		require.ErrorIs(t, err, seal.ErrUnknownKey)
		_, err = store.PartnerEndpoints(t.Context(), "p1")
		require.ErrorIs(t, err, seal.ErrUnknownKey)
		_, err = store.Config(t.Context())
		require.ErrorIs(t, err, seal.ErrUnknownKey)

		all := kept(t, db)
		move(t, db, all[0])
		_, err = sealedWith(t, db, key).PartnerKeys(t.Context(), "p1")
		require.ErrorIs(t, err, seal.ErrDamaged)
	})
}

// What no key opens is given up, told, and in the audit; the rest is left alone.
func TestStore_ForgetsWhatDoesNotOpen(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		key := seal.NewKey()
		lost := sealedWith(t, db, seal.NewKey())
		enrol(t, lost, 1)
		revoked := time.UnixMilli(77).UTC()
		require.NoError(t, lost.InTx(t.Context(), func(_ context.Context, tx groupbuy.Tx) error {
			return tx.PutKey(partner.Key{ID: "key_0", Partner: "p1", Secret: "hush-0", CreatedAt: time.UnixMilli(0), RevokedAt: revoked})
		}))
		store := sealedWith(t, db, key)
		enrol(t, store, 2)
		ids, err := store.Forget(t.Context(), groupbuy.Actor{ID: "system", Name: "forget"})
		require.NoError(t, err)
		require.Equal(t, []string{"key_0", "key_1", "ep_1"}, ids)
		keys, err := store.PartnerKeys(t.Context(), "p1")
		require.NoError(t, err)
		require.Equal(t, revoked, keys[0].RevokedAt, "it was revoked before")
		require.False(t, keys[1].Live())
		require.True(t, keys[2].Live())

		config, err := store.Config(t.Context())
		require.NoError(t, err)
		require.Len(t, config.Keys, 1)
		require.Equal(t, "hush-2", config.Keys[0].Secret)
		endpoints, err := store.PartnerEndpoints(t.Context(), "p1")
		require.NoError(t, err)
		require.Equal(t, partner.EndpointDisabled, endpoints[0].Status)
		require.Empty(t, endpoints[0].Secrets)
		require.Equal(t, partner.EndpointEnabled, endpoints[1].Status)
		audit, err := store.Audit(t.Context(), groupbuy.AuditQuery{Limit: 10})
		require.NoError(t, err)
		require.Len(t, audit, 3)
		require.Equal(t, "endpoint.forgotten", audit[0].Action)
		require.Equal(t, "key_1", audit[1].Subject)
		found, err := store.Violations(t.Context(), time.Now())
		require.NoError(t, err)
		require.Empty(t, found)

		ids, err = store.Forget(t.Context(), groupbuy.Actor{ID: "system", Name: "forget"})
		require.NoError(t, err)
		require.Empty(t, ids)
	})
}

// A second factor is sealed as partners' secrets are, and given up with them when the key is lost: the password is enough then.
func TestStore_SecondFactorsAreSealed(t *testing.T) {
	sqldbtest.Each(t, sqldb.GroupBuy, func(t *testing.T, db *sqldb.DB) {
		older, key := seal.NewKey(), seal.NewKey()
		who := operator.Operator{ID: "op_1", Login: "li.lei", Name: "李雷", Role: operator.Admin, Status: operator.Active, PasswordHash: "hash",
			CreatedAt: time.UnixMilli(1).UTC(), UpdatedAt: time.UnixMilli(1).UTC()}
		plain := who
		plain.ID, plain.Login = "op_2", "without"
		who.Factor = operator.Factor{Secret: "GEZDGNBVGY3TQOJQ", Since: time.UnixMilli(5).UTC(), Step: 7}
		put := func(store *groupbuystore.Store, o operator.Operator) {
			require.NoError(t, store.InTx(t.Context(), func(_ context.Context, tx groupbuy.Tx) error { return tx.PutOperator(o) }))
		}
		put(sealedWith(t, db, older), who)
		put(sealedWith(t, db, older), plain)
		var raw string
		require.NoError(t, db.Read(t.Context()).Raw("SELECT factor_secret FROM operators WHERE id = 'op_1'").Scan(&raw).Error)
		require.NotContains(t, raw, "GEZD")

		store := sealedWith(t, db, key, older)
		for _, want := range []int{1, 0} {
			n, err := store.Reseal(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, n)
		}
		store = sealedWith(t, db, key)
		got, err := store.OperatorByLogin(t.Context(), "li.lei")
		require.NoError(t, err)
		require.Equal(t, who, got)

		lost := sealedWith(t, db, seal.NewKey())
		_, err = lost.OperatorByLogin(t.Context(), "li.lei")
		require.ErrorIs(t, err, seal.ErrUnknownKey)
		_, err = lost.Operators(t.Context())
		require.ErrorIs(t, err, seal.ErrUnknownKey)
		_, err = lost.Reseal(t.Context())
		require.ErrorIs(t, err, seal.ErrUnknownKey)
		ids, err := lost.Forget(t.Context(), groupbuy.Actor{ID: "system", Name: "forget"})
		require.NoError(t, err)
		require.Equal(t, []string{"op_1"}, ids)
		got, err = lost.OperatorByLogin(t.Context(), "li.lei")
		require.NoError(t, err)
		require.Equal(t, operator.Factor{}, got.Factor)
	})
}

// move puts a sealed secret where another key's was.
func move(t *testing.T, db *sqldb.DB, sealed string) {
	t.Helper()
	require.NoError(t, db.InTx(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE partner_keys SET secret = ? WHERE id = 'key_2'", sealed).Error
	}))
}
