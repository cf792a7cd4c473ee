package groupbuy

import (
	"context"

	"kaituan/groupbuy/activity"
)

// Switches is the part of a transaction over the global settings.
type Switches interface {
	// LockSettings returns the settings and holds them against other transactions.
	LockSettings() (activity.Settings, error)
	// PutSettings replaces the settings.
	PutSettings(s activity.Settings) error
}

// Settings returns the global switches as they are stored.
func (e *Engine) Settings(ctx context.Context) (activity.Settings, error) {
	return e.Store.Settings(ctx)
}

// ChangeSettings replaces the global switches. This node obeys them at once, every other one within two seconds.
// Errors: CodeInvalid with faults.
func (e *Engine) ChangeSettings(ctx context.Context, s activity.Settings) (activity.Settings, error) {
	if faults := s.Faults(); len(faults) > 0 {
		return activity.Settings{}, invalidAll(CodeInvalid, faults)
	}
	err := e.configure(ctx, &e.rules.prices, func(tx Tx) error {
		before, err := tx.LockSettings()
		if err != nil {
			return err
		}
		if err := tx.PutSettings(s); err != nil {
			return err
		}
		return e.audit(tx, "settings.changed", "settings", before, s)
	})
	return s, err
}
