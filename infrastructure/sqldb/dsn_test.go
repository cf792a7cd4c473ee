package sqldb

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestParseDSN(t *testing.T) {
	for name, c := range map[string]struct {
		in      string
		dialect Dialect
		prints  string
		fault   string
	}{
		"sqlite":            {in: "sqlite:/var/lib/kt/groupbuy.db", dialect: SQLite, prints: "sqlite:/var/lib/kt/groupbuy.db"},
		"sqlite relative":   {in: "sqlite:./data/mall.db", dialect: SQLite, prints: "sqlite:./data/mall.db"},
		"mysql":             {in: "mysql:kt:s3cret@tcp(db:3306)/mall", dialect: MySQL, prints: "mysql:kt:***@tcp(db:3306)/mall"},
		"password with @:/": {in: "mysql:kt:a@b:c/d@tcp(db:3306)/mall", dialect: MySQL, prints: "mysql:kt:***@tcp(db:3306)/mall"},
		"no file":           {in: "sqlite:", fault: "names a file"},
		"memory":            {in: "sqlite::memory:", fault: "names a file"},
		"no schema":         {in: "mysql:kt:s3cret@tcp(db:3306)/", fault: "names no schema"},
		"no slash":          {in: "mysql:kt:s3cret@tcp(db:3306)", fault: "missing the slash"},
		"other database":    {in: "postgres://kt:s3cret@db/mall", fault: "starts with"},
		"empty":             {in: "", fault: "starts with"},
	} {
		t.Run(name, func(t *testing.T) {
			dsn, err := ParseDSN(c.in)
			if c.fault != "" {
				require.ErrorContains(t, err, c.fault)
				require.NotContains(t, err.Error(), "s3cret")
				return
			}
			require.NoError(t, err)
			require.Equal(t, c.dialect, dsn.Dialect())
			require.Equal(t, c.prints, dsn.String())
			require.Equal(t, c.in, string(dsn))
		})
	}
}

func TestDSN_NeverPrintsItsPassword(t *testing.T) {
	dsn := DSN("mysql:kt:s3cret@tcp(db:3306)/mall")
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("open", "dsn", dsn)
	for _, printed := range []string{fmt.Sprint(dsn), fmt.Sprintf("%+v %#v %q", dsn, dsn, dsn), log.String()} {
		require.NotContains(t, printed, "s3cret")
		require.Contains(t, printed, "***")
	}
}
