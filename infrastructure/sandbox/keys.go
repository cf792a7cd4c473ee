package sandbox

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

const (
	keyBits        = 2048
	appKeyFile     = "sandbox-app-private.pem"
	gatewayKeyFile = "sandbox-gateway-private.pem"
)

// Keys are the two RSA key pairs of an RSA2 integration: the merchant application's, which signs requests, and
// the gateway's, which signs answers, notices and return addresses. A real merchant never sees the gateway's
// private key; the sandbox is both sides.
type Keys struct {
	App     *rsa.PrivateKey
	Gateway *rsa.PrivateKey
}

// LoadOrCreateKeys reads both keys from dir and makes those that are missing, as PEM files that only the owner
// may read. Two processes that start at once end up with the same keys. Errors: dir cannot be written, a file
// is no RSA private key of at least 2,048 bits.
func LoadOrCreateKeys(dir string) (Keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return Keys{}, fmt.Errorf("sandbox keys: %w", err)
	}
	app, err := loadOrCreateKey(filepath.Join(dir, appKeyFile))
	if err != nil {
		return Keys{}, err
	}
	gateway, err := loadOrCreateKey(filepath.Join(dir, gatewayKeyFile))
	if err != nil {
		return Keys{}, err
	}
	return Keys{App: app, Gateway: gateway}, nil
}

// AppPrivatePEM returns what the merchant configures as its own private key (PKCS#8).
func (k Keys) AppPrivatePEM() string {
	return string(encodePrivate(k.App))
}

// GatewayPublicPEM returns what the merchant configures as Alipay's public key (PKIX).
func (k Keys) GatewayPublicPEM() string {
	der, err := x509.MarshalPKIXPublicKey(&k.Gateway.PublicKey)
	if err != nil {
		panic("sandbox: an RSA public key always has a PKIX form: " + err.Error())
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

func loadOrCreateKey(path string) (*rsa.PrivateKey, error) {
	key, err := loadKey(path)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, err
	}
	if err := createKey(path); err != nil {
		return nil, fmt.Errorf("sandbox key %s: %w", path, err)
	}
	return loadKey(path)
}

func loadKey(path string) (*rsa.PrivateKey, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("sandbox key: %w", err)
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, fmt.Errorf("sandbox key %s: no PEM block", path)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("sandbox key %s: %w", path, err)
	}
	key, ok := parsed.(*rsa.PrivateKey)
	if !ok || key.N.BitLen() < keyBits {
		return nil, fmt.Errorf("sandbox key %s: want an RSA key of at least %d bits", path, keyBits)
	}
	return key, nil
}

// createKey writes a whole new key file or none: a link to a finished temporary file either appears or, when
// another process was faster, leaves that one's key in place.
func createKey(path string) error {
	key, err := rsa.GenerateKey(rand.Reader, keyBits)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp(filepath.Dir(path), ".key-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(file.Name()) }()
	_, err = file.Write(encodePrivate(key))
	err = errors.Join(err, file.Sync(), file.Close())
	if err != nil {
		return err
	}
	if err := os.Link(file.Name(), path); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

func encodePrivate(key *rsa.PrivateKey) []byte {
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		panic("sandbox: an RSA private key always has a PKCS#8 form: " + err.Error())
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})
}
