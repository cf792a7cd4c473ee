package groupbuyapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"io"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/problem"
	"kaituan/api/sign"
	"kaituan/groupbuy"
	"kaituan/groupbuy/partner"
)

// door lets in who may call.
type door struct {
	engine   *groupbuy.Engine
	guard    *sign.Guard
	keys     *keyring
	token    [sha256.Size]byte // of the operator token, so that comparing takes the same time for every length
	noToken  bool
	testMode bool
}

func newDoor(engine *groupbuy.Engine, auth Auth) *door {
	keys := &keyring{engine: engine}
	return &door{
		engine:   engine,
		guard:    sign.NewGuard(keys, auth.Nonces),
		keys:     keys,
		token:    sha256.Sum256([]byte(auth.OperatorToken)),
		noToken:  auth.OperatorToken == "",
		testMode: auth.TestMode,
	}
}

func (d *door) admit(w who) gin.HandlerFunc {
	switch w {
	case partners:
		return d.admitPartner
	case partnersInBulk:
		return d.admitBulk
	case operators:
		return d.admitOperator
	default:
		return func(c *gin.Context) { fail(c, &problem.Problem{Code: problem.Forbidden}) }
	}
}

// admitPartner proves the signature over the very bytes that the handler will read.
func (d *door) admitPartner(c *gin.Context) {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		fail(c, unreadable(err))
		return
	}
	c.Request.Body = io.NopCloser(bytes.NewReader(body))
	d.admitSum(c, sha256.Sum256(body))
}

// admitSum proves the signature over a body with the given hash.
func (d *door) admitSum(c *gin.Context, body [sha256.Size]byte) {
	credential, err := d.guard.CheckSum(c.Request.Context(), c.Request, body, d.engine.Clock())
	if err != nil {
		fail(c, d.refused(c, credential, body, err))
		return
	}
	key, err := d.engine.PartnerByKey(c.Request.Context(), partner.KeyID(credential.KeyID))
	if errors.Is(err, groupbuy.ErrNotFound) { // revoked since it was looked up
		err = &problem.Problem{Code: problem.Code(sign.KeyUnknown)}
	}
	if err != nil {
		fail(c, err)
		return
	}
	edge.SetCaller(c, "partner", string(key.Partner))
	c.Set(partnerKey{}, key.Partner)
}

type partnerKey struct{}

// caller is the partner that signed the request. Only routes for partners have one.
func caller(c *gin.Context) partner.ID { return c.MustGet(partnerKey{}).(partner.ID) }

func (d *door) refused(c *gin.Context, credential sign.Credential, body [sha256.Size]byte, err error) error {
	var refused *sign.Error
	if !errors.As(err, &refused) {
		return err
	}
	c.Header("WWW-Authenticate", sign.Scheme)
	told := &problem.Problem{Code: problem.Code(refused.Code), Detail: refused.Reason}
	if d.testMode && refused.Code == sign.Invalid {
		told.Extra = map[string]any{"canonical": sign.CanonicalSum(c.Request.Method, c.Request.URL.EscapedPath(),
			c.Request.URL.RawQuery, credential.Timestamp, credential.Nonce, body)}
	}
	return told
}

func (d *door) admitOperator(c *gin.Context) {
	scheme, token, _ := strings.Cut(c.GetHeader("Authorization"), " ")
	sum := sha256.Sum256([]byte(token))
	right := subtle.ConstantTimeCompare(sum[:], d.token[:]) == 1
	if d.noToken || !strings.EqualFold(scheme, "Bearer") || !right {
		c.Header("WWW-Authenticate", "Bearer")
		fail(c, &problem.Problem{Code: problem.Unauthenticated})
		return
	}
	edge.SetCaller(c, "operator", "token")
}

// keyring is sign.Keys over the engine's live keys. It keeps one verifier per key for as long as its secret stays.
type keyring struct {
	engine    *groupbuy.Engine
	verifiers sync.Map // partner.KeyID -> keyedVerifier; bounded by the number of keys there ever were
}

type keyedVerifier struct {
	secret   string
	verifier *sign.Verifier
}

// Verifier implements sign.Keys.
func (k *keyring) Verifier(ctx context.Context, keyID string) (*sign.Verifier, error) {
	key, err := k.engine.PartnerByKey(ctx, partner.KeyID(keyID))
	if errors.Is(err, groupbuy.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if kept, ok := k.verifiers.Load(key.ID); ok && kept.(keyedVerifier).secret == key.Secret {
		return kept.(keyedVerifier).verifier, nil
	}
	made := keyedVerifier{key.Secret, sign.NewVerifier(key.Secret)}
	k.verifiers.Store(key.ID, made)
	return made.verifier, nil
}
