package app

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"kaituan/api/sign"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/seal"
)

// secrets are what an instance on its own makes for itself on first start, so that it runs without any
// configuration and without any default password.
type secrets struct {
	OperatorToken string `json:"operator_token"`
	KeyID         string `json:"groupbuy_key_id"`
	KeySecret     string `json:"groupbuy_key_secret"`
	WebhookSecret string `json:"groupbuy_webhook_secret"`
}

const secretsFile = "secrets.json"

// loadSecrets returns the configured secrets; what is not configured comes from the data directory, and is made
// there on first start. made says whether that happened now.
func loadSecrets(c config.Config) (s secrets, made bool, err error) {
	s = secrets{OperatorToken: c.OperatorToken, KeyID: c.GroupBuy.KeyID, KeySecret: c.GroupBuy.KeySecret, WebhookSecret: c.GroupBuy.WebhookSecret}
	if s.complete() {
		return s, false, nil
	}
	path := filepath.Join(c.Data, secretsFile)
	stored, err := readSecrets(path)
	if errors.Is(err, fs.ErrNotExist) {
		made = true
		stored = secrets{
			OperatorToken: rand.Text(), KeyID: "key_mall_" + rand.Text()[:8], KeySecret: rand.Text() + rand.Text(), WebhookSecret: sign.NewSecret(),
		}
		err = writeSecrets(path, stored)
	}
	if err != nil {
		return secrets{}, false, fmt.Errorf("secrets of this instance: %w", err)
	}
	return s.or(stored), made, nil
}

// SealKey is the file in the data directory with the key that seals partners' secrets in the database. It is a file of its
// own, to be kept apart from the database's backups.
const SealKey = "seal.key"

// loadSealer returns the configured keys, and behind them the one of the data directory, so that one which is configured
// later takes over. Without any it makes one there.
func loadSealer(c config.Config) (*seal.Keys, error) {
	keys := slices.Clone(c.GroupBuy.SealKeys)
	path := filepath.Join(c.Data, SealKey)
	text, err := os.ReadFile(path)
	switch {
	case err == nil:
		keys = append(keys, strings.TrimSpace(string(text)))
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("key of the secrets in the database: %w", err)
	case len(keys) == 0:
		keys = append(keys, seal.NewKey())
		if err := os.WriteFile(path, []byte(keys[0]+"\n"), 0o600); err != nil {
			return nil, fmt.Errorf("key of the secrets in the database: %w", err)
		}
	}
	sealer, err := seal.New(keys...)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return sealer, nil
}

// setupToken makes the first operator. All nodes print the same link.
func (s secrets) setupToken() string { return s.derive("make the first operator") }

// derive makes a secret for a purpose that follows from the operator token and gives nothing of it away.
func (s secrets) derive(purpose string) string {
	if s.OperatorToken == "" {
		return ""
	}
	mac := hmac.New(sha256.New, []byte(s.OperatorToken))
	mac.Write([]byte("kaituan: " + purpose))
	return hex.EncodeToString(mac.Sum(nil))
}

func (s secrets) complete() bool {
	return s.OperatorToken != "" && s.KeyID != "" && s.WebhookSecret != ""
}

func (s secrets) or(other secrets) secrets {
	if s.OperatorToken == "" {
		s.OperatorToken = other.OperatorToken
	}
	if s.KeyID == "" {
		s.KeyID, s.KeySecret = other.KeyID, other.KeySecret
	}
	if s.WebhookSecret == "" {
		s.WebhookSecret = other.WebhookSecret
	}
	return s
}

func readSecrets(path string) (secrets, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return secrets{}, err
	}
	var s secrets
	if err := json.Unmarshal(text, &s); err != nil || !s.complete() {
		return secrets{}, fmt.Errorf("%s is damaged; restore it, or delete it to make new secrets", path)
	}
	return s, nil
}

func writeSecrets(path string, s secrets) error {
	text, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}
