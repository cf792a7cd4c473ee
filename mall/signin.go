package mall

import (
	"context"
	"errors"
	"time"

	"kaituan/mall/account"
)

// SignedIn is the answer to signing in.
type SignedIn struct {
	Token     account.Token // for the client only; it is stored nowhere
	ExpiresAt time.Time     // if the session is not used before
	Account   account.Account
}

// SignUp creates a buyer's account and starts a session in it, which ends the one of old, the token that the client
// held before, if any. Errors: CodeInvalid, CodeLoginTaken.
func (s *Shop) SignUp(ctx context.Context, r account.Registration, old account.Token) (SignedIn, error) {
	login, faults := r.Validate()
	if err := invalidRegistration(faults); err != nil {
		return SignedIn{}, err
	}
	hash, err := s.Hasher.Hash(r.Password)
	if err != nil {
		return SignedIn{}, err
	}
	a := account.Account{
		ID: account.ID(s.IDs("acc")), Login: login, Nickname: r.Name(login),
		Role: account.Buyer, PasswordHash: hash,
	}
	err = s.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		a.CreatedAt = tx.Now()
		return tx.AddAccount(a)
	})
	if errors.Is(err, ErrDuplicate) {
		return SignedIn{}, &Error{Code: CodeLoginTaken, Param: "login", Detail: "sign in instead"}
	}
	if err != nil {
		return SignedIn{}, err
	}
	return s.enter(ctx, a, old)
}

// SignIn starts a session and ends the one of old, the token that the client held before, if any.
// Errors: CodeCredentialsWrong, the same and as slow for a login that nobody has.
func (s *Shop) SignIn(ctx context.Context, login, password string, old account.Token) (SignedIn, error) {
	a, err := s.recognise(ctx, login, password)
	if err != nil {
		return SignedIn{}, err
	}
	return s.enter(ctx, a, old)
}

// enter starts a session and ends the one of old.
func (s *Shop) enter(ctx context.Context, a account.Account, old account.Token) (SignedIn, error) {
	token, err := account.NewToken(s.Random)
	if err != nil {
		return SignedIn{}, err
	}
	return inTx(ctx, s, func(tx Tx) (SignedIn, error) { return startSession(tx, a, token, old) })
}

func startSession(tx Tx, a account.Account, token, old account.Token) (SignedIn, error) {
	now := tx.Now()
	session := account.Session{Hash: token.Hash(), Account: a.ID, StartedAt: now, SeenAt: now}
	if err := tx.DropSession(old.Hash()); err != nil {
		return SignedIn{}, err
	}
	return SignedIn{Token: token, ExpiresAt: session.ExpiresAt(), Account: a}, tx.AddSession(session)
}

func (s *Shop) recognise(ctx context.Context, typed, password string) (account.Account, error) {
	wrong := refuse(CodeCredentialsWrong, "no account with this login and password")
	if len(password) > 4*account.MaxPassword {
		return account.Account{}, wrong
	}
	a := account.Account{PasswordHash: s.decoy}
	if login, ok := account.ParseLogin(typed); ok {
		found, err := s.Store.AccountByLogin(ctx, login)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return account.Account{}, err
		}
		if err == nil {
			a = found
		}
	}
	right, err := s.Hasher.Verify(a.PasswordHash, password)
	if err != nil {
		return account.Account{}, err
	}
	if !right || a.ID == "" {
		return account.Account{}, wrong
	}
	return a, nil
}

// SignOut ends a session; an unknown one is no error.
func (s *Shop) SignOut(ctx context.Context, token account.Token) error {
	return s.Store.InTx(ctx, func(_ context.Context, tx Tx) error { return tx.DropSession(token.Hash()) })
}

// Authenticate says whose token it is. Errors: CodeSessionExpired.
func (s *Shop) Authenticate(ctx context.Context, token account.Token) (Actor, account.Account, error) {
	expired := refuse(CodeSessionExpired, "sign in again")
	session, a, err := s.Store.Session(ctx, token.Hash())
	if err != nil {
		return Actor{}, account.Account{}, at(err, expired.Code, expired.Detail)
	}
	now := s.Clock()
	if !session.Live(now) {
		return Actor{}, account.Account{}, expired
	}
	if now.Sub(session.SeenAt) >= account.SeenEvery {
		err = s.Store.InTx(ctx, func(_ context.Context, tx Tx) error { return tx.SeeSession(session.Hash, tx.Now()) })
	}
	return Actor{Account: a.ID, Role: a.Role}, a, err
}

// DropSessions deletes sessions that have expired, at most limit, and returns how many it found.
func (s *Shop) DropSessions(ctx context.Context, limit int) (int, error) {
	return inTx(ctx, s, func(tx Tx) (int, error) {
		now := tx.Now()
		return tx.DropSessions(now.Add(-account.IdleLimit), now.Add(-account.AbsoluteLimit), limit)
	})
}
