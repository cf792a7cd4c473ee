package groupbuy_test

import (
	"strings"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

func TestEnsurePartner_KeepsTheNameThatIsThere(t *testing.T) {
	onEach(t, func(w *world) {
		require.NoError(w, w.EnsurePartner(w.ctx, "other", "Other"))
		_, err := w.PutPartner(w.ctx, "other", "Another")
		require.NoError(w, err)
		require.NoError(w, w.EnsurePartner(w.ctx, "other", "Other"))
		stored, err := w.Store.Partner(w.ctx, "other")
		require.NoError(w, err)
		require.Equal(w, "Another", stored.Name)
	})
}

func TestPutPartner(t *testing.T) {
	onEach(t, func(w *world) {
		created, err := w.PutPartner(w.ctx, "other", "Other")
		require.NoError(w, err)
		w.clock.advance(1_000_000)
		renamed, err := w.PutPartner(w.ctx, "other", "Another")
		require.NoError(w, err)
		require.Equal(w, "Another", renamed.Name)
		require.Equal(w, created.CreatedAt, renamed.CreatedAt)
		longest, err := w.PutPartner(w.ctx, "other", strings.Repeat("团", 200))
		require.NoError(w, err)
		require.Len(w, []rune(longest.Name), 200)
		list, err := w.Partners(w.ctx)
		require.NoError(w, err)
		require.Len(w, list, 2)
		_, err = w.PutPartner(w.ctx, "a b", "x")
		require.Equal(w, "partner_id", w.refusal(err, groupbuy.CodeInvalid).Param)
		for _, name := range []string{"", strings.Repeat("团", 201), "\xff"} {
			_, err = w.PutPartner(w.ctx, "other", name)
			require.Equal(w, "name", w.refusal(err, groupbuy.CodeInvalid).Param)
		}
	})
}

func TestCreateKey_TwoLiveAtMost(t *testing.T) {
	onEach(t, func(w *world) {
		var made, refused atomic.Int64
		atOnce(6, func(int) {
			_, err := w.CreateKey(w.ctx, mall)
			if err == nil {
				made.Add(1)
				return
			}
			if !strings.Contains(err.Error(), string(groupbuy.CodeTooManyKeys)) {
				w.Errorf("create a key: %v", err)
			}
			refused.Add(1)
		})
		require.Equal(w, [2]int64{2, 4}, [2]int64{made.Load(), refused.Load()})
		keys, err := w.Keys(w.ctx, mall)
		require.NoError(w, err)
		require.Len(w, keys, 2)
		_, err = w.RevokeKey(w.ctx, mall, keys[0].ID)
		require.NoError(w, err)
		_, err = w.CreateKey(w.ctx, mall)
		require.NoError(w, err)
	})
}

func TestRevokeKey_TwiceIsTheSame(t *testing.T) {
	w := newWorld(t)
	key, err := w.CreateKey(w.ctx, mall)
	require.NoError(t, err)
	first, err := w.RevokeKey(w.ctx, mall, key.ID)
	require.NoError(t, err)
	w.clock.advance(1_000_000_000)
	again, err := w.RevokeKey(w.ctx, mall, key.ID)
	require.NoError(t, err)
	require.Equal(t, first, again)
	_, err = w.PutPartner(w.ctx, "other", "Other")
	require.NoError(t, err)
	_, err = w.RevokeKey(w.ctx, "other", key.ID)
	w.refused(err, groupbuy.CodeKeyNotFound)
	_, err = w.CreateKey(w.ctx, "nobody")
	w.refused(err, groupbuy.CodePartnerNotFound)
	_, err = w.Keys(w.ctx, "nobody")
	w.refused(err, groupbuy.CodePartnerNotFound)
}

func TestAddKey_IsRepeatedAtEveryStart(t *testing.T) {
	w := newWorld(t)
	own := partner.Key{ID: "key_own", Partner: mall, Secret: "s3cret"}
	first, err := w.AddKey(w.ctx, own)
	require.NoError(t, err)
	for range 3 {
		again, err := w.AddKey(w.ctx, own)
		require.NoError(t, err)
		require.Equal(t, first, again)
	}
	keys, err := w.Keys(w.ctx, mall)
	require.NoError(t, err)
	require.Len(t, keys, 1)
	own.Secret = "another"
	_, err = w.AddKey(w.ctx, own)
	require.Equal(t, "key_id", w.refusal(err, groupbuy.CodeInvalid).Param)
	found, err := w.PartnerByKey(w.ctx, "key_own")
	require.NoError(t, err)
	require.Equal(t, "s3cret", found.Secret)
}

// A key that somebody revoked does not come back with the next start.
func TestAddKey_RevokedStaysRevoked(t *testing.T) {
	w := newWorld(t)
	own := partner.Key{ID: "key_own", Partner: mall, Secret: "s3cret"}
	_, err := w.AddKey(w.ctx, own)
	require.NoError(t, err)
	_, err = w.RevokeKey(w.ctx, mall, own.ID)
	require.NoError(t, err)
	_, err = w.AddKey(w.ctx, own)
	require.NoError(t, err)
	_, err = w.PartnerByKey(w.ctx, own.ID)
	require.ErrorIs(t, err, groupbuy.ErrNotFound)
}

func TestEndpoint_Life(t *testing.T) {
	w := newWorld(t)
	_, err := w.CreateEndpoint(w.ctx, mall, "http://10.0.0.1/")
	require.Equal(t, "url", w.refusal(err, groupbuy.CodeEndpointURL).Param)
	_, err = w.CreateEndpoint(w.ctx, "nobody", "https://a.example/hook")
	w.refused(err, groupbuy.CodePartnerNotFound)
	_, err = w.Endpoints(w.ctx, "nobody")
	w.refused(err, groupbuy.CodePartnerNotFound)

	made, err := w.CreateEndpoint(w.ctx, mall, "https://a.example/hook")
	require.NoError(t, err)
	require.Len(t, made.Secrets, 1)
	change := func(c groupbuy.EndpointChange) partner.Endpoint {
		changed, err := w.ChangeEndpoint(w.ctx, mall, made.ID, c)
		require.NoError(t, err)
		stored, err := w.Endpoints(w.ctx, mall)
		require.NoError(t, err)
		require.Equal(t, []partner.Endpoint{changed}, stored)
		return changed
	}
	require.Equal(t, made, change(groupbuy.EndpointChange{}))
	rotated := change(groupbuy.EndpointChange{RotateSecret: true})
	require.Len(t, rotated.Secrets, 2)
	require.Equal(t, made.Secrets[0], rotated.Secrets[0])
	again := change(groupbuy.EndpointChange{RotateSecret: true})
	require.Len(t, again.Secrets, 2, "the oldest goes when a third comes")
	require.Equal(t, rotated.Secrets[1], again.Secrets[0])
	dropped := change(groupbuy.EndpointChange{DropOldSecret: true})
	require.Equal(t, again.Secrets[1:], dropped.Secrets)
	require.Equal(t, dropped, change(groupbuy.EndpointChange{DropOldSecret: true}))
	replaced := change(groupbuy.EndpointChange{RotateSecret: true, DropOldSecret: true})
	require.Len(t, replaced.Secrets, 1)
	require.NotEqual(t, dropped.Secrets, replaced.Secrets)
	require.Equal(t, partner.EndpointDisabled, change(groupbuy.EndpointChange{Status: partner.EndpointDisabled}).Status)
	require.Equal(t, partner.EndpointEnabled, change(groupbuy.EndpointChange{Status: partner.EndpointEnabled}).Status)

	_, err = w.ChangeEndpoint(w.ctx, mall, "ep_0", groupbuy.EndpointChange{})
	w.refused(err, groupbuy.CodeEndpointNotFound)
	_, err = w.ChangeEndpoint(w.ctx, "nobody", made.ID, groupbuy.EndpointChange{})
	w.refused(err, groupbuy.CodeEndpointNotFound)
	_, err = w.PutPartner(w.ctx, "other", "Other")
	require.NoError(t, err)
	_, err = w.ChangeEndpoint(w.ctx, "other", made.ID, groupbuy.EndpointChange{Status: partner.EndpointDisabled})
	w.refused(err, groupbuy.CodeEndpointNotFound)
}

func TestAddEndpoint_BringsItUpToDate(t *testing.T) {
	w := newWorld(t)
	own := partner.Endpoint{ID: "ep_own", Partner: mall, URL: "https://a.example", Secrets: []string{"whsec_1"}, Status: partner.EndpointEnabled}
	_, err := w.AddEndpoint(w.ctx, own)
	require.NoError(t, err)
	own.URL, own.Secrets = "https://b.example", []string{"whsec_2"}
	_, err = w.AddEndpoint(w.ctx, own)
	require.NoError(t, err)
	stored, err := w.Endpoints(w.ctx, mall)
	require.NoError(t, err)
	require.Len(t, stored, 1)
	require.Equal(t, "https://b.example", stored[0].URL)
	require.Equal(t, []string{"whsec_2"}, stored[0].Secrets)
	own.URL = "http://b.example"
	_, err = w.AddEndpoint(w.ctx, own)
	w.refused(err, groupbuy.CodeEndpointURL)
}
