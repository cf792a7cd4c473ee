package app_test

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Every test that docs/faults.md names exists in the file that it names, and every fault has a test or waits for the
// issue that brings what it needs.
func TestFaults_AreAllPlayed(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "faults.md"))
	require.NoError(t, err)
	var ids []string
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if !regexp.MustCompile(`^\| F\d+ \|`).MatchString(line) {
			continue
		}
		require.Len(t, cells, 6, line)
		ids = append(ids, strings.TrimSpace(cells[1]))
		tests := requireTests(t, cells[4])
		require.True(t, tests > 0 || strings.Contains(cells[4], "issue 7"), "%s is not played", cells[1])
	}
	require.Len(t, ids, 28)
	for i, id := range ids {
		require.Equal(t, fmt.Sprintf("F%d", i+1), id)
	}
}

// requireTests wants every test named in a cell, in the file named before it, and returns how many there are.
func requireTests(t *testing.T, cell string) (tests int) {
	t.Helper()
	file := ""
	for _, quoted := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cell, -1) {
		if strings.HasSuffix(quoted[1], ".go") {
			file = quoted[1]
			continue
		}
		require.NotEmpty(t, file, "%s is in no file", quoted[1])
		requireTest(t, file, quoted[1])
		tests++
	}
	return tests
}

// Every test that docs/security.md names exists in the file that it names, and every risk has one.
func TestSecurity_IsTested(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "security.md"))
	require.NoError(t, err)
	risks := 0
	for line := range strings.Lines(string(text)) {
		if !strings.HasPrefix(line, "| ") || strings.HasPrefix(line, "| risk") || strings.HasPrefix(line, "| ---") {
			continue
		}
		cells := strings.Split(line, "|")
		require.Len(t, cells, 5, line)
		require.Positive(t, requireTests(t, cells[3]), "nobody tries: %s", cells[1])
		risks++
	}
	require.Greater(t, risks, 15)
}

// Every row of docs/asvs.csv that says that something is met, or in part, names tests that exist; every other one says why not.
func TestSecurity_StandardIsTested(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(filepath.Join(root, "docs", "asvs.csv"))
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(text)).ReadAll()
	require.NoError(t, err)
	require.Equal(t, []string{"section", "about", "state", "where or why", "tests"}, rows[0])
	seen := map[string]bool{}
	for _, row := range rows[1:] {
		require.False(t, seen[row[0]], "%s is there twice", row[0])
		seen[row[0]] = true
		require.NotEmpty(t, row[3], row[0])
		switch row[2] {
		case "n.a.", "not":
			require.Empty(t, row[4], row[0])
		case "met", "part":
			require.NotEmpty(t, row[4], row[0])
			for named := range strings.SplitSeq(row[4], "; ") {
				path, test, _ := strings.Cut(named, " ")
				requireTest(t, path, test)
			}
		default:
			t.Errorf("%s is %q", row[0], row[2])
		}
	}
	require.Greater(t, len(seen), 60)
}
