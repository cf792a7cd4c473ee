package app

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"kaituan/infrastructure/config"
	"kaituan/infrastructure/failpoint"
	"kaituan/infrastructure/sqldb"
)

// databases are the two stores of the system. No transaction can span them.
type databases struct {
	groupbuy *sqldb.DB
	mall     *sqldb.DB
}

// openDatabases opens what the role needs; a database it does not need stays nil.
func openDatabases(ctx context.Context, c config.Config, options ...sqldb.Option) (databases, error) {
	var d databases
	var err error
	if c.Role != config.RoleMall {
		if d.groupbuy, err = openDatabase(ctx, "groupbuy.db", c.GroupBuy.DB, options); err != nil {
			return d, err
		}
	}
	if c.Role != config.RoleGroupBuy {
		if d.mall, err = openDatabase(ctx, "mall.db", c.Mall.DB, options); err != nil {
			return d, errors.Join(err, d.close())
		}
	}
	return d, nil
}

func openDatabase(ctx context.Context, key, text string, options []sqldb.Option) (*sqldb.DB, error) {
	dsn, err := sqldb.ParseDSN(text)
	if err != nil {
		return nil, fmt.Errorf("%s (%s): %w", key, config.EnvName(key), err)
	}
	if failpoint.Built {
		options = append(slices.Clone(options), sqldb.WithCommits(failpoint.Around(strings.TrimSuffix(key, ".db"))))
	}
	db, err := sqldb.Open(ctx, dsn, options...)
	if err != nil {
		return nil, fmt.Errorf("open %s (%s): %w", key, dsn, err)
	}
	return db, nil
}

// migrate brings the opened databases to this binary's schema.
func (d databases) migrate(ctx context.Context) error {
	if d.groupbuy != nil {
		if err := d.groupbuy.Migrate(ctx, sqldb.GroupBuy); err != nil {
			return fmt.Errorf("migrate groupbuy.db: %w", err)
		}
	}
	if d.mall != nil {
		if err := d.mall.Migrate(ctx, sqldb.Mall); err != nil {
			return fmt.Errorf("migrate mall.db: %w", err)
		}
	}
	return nil
}

// current refuses databases that another binary's schema is in: of several processes one must not change them
// under the others.
func (d databases) current(ctx context.Context) error {
	for service, db := range map[sqldb.Service]*sqldb.DB{sqldb.GroupBuy: d.groupbuy, sqldb.Mall: d.mall} {
		if db == nil {
			continue
		}
		version, err := db.Version(ctx)
		if err != nil {
			return fmt.Errorf("schema of %s: %w", service, err)
		}
		latest, err := sqldb.Latest(service)
		if err != nil {
			return err
		}
		if version < latest {
			return fmt.Errorf("the schema of %s is version %d, this binary wants %d: run kaituan migrate first", service, version, latest)
		}
	}
	return nil
}

// opened is the databases that this process has, by name.
func (d databases) opened() map[string]*sqldb.DB {
	opened := map[string]*sqldb.DB{}
	if d.groupbuy != nil {
		opened["groupbuy"] = d.groupbuy
	}
	if d.mall != nil {
		opened["mall"] = d.mall
	}
	return opened
}

// close closes what was opened.
func (d databases) close() error {
	var errs []error
	for _, db := range d.opened() {
		errs = append(errs, db.Close())
	}
	return errors.Join(errs...)
}

// Migrate brings both databases to this binary's schema and reports their versions.
func Migrate(ctx context.Context, c config.Config) (report string, err error) {
	c.Role = config.RoleAll
	if err := makeDataDir(c); err != nil {
		return "", err
	}
	d, err := openDatabases(ctx, c)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, d.close()) }()
	if err := d.migrate(ctx); err != nil {
		return "", err
	}
	var lines strings.Builder
	for _, one := range []struct {
		service sqldb.Service
		db      *sqldb.DB
	}{{sqldb.GroupBuy, d.groupbuy}, {sqldb.Mall, d.mall}} {
		version, err := one.db.Version(ctx)
		if err != nil {
			return "", err
		}
		fmt.Fprintf(&lines, "%s: version %d\n", one.service, version)
	}
	return lines.String(), nil
}

// openExisting opens what the role needs for a command that must not make a database by a slip of the pen, nor change
// the schema of one.
func openExisting(ctx context.Context, c config.Config) (databases, error) {
	if c.Role != config.RoleMall {
		if err := existing("groupbuy.db", c.GroupBuy.DB); err != nil {
			return databases{}, err
		}
	}
	if c.Role != config.RoleGroupBuy {
		if err := existing("mall.db", c.Mall.DB); err != nil {
			return databases{}, err
		}
	}
	d, err := openDatabases(ctx, c)
	if err != nil {
		return d, err
	}
	if err := d.current(ctx); err != nil {
		return d, errors.Join(err, d.close())
	}
	return d, nil
}

func existing(key, dsn string) error {
	path, embedded := strings.CutPrefix(dsn, "sqlite:")
	if !embedded {
		return nil
	}
	if _, err := os.Stat(path); err != nil {
		return fmt.Errorf("%s (%s): %w (a new directory is made by kaituan migrate or the first start)", key, config.EnvName(key), err)
	}
	return nil
}
