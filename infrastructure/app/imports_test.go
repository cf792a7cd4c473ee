package app_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// module is the prefix of our own import paths.
const module = "kaituan"

// A rule says what the files of a package, tests excepted, may import. Paths are relative to the module, "." is
// main, and "x/..." means x and everything below it.
type rule struct {
	pkg     string
	may     []string // packages of this module
	modules bool     // other modules too; otherwise only the standard library
}

// rules is the table of architecture.md; docs/adr/0002-import-rules.md tells how to change it. A package follows
// the longest pattern that covers it, and every package needs one.
func rules() []rule {
	bases := []string{"money", "infrastructure/sqldb", "infrastructure/observe", "infrastructure/outbox", "infrastructure/invariant", "infrastructure/breaker"}
	wire := []string{"money", "api/instant", "api/limit", "api/openapi", "api/problem", "api/sign"}
	server := append([]string{"api/edge"}, wire...)
	adapter := func(pkg string, may ...string) rule {
		return rule{pkg: pkg, may: append(may, bases...), modules: true}
	}
	return []rule{
		{pkg: ".", may: []string{"infrastructure/app/..."}, modules: true},
		{pkg: "money"},

		{pkg: "groupbuy/partner", may: []string{"money"}},
		{pkg: "groupbuy/operator", may: []string{"money"}},
		{pkg: "groupbuy/activity", may: []string{"money", "groupbuy/partner"}},
		{pkg: "groupbuy/crowd", may: []string{"money", "groupbuy/partner", "groupbuy/activity"}},
		{pkg: "groupbuy/team", may: []string{"money", "groupbuy/partner", "groupbuy/activity"}},
		{pkg: "groupbuy", may: []string{
			"money", "groupbuy/partner", "groupbuy/activity", "groupbuy/crowd", "groupbuy/team", "groupbuy/operator",
		}},
		{pkg: "groupbuy/enginetest", may: []string{"money", "groupbuy/..."}, modules: true},

		{pkg: "mall/account", may: []string{"money"}},
		{pkg: "mall/catalog", may: []string{"money"}},
		{pkg: "mall/order", may: []string{"money", "mall/account", "mall/catalog"}},
		{pkg: "mall/payment", may: []string{"money", "mall/account", "mall/order"}},
		{pkg: "mall/bill", may: []string{"money", "mall/account", "mall/order", "mall/payment"}},
		{pkg: "mall", may: []string{"money", "mall/account", "mall/bill", "mall/catalog", "mall/payment", "mall/order"}},
		{pkg: "mall/malltest", may: []string{"money", "mall/..."}, modules: true},

		{pkg: "api/openapi"},
		{pkg: "api/sign"},
		{pkg: "api/limit"},
		{pkg: "api/instant"},
		{pkg: "api/problem", modules: true},
		{pkg: "api/groupbuywire", may: []string{"money", "api/instant"}, modules: true},
		{pkg: "api/mallwire", may: []string{"money", "api/instant"}, modules: true},
		{pkg: "api/edge", may: wire, modules: true},
		{pkg: "api/reference", may: wire, modules: true},
		{pkg: "api/groupbuyapi", may: append([]string{"groupbuy/...", "api/groupbuywire"}, server...), modules: true},
		{pkg: "api/groupbuyclient", may: append([]string{"mall/...", "api/groupbuywire"}, wire...), modules: true},
		{pkg: "api/mallclient", may: append([]string{"api/mallwire"}, wire...), modules: true},
		{pkg: "api/mallapi", may: append([]string{
			"mall/...", "api/mallwire", "api/groupbuywire", // it receives the engine's events
		}, server...), modules: true},

		{pkg: "infrastructure/app/...", may: []string{"..."}, modules: true},
		{pkg: "infrastructure/coalesce"},
		{pkg: "infrastructure/failpoint"},
		{pkg: "infrastructure/killtest"}, // tests only
		{pkg: "infrastructure/deploy"},   // likewise
		{pkg: "infrastructure/fleettest"},
		{pkg: "infrastructure/bench", may: append([]string{ // it calls a server, and looks into its databases afterwards
			"api/groupbuyclient", "api/groupbuywire", "api/mallclient", "api/mallwire", "infrastructure/sandbox", "infrastructure/seal", "infrastructure/sqldb",
		}, wire...), modules: true},
		{pkg: "infrastructure/seal"},
		{pkg: "infrastructure/config", may: []string{"money", "api/limit", "api/sign", "infrastructure/seal"}, modules: true},
		{pkg: "infrastructure/observe", modules: true},
		{pkg: "infrastructure/prepared"},
		{pkg: "infrastructure/sqldb", may: []string{"infrastructure/observe", "infrastructure/prepared"}, modules: true},
		{pkg: "infrastructure/sqldb/sqldbtest", may: []string{"infrastructure/sqldb"}, modules: true},
		{pkg: "infrastructure/breaker", modules: true},
		adapter("infrastructure/outbox"),
		adapter("infrastructure/invariant"),
		adapter("infrastructure/groupbuystore", "groupbuy/..."),
		adapter("infrastructure/crowdstore", "groupbuy/..."),
		adapter("infrastructure/factcsv"),
		adapter("infrastructure/mallstore", "mall/..."),
		adapter("infrastructure/password", "mall/account"),
		adapter("infrastructure/live", "mall/..."),
		adapter("infrastructure/alipay", "mall/..."),
		adapter("infrastructure/wechat", "mall/..."),
		adapter("infrastructure/password", "mall/account"),
		adapter("infrastructure/webhook", "groupbuy/...", "api/sign"),
		adapter("infrastructure/sandbox/...", "infrastructure/prepared"),
		adapter("infrastructure/schedule"),
		adapter("infrastructure/demo", append([]string{
			"api/mallclient", "api/mallwire", "api/groupbuyclient", "api/groupbuywire", "infrastructure/sandbox", // its buyer
		}, wire...)...),
		adapter("infrastructure/showcase", "groupbuy/...", "mall/..."),
		{pkg: "infrastructure/simulation", may: []string{ // the system once more, of real parts but for the world around it
			"money", "api/...", "groupbuy/...", "mall/...", "infrastructure/crowdstore", "infrastructure/groupbuystore",
			"infrastructure/mallstore", "infrastructure/outbox", "infrastructure/sqldb", "infrastructure/webhook",
		}, modules: true},
		adapter("infrastructure/bus/...", "infrastructure/bus"),
		adapter("infrastructure/cache/...", "infrastructure/cache", "api/limit", "api/sign"),
		adapter("infrastructure/bus/bustest", "infrastructure/bus", "infrastructure/sqldb/sqldbtest"),

		{pkg: "web"},
	}
}

// suites are test code in packages of their own: only tests, and one another, may import them.
func suites() []string {
	return []string{"groupbuy/enginetest", "mall/malltest", "infrastructure/sqldb/sqldbtest", "infrastructure/cache/cachetest", "infrastructure/bus/bustest"}
}

// A ban holds along the whole chain of imports, however long.
type ban struct{ from, to string }

// bans are the "never" lines of architecture.md.
func bans() []ban {
	return []ban{
		{"groupbuy/...", "mall/..."},
		{"mall/...", "groupbuy/..."},
		{"api/groupbuyapi", "mall/..."},
		{"api/groupbuyclient", "groupbuy/..."},
		{"api/mallapi", "groupbuy/..."},
		{"infrastructure/sandbox/...", "mall/..."},
		{"infrastructure/demo", "groupbuy/..."}, // it plays over public HTTP only
		{"api/...", "infrastructure/..."},
		{"groupbuy/...", "infrastructure/..."},
		{"mall/...", "infrastructure/..."},
		{"money", "..."},
	}
}

// fault returns why from may not import to, or nothing. Both are import paths as go list prints them.
func fault(from, to string) string {
	r, known := ruleOf(from)
	switch {
	case !known:
		return "has no rule: add it to rules() and to architecture"
	case standard(to):
		return ""
	case !ours(to):
		if !r.modules {
			return "may import the standard library and its own siblings only, not " + to
		}
		return ""
	case matchAny(r.may, to):
		return suiteFault(from, to)
	}
	return "may not import " + to
}

// testFault is fault for the imports of test files. They may use other modules, the suites and real adapters, but
// no test couples the engine to the mall, and only app's own tests start the app.
func testFault(from, to string) string {
	if !ours(to) || from == to || fault(from, to) == "" || matchAny(suites(), to) {
		return ""
	}
	for _, b := range bans() {
		if match(b.from, from) && match(b.to, to) && !match("infrastructure/...", to) {
			return "may not import " + to + " even in a test"
		}
	}
	if match("infrastructure/app/...", to) {
		return "may not start the app: put the test into infrastructure/app"
	}
	return ""
}

// suiteFault keeps "groupbuy/..." from meaning the engine's test suite.
func suiteFault(from, to string) string {
	if matchAny(suites(), to) && !matchAny(suites(), from) {
		return "may not import " + to + " outside of tests"
	}
	return ""
}

// chainFault returns which ban the pair breaks when to is anywhere among the dependencies of from.
func chainFault(from, to string) string {
	for _, b := range bans() {
		if match(b.from, from) && match(b.to, to) {
			return "reaches " + to
		}
	}
	return ""
}

// ruleOf returns the rule with the longest pattern that covers the package.
func ruleOf(pkg string) (rule, bool) {
	var best rule
	known := false
	for _, r := range rules() {
		if match(r.pkg, pkg) && len(r.pkg) > len(best.pkg) {
			best, known = r, true
		}
	}
	return best, known
}

func matchAny(patterns []string, pkg string) bool {
	for _, p := range patterns {
		if match(p, pkg) {
			return true
		}
	}
	return false
}

// match tells whether an import path of ours is covered by a pattern of the table.
func match(pattern, pkg string) bool {
	if !ours(pkg) {
		return false
	}
	path := strings.TrimPrefix(strings.TrimPrefix(pkg, module), "/")
	if path == "" {
		path = "."
	}
	if pattern == "..." {
		return true
	}
	below, tree := strings.CutSuffix(pattern, "/...")
	return path == below || tree && strings.HasPrefix(path, below+"/")
}

func ours(pkg string) bool {
	return pkg == module || strings.HasPrefix(pkg, module+"/")
}

// standard tells a package of the standard library: the first element of any other module's path has a dot.
func standard(pkg string) bool {
	first, _, _ := strings.Cut(pkg, "/")
	return !ours(pkg) && !strings.Contains(first, ".")
}

// listed is what go list says of a package.
type listed struct {
	ImportPath   string   `json:"ImportPath"`
	Imports      []string `json:"Imports"`
	Deps         []string `json:"Deps"` // of Imports, all the way down
	TestImports  []string `json:"TestImports"`
	XTestImports []string `json:"XTestImports"`
}

// listPackages asks the go command about every package of the module.
func listPackages(t *testing.T) []listed {
	t.Helper()
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "go", "list", "-json=ImportPath,Imports,Deps,TestImports,XTestImports", "./...")
	cmd.Dir = root
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	require.NoError(t, err, stderr.String())

	var packages []listed
	dec := json.NewDecoder(bytes.NewReader(out))
	for {
		var p listed
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			require.NoError(t, err)
		}
		packages = append(packages, p)
	}
}

// faults judges everything that a package imports.
func faults(p listed) []string {
	var found []string
	judge := func(imports []string, verdict func(from, to string) string) {
		for _, to := range imports {
			if why := verdict(p.ImportPath, to); why != "" {
				found = append(found, p.ImportPath+" "+why)
			}
		}
	}
	judge(p.Imports, fault)
	judge(p.TestImports, testFault)
	judge(p.XTestImports, testFault)
	if !matchAny(suites(), p.ImportPath) {
		judge(p.Deps, chainFault)
	}
	return found
}

func TestImports_FollowTheArchitecture(t *testing.T) {
	packages := listPackages(t)
	require.NotEmpty(t, packages)
	var found []string
	for _, p := range packages {
		found = append(found, faults(p)...)
	}
	require.Empty(t, found)
}

func TestFaults_FlagsForbiddenImports(t *testing.T) {
	tests := map[string]struct {
		pkg  listed
		want string // in the only fault; empty: none
	}{
		"domain to its sibling in order": {
			listed{ImportPath: "kaituan/groupbuy/team", Imports: []string{"time", "kaituan/money", "kaituan/groupbuy/activity"}}, ""},
		"domain to its sibling against the order": {
			listed{ImportPath: "kaituan/groupbuy/activity", Imports: []string{"kaituan/groupbuy/team"}}, "may not import"},
		"domain to a framework": {
			listed{ImportPath: "kaituan/groupbuy/team", Imports: []string{"gorm.io/gorm"}}, "standard library"},
		"domain to a database": {
			listed{ImportPath: "kaituan/groupbuy", Imports: []string{"kaituan/infrastructure/sqldb"}}, "may not import"},
		"order to payment": {
			listed{ImportPath: "kaituan/mall/order", Imports: []string{"kaituan/mall/payment"}}, "may not import"},
		"payment to order": {
			listed{ImportPath: "kaituan/mall/payment", Imports: []string{"kaituan/mall/order"}}, ""},
		"engine to mall": {
			listed{ImportPath: "kaituan/groupbuy", Imports: []string{"kaituan/mall"}}, "may not import"},
		"engine to mall by a detour": {
			listed{ImportPath: "kaituan/groupbuy", Deps: []string{"kaituan/mall/order"}}, "reaches kaituan/mall/order"},
		"mall to engine in a test": {
			listed{ImportPath: "kaituan/mall", XTestImports: []string{"kaituan/groupbuy"}}, "even in a test"},
		"adapter to adapter": {
			listed{ImportPath: "kaituan/infrastructure/mallstore", Imports: []string{"kaituan/infrastructure/alipay"}}, "may not import"},
		"adapter to its base": {
			listed{ImportPath: "kaituan/infrastructure/mallstore", Imports: []string{"kaituan/infrastructure/sqldb", "gorm.io/gorm"}}, ""},
		"client to engine": {
			listed{ImportPath: "kaituan/api/groupbuyclient", Imports: []string{"kaituan/groupbuy/team"}}, "may not import"},
		"anything but main to app": {
			listed{ImportPath: "kaituan/api/mallapi", Imports: []string{"kaituan/infrastructure/app"}}, "may not import"},
		"a test to app": {
			listed{ImportPath: "kaituan/api/mallapi", XTestImports: []string{"kaituan/infrastructure/app"}}, "may not start the app"},
		"main to app": {
			listed{ImportPath: "kaituan", Imports: []string{"kaituan/infrastructure/app"}}, ""},
		"a suite outside of tests": {
			listed{ImportPath: "kaituan/infrastructure/groupbuystore", Imports: []string{"kaituan/groupbuy/enginetest"}}, "outside of tests"},
		"a suite in a test": {
			listed{ImportPath: "kaituan/infrastructure/groupbuystore", XTestImports: []string{"kaituan/groupbuy/enginetest"}}, ""},
		"a package without a rule": {
			listed{ImportPath: "kaituan/common", Imports: []string{"fmt"}}, "has no rule"},
	}
	for name, tc := range tests {
		t.Run(name, func(t *testing.T) {
			found := faults(tc.pkg)
			if tc.want == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Contains(t, found[0], tc.want)
		})
	}
}
