package command_test

import (
	"bytes"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
	"kaituan/infrastructure/app/command"
)

// run carries out one command line.
func run(stdin string, args ...string) (code int, stdout, stderr string) {
	var out, err bytes.Buffer
	code = command.Run(args, strings.NewReader(stdin), &out, &err)
	return code, out.String(), err.String()
}

func TestRun_RefusesWhatItDoesNotKnow(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"serve", "--role", "boss"}, "role (KAITUAN_ROLE)"},
		{[]string{"serve", "--lissten", ":1"}, "unknown flag"},
		{[]string{"serve", "--config", "/nonexistent.yaml"}, "nonexistent"},
		{[]string{"launch"}, "unknown command"},
		{[]string{"demo", "--replay", "/nonexistent.csv", "--server", "http://127.0.0.1:1", "--operator-token", "x"}, "nonexistent"},
		{[]string{"demo", "--server", "http://127.0.0.1:1", "--data", "/nonexistent"}, "the server's databases"},
		{[]string{"demo", "--server", "localhost:8080", "--no-check"}, "want an address such as"},
		{[]string{"demo", "--server", "http://127.0.0.1:1", "--data", "/nonexistent", "--replay", "command.go"}, "operator token"},
		{[]string{"sign", "GET"}, "accepts 2 arg"},
		{[]string{"reset-operator"}, "accepts 1 arg"},
		{[]string{"reset-operator", "li.lei", "--data", "/nonexistent"}, "no such file"},
		{[]string{"sign", "GET", "/api", "--key-id", "k", "--secret", "s"}, "URL must be whole"},
		{[]string{"sign", "GET", "http://localhost/api"}, "--key-id and --secret are required"},
	} {
		code, _, stderr := run("", c.args...)
		require.NotZero(t, code, c.args)
		require.Contains(t, stderr, c.want, c.args)
	}
}

func TestRun_UsageIsExitCode2(t *testing.T) {
	code, _, _ := run("", "serve", "--role", "boss")
	require.Equal(t, 2, code)
	code, _, _ = run("", "serve", "--lissten", ":1")
	require.Equal(t, 2, code)
	code, _, stderr := run("", "check", "--data", filepath.Join(t.TempDir(), "none"))
	require.Equal(t, 2, code)
	require.Contains(t, stderr, "nothing was checked")
}

func TestHelp_NamesEveryCommand(t *testing.T) {
	code, stdout, _ := run("", "--help")
	require.Zero(t, code)
	for _, name := range []string{"serve", "demo", "check", "outbox", "migrate", "sign", "sandbox", "reset-operator"} {
		require.Contains(t, stdout, name)
	}
}

func TestSign_MakesAHeaderThatVerifies(t *testing.T) {
	body := `{"buyer_id":"u1"}`
	path := filepath.Join(t.TempDir(), "body.json")
	require.NoError(t, os.WriteFile(path, []byte(body), 0o600))
	for name, in := range map[string]struct{ flag, stdin string }{"file": {path, ""}, "stdin": {"-", body}} {
		code, stdout, stderr := run(in.stdin, "sign", "post", "http://localhost:8080/api/groupbuy/v1/trials?b=2&a=1",
			"--key-id", "key_mall", "--secret", "secret", "--body", in.flag, "--canonical")
		require.Zero(t, code, stderr)
		credential, err := sign.Parse(strings.TrimSpace(stdout))
		require.NoError(t, err, name)
		require.NoError(t, sign.Verify(credential, "secret", http.MethodPost, "/api/groupbuy/v1/trials", "b=2&a=1", []byte(body), time.Now()), name)
		require.Contains(t, stderr, "/api/groupbuy/v1/trials")
	}
}

func TestMigrate_ThenCheckFindsNothing(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	code, stdout, stderr := run("", "migrate", "--data", data)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "groupbuy: version")
	require.Contains(t, stdout, "mall: version")
	code, again, stderr := run("", "migrate", "--data", data)
	require.Zero(t, code, stderr)
	require.Equal(t, stdout, again)
	code, stdout, stderr = run("", "check", "--data", data)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "all invariants hold")
	require.Contains(t, stdout, "without the gateway's books")
	code, _, stderr = run("", "check", "--data", data, "--settled")
	require.Zero(t, code, stderr)
}

func TestDemo_PlaysAndChecks(t *testing.T) {
	code, stdout, stderr := run("", "demo")
	require.Zero(t, code, stdout+stderr)
	for _, step := range []string{"product", "trial", "open", "join", "pay", "formed", "shipped", "alone", "all invariants hold"} {
		require.Contains(t, stdout, step)
	}
}

func TestDemo_ReplaysAHistory(t *testing.T) {
	path := filepath.Join(t.TempDir(), "history.csv")
	require.NoError(t, os.WriteFile(path, []byte("InvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country\n"+
		"1;CUP;CUP;2;1/12/2010 08:26;2,55;100;UK\n"+
		"2;CUP;CUP;1;1/12/2010 08:27;2,55;101;UK\n"+
		"3;CUP;CUP;1;1/12/2010 08:28;2,10;102;UK\n"+
		"C4;CUP;CUP;-1;1/12/2010 08:29;2,55;100;UK\n"+
		"5;CUP;CUP;1;1/12/2010 08:30;2,55;;UK\n"), 0o600))
	code, stdout, stderr := run("", "demo", "--replay", path, "--list-skipped")
	require.Zero(t, code, stdout+stderr)
	require.Contains(t, stdout, "line 5 not used: cancellation (C4)")
	require.Contains(t, stdout, "line 6 not used: no customer (5)")
	require.Contains(t, stdout, "5 lines read, 3 usable, 2 not")
	require.NotContains(t, stdout, "DIFFERENT")
	require.Contains(t, stdout, "all invariants hold")
}

func TestDemo_RefusesAnotherFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "other.csv")
	require.NoError(t, os.WriteFile(path, []byte("a,b,c\n"), 0o600))
	code, _, stderr := run("", "demo", "--replay", path)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "not an order history")
}
