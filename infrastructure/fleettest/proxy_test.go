package fleettest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// proxy is nginx with the production file, other addresses in it.
type proxy struct {
	*process
	public      string // https
	inside      string // http, for the processes
	certificate string // a file
	roots       *x509.CertPool
}

// newProxy makes what nginx needs; at says where each host of the production file is here.
func newProxy(t *testing.T, at map[string]string) *proxy {
	t.Helper()
	dir := t.TempDir()
	p := &proxy{public: freePort(t), inside: freePort(t), certificate: filepath.Join(dir, "tls.crt")}
	p.roots = certify(t, dir)
	health := freePort(t)
	replace := []string{
		"listen 8443 ssl", "listen " + p.public + " ssl", "listen 8000;", "listen " + p.inside + ";", "127.0.0.1:8089", health,
		"/etc/nginx/tls/", dir + "/",
	}
	for host, address := range at {
		replace = append(replace, host+":8080", address)
	}
	production, err := os.ReadFile("../deploy/nginx/kaituan.conf")
	require.NoError(t, err)
	site := strings.NewReplacer(replace...).Replace(string(production))
	require.NotContains(t, site, ":8080")
	conf := "pid " + dir + "/pid;\ndaemon off;\nerror_log stderr warn;\nworker_processes 2;\nworker_rlimit_nofile 4096;\nevents { worker_connections 1024; }\nhttp {\n" +
		"access_log " + dir + "/access.log;\n"
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		conf += kind + "_temp_path " + dir + "/" + kind + ";\n"
	}
	path := filepath.Join(dir, "nginx.conf")
	require.NoError(t, os.WriteFile(path, []byte(conf+site+"}\n"), 0o600))
	p.process = &process{
		name: "nginx", path: program(t, "nginx"), args: []string{"-c", path, "-p", dir}, log: filepath.Join(dir, "log"),
		answers: answersHTTP("http://" + health + "/healthz"),
	}
	return p
}

// certify makes a certificate of this machine's own, and who believes it.
func certify(t *testing.T, dir string) *x509.CertPool {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "fleet"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	shown := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tls.crt"), shown, 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "tls.key"), pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	roots := x509.NewCertPool()
	require.True(t, roots.AppendCertsFromPEM(shown))
	return roots
}

// client is a browser's way in.
func (p *proxy) client(t *testing.T) *http.Client {
	t.Helper()
	transport := &http.Transport{
		TLSClientConfig: &tls.Config{RootCAs: p.roots, MinVersion: tls.VersionTLS12}, MaxIdleConnsPerHost: 64, ForceAttemptHTTP2: true,
	}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: time.Minute}
}
