package observe

import (
	"runtime"
	"runtime/debug"

	"github.com/prometheus/client_golang/prometheus"
)

// version is set by the linker, which sets variables only: -ldflags "-X kaituan/infrastructure/observe.version=1.2.3".
var version string

// Build says which program runs.
type Build struct {
	Version  string `json:"version"`  // the release; devel when the build named none
	Revision string `json:"revision"` // of version control; empty when it was built without
	Modified bool   `json:"modified"` // built from a tree with changes that are not in that revision
	Go       string `json:"go"`
}

// ReadBuild returns what was built into this program.
func ReadBuild() Build {
	b := Build{Version: version, Go: runtime.Version()}
	if b.Version == "" {
		b.Version = "devel"
	}
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return b
	}
	for _, s := range info.Settings {
		switch s.Key {
		case "vcs.revision":
			b.Revision = s.Value
		case "vcs.modified":
			b.Modified = s.Value == "true"
		}
	}
	return b
}

// Collector tells which program runs, and as what.
func (b Build) Collector(role string) prometheus.Collector {
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "kaituan_build_info", Help: "1, with what runs in the labels.",
		ConstLabels: prometheus.Labels{"version": b.Version, "revision": b.Revision, "go": b.Go, "role": role},
	})
	info.Set(1)
	return info
}
