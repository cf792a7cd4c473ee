package redis

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"time"

	"kaituan/api/sign"
)

// Nonces is sign.Nonces in Redis, over those that this process remembers. When Redis is away a call can be replayed
// once at each node, which is harmless: every write has a natural key that answers with the first result. Refusing
// calls instead would be the greater harm.
type Nonces struct {
	client *Client
	near   sign.Nonces
}

// NewNonces returns a store over another one that is this process's own.
func NewNonces(client *Client, near sign.Nonces) *Nonces { return &Nonces{client: client, near: near} }

// First is sign.Nonces's.
func (n *Nonces) First(ctx context.Context, keyID, nonce string, now time.Time) (bool, error) {
	first, err := n.near.First(ctx, keyID, nonce, now)
	if err != nil || !first {
		return first, err
	}
	if set, err := n.remember(ctx, keyID, nonce); err == nil {
		return set, nil
	}
	return true, nil
}

func (n *Nonces) remember(ctx context.Context, keyID, nonce string) (first bool, err error) {
	sum := sha256.Sum256([]byte(keyID + "\n" + nonce)) // neither has a line feed, see sign.Parse
	key := prefix + "nonce:" + base64.RawURLEncoding.EncodeToString(sum[:16])
	err = n.client.do(ctx, func(ctx context.Context) (err error) {
		first, err = n.client.redis.SetNX(ctx, key, 1, sign.Retention).Result()
		return err
	})
	return first, err
}
