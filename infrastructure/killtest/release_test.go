package killtest

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/failpoint"
)

// TestRelease has a binary without the tag ignore what is armed, and say so.
func TestRelease(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kaituan")
	out, err := exec.Command("go", "build", "-o", path, "kaituan").CombinedOutput()
	require.NoError(t, err, string(out))
	code, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NotContains(t, string(code), "kaituan/infrastructure/failpoint.useCase", "points are in the binary")

	// Every process passes this point before it is ready.
	armed := failpoint.Env + "=schedule.keeper.start.commit.before=kill"
	s := start(t, path, []string{"--data", t.TempDir(), "--log-level", "warn"}, armed)
	s.end(t)

	killed, _ := s.died()
	require.False(t, killed)
	require.Contains(t, s.out.String(), "failpoints are not built into this binary")
	require.Contains(t, s.out.String(), failpoint.Env)
}

// TestTagged runs the tests of the points themselves, which exist only in the other build.
func TestTagged(t *testing.T) {
	out, err := exec.Command("go", "test", "-tags", "failpoint", "kaituan/infrastructure/failpoint").CombinedOutput()
	require.NoError(t, err, string(out))
}
