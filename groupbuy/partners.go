package groupbuy

import (
	"context"
	"errors"

	"kaituan/groupbuy/partner"
)

// Partners lists every partner, oldest first.
func (e *Engine) Partners(ctx context.Context) ([]partner.Partner, error) {
	return e.Store.Partners(ctx)
}

// Keys lists a partner's keys, oldest first. Their secrets are not for showing. Errors: CodePartnerNotFound.
func (e *Engine) Keys(ctx context.Context, p partner.ID) ([]partner.Key, error) {
	if _, err := e.Store.Partner(ctx, p); err != nil {
		return nil, notFound(err, CodePartnerNotFound)
	}
	return e.Store.PartnerKeys(ctx, p)
}

// CreateKey makes a signing key. Errors: CodePartnerNotFound, CodeTooManyKeys.
func (e *Engine) CreateKey(ctx context.Context, p partner.ID) (partner.Key, error) {
	return e.AddKey(ctx, partner.Key{ID: partner.KeyID(e.IDs.New("key_")), Partner: p, Secret: e.Secrets.KeySecret()})
}

// AddKey registers a key whose id and secret are chosen by the caller: the composition root does so for our own
// mall. A key that exists already is left alone. Errors: CodePartnerNotFound, CodeTooManyKeys, CodeInvalid when
// the id exists with another secret.
func (e *Engine) AddKey(ctx context.Context, key partner.Key) (partner.Key, error) {
	err := e.configure(ctx, &e.rules.keys, func(tx Tx) error {
		if err := tx.LockPartner(key.Partner); err != nil {
			return notFound(err, CodePartnerNotFound)
		}
		keys, err := tx.Keys(key.Partner)
		if err != nil {
			return err
		}
		live := 0
		for _, k := range keys {
			if k.ID == key.ID && k.Secret != key.Secret {
				return invalid("key_id", "exists with another secret; a new secret needs a new id")
			}
			if k.ID == key.ID {
				key = k
				return nil
			}
			if k.Live() {
				live++
			}
		}
		if live >= partner.MaxLiveKeys {
			return &Error{Code: CodeTooManyKeys, Detail: "revoke one of the two live keys first"}
		}
		key.CreatedAt = tx.Now()
		if err := tx.PutKey(key); err != nil {
			return err
		}
		return e.audit(tx, "key.created", string(key.ID), nil, key)
	})
	return key, err
}

// RevokeKey refuses calls signed with a key from now on. Revoking twice is no error. Errors: CodeKeyNotFound.
func (e *Engine) RevokeKey(ctx context.Context, p partner.ID, id partner.KeyID) (partner.Key, error) {
	var revoked partner.Key
	err := e.configure(ctx, &e.rules.keys, func(tx Tx) error {
		keys, err := tx.Keys(p)
		if err != nil {
			return err
		}
		for _, k := range keys {
			if k.ID != id {
				continue
			}
			revoked = k
			if k.Live() {
				revoked.RevokedAt = tx.Now()
			}
			if err := tx.PutKey(revoked); err != nil {
				return err
			}
			return e.audit(tx, "key.revoked", string(id), k, revoked)
		}
		return &Error{Code: CodeKeyNotFound}
	})
	return revoked, err
}

// Endpoints lists a partner's webhook endpoints, oldest first. Errors: CodePartnerNotFound.
func (e *Engine) Endpoints(ctx context.Context, p partner.ID) ([]partner.Endpoint, error) {
	if _, err := e.Store.Partner(ctx, p); err != nil {
		return nil, notFound(err, CodePartnerNotFound)
	}
	return e.Store.PartnerEndpoints(ctx, p)
}

// CreateEndpoint adds an address for a partner's events, with a new secret. Errors: CodePartnerNotFound,
// CodeEndpointURL.
func (e *Engine) CreateEndpoint(ctx context.Context, p partner.ID, url string) (partner.Endpoint, error) {
	return e.AddEndpoint(ctx, partner.Endpoint{
		ID: partner.EndpointID(e.IDs.New("ep_")), Partner: p, URL: url,
		Secrets: []string{e.Secrets.WebhookSecret()}, Status: partner.EndpointEnabled,
	})
}

// AddEndpoint registers an endpoint whose id and secrets are chosen by the caller: the composition root does so
// for our own mall. One that exists already is brought to the given address and secrets.
// Errors: CodePartnerNotFound, CodeEndpointURL.
func (e *Engine) AddEndpoint(ctx context.Context, endpoint partner.Endpoint) (partner.Endpoint, error) {
	if err := e.Sender.CheckURL(endpoint.URL); err != nil {
		return partner.Endpoint{}, &Error{Code: CodeEndpointURL, Param: "url", Detail: err.Error()}
	}
	if owner, queue := partner.QueueOf(endpoint.URL); queue && owner != endpoint.Partner {
		return partner.Endpoint{}, &Error{Code: CodeEndpointURL, Param: "url", Detail: "is another partner's queue"}
	}
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		if err := tx.LockPartner(endpoint.Partner); err != nil {
			return notFound(err, CodePartnerNotFound)
		}
		stored, err := tx.Endpoint(endpoint.Partner, endpoint.ID)
		switch {
		case errors.Is(err, ErrNotFound):
			endpoint.CreatedAt = tx.Now()
			err = e.audit(tx, "endpoint.created", string(endpoint.ID), nil, endpoint)
		case err == nil:
			endpoint.CreatedAt = stored.CreatedAt
			err = e.audit(tx, "endpoint.changed", string(endpoint.ID), stored, endpoint)
		}
		if err != nil {
			return err
		}
		return tx.PutEndpoint(endpoint)
	})
	return endpoint, err
}

// EndpointChange is what an operator wants different. Zero values change nothing.
type EndpointChange struct {
	Status        partner.EndpointStatus
	RotateSecret  bool // add a secret; deliveries carry both signatures
	DropOldSecret bool // keep only the newest secret
}

// ChangeEndpoint enables, disables or re-keys an endpoint. Errors: CodeEndpointNotFound.
func (e *Engine) ChangeEndpoint(ctx context.Context, p partner.ID, id partner.EndpointID, change EndpointChange) (partner.Endpoint, error) {
	secret := e.Secrets.WebhookSecret()
	var changed partner.Endpoint
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		if err := tx.LockPartner(p); err != nil {
			return notFound(err, CodeEndpointNotFound)
		}
		endpoint, err := tx.Endpoint(p, id)
		if err != nil {
			return notFound(err, CodeEndpointNotFound)
		}
		before := endpoint
		if change.Status != "" {
			endpoint.Status = change.Status
		}
		if change.RotateSecret {
			endpoint.Secrets = append(endpoint.Secrets[len(endpoint.Secrets)-1:], secret)
		}
		if change.DropOldSecret {
			endpoint.Secrets = endpoint.Secrets[len(endpoint.Secrets)-1:]
		}
		changed = endpoint
		if err := tx.PutEndpoint(endpoint); err != nil {
			return err
		}
		return e.audit(tx, "endpoint.changed", string(id), before, endpoint)
	})
	return changed, err
}
