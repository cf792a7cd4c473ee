package sandbox

import (
	"context"
	"database/sql"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"strconv"
	"time"

	"kaituan/money"
)

// ErrNoScript says that there is no fault script with this id.
var ErrNoScript = errors.New("sandbox: no such fault script")

// MaxScripts is how many scripts, spent ones too, a sandbox keeps.
const MaxScripts = 1000

// Faults are the fault scripts of a sandbox, kept in its books. It is safe for concurrent use.
type Faults struct {
	box *Sandbox
}

// Faults returns the scripts of the sandbox.
func (s *Sandbox) Faults() Faults { return Faults{box: s} }

// Script adds a fault to come and returns it with its id and defaults. Errors: ErrInvalid, as one *InvalidField or
// several joined.
func (f Faults) Script(ctx context.Context, s Script) (Script, error) {
	s, err := s.complete()
	if err != nil {
		return Script{}, err
	}
	s.ID, s.Seen, s.Struck = 0, 0, 0
	text, err := json.Marshal(toView(s))
	if err != nil {
		return Script{}, fmt.Errorf("sandbox: fault script: %w", err)
	}
	err = f.box.db.inTx(ctx, func(tx *sql.Tx) error {
		row := tx.QueryRowContext(ctx, `INSERT INTO faults (out_trade_no, target, script, spent, seen, struck)
			SELECT ?, ?, ?, 0, 0, 0 WHERE (SELECT count(*) FROM faults) < ? RETURNING id`,
			s.OutTradeNo, s.Target, string(text), MaxScripts)
		return row.Scan(&s.ID)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Script{}, &InvalidField{"fault", flawFull, strconv.Itoa(MaxScripts)}
	}
	if err != nil {
		return Script{}, fmt.Errorf("sandbox: write fault script: %w", err)
	}
	return s, nil
}

// List returns all scripts, spent ones too, oldest first.
func (f Faults) List(ctx context.Context) ([]Script, error) {
	return scripts(ctx, f.box.db.read, "ORDER BY id")
}

// Of returns the scripts of one order alone, oldest first.
func (f Faults) Of(ctx context.Context, outTradeNo string) ([]Script, error) {
	return scripts(ctx, f.box.db.read, "WHERE out_trade_no = ? ORDER BY id", outTradeNo)
}

// Remove ends one script; what it holds back is sent. Errors: ErrNoScript.
func (f Faults) Remove(ctx context.Context, id int64) error {
	found, err := f.remove(ctx, "", id)
	if err == nil && !found {
		return ErrNoScript
	}
	return err
}

// Clear ends all scripts; what they hold back is sent.
func (f Faults) Clear(ctx context.Context) error {
	_, err := f.remove(ctx, "", 0)
	return err
}

// remove ends one script, or with id 0 each, of one order, or without a number of all.
func (f Faults) remove(ctx context.Context, outTradeNo string, id int64) (found bool, err error) {
	err = f.box.db.inTx(ctx, func(tx *sql.Tx) error {
		list, err := scripts(ctx, tx, "WHERE ?1 IN ('', out_trade_no) AND ?2 IN (0, id)", outTradeNo, id)
		if err != nil {
			return err
		}
		found = len(list) > 0
		for _, s := range list {
			if s.Fault == Held {
				if err := letGo(ctx, tx, s.OutTradeNo, f.box.now()); err != nil {
					return err
				}
			}
		}
		_, err = tx.ExecContext(ctx, "DELETE FROM faults WHERE ?1 IN ('', out_trade_no) AND ?2 IN (0, id)", outTradeNo, id)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("sandbox: remove fault scripts: %w", err)
	}
	f.box.nudge()
	return found, nil
}

func scripts(ctx context.Context, q querier, rest string, args ...any) ([]Script, error) {
	rows, err := q.QueryContext(ctx, "SELECT id, script, seen, struck FROM faults "+rest, args...)
	if err != nil {
		return nil, fmt.Errorf("sandbox: read fault scripts: %w", err)
	}
	defer func() { _ = rows.Close() }()
	list := []Script{}
	for rows.Next() {
		var v scriptView
		var id int64
		var text []byte
		var seen, struck int
		if err := rows.Scan(&id, &text, &seen, &struck); err != nil {
			return nil, fmt.Errorf("sandbox: read fault scripts: %w", err)
		}
		if err := json.Unmarshal(text, &v); err != nil {
			return nil, fmt.Errorf("sandbox: fault script %d: %w", id, err)
		}
		s := v.script()
		s.ID, s.Seen, s.Struck = id, seen, struck
		list = append(list, s)
	}
	return list, rows.Err()
}

// openScripts reads the scripts that may strike one of the targets about an order, in the order in which they strike.
func openScripts(ctx context.Context, q querier, outTradeNo string, targets ...Target) ([]Script, error) {
	second := targets[len(targets)-1]
	return scripts(ctx, q, `WHERE spent = 0 AND target IN (?, ?) AND out_trade_no IN ('', ?) ORDER BY out_trade_no = '', id`,
		targets[0], second, outTradeNo)
}

// strike counts that a script could strike and says whether it does. It runs in the transaction that acts on it, or
// in one of its own before something that cannot be undone.
func strike(ctx context.Context, tx *sql.Tx, s Script) (bool, error) {
	hit := s.hits(uint64(s.Seen))
	s.Seen++
	if hit {
		s.Struck++
	}
	_, err := tx.ExecContext(ctx, "UPDATE faults SET seen = ?, struck = ?, spent = ? WHERE id = ?", s.Seen, s.Struck, s.Spent(), s.ID)
	if err != nil {
		return false, fmt.Errorf("sandbox: write fault script: %w", err)
	}
	return hit, nil
}

// hits draws whether the script strikes the nth time: the same for the same seed.
func (s Script) hits(n uint64) bool {
	if s.Percent == 0 {
		return true
	}
	h := fnv.New64a()
	_ = binary.Write(h, binary.BigEndian, [2]uint64{uint64(s.Seed), n}) // a hash takes everything
	return int(mix(h.Sum64())%100) < s.Percent
}

// mix spreads a hash over all its bits; FNV's low ones follow its input. The constants are splitmix64's.
func mix(h uint64) uint64 {
	h = (h ^ h>>30) * 0xbf58476d1ce4e5b9
	h = (h ^ h>>27) * 0x94d049bb133111eb
	return h ^ h>>31
}

// strikeAll strikes with every open script of the faults that suits, and returns those that hit.
func (d *database) strikeAll(ctx context.Context, outTradeNo string, target Target, about Event, faults ...Fault) ([]Script, error) {
	suits := func(s Script) bool { return s.suits(about, faults...) }
	list, err := openScripts(ctx, d.read, outTradeNo, target)
	if err != nil || !slices.ContainsFunc(list, suits) {
		return nil, err
	}
	var hits []Script
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		hits, err = strikeIn(ctx, tx, outTradeNo, target, suits)
		return err
	})
	return hits, err
}

func (s Script) suits(about Event, faults ...Fault) bool {
	return slices.Contains(faults, s.Fault) && (s.Event == "" || s.Event == about)
}

func strikeIn(ctx context.Context, tx *sql.Tx, outTradeNo string, target Target, suits func(Script) bool) ([]Script, error) {
	list, err := openScripts(ctx, tx, outTradeNo, target)
	if err != nil {
		return nil, err
	}
	var hits []Script
	for _, s := range list {
		if !suits(s) {
			continue
		}
		hit, err := strike(ctx, tx, s)
		if err != nil {
			return nil, err
		}
		if hit {
			hits = append(hits, s)
		}
	}
	return hits, nil
}

// strikeOne strikes with the first open script that hits; ok is false when none does.
func (d *database) strikeOne(ctx context.Context, outTradeNo string, targets ...Target) (s Script, ok bool, err error) {
	list, err := openScripts(ctx, d.read, outTradeNo, targets...)
	if err != nil || len(list) == 0 {
		return Script{}, false, err
	}
	err = d.inTx(ctx, func(tx *sql.Tx) error {
		list, err := openScripts(ctx, tx, outTradeNo, targets...)
		for i := 0; err == nil && !ok && i < len(list); i++ {
			s = list[i]
			ok, err = strike(ctx, tx, s)
		}
		return err
	})
	return s, ok, err
}

// scriptView is a script in JSON: on the wire and in the books.
type scriptView struct {
	ID         int64  `json:"id,omitempty"`
	OutTradeNo string `json:"out_trade_no,omitempty"`
	Target     Target `json:"target"`
	Fault      Fault  `json:"fault"`
	Event      Event  `json:"event,omitempty"`
	Times      int    `json:"times,omitempty"`
	Percent    int    `json:"percent,omitempty"`
	Seed       int64  `json:"seed,omitempty"`
	DelayMS    int64  `json:"delay_ms,omitempty"`
	Copies     int    `json:"copies,omitempty"`
	Status     int    `json:"status,omitempty"`
	Field      string `json:"field,omitempty"`
	Value      string `json:"value,omitempty"`
	Seal       Seal   `json:"seal,omitempty"`
	Instead    bool   `json:"instead,omitempty"`
	AmountFen  int64  `json:"amount_fen,omitempty"`
	Day        string `json:"day,omitempty"`
}

func toView(s Script) scriptView {
	return scriptView{
		ID: s.ID, OutTradeNo: s.OutTradeNo, Target: s.Target, Fault: s.Fault, Event: s.Event, Times: s.Times,
		Percent: s.Percent, Seed: s.Seed, DelayMS: s.Delay.Milliseconds(), Copies: s.Copies, Status: s.Status,
		Field: s.Field, Value: s.Value, Seal: s.Seal, Instead: s.Instead, AmountFen: int64(s.Amount), Day: s.Day,
	}
}

func (v scriptView) script() Script {
	return Script{
		ID: v.ID, OutTradeNo: v.OutTradeNo, Target: v.Target, Fault: v.Fault, Event: v.Event, Times: v.Times,
		Percent: v.Percent, Seed: v.Seed, Delay: milliseconds(v.DelayMS), Copies: v.Copies, Status: v.Status,
		Field: v.Field, Value: v.Value, Seal: v.Seal, Instead: v.Instead, Amount: money.Fen(v.AmountFen), Day: v.Day,
	}
}

// milliseconds keeps a number that is too large for a duration too large.
func milliseconds(n int64) time.Duration {
	const most = int64(1<<63-1) / int64(time.Millisecond)
	return time.Duration(min(max(n, -most), most)) * time.Millisecond
}
