package deploy_test

import (
	"errors"
	"io"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"kaituan/infrastructure/config"
)

type labels = map[string]string

// object is what we look at of any object.
type object struct {
	Kind     string
	Metadata struct {
		Name   string
		Labels labels
	}
	Data map[string]string
	Spec struct {
		Replicas    int
		Selector    any
		PodSelector struct {
			MatchLabels      labels                      `yaml:"matchLabels"`
			MatchExpressions []struct{ Values []string } `yaml:"matchExpressions"`
		} `yaml:"podSelector"`
		MinAvailable   int                   `yaml:"minAvailable"`
		ScaleTargetRef struct{ Name string } `yaml:"scaleTargetRef"`
		Ports          []struct {
			Name       string
			TargetPort string `yaml:"targetPort"`
		}
		Rules []struct {
			HTTP struct {
				Paths []struct {
					Backend struct{ Service struct{ Name string } }
				}
			}
		}
		Template struct {
			Metadata struct{ Labels labels }
			Spec     pod
		}
	}
}

type pod struct {
	SecurityContext struct {
		RunAsNonRoot bool `yaml:"runAsNonRoot"`
	} `yaml:"securityContext"`
	TerminationGracePeriodSeconds int `yaml:"terminationGracePeriodSeconds"`
	Containers                    []struct {
		Args           []string
		EnvFrom        []map[string]struct{ Name string } `yaml:"envFrom"`
		Ports          []struct{ Name string }
		StartupProbe   any `yaml:"startupProbe"`
		LivenessProbe  any `yaml:"livenessProbe"`
		ReadinessProbe any `yaml:"readinessProbe"`
		Resources      struct{ Requests, Limits map[string]string }
		VolumeMounts   []struct{ Name string } `yaml:"volumeMounts"`

		SecurityContext struct {
			ReadOnlyRootFilesystem   bool  `yaml:"readOnlyRootFilesystem"`
			AllowPrivilegeEscalation *bool `yaml:"allowPrivilegeEscalation"`
		} `yaml:"securityContext"`
	}
	Volumes []struct{ Name string }
}

// objects are those of the base, by kind and name.
func objects(t *testing.T) map[string]object {
	t.Helper()
	var list struct{ Resources []string }
	require.NoError(t, yaml.Unmarshal([]byte(read(t, "kubernetes/base/kustomization.yaml")), &list))
	files, err := filepath.Glob("kubernetes/base/*.yaml")
	require.NoError(t, err)
	require.Len(t, files, len(list.Resources)+1, "every file is a resource")
	all := map[string]object{}
	for _, path := range list.Resources {
		decoder := yaml.NewDecoder(strings.NewReader(read(t, "kubernetes/base/"+path)))
		for {
			var o object
			err := decoder.Decode(&o)
			if errors.Is(err, io.EOF) {
				break
			}
			require.NoError(t, err, path)
			require.NotContains(t, all, o.Kind+" "+o.Metadata.Name)
			all[o.Kind+" "+o.Metadata.Name] = o
		}
	}
	return all
}

func TestKubernetes_EveryRoleIsWhole(t *testing.T) {
	all := objects(t)
	for _, role := range []string{"groupbuy", "mall", "worker"} {
		d := all["Deployment "+role]
		require.Equal(t, 2, d.Spec.Replicas, role)
		require.Equal(t, role, d.Spec.Template.Metadata.Labels["app.kubernetes.io/name"])
		require.Equal(t, "true", d.Spec.Template.Metadata.Labels["kaituan"])
		require.True(t, d.Spec.Template.Spec.SecurityContext.RunAsNonRoot)
		require.GreaterOrEqual(t, d.Spec.Template.Spec.TerminationGracePeriodSeconds, 40)
		c := d.Spec.Template.Spec.Containers[0]
		require.NotNil(t, c.StartupProbe)
		require.NotNil(t, c.LivenessProbe)
		require.NotNil(t, c.ReadinessProbe)
		require.NotEmpty(t, c.Resources.Requests["cpu"])
		require.NotEmpty(t, c.Resources.Limits["memory"])
		require.True(t, c.SecurityContext.ReadOnlyRootFilesystem)
		require.False(t, *c.SecurityContext.AllowPrivilegeEscalation)
		require.Len(t, c.VolumeMounts, len(d.Spec.Template.Spec.Volumes))
		require.Equal(t, 1, all["PodDisruptionBudget "+role].Spec.MinAvailable)
		if role != "worker" {
			require.Equal(t, role, all["HorizontalPodAutoscaler "+role].Spec.ScaleTargetRef.Name)
			require.Equal(t, "public", all["Service "+role].Spec.Ports[0].TargetPort)
			require.Equal(t, map[string]any{"app.kubernetes.io/name": role}, all["Service "+role].Spec.Selector)
		}
	}
	for _, rule := range all["Ingress kaituan"].Spec.Rules {
		for _, path := range rule.HTTP.Paths {
			require.Contains(t, all, "Service "+path.Backend.Service.Name)
		}
	}
}

func TestKubernetes_HoldsNoSecrets(t *testing.T) {
	for name, o := range objects(t) {
		require.NotEqual(t, "Secret", o.Kind, name)
		for key := range o.Data {
			require.NotContains(t, []string{"KAITUAN_OPERATOR_TOKEN", "KAITUAN_GROUPBUY_DB", "KAITUAN_MALL_DB"}, key)
			require.NotContains(t, key, "SECRET")
			require.NotContains(t, key, "SEAL")
		}
	}
}

// Nothing comes in unless a policy says so, and each says it of pods that there are.
func TestKubernetes_NothingComesInUnasked(t *testing.T) {
	all := objects(t)
	require.Empty(t, all["NetworkPolicy nothing"].Spec.PodSelector)
	for name, o := range all {
		if o.Kind != "NetworkPolicy" || name == "NetworkPolicy nothing" {
			continue
		}
		for _, e := range o.Spec.PodSelector.MatchExpressions {
			for _, value := range e.Values {
				require.Contains(t, all, "Deployment "+value)
			}
		}
		require.True(t, len(o.Spec.PodSelector.MatchExpressions) > 0 || o.Spec.PodSelector.MatchLabels["kaituan"] == "true", name)
	}
}

func TestKubernetes_EachProcessTakesItsSettings(t *testing.T) {
	all := objects(t)
	environment := maps.Clone(all["ConfigMap kaituan"].Data)
	for _, line := range strings.Split(strings.TrimSpace(run(t, ".", "./secrets.sh")), "\n") {
		if name, value, _ := strings.Cut(line, "="); !strings.HasSuffix(name, "_PASSWORD") {
			environment[name] = value
		}
	}
	environment["KAITUAN_GROUPBUY_DB"], environment["KAITUAN_MALL_DB"] = "mysql:u:p@tcp(db:3306)/groupbuy", "mysql:u:p@tcp(db:3306)/mall"
	environment["KAITUAN_RABBITMQ_URL"] = "amqp://u:p@mq:5672/"
	var roles []config.Role
	for _, name := range []string{"Deployment groupbuy", "Deployment mall", "Deployment worker", "Job migrate"} {
		c := all[name].Spec.Template.Spec.Containers[0]
		require.Equal(t, "kaituan", c.EnvFrom[0]["configMapRef"].Name)
		require.Equal(t, "kaituan", c.EnvFrom[1]["secretRef"].Name)
		roles = append(roles, loads(t, name, c.Args, environment).Role)
	}
	slices.Sort(roles)
	require.Equal(t, []config.Role{config.RoleAll, config.RoleGroupBuy, config.RoleMall, config.RoleWorker}, roles)
}
