package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"kaituan/infrastructure/config"
	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/sqldb"
)

// backupManifest is the file that makes a directory a backup: it is written last.
const backupManifest = "backup.json"

// Backup says what a directory holds.
type Backup struct {
	TakenAt   time.Time                 `json:"taken_at"` // when the first copy began: what happened since is not in it
	Build     observe.Build             `json:"build"`
	Databases map[string]BackedDatabase `json:"databases"` // groupbuy, mall
}

// BackedDatabase is one database of a backup.
type BackedDatabase struct {
	File    string        `json:"file"`
	Dialect sqldb.Dialect `json:"dialect"`
	Schema  int64         `json:"schema"` // version
}

// WriteBackup copies both databases into a new directory, beside running servers. Each copy is of one moment; the mall's
// is the later one, so that each of its orders of that moment finds its seat. Errors: a directory that is there already,
// those of the databases.
func WriteBackup(ctx context.Context, c config.Config, dir string) (b Backup, err error) {
	c.Role = config.RoleAll
	dbs, err := openExisting(ctx, c)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, dbs.close()) }()
	if err := os.Mkdir(dir, 0o700); err != nil {
		return b, err
	}
	b = Backup{TakenAt: time.Now().UTC(), Build: observe.ReadBuild(), Databases: map[string]BackedDatabase{}}
	for _, name := range []string{"groupbuy", "mall"} {
		db := dbs.opened()[name]
		one := BackedDatabase{File: name + "." + string(db.Dialect()), Dialect: db.Dialect()}
		if one.Schema, err = db.Version(ctx); err != nil {
			return b, err
		}
		if err := db.Backup(ctx, filepath.Join(dir, one.File)); err != nil {
			return b, err
		}
		b.Databases[name] = one
	}
	text, err := json.MarshalIndent(b, "", "  ")
	if err != nil {
		return b, err
	}
	return b, os.WriteFile(filepath.Join(dir, backupManifest), append(text, '\n'), 0o600)
}

// RestoreBackup fills two empty databases from a directory that WriteBackup wrote. Errors: a directory that is no whole
// backup, one of another kind of database or of a newer program, sqldb.ErrNotEmpty.
func RestoreBackup(ctx context.Context, c config.Config, dir string) (b Backup, err error) {
	text, err := os.ReadFile(filepath.Join(dir, backupManifest))
	if err != nil {
		return b, fmt.Errorf("not a whole backup: %w", err)
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return b, fmt.Errorf("%s: %w", backupManifest, err)
	}
	targets := map[string]struct {
		dsn     string
		service sqldb.Service
	}{"groupbuy": {c.GroupBuy.DB, sqldb.GroupBuy}, "mall": {c.Mall.DB, sqldb.Mall}}
	for name, target := range targets {
		latest, err := sqldb.Latest(target.service)
		if err != nil {
			return b, err
		}
		one := b.Databases[name]
		if want := sqldb.DSN(target.dsn).Dialect(); one.Dialect != want {
			return b, fmt.Errorf("the backup of %s is of %s, the configured database is %s", name, one.Dialect, want)
		}
		if one.Schema > latest {
			return b, fmt.Errorf("the backup of %s has schema %d, this program knows %d: restore with the newer one", name, one.Schema, latest)
		}
	}
	if err := makeDataDir(c); err != nil {
		return b, err
	}
	for _, name := range []string{"groupbuy", "mall"} {
		if err := sqldb.Restore(ctx, sqldb.DSN(targets[name].dsn), filepath.Join(dir, b.Databases[name].File)); err != nil {
			return b, err
		}
	}
	return b, nil
}
