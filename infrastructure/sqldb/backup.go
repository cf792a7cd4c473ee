package sqldb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// ErrNotEmpty says that a backup was to be restored over something.
var ErrNotEmpty = errors.New("the database is not empty")

// Backup writes a consistent copy of db to a new file, readable by its owner only, while others write: as a database for
// SQLite, as the SQL of mysqldump (or mariadb-dump, which must be installed) for MySQL.
// Errors: a file that is there already, a full disk, those of the database or the program.
func (db *DB) Backup(ctx context.Context, path string) error {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	if db.Dialect() == MySQL {
		err = errors.Join(db.client(ctx, dumpers(), nil, file, dumpFlags()...), file.Sync(), file.Close())
	} else if err = file.Close(); err == nil {
		_, err = db.writer.ExecContext(ctx, "VACUUM INTO ?", path) // takes an empty file
	}
	if err != nil {
		return errors.Join(fmt.Errorf("sqldb: back up %s: %w", db.dsn, err), os.Remove(path))
	}
	return nil
}

// Restore fills an empty database from what Backup wrote of one of the same dialect. Errors: ErrNotEmpty, those of the
// file, the database or the program mysql (or mariadb); what was restored of a file that breaks off stays.
func Restore(ctx context.Context, dsn DSN, path string) error {
	target, err := dsn.target()
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // it was read only
	if dsn.Dialect() == SQLite {
		err = copyNew(target, file)
	} else {
		err = restoreMySQL(ctx, dsn, file)
	}
	if err != nil {
		return fmt.Errorf("sqldb: restore %s: %w", dsn, err)
	}
	return nil
}

// copyNew makes a file of another one.
func copyNew(path string, from io.Reader) error {
	to, err := os.OpenFile(path, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if errors.Is(err, os.ErrExist) {
		return fmt.Errorf("%w: %w", ErrNotEmpty, err)
	}
	if err != nil {
		return err
	}
	_, err = io.Copy(to, from)
	return errors.Join(err, to.Sync(), to.Close())
}

func restoreMySQL(ctx context.Context, dsn DSN, from io.Reader) error {
	db, err := Open(ctx, dsn)
	if err != nil {
		return err
	}
	defer func() { _ = db.Close() }() // nothing is left to lose
	var tables int
	if err := db.writer.QueryRowContext(ctx, "SELECT COUNT(*) FROM information_schema.tables WHERE table_schema = DATABASE()").Scan(&tables); err != nil {
		return translate(err)
	}
	if tables > 0 {
		return fmt.Errorf("%w: it has %d tables", ErrNotEmpty, tables)
	}
	return db.client(ctx, []string{"mysql", "mariadb"}, from, nil)
}

func dumpers() []string { return []string{"mysqldump", "mariadb-dump"} }

// dumpFlags make a dump of one moment without keeping anybody from writing, which a user with rights on the schema
// alone may take.
func dumpFlags() []string {
	return []string{"--single-transaction", "--skip-lock-tables", "--skip-add-locks", "--no-tablespaces", "--hex-blob", "--skip-dump-date"}
}

// client runs the first program that is installed on the schema of db. The password is in its environment, where other
// users of the machine do not see it.
func (db *DB) client(ctx context.Context, programs []string, in io.Reader, out io.Writer, flags ...string) error {
	target, err := db.dsn.target()
	if err != nil {
		return err
	}
	cfg, err := mysql.ParseDSN(target)
	if err != nil {
		return err
	}
	args := append([]string{"--no-defaults"}, flags...)
	if cfg.Net == "unix" {
		args = append(args, "--socket="+cfg.Addr)
	} else {
		host, port, err := net.SplitHostPort(cfg.Addr)
		if err != nil {
			return err
		}
		args = append(args, "--protocol=tcp", "--host="+host, "--port="+port)
	}
	args = append(args, "--user="+cfg.User, "--default-character-set=utf8mb4", cfg.DBName)
	program, err := installed(programs)
	if err != nil {
		return err
	}
	var said strings.Builder
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // G204: our own names, and the operator's settings
	cmd.Env = append(os.Environ(), "MYSQL_PWD="+cfg.Passwd)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = in, out, &said
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("%s: %w: %s", program, err, strings.TrimSpace(said.String()))
	}
	return nil
}

func installed(programs []string) (string, error) {
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("none of %s is installed", strings.Join(programs, ", "))
}
