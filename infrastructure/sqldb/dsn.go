package sqldb

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"

	"github.com/go-sql-driver/mysql"
)

// Dialect names the SQL a database speaks.
type Dialect string

// The dialects that exist. MySQL covers MySQL 8 and MariaDB 10.11.
const (
	SQLite Dialect = "sqlite"
	MySQL  Dialect = "mysql"
)

// DSN names one database: "sqlite:/path/file.db", or "mysql:" followed by a go-sql-driver DSN such as
// "mysql:user:pass@tcp(host:3306)/schema". It prints with its password masked; string(dsn) is the secret itself.
type DSN string

// ParseDSN checks that s is a complete DSN. The error never repeats a password.
func ParseDSN(s string) (DSN, error) {
	_, err := DSN(s).target()
	return DSN(s), err
}

// Dialect is the part before the first colon; it is not checked, see ParseDSN.
func (d DSN) Dialect() Dialect {
	dialect, _, _ := strings.Cut(string(d), ":")
	return Dialect(dialect)
}

// target is the part after the dialect, once the whole has been checked.
func (d DSN) target() (string, error) {
	dialect, target, _ := strings.Cut(string(d), ":")
	switch Dialect(dialect) {
	case SQLite:
		if target == "" || strings.Contains(target, ":memory:") {
			return "", errors.New(`sqldb: a sqlite DSN names a file, as in "sqlite:./data/groupbuy.db"`)
		}
		return target, nil
	case MySQL:
		cfg, err := mysql.ParseDSN(target)
		if err != nil {
			return "", fmt.Errorf("sqldb: mysql DSN %s: %w", d, err)
		}
		if cfg.DBName == "" {
			return "", fmt.Errorf("sqldb: mysql DSN %s names no schema", d)
		}
		return target, nil
	default:
		return "", fmt.Errorf("sqldb: a DSN starts with %q or %q", SQLite+":", MySQL+":")
	}
}

// String is the DSN with its password masked.
func (d DSN) String() string {
	dialect, target, _ := strings.Cut(string(d), ":")
	if Dialect(dialect) == SQLite {
		return string(d)
	}
	// By position and not by parsing, because a malformed DSN must not print its password either.
	at := strings.LastIndex(target, "@")
	if at < 0 {
		return string(d)
	}
	user, _, _ := strings.Cut(target[:at], ":")
	return dialect + ":" + user + ":***" + target[at:]
}

// GoString masks the password under %#v too.
func (d DSN) GoString() string { return d.String() }

// LogValue masks the password in structured logs, whose JSON form ignores String.
func (d DSN) LogValue() slog.Value { return slog.StringValue(d.String()) }
