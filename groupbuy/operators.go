package groupbuy

import (
	"context"
	"errors"
	"time"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/operator"
)

// Roster is the part of a transaction over operators and their sessions.
type Roster interface {
	// LockOperator returns one operator and holds it against other transactions. Errors: ErrNotFound.
	LockOperator(id operator.ID) (operator.Operator, error)
	// PutOperator creates an operator, or changes the one of its ID. Errors: ErrDuplicate when the login is taken.
	PutOperator(o operator.Operator) error
	// AddSession starts a session.
	AddSession(s operator.Session) error
	// SeeSession notes that a session was used.
	SeeSession(hash operator.TokenHash, at time.Time) error
	// DropSession ends a session; an unknown one is no error.
	DropSession(hash operator.TokenHash) error
	// DropSessionsOf ends every session of an operator.
	DropSessionsOf(id operator.ID) error
	// DropOtherSessions ends every session of an operator but one.
	DropOtherSessions(id operator.ID, keep operator.TokenHash) error
	// DropSessions deletes sessions that were last used, or started, at or before the given instants, at most
	// limit, and returns how many.
	DropSessions(seen, started time.Time, limit int) (int, error)
}

// Staff answers questions about operators.
type Staff interface {
	// Operators lists every operator by login.
	Operators(ctx context.Context) ([]operator.Operator, error)
	// OperatorByLogin returns one operator. Errors: ErrNotFound.
	OperatorByLogin(ctx context.Context, login string) (operator.Operator, error)
	// OperatorSession returns a session with its operator. Errors: ErrNotFound.
	OperatorSession(ctx context.Context, hash operator.TokenHash) (operator.Session, operator.Operator, error)
}

// Operators lists every operator by login.
func (e *Engine) Operators(ctx context.Context) ([]operator.Operator, error) {
	return e.Store.Operators(ctx)
}

// CreateOperator makes an account with a first password. Errors: CodeInvalid with faults, CodeNameTaken.
func (e *Engine) CreateOperator(ctx context.Context, o operator.Operator, password string) (operator.Operator, error) {
	return e.addOperator(ctx, o, password, func(Tx) error { return nil })
}

// NeedsOperator says whether nobody has an account yet.
func (e *Engine) NeedsOperator(ctx context.Context) (bool, error) {
	list, err := e.Store.Operators(ctx)
	return len(list) == 0, err
}

// FirstOperator makes the first account, an administrator's. Of several calls at once one succeeds.
// Errors: CodeSetupDone when somebody has an account, CodeInvalid with faults.
func (e *Engine) FirstOperator(ctx context.Context, o operator.Operator, password string) (operator.Operator, error) {
	alone := func(tx Tx) error {
		if _, err := tx.LockSettings(); err != nil { // makes the calls wait for each other
			return err
		}
		needed, err := e.NeedsOperator(ctx)
		if err == nil && !needed {
			err = &Error{Code: CodeSetupDone, Detail: "sign in, or ask an administrator for an account"}
		}
		return err
	}
	o.Role = operator.Admin
	return e.addOperator(ctx, o, password, alone)
}

// addOperator makes an account unless allow, asked in the transaction, has something against it.
func (e *Engine) addOperator(ctx context.Context, o operator.Operator, password string, allow func(tx Tx) error) (operator.Operator, error) {
	o.ID, o.Login, o.Status = operator.ID(e.IDs.New("op_")), operator.ParseLogin(o.Login), operator.Active
	if faults := append(o.Faults(), operator.PasswordFaults(password, o.Login)...); len(faults) > 0 {
		return operator.Operator{}, invalidOperator(faults)
	}
	var err error
	if o.PasswordHash, err = e.Hasher.Hash(password); err != nil {
		return operator.Operator{}, err
	}
	err = e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		if err := allow(tx); err != nil {
			return err
		}
		o.CreatedAt, o.UpdatedAt = tx.Now(), tx.Now()
		if err := tx.PutOperator(o); err != nil {
			return loginTaken(err)
		}
		return e.audit(tx, "operator.created", string(o.ID), nil, o)
	})
	return o, err
}

func invalidOperator(faults []operator.Fault) error {
	told := make([]activity.Fault, len(faults))
	for i, f := range faults {
		told[i] = activity.Fault{Param: f.Param, Detail: f.Detail}
	}
	return invalidAll(CodeInvalid, told)
}

func loginTaken(err error) error {
	if errors.Is(err, ErrDuplicate) {
		return &Error{Code: CodeNameTaken, Param: "login", Detail: "another operator has this login"}
	}
	return err
}

// OperatorChange is what an administrator wants different; what is nil stays.
type OperatorChange struct {
	Name     *string
	Role     *operator.Role
	Status   *operator.Status
	Password *string
}

func (c OperatorChange) applied(o operator.Operator, hash string) operator.Operator {
	replace(&o.Name, c.Name)
	replace(&o.Role, c.Role)
	replace(&o.Status, c.Status)
	if c.Password != nil {
		o.PasswordHash = hash
	}
	return o
}

func replace[T any](value, by *T) {
	if by != nil {
		*value = *by
	}
}

// faults returns what is wrong with the change for an operator with the given login.
func (c OperatorChange) faults(login string) []operator.Fault {
	faults := c.applied(operator.Operator{Login: login, Name: login, Role: operator.Viewer}, "").Faults()
	if c.Password != nil {
		faults = append(faults, operator.PasswordFaults(*c.Password, login)...)
	}
	return faults
}

// hashed returns the hash of the new password, if there is one.
func (c OperatorChange) hashed(by operator.Hasher) (string, error) {
	if c.Password == nil {
		return "", nil
	}
	return by.Hash(*c.Password)
}

// ChangeOperator renames, promotes, disables or re-keys an operator. Whoever gets another role, state or password
// has to sign in again. Errors: CodeOperatorNotFound, CodeInvalid with faults.
func (e *Engine) ChangeOperator(ctx context.Context, id operator.ID, change OperatorChange) (operator.Operator, error) {
	if faults := change.faults("any-login"); len(faults) > 0 { // before the expensive hash
		return operator.Operator{}, invalidOperator(faults)
	}
	hash, err := change.hashed(e.Hasher)
	if err != nil {
		return operator.Operator{}, err
	}
	var changed operator.Operator
	err = e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		stored, err := tx.LockOperator(id)
		if err != nil {
			return notFound(err, CodeOperatorNotFound)
		}
		if faults := change.faults(stored.Login); len(faults) > 0 {
			return invalidOperator(faults)
		}
		changed = change.applied(stored, hash)
		return e.putOperator(tx, stored, &changed)
	})
	return changed, err
}

// putOperator writes a change, ends the operator's sessions if they must not go on, and audits it.
func (e *Engine) putOperator(tx Tx, was operator.Operator, is *operator.Operator) error {
	if *is == was {
		return nil
	}
	is.UpdatedAt = tx.Now()
	if err := tx.PutOperator(*is); err != nil {
		return loginTaken(err)
	}
	if is.Role != was.Role || is.Status != was.Status || is.PasswordHash != was.PasswordHash {
		if err := tx.DropSessionsOf(is.ID); err != nil {
			return err
		}
	}
	return e.audit(tx, "operator.changed", string(is.ID), was, *is)
}

// ChangeOwnPassword gives the actor a new password. All of the actor's sessions end. Errors: CodeOperatorNotFound
// when the actor has no account, CodeInvalid when the current password is wrong or the new one unfit.
func (e *Engine) ChangeOwnPassword(ctx context.Context, current, next string) error {
	known, err := e.ownAccount(ctx, current)
	if err != nil {
		return err
	}
	if faults := operator.PasswordFaults(next, known.Login); len(faults) > 0 {
		return invalidOperator(faults)
	}
	hash, err := e.Hasher.Hash(next)
	if err != nil {
		return err
	}
	return e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		stored, err := e.lockOwn(tx, known)
		if err != nil {
			return err
		}
		changed := stored
		changed.PasswordHash = hash
		return e.putOperator(tx, stored, &changed)
	})
}
