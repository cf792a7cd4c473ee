package groupbuy

import (
	"context"
	"errors"

	"kaituan/groupbuy/activity"
)

// ChangeActivity changes what may change of a published or paused activity: its name, its end (later) and its stock
// (up). Everything that is wrong is reported at once; a change that changes nothing leaves no trace. Errors: CodeActivityNotFound, CodeActivityState,
// CodeActivityChanged, CodeNameTaken, CodeActivityInvalid with faults.
func (e *Engine) ChangeActivity(ctx context.Context, id activity.ID, change activity.Change) (activity.Activity, error) {
	var after activity.Activity
	err := e.configure(ctx, &e.rules.prices, func(tx Tx) error {
		before, err := lockActivity(tx, id)
		if err != nil {
			return err
		}
		if before.Status != activity.Published && before.Status != activity.Paused {
			return &Error{Code: CodeActivityState, Detail: "a " + string(before.Status) + " activity cannot be changed; copy it"}
		}
		if after, err = e.changed(tx, before, change); err != nil {
			return err
		}
		if change.Nothing(before) {
			after = before
			return errUnchanged
		}
		if err := tx.OpenStock(id, change.Stock); err != nil {
			return err
		}
		if err := saveError(tx.PutActivity(after)); err != nil {
			return err
		}
		if err := recordActivity(tx, "activity.changed", after); err != nil {
			return err
		}
		return e.audit(tx, "activity.changed", string(id), before, after)
	})
	if errors.Is(err, errUnchanged) {
		err = nil
	}
	return after, err
}

// errUnchanged ends a transaction that has nothing to write, before nodes are told to read the configuration again.
var errUnchanged = errors.New("groupbuy: nothing changes")

// changed applies a change and checks the result against the partner's other activities.
func (e *Engine) changed(tx Tx, before activity.Activity, change activity.Change) (activity.Activity, error) {
	after := before.With(change)
	after.UpdatedAt = tx.Now()
	rivals, err := tx.Rivals(after.Partner, after.StartsAt, after.EndsAt)
	if err != nil {
		return after, err
	}
	if faults := before.ChangeFaults(change, rivals); len(faults) > 0 {
		return after, invalidAll(CodeActivityInvalid, faults)
	}
	return after, nil
}

// lockActivity reads an activity and holds its partner's configuration, so that no two activities over the same goods
// come to overlap, each unaware of the other. Errors: CodeActivityNotFound.
func lockActivity(tx Tx, id activity.ID) (activity.Activity, error) {
	a, err := tx.Activity(id)
	if err != nil {
		return a, notFound(err, CodeActivityNotFound)
	}
	return a, tx.LockPartner(a.Partner)
}

// recordActivity tells the partner what became of an activity, without the names of buyers.
func recordActivity(tx Tx, event string, a activity.Activity) error {
	told := a.WithoutLists()
	_, err := tx.Record(Event{Partner: a.Partner, Type: event, Activity: &told})
	return err
}

// CopyActivity writes a draft of the same configuration under a new name. The activity copied may be in any state.
// Errors: CodeActivityNotFound, CodeNameTaken, CodeInvalid.
func (e *Engine) CopyActivity(ctx context.Context, id activity.ID, name string) (activity.Activity, error) {
	newID := activity.ID(e.IDs.New("act_"))
	var saved activity.Activity
	err := e.Store.InTx(ctx, func(_ context.Context, tx Tx) error {
		source, err := lockActivity(tx, id)
		if err != nil {
			return err
		}
		draft := source.Copy(name)
		draft.ID, draft.CreatedAt = newID, tx.Now()
		if saved, err = putDraft(tx, draft); err != nil {
			return err
		}
		return e.audit(tx, "activity.created", string(newID), nil, saved)
	})
	return saved, err
}

// ArchiveActivity puts an ended activity away; teams that are open go on. Errors: CodeActivityNotFound,
// CodeActivityState, CodeActivityChanged.
func (e *Engine) ArchiveActivity(ctx context.Context, id activity.ID) (activity.Activity, error) {
	return e.move(ctx, id, activity.Archived, nil)
}
