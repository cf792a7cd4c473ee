// Package invariant looks through a database for rows that break a rule. Tables are gone through by their keys, a page at
// a time, and the database does the looking, so that neither memory nor the length of a statement grows with them.
//
// Other transactions go on meanwhile. A rule of one statement sees each page as of one moment. Whatever breaks a rule is
// looked at again, after a pause, and only told when it still does: what is under way between two systems gets the time
// to arrive.
package invariant

import (
	"context"
	"fmt"
	"slices"
	"time"

	"kaituan/infrastructure/sqldb"
)

// Violation is a row that breaks an invariant.
type Violation struct {
	Invariant string `json:"invariant"` // of docs/invariants.md
	Subject   string `json:"subject"`   // the row: its key, or what a person would look for
	Detail    string `json:"detail"`    // what is wrong with it
}

// Count is how many rows of a kind were looked at for an invariant.
type Count struct {
	Invariant string `json:"invariant"`
	What      string `json:"what"` // the kind, in the plural
	Rows      int64  `json:"rows"`
}

// Result is what a look found.
type Result struct {
	Violations []Violation // at most MaxPerRule of each rule, by invariant and subject
	Counts     []Count     // by invariant and kind
}

// Rows are what a rule looks at: the rows of a table that are Where, by a key that is unique among them and made of
// letters, digits, and _ . - alone.
type Rows struct {
	What  string // their kind, in the plural
	Table string
	Key   string // empty: they are few, or found by an index, and looked at in one go
	Where string // empty: all
}

// Page is a range of keys. The last page has no end, so that pages together cover every key, whether or not a row has it.
type Page struct{ After, UpTo string }

// beyond is after every key.
const beyond = "~"

// Args are named arguments of a statement.
type Args map[string]any

// Rule finds the rows that break one invariant.
type Rule struct {
	Invariant string
	Over      Rows
	// SQL selects them as a subject and a detail. Those of a page have a key after @after, up to and including @upto; see
	// Within. Nil Args: it needs no others.
	SQL  string
	Args Args
	// Find is for what one statement cannot tell; SQL is empty then.
	Find func(ctx context.Context, p Page) ([]Violation, error)
}

// Within is the condition that a column is in the page.
func Within(column string) string { return column + " > @after AND " + column + " <= @upto" }

// MaxPerRule is how many violations of a rule are told: enough to see the pattern.
const MaxPerRule = 100

// Options are how a look is done. The zero value is one look that tells at once what it sees.
type Options struct {
	Again int           // how often what breaks a rule is looked at again before it is told
	Pause time.Duration // before each of those looks
	Page  int           // rows per page; 0: 5000
}

const defaultPage = 5000

// Look goes through what the rules are about. Errors: those of the database, and ctx's.
func Look(ctx context.Context, db *sqldb.DB, rules []Rule, o Options) (Result, error) {
	if o.Page == 0 {
		o.Page = defaultPage
	}
	l := looker{db: db, page: o.Page, suspects: map[*Rule][]suspect{}}
	for _, together := range byRows(rules) {
		rows, err := l.through(ctx, together)
		if err != nil {
			return Result{}, err
		}
		l.count(together, rows)
	}
	for range o.Again {
		if len(l.suspects) == 0 {
			break
		}
		if err := wait(ctx, o.Pause); err != nil {
			return Result{}, err
		}
		if err := l.again(ctx); err != nil {
			return Result{}, err
		}
	}
	return l.result(), nil
}

func wait(ctx context.Context, pause time.Duration) error {
	select {
	case <-time.After(pause):
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// byRows groups rules that look at the same rows, in the order of the first of each.
func byRows(rules []Rule) (groups [][]*Rule) {
	at := map[Rows]int{}
	for i := range rules {
		r := &rules[i]
		n, known := at[r.Over]
		if !known {
			n, at[r.Over] = len(groups), len(groups)
			groups = append(groups, nil)
		}
		groups[n] = append(groups[n], r)
	}
	return groups
}

// looker is a look under way.
type looker struct {
	db       *sqldb.DB
	page     int
	counts   []Count
	suspects map[*Rule][]suspect
}

// suspect is a violation with where it was seen.
type suspect struct {
	Violation
	page Page
}

// through takes rules over the same rows through all pages and returns how many rows there were.
func (l *looker) through(ctx context.Context, rules []*Rule) (rows int64, err error) {
	for p := (Page{}); ; p.After = p.UpTo {
		n, last, err := l.next(ctx, rules[0].Over, p.After)
		if err != nil {
			return rows, err
		}
		rows += n
		p.UpTo = last
		for _, r := range rules {
			if room := MaxPerRule - len(l.suspects[r]); room > 0 {
				if err := l.suspect(ctx, r, p, room); err != nil {
					return rows, err
				}
			}
		}
		if last == beyond {
			return rows, nil
		}
	}
}

// next counts the rows of the page after a key and says where it ends.
func (l *looker) next(ctx context.Context, over Rows, after string) (rows int64, upTo string, err error) {
	where := "1 = 1"
	if over.Where != "" {
		where = over.Where
	}
	var page struct {
		N    int64
		Last string
	}
	db := l.db.Read(ctx)
	if over.Key == "" {
		err = db.Raw("SELECT COUNT(*) AS n FROM " + over.Table + " WHERE " + where).Scan(&page).Error
		return page.N, beyond, failed(err, over.What)
	}
	err = db.Raw(fmt.Sprintf("SELECT COUNT(*) AS n, COALESCE(MAX(k), '') AS last FROM (SELECT %[1]s AS k FROM %[2]s WHERE %[1]s > ? AND %[3]s ORDER BY %[1]s LIMIT ?) p",
		over.Key, over.Table, where), after, l.page).Scan(&page).Error
	if page.N < int64(l.page) {
		return page.N, beyond, failed(err, over.What)
	}
	return page.N, page.Last, failed(err, over.What)
}

func failed(err error, what string) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("invariant: look at %s: %w", what, err)
}

func (l *looker) suspect(ctx context.Context, r *Rule, p Page, room int) error {
	found, err := l.find(ctx, r, p, room)
	for _, v := range found {
		l.suspects[r] = append(l.suspects[r], suspect{v, p})
	}
	return err
}

func (l *looker) find(ctx context.Context, r *Rule, p Page, room int) (found []Violation, err error) {
	if r.Find != nil {
		found, err = r.Find(ctx, p)
		found = found[:min(len(found), room)]
	} else {
		args := map[string]any{"after": p.After, "upto": p.UpTo, "room": room}
		for name, value := range r.Args {
			args[name] = value
		}
		err = l.db.Read(ctx).Raw(r.SQL+" LIMIT @room", args).Scan(&found).Error
	}
	for i := range found {
		if found[i].Invariant == "" {
			found[i].Invariant = r.Invariant
		}
	}
	return found, failed(err, r.Over.What+" for "+r.Invariant)
}

// again drops what does not break its rule any more. A page is looked at without a limit, or more rows that broke it
// meanwhile could hide the ones that are asked for.
func (l *looker) again(ctx context.Context) error {
	for r, suspects := range l.suspects {
		pages := map[Page]map[string]bool{}
		for _, s := range suspects {
			if pages[s.page] != nil {
				continue
			}
			still, err := l.find(ctx, r, s.page, l.page*MaxPerRule)
			if err != nil {
				return err
			}
			pages[s.page] = map[string]bool{}
			for _, v := range still {
				pages[s.page][v.Invariant+" "+v.Subject] = true
			}
		}
		l.suspects[r] = slices.DeleteFunc(suspects, func(s suspect) bool { return !pages[s.page][s.Invariant+" "+s.Subject] })
		if len(l.suspects[r]) == 0 {
			delete(l.suspects, r)
		}
	}
	return nil
}

func (l *looker) count(rules []*Rule, rows int64) {
	for _, r := range rules {
		c := Count{Invariant: r.Invariant, What: r.Over.What, Rows: rows}
		if !slices.Contains(l.counts, c) {
			l.counts = append(l.counts, c)
		}
	}
}

func (l *looker) result() Result {
	result := Result{Counts: l.counts}
	for _, suspects := range l.suspects {
		for _, s := range suspects {
			result.Violations = append(result.Violations, s.Violation)
		}
	}
	result.sort()
	return result
}
