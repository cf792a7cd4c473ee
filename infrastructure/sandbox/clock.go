package sandbox

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"
)

// MaxSpeed is how many times faster than the machine's a sandbox's clock can run.
const MaxSpeed = 100_000

// maxJump bounds one jump, either way.
const maxJump = 400 * 24 * time.Hour

// ErrInvalid says that a script or a setting is none that the sandbox knows; the text names the field.
var ErrInvalid = errors.New("sandbox: invalid")

// ClockSetting is how a sandbox's clock differs from the machine's.
type ClockSetting struct {
	Speed int64         // seconds of the sandbox per second of the machine, 1..MaxSpeed
	Ahead time.Duration // of the machine's clock at this moment; grows by itself when Speed is above 1
}

// Clock is the one time by which a sandbox does everything: trades end, notices are repeated, bills become ready.
// It begins as the machine's clock, Config.Now, and can jump and run faster. Its setting is kept in the books.
// It is safe for concurrent use.
type Clock struct {
	machine func() time.Time
	db      *database
	changed func()

	mu    sync.RWMutex
	since timeline
}

// timeline maps the machine's time to the sandbox's: shown at machine, from there on at speed.
type timeline struct {
	machine, shown time.Time
	speed          int64
}

func (l timeline) at(machine time.Time) time.Time {
	return l.shown.Add(machine.Sub(l.machine) * time.Duration(l.speed))
}

func loadClock(ctx context.Context, machine func() time.Time, db *database) (*Clock, error) {
	now := whole(machine())
	c := &Clock{machine: machine, db: db, changed: func() {}, since: timeline{now, now, 1}}
	var machineAt, shownAt int64
	err := db.read.QueryRowContext(ctx, "SELECT machine_at, shown_at, speed FROM clock").Scan(&machineAt, &shownAt, &c.since.speed)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return c, nil
	case err != nil:
		return nil, fmt.Errorf("sandbox: read clock: %w", err)
	}
	c.since.machine, c.since.shown = time.UnixMilli(machineAt).UTC(), time.UnixMilli(shownAt).UTC()
	return c, nil
}

// Now is the sandbox's time, UTC, in the precision that its books keep.
func (c *Clock) Now() time.Time {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return whole(c.since.at(whole(c.machine())))
}

func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Setting returns how the clock differs from the machine's now.
func (c *Clock) Setting() ClockSetting {
	c.mu.RLock()
	defer c.mu.RUnlock()
	now := whole(c.machine())
	return ClockSetting{Speed: c.since.speed, Ahead: c.since.at(now).Sub(now)}
}

// Jump moves the clock by d, back when d is negative. Whatever became due on the way is done at once. Errors:
// ErrInvalid for more than 400 days.
func (c *Clock) Jump(ctx context.Context, d time.Duration) error {
	if d < -maxJump || d > maxJump {
		return &InvalidField{"jump", "at most 400 days"}
	}
	return c.set(ctx, func(l *timeline) { l.shown = l.shown.Add(d.Truncate(time.Millisecond)) })
}

// Run lets the clock run speed times as fast as the machine's from now on. Errors: ErrInvalid.
func (c *Clock) Run(ctx context.Context, speed int64) error {
	if speed < 1 || speed > MaxSpeed {
		return &InvalidField{"speed", fmt.Sprintf("1 to %d", MaxSpeed)}
	}
	return c.set(ctx, func(l *timeline) { l.speed = speed })
}

// Reset makes it the machine's clock again.
func (c *Clock) Reset(ctx context.Context) error {
	return c.set(ctx, func(l *timeline) { l.shown, l.speed = l.machine, 1 })
}

func (c *Clock) set(ctx context.Context, change func(*timeline)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := whole(c.machine())
	next := timeline{now, c.since.at(now), c.since.speed}
	change(&next)
	_, err := c.db.write.ExecContext(ctx, `INSERT INTO clock (id, machine_at, shown_at, speed) VALUES (1, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET machine_at = excluded.machine_at, shown_at = excluded.shown_at, speed = excluded.speed`,
		next.machine.UnixMilli(), next.shown.UnixMilli(), next.speed)
	if err != nil {
		return fmt.Errorf("sandbox: write clock: %w", err)
	}
	c.since = next
	c.changed()
	return nil
}

// wait is how long the machine takes until the clock shows at.
func (c *Clock) wait(at time.Time) time.Duration {
	return at.Sub(c.Now()) / time.Duration(c.Setting().Speed)
}

// merchant is the time by the clock that a merchant lives by, told from what it stamped its request with: the
// sandbox's, or the machine's when that is nearer. So a merchant whose own clock stays can be served while the
// sandbox's clock is ahead.
func (c *Clock) merchant(stamped time.Time) time.Time {
	ours, machine := c.Now(), whole(c.machine())
	if stamped.Sub(ours).Abs() <= stamped.Sub(machine).Abs() {
		return ours
	}
	return machine
}
