package groupbuy

import (
	"context"

	"kaituan/groupbuy/operator"
)

// FactorDue says whether an operator must set up a second factor before anything else.
func (e *Engine) FactorDue(o operator.Operator) bool {
	return !o.Factor.On() && o.Role.May(e.FactorFor)
}

// StartFactor draws the secret of the actor's second factor, which is not asked for before ConfirmFactor. Starting again
// forgets the secret before. Errors: CodeOperatorNotFound when the actor has no account, CodeInvalid for a wrong
// password, CodeFactorOn when there is one already.
func (e *Engine) StartFactor(ctx context.Context, password string) (operator.Factor, error) {
	fresh, err := operator.NewFactor(e.Random)
	if err != nil {
		return operator.Factor{}, err
	}
	known, err := e.ownAccount(ctx, password)
	if err != nil {
		return operator.Factor{}, err
	}
	err = e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		stored, err := e.lockOwn(tx, known)
		if err != nil {
			return err
		}
		if stored.Factor.On() {
			return &Error{Code: CodeFactorOn, Detail: "take the present one away first"}
		}
		return e.putFactor(tx, stored, fresh, "second_factor.started")
	})
	return fresh, err
}

// ConfirmFactor turns the actor's second factor on with the first code that the app shows, and returns the recovery
// codes. They are told this once. All of the actor's sessions but the one of the token end. Errors: CodeOperatorNotFound
// when the actor has no account, CodeInvalid for a wrong code and when none was started, CodeFactorOn.
func (e *Engine) ConfirmFactor(ctx context.Context, code string, keep operator.Token) (recovery []string, err error) {
	err = e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		stored, err := tx.LockOperator(e.by.ID)
		if err != nil {
			return notFound(err, CodeOperatorNotFound)
		}
		if stored.Factor.On() {
			return &Error{Code: CodeFactorOn, Detail: "take the present one away first"}
		}
		on, codes, right, err := stored.Factor.Confirm(code, tx.Now(), e.Random)
		if err != nil {
			return err
		}
		if !right {
			return invalid("code", "is not the code that the app shows now")
		}
		recovery = codes
		if err := tx.DropOtherSessions(stored.ID, keep.Hash()); err != nil {
			return err
		}
		return e.putFactor(tx, stored, on, "second_factor.added")
	})
	return recovery, err
}

// RemoveFactor takes the actor's second factor away, or what is left of one that was started. Errors:
// CodeOperatorNotFound when the actor has no account, CodeInvalid for a wrong password or code.
func (e *Engine) RemoveFactor(ctx context.Context, password, code string) error {
	known, err := e.ownAccount(ctx, password)
	if err != nil {
		return err
	}
	return e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		stored, err := e.lockOwn(tx, known)
		if err != nil {
			return err
		}
		if _, right, _ := stored.Factor.Spend(code, tx.Now()); stored.Factor.On() && !right {
			return invalid("code", "is not the code that the app shows now")
		}
		return e.putFactor(tx, stored, operator.Factor{}, "second_factor.removed")
	})
}

// ResetFactor takes the second factor of an operator away who cannot get in any more, and ends the operator's sessions.
// Errors: CodeOperatorNotFound.
func (e *Engine) ResetFactor(ctx context.Context, id operator.ID) error {
	return e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		stored, err := tx.LockOperator(id)
		if err != nil {
			return notFound(err, CodeOperatorNotFound)
		}
		if err := tx.DropSessionsOf(id); err != nil {
			return err
		}
		return e.putFactor(tx, stored, operator.Factor{}, "second_factor.reset")
	})
}

// putFactor writes another factor and audits it, the secret and the codes masked.
func (e *Engine) putFactor(tx Tx, stored operator.Operator, factor operator.Factor, action string) error {
	changed := stored
	changed.Factor, changed.UpdatedAt = factor, tx.Now()
	if changed.Factor == stored.Factor {
		return nil
	}
	if err := tx.PutOperator(changed); err != nil {
		return err
	}
	return e.audit(tx, action, string(stored.ID), stored.Factor, factor)
}

// ownAccount returns the actor's account if the password is the actor's. Errors: CodeOperatorNotFound, CodeInvalid.
func (e *Engine) ownAccount(ctx context.Context, password string) (operator.Operator, error) {
	known, err := e.Store.OperatorByLogin(ctx, e.by.Name)
	if err != nil {
		return operator.Operator{}, notFound(err, CodeOperatorNotFound)
	}
	right, err := e.Hasher.Verify(known.PasswordHash, password)
	if err == nil && !right {
		err = invalid("current_password", "is not the present password")
	}
	return known, err
}

// lockOwn returns the account again, held, if its password is still the one that was checked.
func (e *Engine) lockOwn(tx Tx, known operator.Operator) (operator.Operator, error) {
	stored, err := tx.LockOperator(known.ID)
	if err != nil {
		return operator.Operator{}, notFound(err, CodeOperatorNotFound)
	}
	if stored.PasswordHash != known.PasswordHash { // it was changed while the one given was being hashed
		return operator.Operator{}, invalid("current_password", "is not the present password")
	}
	return stored, nil
}

// spend takes the code of a second factor as its operator signs in, and remembers that it was. An operator without one
// needs none. Errors: CodeFactorRequired, CodeFactorWrong.
func (e *Engine) spend(tx Tx, who operator.Operator, code string) error {
	if !who.Factor.On() {
		return nil
	}
	if code == "" {
		return &Error{Code: CodeFactorRequired}
	}
	spent, right, recovered := who.Factor.Spend(code, tx.Now())
	if !right {
		return &Error{Code: CodeFactorWrong}
	}
	if recovered {
		return e.putFactor(tx, who, spent, "second_factor.recovery_code_used")
	}
	who.Factor = spent
	return tx.PutOperator(who)
}
