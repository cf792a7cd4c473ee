package sandbox

import (
	"cmp"
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

// farthest bounds how far the clock can be from the machine's, either way: dates keep four digits.
const farthest = 100 * 365 * 24 * time.Hour

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

	changing sync.Mutex   // one change at a time; held while the books are written
	mu       sync.RWMutex // guards since and never waits for the books: whoever writes them asks for the time
	since    timeline
}

// timeline maps the machine's time to the sandbox's: shown at machine, from there on at speed.
type timeline struct {
	machine, shown time.Time
	speed          int64
}

// at is what the clock shows; a fast one that nobody set for long stops when it is as far ahead as it can be.
func (l timeline) at(machine time.Time) time.Time {
	passed := min(machine.Sub(l.machine), farthest/time.Duration(l.speed))
	return l.shown.Add(passed * time.Duration(l.speed))
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
	return whole(c.line().at(whole(c.machine())))
}

func (c *Clock) line() timeline {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return c.since
}

func whole(t time.Time) time.Time { return t.UTC().Truncate(time.Millisecond) }

// Setting returns how the clock differs from the machine's now.
func (c *Clock) Setting() ClockSetting {
	now, line := whole(c.machine()), c.line()
	return ClockSetting{Speed: line.speed, Ahead: line.at(now).Sub(now)}
}

// A ClockChange says what becomes of a clock: first reset, then jump, then another speed. The zero change is none.
type ClockChange struct {
	Reset bool          // to the machine's time and speed
	Jump  time.Duration // back when negative; at most 400 days
	Speed int64         // 1..MaxSpeed; 0: as it was
}

// Jump moves the clock by d. Errors: as Change.
func (c *Clock) Jump(ctx context.Context, d time.Duration) error {
	return c.Change(ctx, ClockChange{Jump: d})
}

// Run lets the clock run speed times as fast as the machine's from now on. Errors: as Change.
func (c *Clock) Run(ctx context.Context, speed int64) error {
	if speed == 0 {
		return &InvalidField{"speed", flawRange, upTo(1, MaxSpeed)}
	}
	return c.Change(ctx, ClockChange{Speed: speed})
}

// Change sets the clock, all of it or nothing. Whatever became due on the way is done at once. Errors: *InvalidField.
func (c *Clock) Change(ctx context.Context, change ClockChange) error {
	if change.Jump < -maxJump || change.Jump > maxJump {
		return &InvalidField{"jump_ms", flawRange, upTo(-maxJump.Milliseconds(), maxJump.Milliseconds())}
	}
	if change.Speed != 0 && (change.Speed < 1 || change.Speed > MaxSpeed) {
		return &InvalidField{"speed", flawRange, upTo(1, MaxSpeed)}
	}
	c.changing.Lock()
	defer c.changing.Unlock()
	now, line := whole(c.machine()), c.line()
	next := timeline{now, line.at(now), line.speed}
	if change.Reset {
		next.shown, next.speed = now, 1
	}
	next.shown = next.shown.Add(change.Jump.Truncate(time.Millisecond))
	next.speed = cmp.Or(change.Speed, next.speed)
	if change.Jump != 0 && next.shown.Sub(now).Abs() > farthest {
		return &InvalidField{"jump_ms", flawRange, "±36500 d"}
	}
	_, err := c.db.write.ExecContext(ctx, `INSERT INTO clock (id, machine_at, shown_at, speed) VALUES (1, ?, ?, ?)
		ON CONFLICT (id) DO UPDATE SET machine_at = excluded.machine_at, shown_at = excluded.shown_at, speed = excluded.speed`,
		next.machine.UnixMilli(), next.shown.UnixMilli(), next.speed)
	if err != nil {
		return fmt.Errorf("sandbox: write clock: %w", err)
	}
	c.mu.Lock()
	c.since = next
	c.mu.Unlock()
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
