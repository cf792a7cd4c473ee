package deploy_test

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

type dashboard struct {
	UID    string  `json:"uid"`
	Panels []panel `json:"panels"`
}

type panel struct {
	ID    int    `json:"id"`
	Title string `json:"title"`
	Grid  struct {
		X int `json:"x"`
		W int `json:"w"`
	} `json:"gridPos"`
	Datasource struct {
		UID string `json:"uid"`
	} `json:"datasource"`
	Targets []struct {
		Expr string `json:"expr"`
	} `json:"targets"`
}

func dashboards(t *testing.T) map[string]dashboard {
	t.Helper()
	paths, err := filepath.Glob("grafana/dashboards/*.json")
	require.NoError(t, err)
	all := map[string]dashboard{}
	for _, path := range paths {
		var d dashboard
		require.NoError(t, json.Unmarshal([]byte(read(t, path)), &d), path)
		all[strings.TrimSuffix(filepath.Base(path), ".json")] = d
	}
	return all
}

func TestDashboards_AskForMetricsThatExist(t *testing.T) {
	metrics := known(t)
	all := dashboards(t)
	require.Len(t, all, 4)
	for name, d := range all {
		require.Equal(t, "kaituan-"+name, d.UID)
		ids := map[int]bool{}
		for _, p := range d.Panels {
			require.False(t, ids[p.ID], "%s: two panels %d", name, p.ID)
			ids[p.ID] = true
			require.NotEmpty(t, p.Targets, "%s: %s", name, p.Title)
			require.LessOrEqual(t, p.Grid.X+p.Grid.W, 24, p.Title)
			require.Equal(t, "prometheus", p.Datasource.UID, "the data source that is provisioned")
			for _, target := range p.Targets {
				require.Empty(t, unknown(metrics, target.Expr), "%s: %s", name, p.Title)
			}
		}
	}
}

// Each expression is one that Prometheus takes.
func TestDashboards_AskInPromQL(t *testing.T) {
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: dashboards\n    rules:\n")
	seen := 0
	for _, d := range dashboards(t) {
		for _, p := range d.Panels {
			for _, target := range p.Targets {
				seen++
				expression := strings.NewReplacer("$__rate_interval", "1m", "$partner", ".*").Replace(target.Expr)
				quoted, err := json.Marshal(expression) // a JSON string is a YAML string
				require.NoError(t, err)
				rules.WriteString("      - {record: panel, expr: " + string(quoted) + ", labels: {n: \"" + strings.Repeat("i", seen) + "\"}}\n")
			}
		}
	}
	path := filepath.Join(t.TempDir(), "rules.yml")
	write(t, path, rules.String())
	run(t, ".", "promtool", "check", "rules", path)
}

// Prometheus calls our label job exported_job.
func TestDashboards_KnowWhatPrometheusRenames(t *testing.T) {
	_, asks := alerts(t)
	for name, d := range dashboards(t) {
		for _, p := range d.Panels {
			for i, target := range p.Targets {
				asks[name+p.Title+string(rune('a'+i))] = target.Expr
			}
		}
	}
	for name, expression := range asks {
		if strings.Contains(expression, "kaituan_job_") {
			require.NotRegexp(t, `kaituan_job_\w+\{job=`, expression, name)
			require.NotContains(t, expression, "by (job)", name)
		}
	}
}
