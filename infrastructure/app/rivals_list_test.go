package app_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is the repository, seen from this folder.
const root = "../.."

// Every test that docs/rivals.md names exists in the file that it names, and every entry names at least one.
func TestRivals_ListIsProven(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "docs", "rivals.md"))
	require.NoError(t, err)
	entries := 0
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(line, "|")
		if len(cells) != 6 || !regexp.MustCompile(`^ \d+ $`).MatchString(cells[1]) {
			continue
		}
		entries++
		tests := requireTests(t, cells[4])
		require.Positive(t, tests, "entry%shas no test", cells[1])
	}
	require.Equal(t, 15, entries)
}

// requireTest wants a test function, or a case of that name in a conformance suite, in a file of the repository.
func requireTest(t *testing.T, file, name string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), filepath.Join(root, file), nil, parser.SkipObjectResolution)
	require.NoError(t, err)
	found := false
	ast.Inspect(parsed, func(node ast.Node) bool {
		switch n := node.(type) {
		case *ast.FuncDecl:
			found = found || n.Recv == nil && n.Name.Name == name
		case *ast.BasicLit:
			found = found || !strings.HasPrefix(name, "Test") && n.Value == strconv.Quote(name)
		}
		return !found
	})
	require.True(t, found, "%s has no %s", file, name)
}

// Nothing that holds, moves or stores money knows floating point at all.
func TestRivals_NoMoneyInFloatingPoint(t *testing.T) {
	files := 0
	for _, dir := range []string{
		"money", "groupbuy", "mall", "api/groupbuywire", "api/mallwire",
		"infrastructure/groupbuystore", "infrastructure/mallstore", "infrastructure/alipay", "infrastructure/sandbox",
	} {
		require.NoError(t, filepath.WalkDir(filepath.Join(root, dir), func(path string, _ fs.DirEntry, err error) error {
			if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			files++
			parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			require.NoError(t, err)
			ast.Inspect(parsed, func(node ast.Node) bool {
				if name, ok := node.(*ast.Ident); ok {
					require.NotContains(t, []string{"float32", "float64", "ParseFloat"}, name.Name, path)
				}
				return true
			})
			return nil
		}))
	}
	require.Greater(t, files, 50)
}
