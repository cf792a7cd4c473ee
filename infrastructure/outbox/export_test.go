package outbox

import "context"

// CrashAfterClaim claims as the relay would and then forgets about it, as a killed process does.
func CrashAfterClaim(ctx context.Context, r *Relay) error {
	_, err := newShift(r).exchange(ctx, r.opts.Workers)
	return err
}
