package simulation

import (
	"context"
	"errors"
	"os"
	"path/filepath"

	"kaituan/infrastructure/sqldb"
)

// Prepare makes the two empty databases that every Plan with this Dir starts from: migrating them anew for each seed
// would take longer than the story. Call it once; afterwards any number of plans may run at once.
func Prepare(ctx context.Context, dir string) error {
	for _, service := range []sqldb.Service{sqldb.GroupBuy, sqldb.Mall} {
		db, err := sqldb.Open(ctx, sqldb.DSN("sqlite:"+blank(dir, service)))
		if err != nil {
			return err
		}
		if err := errors.Join(db.Migrate(ctx, service), db.Close()); err != nil {
			return err
		}
	}
	return nil
}

func blank(dir string, service sqldb.Service) string {
	return filepath.Join(dir, "blank-"+string(service)+".db")
}

func (w *world) openDatabases() (err error) {
	if w.dir, err = os.MkdirTemp(w.plan.Dir, "world-"); err != nil {
		return err
	}
	if w.engineDB, err = w.openDatabase(sqldb.GroupBuy); err != nil {
		return err
	}
	if w.mallDB, err = w.openDatabase(sqldb.Mall); err != nil {
		return err
	}
	for text, db := range map[string]*sqldb.DB{engineDue: w.engineDB, mallDue: w.mallDB} {
		q, err := w.prepare(db, text)
		if err != nil {
			return err
		}
		w.questions = append(w.questions, q)
	}
	return nil
}

// openDatabase gives the world a copy of its own.
func (w *world) openDatabase(service sqldb.Service) (*sqldb.DB, error) {
	content, err := os.ReadFile(blank(w.plan.Dir, service))
	if err != nil {
		return nil, err
	}
	path := filepath.Join(w.dir, string(service)+".db")
	if err := os.WriteFile(path, content, 0o600); err != nil { //nolint:gosec // G703: a folder of our own making
		return nil, err
	}
	return sqldb.Open(w.ctx, sqldb.DSN("sqlite:"+path), sqldb.WithCommits(w.commit), sqldb.WithLog(w.log))
}
