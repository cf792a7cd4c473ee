package fleettest

import (
	"flag"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var old = flag.String("old", "HEAD~60", "the version that TestFleet/Upgrade begins with, as git names it")

// upgrade rolls a newer version out over an older one while people buy, as operations.md says: migrate, then one
// process after the other. Both versions run side by side, the newer one's first processes are taken back and
// come again, and no request fails (F25). It builds the older version, so it is part of the long form only.
func upgrade(t *testing.T) {
	before, after := olderBinary(t), binary(t)
	f := newFleet(t, before)
	people := openShop(t, f)
	people.start()
	defer people.end()
	people.await(t, 2*couples)

	counted := func(what string) {
		t.Helper()
		people.await(t, 2*couples)
		tally := people.cut()
		t.Logf("numbers: F25: %s: %s", what, tally)
		require.Empty(t, tally.failures, what)
	}
	roll := func(number, path string) {
		for _, role := range roles() {
			f.nodes[role+number].path = path
			f.restart(t, role+number)
		}
	}
	counted(*old + " alone")
	f.binary = after
	f.migrate(t)
	counted("its processes on the newer schema")
	roll("-1", after)
	time.Sleep(10 * time.Second)
	counted("one of each, side by side")
	roll("-1", before)
	counted("taken back")
	roll("-1", after)
	roll("-2", after)
	counted("the newer version alone")
	people.end()
	f.settled(t)
}

// olderBinary builds the older version from the history, and skips the test where that is not there.
func olderBinary(t *testing.T) string {
	t.Helper()
	if out, err := exec.Command("git", "rev-parse", "--verify", *old+"^{commit}").CombinedOutput(); err != nil {
		t.Skipf("no %s in the history: %s", *old, out)
	}
	dir := t.TempDir()
	top, err := exec.Command("git", "rev-parse", "--show-toplevel").Output()
	require.NoError(t, err)
	archive := filepath.Join(dir, "source.tar")
	for _, command := range [][]string{
		{"git", "-C", strings.TrimSpace(string(top)), "archive", "--output", archive, *old},
		{"tar", "-x", "-f", archive, "-C", dir},
		{"go", "build", "-C", dir, "-o", filepath.Join(dir, "older"), "."},
	} {
		out, err := exec.Command(command[0], command[1:]...).CombinedOutput()
		require.NoError(t, err, "%v: %s", command, out)
	}
	return filepath.Join(dir, "older")
}
