package deploy_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"

	"kaituan/infrastructure/config"
)

type composeFile struct {
	Services map[string]service
	Volumes  map[string]any
	Configs  map[string]any
}

type service struct {
	Image       string
	Build       any
	Profiles    []string
	Command     []string
	Environment map[string]string
	Volumes     []string
	Ports       []string
	DependsOn   any    `yaml:"depends_on"`
	ReadOnly    bool   `yaml:"read_only"`
	Restart     string `yaml:"restart"`
}

// filled is a file of docker compose with the secrets that deploy/secrets.sh makes in it.
func filled(t *testing.T, path string) string {
	t.Helper()
	text := strings.ReplaceAll(read(t, path), "$$", "$")
	for _, line := range strings.Split(strings.TrimSpace(run(t, ".", "./secrets.sh")), "\n") {
		name, value, _ := strings.Cut(line, "=")
		text = strings.ReplaceAll(text, "${"+name+"-}", value)
	}
	require.NotRegexp(t, `\$\{[A-Z_]+`, text, "a variable that secrets.sh does not make")
	return text
}

func compose(t *testing.T) composeFile {
	t.Helper()
	var file composeFile
	require.NoError(t, yaml.Unmarshal([]byte(filled(t, "../../docker-compose.yml")), &file))
	return file
}

// names are the services that something depends on, whichever of the two forms it is written in.
func needs(t *testing.T, dependsOn any) []string {
	t.Helper()
	var list []string
	switch d := dependsOn.(type) {
	case map[string]any:
		for name := range d {
			list = append(list, name)
		}
	case []any:
		for _, name := range d {
			list = append(list, name.(string))
		}
	}
	return list
}

func TestCompose_IsOfOnePiece(t *testing.T) {
	file := compose(t)
	for name, s := range file.Services {
		require.Subset(t, []string{"minimal", "full"}, s.Profiles, name)
		require.Len(t, s.Profiles, 1, name)
		require.NotEmpty(t, s.Image, name)
		for _, other := range needs(t, s.DependsOn) {
			require.Contains(t, file.Services, other, name)
			require.Equal(t, s.Profiles, file.Services[other].Profiles, "%s needs %s", name, other)
		}
		for _, port := range s.Ports {
			require.True(t, strings.HasPrefix(port, "127.0.0.1:"), "%s publishes %s to everybody", name, port)
		}
		for _, volume := range s.Volumes {
			from, _, _ := strings.Cut(volume, ":")
			if strings.HasPrefix(from, "./") {
				_, err := os.Stat("../../" + from)
				require.NoError(t, err, name)
			} else {
				require.Contains(t, file.Volumes, from, name)
			}
		}
	}
}

// args are the flags of a command as settings.
func flagsOf(command []string) map[string]string {
	flags := map[string]string{}
	for i := 1; i+1 < len(command); i += 2 {
		flags[strings.ReplaceAll(strings.TrimPrefix(command[i], "--"), "-", "_")] = command[i+1]
	}
	return flags
}

// loads wants the program to take what a container is given.
func loads(t *testing.T, name string, command []string, environment map[string]string) config.Config {
	t.Helper()
	var environ []string
	for key, value := range environment {
		environ = append(environ, key+"="+value)
	}
	require.Empty(t, config.UnknownEnv(environ), name)
	c, err := config.Load(config.Source{Environ: environ, Flags: flagsOf(command)})
	require.NoError(t, err, name)
	return c
}

func TestCompose_EachProcessTakesItsSettings(t *testing.T) {
	file := compose(t)
	roles := map[config.Role]int{}
	for name, s := range file.Services {
		if s.Build == nil {
			continue
		}
		require.True(t, s.ReadOnly, name)
		c := loads(t, name, s.Command, s.Environment)
		if len(s.Command) > 0 && s.Command[0] == "serve" {
			roles[c.Role]++
			require.Equal(t, "https://kaituan.localhost:8443", c.PublicURL)
		}
	}
	require.Equal(t, map[config.Role]int{config.RoleGroupBuy: 2, config.RoleMall: 2, config.RoleWorker: 2}, roles)
}

// The proxy and Prometheus know the processes by the names that they have.
func TestCompose_OthersKnowTheProcesses(t *testing.T) {
	file := compose(t)
	hosts := map[string][]string{}
	for _, path := range []string{"nginx/kaituan.conf", "prometheus/prometheus.yml"} {
		for _, host := range regexp.MustCompile(`([a-z]+(?:-[12])?):80(?:80|81)\b`).FindAllStringSubmatch(read(t, path), -1) {
			require.Contains(t, file.Services, host[1], path)
			hosts[path] = append(hosts[path], host[1])
		}
	}
	for name, s := range file.Services {
		if len(s.Command) == 0 || s.Command[0] != "serve" {
			continue
		}
		require.Contains(t, hosts["prometheus/prometheus.yml"], name)
		require.Equal(t, !strings.HasPrefix(name, "worker"), slices.Contains(hosts["nginx/kaituan.conf"], name), name)
	}
}

// nginx itself reads the file, with names that mean something here.
func TestNginx_TakesTheFile(t *testing.T) {
	dir := t.TempDir()
	run(t, dir, "openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", "tls.key", "-out", "tls.crt", "-subj", "/CN=kaituan")
	site := strings.ReplaceAll(read(t, "nginx/kaituan.conf"), "/etc/nginx/tls/", dir+"/")
	site = regexp.MustCompile(`server [a-z]+(-[12])?:8080`).ReplaceAllString(site, "server 127.0.0.1:8080")
	conf := dir + "/nginx.conf"
	write(t, conf, "pid "+dir+"/pid;\nerror_log stderr;\nevents {}\nhttp {\n"+site+"}\n")
	program := "nginx"
	if _, err := os.Stat("/usr/sbin/nginx"); err == nil {
		program = "/usr/sbin/nginx"
	}
	require.Contains(t, run(t, dir, program, "-t", "-c", conf), "syntax is ok")
}
