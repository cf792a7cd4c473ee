package killtest

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// root is where the module is.
const root = "../.."

// A boundary is a file from which something leaves the process: a commit, a connection, a request.
type boundary struct {
	point string // how infrastructure/app puts the failpoint there
	none  string // why there is none
}

// boundaries is the list of all of them. Whoever adds one says here where its failpoint is.
func boundaries() map[string]boundary {
	commits := boundary{point: "sqldb.WithCommits(failpoint.Around("}
	gateway := boundary{point: `a.watch.transport("alipay", `}
	engine := boundary{point: `a.watch.transport("engine", `}
	scanner := boundary{point: `a.watch.transport("wechat", `}
	outside := boundary{none: "the sandbox stands for a gateway outside of the process; its handler has points"}
	client := boundary{none: "it calls servers, and is none"}
	return map[string]boundary{
		"infrastructure/sqldb/tx.go":         commits,
		"infrastructure/sqldb/pipe.go":       commits,
		"infrastructure/sqldb/script.go":     commits,
		"infrastructure/alipay/config.go":    gateway,
		"infrastructure/alipay/bill.go":      gateway,
		"infrastructure/wechat/wechat.go":    scanner,
		"api/groupbuyclient/client.go":       engine,
		"infrastructure/bus/bustest":         {none: "tests only"},
		"infrastructure/bus/rabbitmq":        {point: "passing(stream.publish)"},
		"infrastructure/webhook/sender.go":   {point: `failpoint.Hit("webhook.before")`},
		"infrastructure/app/server.go":       {point: "failpoint.Handler(router)"},
		"infrastructure/sqldb/nested.go":     {none: "migrations, which are done before a process serves"},
		"infrastructure/sqldb/mysql.go":      {none: "it opens connections; what goes through them is in tx.go, pipe.go and script.go"},
		"infrastructure/sqldb/sqlite.go":     {none: "it opens a file; what is written there is in tx.go and pipe.go"},
		"infrastructure/sqldb/migrate.go":    {none: "migrations, which are done before a process serves"},
		"infrastructure/sqldb/backup.go":     {none: "mysqldump and mysql, run by an operator's command"},
		"infrastructure/sqldb/sqldbtest":     {none: "tests only"},
		"infrastructure/sandbox/database.go": outside,
		"infrastructure/sandbox/sandbox.go":  outside,
		"infrastructure/sandbox/wechat":      outside,
		"infrastructure/sandbox/buyer.go":    client,
		"infrastructure/demo":                client,
		"infrastructure/app/past.go":         client,
		"infrastructure/observe/export.go":   {none: "traces, for which nothing waits and on which nothing rests"},
		"infrastructure/cache/cachetest":     {none: "tests only"},
		"infrastructure/bench":               client,
		"infrastructure/failpoint":           {none: "they are the points"},
		"api/groupbuyclient/client.gen.go":   {none: "client.go always gives it a client"},
		"api/mallclient":                     client,
	}
}

// leaving are the expressions with which something leaves the process.
func leaving() []string {
	return []string{
		"http.Client", "http.Transport", "http.Server", "http.DefaultTransport", "http.DefaultClient", "http.Get", "http.Post",
		"net.Dialer", "net.Dial", "net.DialTimeout", "sql.Open", "sql.OpenDB", "tx.Commit", "s.commit", "o.exec", "exec.Command", "exec.CommandContext",
	}
}

// TestBoundaries lists what leaves the process without a failpoint.
func TestBoundaries(t *testing.T) {
	found := map[string]bool{}
	var bare []string
	for path, file := range sources(t, root) {
		for expression := range leaves(file) {
			place, known := placeOf(path)
			if found[place] = true; !known {
				bare = append(bare, path+": "+expression)
			}
		}
	}
	slices.Sort(bare)
	require.Empty(t, bare, "something leaves the process here and has no failpoint: see boundaries()")
	require.ElementsMatch(t, slices.Collect(maps.Keys(boundaries())), slices.Collect(maps.Keys(found)), "a boundary is gone")

	assembly := textOf(t, filepath.Join(root, "infrastructure", "app"))
	require.Contains(t, assembly, "failpoint.Transport(to, base)", "of watch.transport")
	for place, b := range boundaries() {
		require.NotEqual(t, b.point == "", b.none == "", place)
		require.Contains(t, assembly, b.point, place)
	}
}

// TestBoundaries_Commits wants every commit of sqldb to be made through the step around it.
func TestBoundaries_Commits(t *testing.T) {
	for path, file := range sources(t, filepath.Join(root, "infrastructure", "sqldb")) {
		for _, decl := range file.Decls {
			f, ok := decl.(*ast.FuncDecl)
			if !ok || path == "nested.go" { // migrations
				continue
			}
			uses := selectors(f)
			if uses["tx.Commit"] || uses["s.commit"] {
				require.True(t, uses["db.around"], "%s: %s commits without the step around commits", path, f.Name.Name)
			}
		}
	}
}

// TestBoundaries_Messages wants every handler of an outbox to have points.
func TestBoundaries_Messages(t *testing.T) {
	handlers := 0
	for path, file := range sources(t, filepath.Join(root, "infrastructure", "app")) {
		ast.Inspect(file, func(n ast.Node) bool {
			for _, handler := range handlersIn(n) {
				handlers++
				call, ok := handler.(*ast.CallExpr)
				require.True(t, ok && nameOf(call.Fun) == "passing", "%s: a handler of an outbox is not passing(...)", path)
			}
			return true
		})
	}
	require.GreaterOrEqual(t, handlers, 3)
}

// handlersIn returns the handlers that a node puts into a map of topics.
func handlersIn(n ast.Node) []ast.Expr {
	var handlers []ast.Expr
	switch n := n.(type) {
	case *ast.CompositeLit:
		if m, ok := n.Type.(*ast.MapType); ok && nameOf(m.Value) == "outbox.Handler" {
			for _, e := range n.Elts {
				handlers = append(handlers, e.(*ast.KeyValueExpr).Value)
			}
		}
	case *ast.AssignStmt:
		for i, to := range n.Lhs {
			if at, ok := to.(*ast.IndexExpr); ok && nameOf(at.X) == "handlers" {
				handlers = append(handlers, n.Rhs[i])
			}
		}
	}
	return handlers
}

// sources parses the files under dir that a build uses, by their paths below it.
func sources(t *testing.T, dir string) map[string]*ast.File {
	t.Helper()
	files := map[string]*ast.File{}
	require.NoError(t, fs.WalkDir(os.DirFS(dir), ".", func(path string, entry fs.DirEntry, err error) error {
		hidden := strings.HasPrefix(entry.Name(), ".") && path != "."
		if entry.IsDir() && (hidden || entry.Name() == "testdata" || entry.Name() == "node_modules") {
			return fs.SkipDir
		}
		if err != nil || entry.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		files[path], err = parser.ParseFile(token.NewFileSet(), filepath.Join(dir, path), nil, parser.SkipObjectResolution)
		return err
	}))
	return files
}

// leaves are the expressions of a file with which something leaves the process. The type of a parameter is none.
func leaves(file *ast.File) map[string]bool {
	found := map[string]bool{}
	ast.Inspect(file, func(n ast.Node) bool {
		var used ast.Expr
		switch n := n.(type) {
		case *ast.CallExpr:
			used = n.Fun
		case *ast.CompositeLit:
			used = n.Type
		case *ast.KeyValueExpr:
			used = n.Value
		case *ast.AssignStmt:
			used = n.Rhs[0]
		}
		if name := nameOf(used); slices.Contains(leaving(), name) {
			found[name] = true
		}
		return true
	})
	return found
}

func selectors(n ast.Node) map[string]bool {
	found := map[string]bool{}
	ast.Inspect(n, func(n ast.Node) bool {
		if s, ok := n.(*ast.SelectorExpr); ok {
			found[nameOf(s)] = true
		}
		return true
	})
	return found
}

// nameOf is x or x.y; other expressions have no name.
func nameOf(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		if x, ok := e.X.(*ast.Ident); ok {
			return x.Name + "." + e.Sel.Name
		}
	}
	return ""
}

// placeOf returns the entry of boundaries that covers a file, else the file.
func placeOf(path string) (place string, known bool) {
	for place := range boundaries() {
		if path == place || strings.HasPrefix(path, place+"/") {
			return place, true
		}
	}
	return path, false
}

func textOf(t *testing.T, dir string) string {
	t.Helper()
	var all strings.Builder
	for path := range sources(t, dir) {
		text, err := os.ReadFile(filepath.Join(dir, path))
		require.NoError(t, err)
		all.Write(text)
	}
	return all.String()
}
