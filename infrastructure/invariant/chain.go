package invariant

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"

	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
)

// Link is an entry of an audit as one link of its chain.
type Link struct {
	Seq      int64
	Previous string // the hash that it carries of the entry before
	Hash     string // the hash that it carries of itself
	Sum      string // the hash that it must have
}

// Chain is the rule that a database's audit is one unbroken chain (I14): the rows of table audit, in the order of seq, up to
// the end that the one row of audit_head names. R is such a row.
func Chain[R any](db *sqldb.DB, link func(R) Link) Rule {
	return Rule{
		Invariant: "I14", Over: Rows{What: "audit entries", Table: "audit"},
		Find: func(ctx context.Context, _ Page) ([]Violation, error) { return walkChain(ctx, db, link) },
	}
}

// walkChain streams the rows in one view: entries that are appended meanwhile do not show.
func walkChain[R any](ctx context.Context, db *sqldb.DB, link func(R) Link) (broken []Violation, err error) {
	view := &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true}
	err = db.Read(ctx).Transaction(func(db *gorm.DB) error {
		var end Link
		if err := db.Table("audit_head").Where("id = 1").Take(&end).Error; err != nil {
			return err
		}
		walk := chainWalk{}
		if err := eachRow(db, func(row R) { walk.step(link(row)) }); err != nil {
			return err
		}
		walk.end(end)
		broken = walk.broken
		return nil
	}, view)
	return broken, err
}

func eachRow[R any](db *gorm.DB, do func(R)) error {
	rows, err := db.Table("audit").Order("seq").Rows()
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var row R
		if err := db.ScanRows(rows, &row); err != nil {
			return err
		}
		do(row)
	}
	return rows.Err()
}

// chainWalk follows the chain link by link.
type chainWalk struct {
	last   Link
	broken []Violation
}

func (w *chainWalk) step(l Link) {
	switch {
	case l.Seq != w.last.Seq+1:
		w.blame(l.Seq, fmt.Sprintf("follows entry %d", w.last.Seq))
	case l.Previous != w.last.Hash:
		w.blame(l.Seq, "does not carry the hash of the entry before it")
	case l.Hash != l.Sum:
		w.blame(l.Seq, "was changed after it was written")
	}
	w.last = l
}

func (w *chainWalk) end(end Link) {
	if end.Seq != w.last.Seq || end.Hash != w.last.Hash {
		w.blame(end.Seq, fmt.Sprintf("should be the last entry; the last is %d", w.last.Seq))
	}
}

func (w *chainWalk) blame(seq int64, detail string) {
	if len(w.broken) < MaxPerRule {
		w.broken = append(w.broken, Violation{Subject: "audit/" + strconv.FormatInt(seq, 10), Detail: detail})
	}
}
