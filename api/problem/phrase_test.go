package problem_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/problem"
)

// Every detail that the engine and its API can write has a Chinese twin. The details are read from the source, so
// that a new one cannot be forgotten.
func TestPhrases_CoverEveryDetailOfTheEngine(t *testing.T) {
	found := 0
	for _, dir := range []string{"../../groupbuy", "../../groupbuy/activity", "../../groupbuy/crowd", "../../groupbuy/operator", "../groupbuyapi", "../edge"} {
		for _, english := range details(t, dir) {
			_, members := write(t, "zh", &problem.Problem{Code: problem.Invalid, Detail: english})
			require.NotContains(t, members["detail"], "（"+english+"）", "%s: no Chinese for it in phrases()", dir)
			found++
		}
	}
	require.Greater(t, found, 50, "the test found too few details to be right")
}

// details returns the details written in the files of a folder, with 7 for every value put into them.
func details(t *testing.T, dir string) []string {
	files, err := filepath.Glob(filepath.Join(dir, "*.go"))
	require.NoError(t, err)
	var out []string
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") || strings.HasSuffix(file, ".gen.go") {
			continue
		}
		text, err := os.ReadFile(file)
		require.NoError(t, err)
		parsed, err := parser.ParseFile(token.NewFileSet(), file, text, 0)
		require.NoError(t, err)
		ast.Inspect(parsed, func(node ast.Node) bool {
			if detail := detailOf(node); detail != nil {
				if english, ok := flatten(detail); ok {
					out = append(out, english)
				}
			}
			return true
		})
	}
	return out
}

// detailOf returns the expression of a detail, if a node has one.
func detailOf(node ast.Node) ast.Expr {
	switch node := node.(type) {
	case *ast.KeyValueExpr:
		if key, ok := node.Key.(*ast.Ident); ok && key.Name == "Detail" {
			return node.Value
		}
	case *ast.CompositeLit:
		if called, ok := node.Type.(*ast.Ident); ok && called.Name == "Fault" && len(node.Elts) == 2 {
			return node.Elts[1]
		}
	case *ast.CallExpr:
		name := ""
		switch called := node.Fun.(type) {
		case *ast.Ident:
			name = called.Name
		case *ast.SelectorExpr:
			name = called.Sel.Name
		}
		if name == "invalid" && len(node.Args) == 2 || name == "malformed" && len(node.Args) == 2 || name == "require" && len(node.Args) == 3 || name == "refuse" && len(node.Args) == 2 || name == "got" && len(node.Args) == 4 || name == "bounded" && len(node.Args) == 6 {
			return node.Args[len(node.Args)-1]
		}
	}
	return nil
}

// flatten puts a text together; it cannot tell one that is wholly a variable.
func flatten(expr ast.Expr) (string, bool) {
	switch expr := expr.(type) {
	case *ast.BasicLit:
		text, err := strconv.Unquote(expr.Value)
		return text, err == nil
	case *ast.BinaryExpr:
		left, leftOK := flatten(expr.X)
		right, rightOK := flatten(expr.Y)
		if !leftOK {
			left = "7"
		}
		if !rightOK {
			right = "7"
		}
		return left + right, leftOK || rightOK
	case *ast.CallExpr:
		if called, ok := expr.Fun.(*ast.SelectorExpr); ok && called.Sel.Name == "Sprintf" {
			format, ok := flatten(expr.Args[0])
			return regexp.MustCompile(`%[a-z]`).ReplaceAllString(format, "7"), ok
		}
	}
	return "", false
}
