package groupbuyapi

import (
	"context"
	"crypto/sha256"
	"errors"
	"net/http"
	"sync"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/problem"
	"kaituan/api/sign"
	"kaituan/groupbuy"
	"kaituan/groupbuy/operator"
	"kaituan/groupbuy/partner"
)

// door lets in who may call.
type door struct {
	engine   *groupbuy.Engine
	guard    *sign.Guard
	keys     *keyring
	site     *edge.Site
	cookie   edge.Cookie     // of operators
	token    edge.FixedToken // the instance's own, an administrator's
	setup    edge.FixedToken // makes the first operator
	limits   *edge.Limits
	ownKey   partner.KeyID // is not metered
	testMode bool
	crowded  func(partner.ID) bool
}

func newDoor(engine *groupbuy.Engine, auth Auth) (*door, error) {
	site, err := edge.NewSite(auth.PublicURL)
	if err != nil {
		return nil, err
	}
	keys := &keyring{engine: engine}
	if auth.Crowded == nil {
		auth.Crowded = func(partner.ID) bool { return false }
	}
	return &door{
		engine:   engine,
		guard:    sign.NewGuard(keys, auth.Nonces),
		keys:     keys,
		site:     site,
		cookie:   site.Cookie("kaituan-op", "kaituan_operator", operator.AbsoluteLimit),
		token:    edge.NewFixedToken(auth.OperatorToken),
		setup:    edge.NewFixedToken(auth.SetupToken),
		limits:   auth.Limits,
		ownKey:   partner.KeyID(auth.OwnKey),
		testMode: auth.TestMode,
		crowded:  auth.Crowded,
	}, nil
}

func (d *door) admit(w who) gin.HandlerFunc {
	switch w {
	case partners:
		return d.admitPartner
	case partnersLocking:
		return d.admitLocking
	case partnersInBulk:
		return d.admitBulk
	case guests:
		return refusing(d.checkGuest)
	}
	if least, ok := w.least(); ok {
		return refusing(func(c *gin.Context) error { return d.checkOperator(c, least, w == enrolling) })
	}
	return refusing(func(*gin.Context) error { return &problem.Problem{Code: problem.Forbidden} })
}

// refusing ends the request with what a check says against it.
func refusing(check func(*gin.Context) error) gin.HandlerFunc {
	return func(c *gin.Context) {
		if err := check(c); err != nil {
			fail(c, err)
		}
	}
}

// admitPartner proves the signature over the very bytes that the handler will read.
func (d *door) admitPartner(c *gin.Context) {
	body, err := edge.HoldBody(c)
	if err != nil {
		fail(c, unreadable(err))
		return
	}
	d.admitSum(c, sha256.Sum256(body))
}

// admitLocking is admitPartner for calls that need not even be read while more wait than can be carried out: a refusal
// that costs as much as an answer would take the place of one. It goes by the key that the call names, which is not proven
// yet: all that a stranger learns by it is that the partner is busy.
func (d *door) admitLocking(c *gin.Context) {
	credential, err := sign.Parse(c.GetHeader("Authorization"))
	if err != nil {
		d.admitPartner(c) // says what is wrong with it
		return
	}
	key, err := d.engine.PartnerByKey(c.Request.Context(), partner.KeyID(credential.KeyID))
	if err == nil && d.crowded(key.Partner) {
		fail(c, groupbuy.ErrOverloaded)
		return
	}
	d.admitPartner(c)
}

// admitSum proves the signature over a body with the given hash.
func (d *door) admitSum(c *gin.Context, body [sha256.Size]byte) {
	credential, err := d.guard.CheckSum(c.Request.Context(), c.Request, body, d.engine.Clock())
	if err != nil {
		fail(c, d.refused(c, credential, body, err))
		return
	}
	if key := partner.KeyID(credential.KeyID); key != d.ownKey {
		if err := d.limits.Take(c, edge.PerKey, credential.KeyID); err != nil {
			fail(c, err)
			return
		}
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
	if err := d.limits.TakeAddress(c, edge.PerAddress); err != nil { // a key's calls are metered by the key
		return err
	}
	told := &problem.Problem{Code: problem.Code(refused.Code), Detail: refused.Reason}
	if d.testMode && refused.Code == sign.Invalid {
		told.Extra = map[string]any{"canonical": sign.CanonicalSum(c.Request.Method, c.Request.URL.EscapedPath(),
			c.Request.URL.RawQuery, credential.Timestamp, credential.Nonce, body)}
	}
	return told
}

type operatorKey struct{}

// actor is the operator that sent the request, as the audit remembers it.
func actor(c *gin.Context) groupbuy.Actor {
	by, _ := c.Get(operatorKey{})
	known, _ := by.(operator.Operator)
	return groupbuy.Actor{
		ID: known.ID, Name: known.Login, Role: known.Role, RequestID: edge.RequestID(c), Address: c.ClientIP(),
	}
}

// as is the engine in the hands of the operator that sent the request.
func (a *API) as(c *gin.Context) *groupbuy.Engine { return a.engine.As(actor(c)) }

// checkGuest takes anybody, who is not signed in yet.
func (d *door) checkGuest(c *gin.Context) error {
	c.Set(operatorKey{}, operator.Operator{})
	if err := d.site.CheckOrigin(c); err != nil || c.Request.Method == http.MethodGet {
		return err
	}
	return d.limits.TakeAddress(c, edge.PerSignIn)
}

// checkOperator takes an operator whose role is at least the given one, and who does not owe a second factor unless
// the route is there to set one up. Errors: unauthenticated, forbidden, second_factor_due, cross_site.
func (d *door) checkOperator(c *gin.Context, least operator.Role, enrolling bool) error {
	if err := d.site.CheckOrigin(c); err != nil {
		return err
	}
	who, err := d.recognise(c)
	if err != nil {
		return err
	}
	c.Set(operatorKey{}, who)
	edge.SetCaller(c, "operator", string(who.ID))
	if !who.Role.May(least) {
		return &problem.Problem{Code: problem.Forbidden}
	}
	if !enrolling && who.ID != operator.Bootstrap && d.engine.FactorDue(who) {
		return &groupbuy.Error{Code: groupbuy.CodeFactorDue}
	}
	return nil
}

// recognise says whose token the caller sent: the instance's own, or the one of a session.
func (d *door) recognise(c *gin.Context) (operator.Operator, error) {
	token := d.cookie.Token(c)
	if d.token.Is(token) {
		return operator.Operator{
			ID: operator.Bootstrap, Login: string(operator.Bootstrap), Name: "operator token", Role: operator.Admin, Status: operator.Active,
		}, nil
	}
	if token == "" {
		c.Header("WWW-Authenticate", "Bearer")
		return operator.Operator{}, &problem.Problem{Code: problem.Unauthenticated}
	}
	who, err := d.engine.Authenticate(c.Request.Context(), operator.Token(token))
	if err != nil {
		c.Header("WWW-Authenticate", "Bearer")
	}
	return who, err
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
