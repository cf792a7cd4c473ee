// Package mall is the shop: accounts, catalogue, orders, payments and refunds, and the ports through which it
// reaches its database (Store), the group-buy engine (GroupBuy) and the payment provider (payment.Channel).
// Every step that spans two of them can be repeated, and something repeats it until it is done.
package mall

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"kaituan/mall/account"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// Deps is what a Shop needs. Every field without a default named here is required.
type Deps struct {
	Store    Store
	GroupBuy GroupBuy
	Channel  payment.Channel
	Scanner  Scanner // to sign in by scanning; nil: there is no such way
	Hasher   account.Hasher
	Clock    func() time.Time
	IDs      func(prefix string) string // sortable: a later id is larger
	Random   io.Reader                  // for session tokens
	Log      *slog.Logger

	Merchant     payment.Merchant         // who notices must be meant for
	ReturnTo     func(id order.ID) string // where the provider sends the buyer's browser
	SalesChannel string                   // the mall's sales channel at the engine; default "mall"
	PayTTL       time.Duration            // for orders without a team; default 15 min, at least 1 min
	ShipDelay    time.Duration            // from "to ship" to "shipped" in the simulation; default none
	TrialTimeout time.Duration            // how long a page waits for group prices; default 2 s
	BillAfter    time.Duration            // from a day's end to when its bill should be there; default 10 h
	RefundRetry  time.Duration            // after the first refusal of a refund, doubled at each; default 30 s
	AtOnce       int                      // rows that a sweep works on at once; default 1
}

// Shop carries out the use cases. It keeps nothing between calls and is safe for concurrent use.
type Shop struct {
	Deps
	decoy string // a password hash that nobody's password made
}

// paymentPrefix begins the number of every payment: by it the mall knows its own in a bill.
const paymentPrefix = "pay"

// minPayTTL is the shortest deadline that Alipay accepts for a trade (timeout_express 1m-15d).
const minPayTTL = time.Minute

// New checks deps and fills in their defaults. Errors: a setting out of its range, a Hasher that fails.
func New(deps Deps) (*Shop, error) {
	deps.SalesChannel = orDefault(deps.SalesChannel, "mall")
	deps.PayTTL = orDefault(deps.PayTTL, 15*time.Minute)
	deps.TrialTimeout = orDefault(deps.TrialTimeout, 2*time.Second)
	deps.BillAfter = orDefault(deps.BillAfter, 10*time.Hour)
	deps.RefundRetry = orDefault(deps.RefundRetry, 30*time.Second)
	if deps.PayTTL < minPayTTL {
		return nil, fmt.Errorf("mall: a payment deadline of %s is shorter than %s", deps.PayTTL, minPayTTL)
	}
	if deps.BillAfter < 0 {
		return nil, fmt.Errorf("mall: a bill %s before its day is over cannot be", -deps.BillAfter)
	}
	if deps.ShipDelay < 0 {
		return nil, fmt.Errorf("mall: a shipping delay of %s is negative", deps.ShipDelay)
	}
	if deps.RefundRetry < 0 {
		return nil, fmt.Errorf("mall: a refund tried again after %s cannot be", deps.RefundRetry)
	}
	token, err := account.NewToken(deps.Random)
	if err != nil {
		return nil, err
	}
	decoy, err := deps.Hasher.Hash(string(token))
	if err != nil {
		return nil, fmt.Errorf("mall: hash a password: %w", err)
	}
	return &Shop{Deps: deps, decoy: decoy}, nil
}

func orDefault[T comparable](value, fallback T) T {
	var zero T
	if value == zero {
		return fallback
	}
	return value
}

// Actor is who asks. The zero Actor is a visitor who is not signed in.
type Actor struct {
	Account account.ID
	Role    account.Role

	Rank      Rank   // of an operator
	Name      string // of an operator: the login
	RequestID string // of an operator
	Address   string // of an operator: the network address that the request came from
}

// SignedIn says whether the actor is somebody.
func (a Actor) SignedIn() bool { return a.Account != "" }

func (a Actor) mustOperate() error {
	if a.Role != account.Operator {
		return refuse(CodeForbidden, "for operators only")
	}
	return nil
}

func (a Actor) mustBeSignedIn() error {
	if !a.SignedIn() {
		return refuse(CodeSessionExpired, "sign in first")
	}
	return nil
}

// Page is one part of a list.
type Page[T any] struct {
	Items []T
	Next  string // cursor of the part that follows; empty at the end
}

// MaxPage is the largest part of a list.
const MaxPage = 100

const defaultPage = 20

// pageSize returns the limit to use, or a refusal.
func pageSize(limit int) (int, error) {
	switch {
	case limit == 0:
		return defaultPage, nil
	case limit < 0 || limit > MaxPage:
		return 0, invalid("limit", "1 to 100")
	}
	return limit, nil
}

// cut turns limit+1 rows into a page.
func cut[T any](rows []T, limit int, cursor func(T) string) Page[T] {
	if len(rows) <= limit {
		return Page[T]{Items: rows}
	}
	return Page[T]{Items: rows[:limit], Next: cursor(rows[limit-1])}
}

// at translates what the store says about a row into a refusal.
func at(err error, code Code, detail string) error {
	if errors.Is(err, ErrNotFound) {
		return refuse(code, detail)
	}
	return err
}

// together runs fn in a transaction that it may share and returns what it returns. Of a caller that left early nobody
// waits for the result, so it is looked at only when all went well.
func together[T any](ctx context.Context, s *Shop, hold Hold, fn func(tx PurchaseTx) (T, error)) (T, error) {
	var result, none T
	err := s.Store.Together(ctx, hold, func(tx PurchaseTx) (err error) {
		result, err = fn(tx)
		return err
	})
	if err != nil {
		return none, err
	}
	return result, nil
}

// inTx runs fn in one transaction and returns what it returns.
func inTx[T any](ctx context.Context, s *Shop, fn func(tx Tx) (T, error)) (T, error) {
	var result T
	err := s.Store.InTx(ctx, func(_ context.Context, tx Tx) (err error) {
		result, err = fn(tx)
		return err
	})
	return result, err
}
