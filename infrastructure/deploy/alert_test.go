package deploy_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// program returns the path of a program, and skips the test where there is none; CI counts skips as failures.
func program(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal(err)
	}
	if err != nil {
		t.Skip(err)
	}
	return path
}

// run wants a program to end well.
func run(t *testing.T, dir, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(program(t, name), args...)
	cmd.Dir = dir
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, string(out))
	return string(out)
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.FromSlash(path))
	require.NoError(t, err)
	return string(text)
}

// alerts are the rules by name, and what each asks.
func alerts(t *testing.T) (names []string, asks map[string]string) {
	t.Helper()
	var file struct {
		Groups []struct {
			Rules []struct {
				Alert, Expr string
				Labels      map[string]string
				Annotations map[string]string
			}
		}
	}
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "prometheus/alerts.yml")), &file))
	asks = map[string]string{}
	for _, group := range file.Groups {
		for _, rule := range group.Rules {
			require.Contains(t, []string{"page", "ticket"}, rule.Labels["severity"], rule.Alert)
			require.NotEmpty(t, rule.Annotations["summary"], rule.Alert)
			names = append(names, rule.Alert)
			asks[rule.Alert] = rule.Expr
		}
	}
	return names, asks
}

func TestAlerts_FireOnWhatTheyAreFor(t *testing.T) {
	t.Log(run(t, "prometheus", "promtool", "test", "rules", "alerts_test.yml"))
	run(t, "prometheus", "promtool", "check", "config", "prometheus.yml")
	names, _ := alerts(t)
	tests := read(t, "prometheus/alerts_test.yml")
	for _, name := range names {
		require.Contains(t, tests, "eval_time: 15m, alertname: "+name+"}", "quiet on a quiet system")
		require.Regexp(t, `alertname: `+name+`\n\s+exp_alerts:`, tests, "fires")
	}
}

func TestAlerts_HaveARunbook(t *testing.T) {
	names, _ := alerts(t)
	var sections []string
	for _, heading := range regexp.MustCompile(`(?m)^## (\w+)$`).FindAllStringSubmatch(read(t, "../../docs/runbook.md"), -1) {
		sections = append(sections, heading[1])
	}
	require.Equal(t, names, sections)
}

// known are the metrics of docs/metrics.md, which a test of the app compares with what an instance tells.
func known(t *testing.T) map[string]string {
	t.Helper()
	metrics := map[string]string{}
	for _, row := range regexp.MustCompile("(?m)^\\| `(kaituan_[a-z_]+)` \\| (\\w+) \\|").FindAllStringSubmatch(read(t, "../../docs/metrics.md"), -1) {
		metrics[row[1]] = row[2]
	}
	require.NotEmpty(t, metrics)
	return metrics
}

// unknown are the metrics in an expression that nothing tells.
func unknown(metrics map[string]string, expression string) []string {
	var missing []string
	for _, name := range regexp.MustCompile(`\bkaituan_[a-z_]+`).FindAllString(expression, -1) {
		base := name
		for _, suffix := range []string{"_bucket", "_count", "_sum"} {
			if cut, ok := strings.CutSuffix(name, suffix); ok && metrics[cut] == "histogram" {
				base = cut
			}
		}
		if metrics[base] == "" && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	return missing
}

func TestAlerts_AskForMetricsThatExist(t *testing.T) {
	metrics := known(t)
	_, asks := alerts(t)
	for name, expression := range asks {
		require.Empty(t, unknown(metrics, expression), name)
	}
	require.Empty(t, unknown(metrics, read(t, "../../docs/runbook.md")), "runbook")
	require.Equal(t, []string{"kaituan_live_bucket"}, unknown(metrics, "rate(kaituan_live_bucket[5m])"), "the test itself")
}

func write(t *testing.T, path, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
}
