package groupbuy

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/partner"
)

// PutGoods registers a partner's goods, or replaces them with all their SKUs. Errors: CodeInvalid with faults.
func (e *Engine) PutGoods(ctx context.Context, g activity.Goods) (activity.Goods, error) {
	if faults := g.Validate(); len(faults) > 0 {
		return activity.Goods{}, invalidAll(CodeInvalid, faults)
	}
	err := e.configure(ctx, &e.rules.prices, func(tx Tx) error {
		g.UpdatedAt = tx.Now()
		return tx.PutGoods(g)
	})
	return g, err
}

// configure runs a change of what nodes keep in memory, counts it here and announces it to the others.
func (e *Engine) configure(ctx context.Context, changes *atomic.Int64, change func(tx Tx) error) error {
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		if err := change(tx); err != nil {
			return err
		}
		return tx.TouchConfig()
	})
	if err != nil {
		return err
	}
	changes.Add(1)
	e.Changed(ctx)
	e.Wake()
	return nil
}

// CreateActivity writes a draft. Defaults fill what the operator left open. Errors: CodePartnerNotFound,
// CodeNameTaken, CodeInvalid.
func (e *Engine) CreateActivity(ctx context.Context, a activity.Activity) (activity.Activity, error) {
	a.ID, a.Status, a.Version = activity.ID(e.IDs.New("act_")), activity.Draft, 0
	var saved activity.Activity
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		err := tx.LockPartner(a.Partner)
		if err != nil {
			return notFound(err, CodePartnerNotFound)
		}
		a.CreatedAt = tx.Now()
		if saved, err = putDraft(tx, a); err != nil {
			return err
		}
		return e.audit(tx, "activity.created", string(a.ID), nil, saved)
	})
	return saved, err
}

// ChangeDraft rewrites a draft. Errors: CodeActivityNotFound, CodeActivityState, CodeActivityChanged, CodeNameTaken,
// CodeInvalid.
func (e *Engine) ChangeDraft(ctx context.Context, a activity.Activity) (activity.Activity, error) {
	var saved activity.Activity
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		stored, err := tx.Activity(a.ID)
		if err != nil {
			return notFound(err, CodeActivityNotFound)
		}
		if stored.Status != activity.Draft {
			return &Error{Code: CodeActivityState, Detail: "only a draft can be rewritten; this one is " + string(stored.Status)}
		}
		if stored.Partner != a.Partner {
			return invalid("partner_id", "a draft stays with its partner "+string(stored.Partner))
		}
		a.Status, a.Version, a.CreatedAt = stored.Status, stored.Version, stored.CreatedAt
		if saved, err = putDraft(tx, a); err != nil {
			return err
		}
		return e.audit(tx, "activity.changed", string(a.ID), stored, saved)
	})
	return saved, err
}

func putDraft(tx Tx, a activity.Activity) (activity.Activity, error) {
	if faults := a.DraftFaults(); len(faults) > 0 {
		return a, invalidAll(CodeInvalid, faults)
	}
	a = a.WithDefaults()
	a.UpdatedAt = tx.Now()
	return a, saveError(tx.PutActivity(a))
}

func saveError(err error) error {
	switch {
	case errors.Is(err, ErrDuplicate):
		return &Error{Code: CodeNameTaken, Param: "name", Detail: "the partner has another activity of that name"}
	case errors.Is(err, ErrConflict):
		return &Error{Code: CodeActivityChanged, Detail: "somebody else saved it in between; read it again"}
	default:
		return err
	}
}

// PublishActivity makes a draft live, or lets a paused activity go on. Everything that is wrong is reported at
// once. Errors: CodeActivityNotFound, CodeActivityState, CodeActivityChanged, CodeActivityInvalid with faults.
func (e *Engine) PublishActivity(ctx context.Context, id activity.ID) (activity.Activity, error) {
	return e.move(ctx, id, activity.Published, func(tx Tx, a activity.Activity) error {
		among, err := background(tx, a)
		if err != nil {
			return err
		}
		if faults := a.Faults(among); len(faults) > 0 {
			return invalidAll(CodeActivityInvalid, faults)
		}
		if a.Status == activity.Draft {
			return tx.OpenStock(a.ID, a.Stock)
		}
		return nil
	})
}

// background is what an activity would be published among.
func background(tx Tx, a activity.Activity) (among activity.Background, err error) {
	among.Now = tx.Now()
	if among.Goods, err = tx.Goods(a.Partner, a.Goods); err != nil {
		return among, err
	}
	if among.Rivals, err = tx.Rivals(a.Partner, a.StartsAt, a.EndsAt); err != nil {
		return among, err
	}
	for _, id := range a.Tags() {
		tag, err := tx.Tag(id)
		if errors.Is(err, ErrNotFound) {
			continue
		}
		if err != nil {
			return among, err
		}
		if tag.Partner == "" || tag.Partner == a.Partner {
			among.Tags = append(among.Tags, id)
		}
	}
	return among, nil
}

// PauseActivity lets no team be opened or joined for now. Errors: CodeActivityNotFound, CodeActivityState,
// CodeActivityChanged.
func (e *Engine) PauseActivity(ctx context.Context, id activity.ID) (activity.Activity, error) {
	return e.move(ctx, id, activity.Paused, nil)
}

// EndActivity lets no team be opened any more; open teams go on. Errors: CodeActivityNotFound, CodeActivityState,
// CodeActivityChanged.
func (e *Engine) EndActivity(ctx context.Context, id activity.ID) (activity.Activity, error) {
	return e.move(ctx, id, activity.Ended, nil)
}

// move takes an activity to its next state.
func (e *Engine) move(ctx context.Context, id activity.ID, next activity.Status, check func(Tx, activity.Activity) error) (activity.Activity, error) {
	var a activity.Activity
	err := e.configure(ctx, &e.rules.prices, func(tx Tx) error {
		var err error
		if a, err = lockActivity(tx, id); err != nil {
			return err
		}
		if !a.Status.CanBecome(next) {
			return &Error{Code: CodeActivityState, Detail: fmt.Sprintf("a %s activity cannot become %s", a.Status, next)}
		}
		if check != nil {
			if err := check(tx, a); err != nil {
				return err
			}
		}
		before := a
		a.Status, a.UpdatedAt = next, tx.Now()
		if err := saveError(tx.PutActivity(a)); err != nil {
			return err
		}
		if err := recordActivity(tx, "activity."+string(next), a); err != nil {
			return err
		}
		return e.audit(tx, "activity."+string(next), string(a.ID), before, a)
	})
	return a, err
}

// Activity returns an activity in any state, for operators. Errors: CodeActivityNotFound.
func (e *Engine) Activity(ctx context.Context, id activity.ID) (activity.Activity, error) {
	a, err := e.Store.ActivityByID(ctx, id)
	return a, notFound(err, CodeActivityNotFound)
}

// ListActivities lists activities, newest first, for operators.
func (e *Engine) ListActivities(ctx context.Context, q ActivityQuery) ([]activity.Activity, error) {
	return e.Store.Activities(ctx, q)
}

// EnsurePartner creates a partner; one that is there keeps its name. Errors: CodeInvalid.
func (e *Engine) EnsurePartner(ctx context.Context, id partner.ID, name string) error {
	_, err := e.Store.Partner(ctx, id)
	if errors.Is(err, ErrNotFound) {
		_, err = e.PutPartner(ctx, id, name)
	}
	return err
}

// PutPartner creates or renames a partner. Errors: CodeInvalid.
func (e *Engine) PutPartner(ctx context.Context, id partner.ID, name string) (partner.Partner, error) {
	if err := validIDs("partner_id", string(id)); err != nil {
		return partner.Partner{}, err
	}
	if !activity.ValidName(name) {
		return partner.Partner{}, invalid("name", "want 1 to 200 characters")
	}
	var saved partner.Partner
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		stored, err := tx.Partner(id)
		isNew := errors.Is(err, ErrNotFound)
		if err != nil && !isNew {
			return err
		}
		saved = partner.Partner{ID: id, Name: name, CreatedAt: stored.CreatedAt}
		if isNew {
			saved.CreatedAt = tx.Now()
		}
		if err := tx.PutPartner(saved); err != nil {
			return err
		}
		if isNew {
			return e.audit(tx, "partner.created", string(id), nil, saved)
		}
		return e.audit(tx, "partner.renamed", string(id), stored, saved)
	})
	return saved, err
}
