package command_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"
)

const realHistory = "../../demo/testdata/online-retail-10k.csv"

// migrated is a data directory with the databases of this binary in it.
func migrated(t *testing.T) string {
	t.Helper()
	data := filepath.Join(t.TempDir(), "data")
	code, _, stderr := run("", "migrate", "--data", data)
	require.Zero(t, code, stderr)
	return data
}

func TestImport_RealOrdersTwice(t *testing.T) {
	data := migrated(t)
	code, stdout, stderr := run("", "import", realHistory, "--partner", "mall", "--preset", "online-retail", "--data", data)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "100 lines not used: order left out\n")
	require.Contains(t, stdout, "2291 lines not used: no buyer\n")
	require.Contains(t, stdout, "1 lines not used: amount not above 0\n")
	require.Contains(t, stdout, "more lines; --list-all prints them")
	require.Contains(t, stdout, " 0 known already, 0 refused; 148206.83 yuan paid\n")
	code, stdout, stderr = run("", "import", realHistory, "--partner", "mall", "--preset", "online-retail", "--data", data)
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, ": 0 new, ")
	require.Contains(t, stdout, " 0 refused; 148206.83 yuan paid\n")
}

// history writes a file and imports it with the usual mapping.
func history(t *testing.T, text string, more ...string) (code int, stdout, stderr string) {
	t.Helper()
	dir := t.TempDir()
	path := filepath.Join(dir, "orders.csv")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	args := []string{"import", path, "--partner", "mall", "--map", "order=单号,buyer=买家,amount=实付,at=付款时间", "--data", migrated(t)}
	return run("", append(args, more...)...)
}

const header = "单号,买家,实付,付款时间\n"

func TestImport_GoesOnBehindABrokenLine(t *testing.T) {
	code, stdout, stderr := history(t, header+
		"a,u1,12.50,2026-01-02 03:04:05\n"+
		"\"b,u1,1.00,2026-01-02 03:04:05\n"+ // 3: a quote that never ends
		"c,u1\n"+ // 4
		"d,u1,much,2026-01-02 03:04:05\n"+ // 5
		"e,u1,1.005,2026-01-02 03:04:05\n"+ // 6
		"f,u1,1.00,yesterday\n"+ // 7
		"g,u 1,1.00,2026-01-02 03:04:05\n"+ // 8: the engine's refusal
		"\xff\xfe,u1,1.00,2026-01-02 03:04:05\n"+ // 9
		strings.Repeat("x", 2<<20)+"\n"+ // 10
		"a,u2,1.00,2026-01-02 03:04:05\n"+ // 11: another buyer
		"\n"+
		"a,u1,0.50,2026-01-02 03:04:05\r\n"+
		"h,u1,1.00,2026-01-02 03:04:05", "--encoding", "utf-8")
	// The bad bytes are within the first look: the whole file is refused before anything is taken.
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "not UTF-8")
	require.Empty(t, stdout)

	text := header + "a,u1,12.50,2026-01-02 03:04:05\n\"b,u1,1.00,2026-01-02 03:04:05\nc,u1\nd,u1,much,2026-01-02 03:04:05\n" +
		"e,u1,1.005,2026-01-02 03:04:05\nf,u1,1.00,yesterday\ng,u 1,1.00,2026-01-02 03:04:05\n" + strings.Repeat("x", 2<<20) +
		"\na,u2,1.00,2026-01-02 03:04:05\n\na,u1,0.50,2026-01-02 03:04:05\r\nh\xff,u1,1.00,2026-01-02 03:04:05\nh,u1,1.00,2026-01-02 03:04:05"
	code, stdout, stderr = history(t, text)
	require.Zero(t, code, stderr)
	for _, line := range []string{
		"line 3: unreadable", "line 4: unreadable: has 2 fields, the header 4", "line 5: unreadable: 实付", "line 6: unreadable: 实付",
		"line 7: unreadable: 付款时间", "line 9: unreadable: is longer", "line 10: another buyer", "line 13: unreadable: is not UTF-8",
		"line 8: order g refused: buyer_id",
	} {
		require.Contains(t, stdout, line)
	}
	require.Contains(t, stdout, "3 orders: 2 new, 0 known already, 1 refused; 14.00 yuan paid\n")
}

func TestImport_ReadsOtherEncodings(t *testing.T) {
	text := header + "a,u1,12.50,2026-01-02 03:04:05\n"
	gbk, err := simplifiedchinese.GBK.NewEncoder().String(text)
	require.NoError(t, err)
	code, _, stderr := history(t, gbk)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "it is not UTF-8; say which it is with --encoding gbk or --encoding latin1")
	code, stdout, stderr := history(t, gbk, "--encoding", "gbk")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "1 orders: 1 new")
	code, _, stderr = history(t, "\xff\xfe"+text)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "UTF-16")
}

func TestImport_RefusesAChangedRepeat(t *testing.T) {
	dir := t.TempDir()
	path, data := filepath.Join(dir, "orders.csv"), migrated(t)
	load := func(amount string) string {
		require.NoError(t, os.WriteFile(path, []byte("o;b;x;n;t;k\n1;u1;"+amount+";3;1767323045;paid\n"), 0o600))
		code, stdout, stderr := run("", "import", path, "--partner", "mall", "--data", data, "--delimiter", ";",
			"--map", "order=o,buyer=b,amount=x*n,at=t,kind=k", "--date-layout", "unix", "--decimal-comma")
		require.Zero(t, code, stderr)
		return stdout
	}
	require.Contains(t, load("2,50"), "1 orders: 1 new, 0 known already, 0 refused; 7.50 yuan paid")
	require.Contains(t, load("2,5"), "1 orders: 0 new, 1 known already")
	require.Contains(t, load("2,51"), "line 2: order 1 refused: amount_fen: the order is known as paid with 750 fen")
}

func TestImport_RefusesWhatItCannotUse(t *testing.T) {
	data := migrated(t)
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{realHistory, "--partner", "mall"}, 2, "--map or --preset is required"},
		{[]string{realHistory, "--preset", "online-retail"}, 2, "--partner is required"},
		{[]string{realHistory, "--partner", "mall", "--preset", "shop"}, 2, "want online-retail"},
		{[]string{realHistory, "--partner", "mall", "--map", "order=a"}, 2, "is missing"},
		{[]string{realHistory, "--partner", "mall", "--map", "price=a"}, 2, "want order=COLUMN"},
		{[]string{realHistory, "--partner", "mall", "--preset", "online-retail", "--encoding", "ebcdic"}, 2, "want utf-8, gbk or latin1"},
		{[]string{realHistory, "--partner", "mall", "--preset", "online-retail", "--delimiter", ";;"}, 2, "want one sign"},
		{[]string{realHistory, "--partner", "mall", "--preset", "online-retail", "--timezone", "Mars/North"}, 2, "Mars/North"},
		{[]string{realHistory, "--partner", "mall", "--map", "order=a,buyer=b,amount=c,at=d"}, 1, `has no column "a"`},
		{[]string{realHistory, "--partner", "stranger", "--preset", "online-retail"}, 1, "--partner stranger"},
		{[]string{"/nonexistent.csv", "--partner", "mall", "--preset", "online-retail"}, 1, "nonexistent"},
	} {
		code, _, stderr := run("", append([]string{"import", "--data", data}, c.args...)...)
		require.Equal(t, c.code, code, c.args)
		require.Contains(t, stderr, c.want, c.args)
	}
}

// A wrong --data must not look like a success.
func TestImport_MakesNoDatabase(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	code, _, stderr := run("", "import", realHistory, "--partner", "mall", "--preset", "online-retail", "--data", data)
	require.Equal(t, 1, code)
	require.Contains(t, stderr, "a new directory is made by kaituan migrate or the first start")
	require.NoDirExists(t, data)
}

func TestImport_TakesWhatWentBackInTheSameFile(t *testing.T) {
	code, stdout, stderr := history(t, "单号,买家,实付,付款时间,类型,\n"+
		"a,u1,2.50,2026-01-03 03:04:05,refunded,9\n"+
		"a,u1,12.50,2026-01-02 03:04:05,paid,9\n",
		"--map", "order=单号,buyer=买家,amount=实付,at=付款时间,kind=类型")
	require.Zero(t, code, stderr)
	require.Contains(t, stdout, "2 orders: 2 new, 0 known already, 0 refused; 12.50 yuan paid\n")
}
