package sandbox

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

func mkdir(t *testing.T, path string) {
	t.Helper()
	require.NoError(t, os.MkdirAll(path, 0o700))
}

func TestKeys_AreMadeOnceAndPrivate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new")
	made := make([]Keys, 4)
	var group sync.WaitGroup
	for i := range made {
		group.Go(func() { made[i], _ = LoadOrCreateKeys(dir) })
	}
	group.Wait()
	for _, keys := range made {
		require.NotNil(t, keys.App)
		require.True(t, keys.App.Equal(made[0].App))
		require.True(t, keys.Gateway.Equal(made[0].Gateway))
		require.False(t, keys.App.Equal(keys.Gateway))
	}
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 2, "nothing half-made is left")
	for _, file := range files {
		info, err := file.Info()
		require.NoError(t, err)
		require.Equal(t, fs.FileMode(0o600), info.Mode().Perm())
	}
}

func TestKeys_RefusesAWrongFile(t *testing.T) {
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	require.NoError(t, err)
	curve, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	for name, text := range map[string][]byte{
		"empty": nil, "no PEM": []byte("key"), "no key": pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: []byte{1}}),
		"short": pkcs8(t, short), "no RSA": pkcs8(t, curve),
	} {
		for _, file := range []string{appKeyFile, gatewayKeyFile} {
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, file), text, 0o600))
			_, err := LoadOrCreateKeys(dir)
			require.ErrorContains(t, err, file, name)
		}
	}
	blocked := filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(blocked, nil, 0o600))
	_, err = LoadOrCreateKeys(blocked)
	require.Error(t, err)
}

func pkcs8(t *testing.T, key any) []byte {
	t.Helper()
	der, err := x509.MarshalPKCS8PrivateKey(key)
	require.NoError(t, err)
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}

func TestNew_NeedsPathAndKeys(t *testing.T) {
	_, err := New(Config{})
	require.Error(t, err)
	_, err = New(Config{Path: filepath.Join(t.TempDir(), "x.db"), Keys: Keys{App: testKeys(t).App}})
	require.Error(t, err)
}
