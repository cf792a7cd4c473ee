package groupbuy

import (
	"context"
	"errors"
	"time"

	"kaituan/groupbuy/operator"
)

// SignedIn is a fresh session.
type SignedIn struct {
	Token     operator.Token
	ExpiresAt time.Time // if it is not used
	Operator  operator.Operator
}

// Credentials are what somebody signs in with.
type Credentials struct {
	Login    string
	Password string
	Code     string // of the second factor, or a recovery code; empty: none is given
}

// SignIn starts a session of an operator and ends the one of old, the token that the client held before, if any.
// Errors: CodeUnauthenticated, the same and as slow for a login that nobody has and for an account that is disabled;
// with the right password CodeFactorRequired and CodeFactorWrong.
func (e *Engine) SignIn(ctx context.Context, with Credentials, old operator.Token) (SignedIn, error) {
	who, err := e.recognise(ctx, operator.ParseLogin(with.Login), with.Password)
	if err != nil {
		return SignedIn{}, err
	}
	token, err := operator.NewToken(e.Random)
	if err != nil {
		return SignedIn{}, err
	}
	in := SignedIn{Token: token, Operator: who}
	by := e.by
	by.ID, by.Name, by.Role = who.ID, who.Login, who.Role
	err = e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		stored, err := tx.LockOperator(who.ID)
		if err != nil {
			return notFound(err, CodeUnauthenticated)
		}
		if stored.PasswordHash != who.PasswordHash || stored.Status != who.Status { // changed while the password was being hashed
			return wrongPassword()
		}
		if err := e.As(by).spend(tx, stored, with.Code); err != nil {
			return err
		}
		session := operator.Session{Hash: token.Hash(), Operator: who.ID, StartedAt: tx.Now(), SeenAt: tx.Now()}
		in.ExpiresAt = session.ExpiresAt()
		if err := tx.DropSession(old.Hash()); err != nil {
			return err
		}
		if err := tx.AddSession(session); err != nil {
			return err
		}
		return e.As(by).audit(tx, "session.started", string(who.ID), nil, nil)
	})
	return in, err
}

// recognise takes as long for nobody as for somebody, and does not even look at a password that nobody can have.
func (e *Engine) recognise(ctx context.Context, login, password string) (operator.Operator, error) {
	decoy, err := e.decoy()
	if err != nil {
		return operator.Operator{}, err
	}
	who := operator.Operator{PasswordHash: decoy}
	found, err := e.Store.OperatorByLogin(ctx, login)
	switch {
	case err == nil:
		who = found
	case !errors.Is(err, ErrNotFound):
		return operator.Operator{}, err
	}
	if len(password) > 4*operator.MaxPassword {
		password = ""
	}
	right, err := e.Hasher.Verify(who.PasswordHash, password)
	if err != nil {
		return operator.Operator{}, err
	}
	if !right || who.Status != operator.Active {
		return operator.Operator{}, wrongPassword()
	}
	return who, nil
}

func wrongPassword() error {
	return &Error{Code: CodeUnauthenticated, Detail: "no operator with this login and password"}
}

// SignOut ends a session; an unknown one is no error.
func (e *Engine) SignOut(ctx context.Context, token operator.Token) error {
	return e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		if err := tx.DropSession(token.Hash()); err != nil {
			return err
		}
		return e.audit(tx, "session.ended", string(e.by.ID), nil, nil)
	})
}

// Authenticate says whose token it is. Errors: CodeUnauthenticated.
func (e *Engine) Authenticate(ctx context.Context, token operator.Token) (operator.Operator, error) {
	session, who, err := e.Store.OperatorSession(ctx, token.Hash())
	if err != nil {
		return operator.Operator{}, notFound(err, CodeUnauthenticated)
	}
	now := e.Clock()
	if !session.Live(now) || who.Status != operator.Active {
		return operator.Operator{}, &Error{Code: CodeUnauthenticated, Detail: "the session is over; sign in again"}
	}
	if now.Sub(session.SeenAt) >= operator.SeenEvery {
		err = e.Store.InTx(ctx, func(_ context.Context, tx Tx) error { return tx.SeeSession(session.Hash, tx.Now()) })
	}
	return who, err
}

// DropSessions deletes sessions that have expired, at most limit, and returns how many it found.
func (e *Engine) DropSessions(ctx context.Context, limit int) (n int, err error) {
	err = e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		now := tx.Now()
		n, err = tx.DropSessions(now.Add(-operator.IdleLimit), now.Add(-operator.AbsoluteLimit), limit)
		return err
	})
	return n, err
}
