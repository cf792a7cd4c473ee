package sqldb_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// contracting finds what in a migration would keep the version before it from working on the new schema.
func contracting(sql string) []string {
	sql = regexp.MustCompile(`(?m)--.*$`).ReplaceAllString(strings.ReplaceAll(sql, "''", "'"), "")
	var found []string
	for _, forbidden := range []string{`\bDROP\s+TABLE\b`, `\bDROP\s+COLUMN\b`, `\bRENAME\b`, `\bMODIFY\b`, `\bCHANGE\s+COLUMN\b`, `\bALTER\s+COLUMN\b`, `\bTRUNCATE\b`} {
		found = append(found, regexp.MustCompile(`(?i)`+forbidden).FindAllString(sql, -1)...)
	}
	for _, column := range regexp.MustCompile(`(?i)ADD\s+COLUMN[^,;\n]*`).FindAllString(sql, -1) {
		upper := strings.ToUpper(column)
		if strings.Contains(upper, "NOT NULL") && !strings.Contains(upper, "DEFAULT") {
			found = append(found, column)
		}
	}
	return found
}

// During a roll-out the version before runs on the schema of this one: migrations expand, and contract a release later.
func TestMigrations_LeaveTheVersionBeforeAbleToWork(t *testing.T) {
	seen := 0
	require.NoError(t, fs.WalkDir(os.DirFS("migrations"), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile("migrations/" + path)
		if err != nil || !strings.HasSuffix(path, ".sql") {
			return err
		}
		seen++
		_, up, _ := strings.Cut(string(text), "-- +goose Up")
		require.Empty(t, contracting(up), path)
		return nil
	}))
	require.Greater(t, seen, 20)
}

func TestContracting_Finds(t *testing.T) {
	for sql, count := range map[string]int{
		"ALTER TABLE a ADD COLUMN b INT NOT NULL DEFAULT 0":                      0,
		"ALTER TABLE a ADD COLUMN b INT":                                         0,
		"ALTER TABLE a ADD COLUMN b INT NOT NULL":                                1,
		"ALTER TABLE a\n ADD COLUMN b INT NOT NULL,\n ADD COLUMN c INT NOT NULL": 2,
		"ALTER TABLE a drop column b":                                            1,
		"ALTER TABLE a RENAME TO b":                                              1,
		"DROP TABLE a -- it is empty":                                            1,
		"-- DROP TABLE a\nCREATE TABLE b (c INT NOT NULL)":                       0,
	} {
		require.Len(t, contracting(sql), count, sql)
	}
}
