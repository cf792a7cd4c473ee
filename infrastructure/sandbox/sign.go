package sandbox

import (
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/url"
	"slices"
	"strings"
)

// canonical is the text that RSA2 signs: the parameters with a value, except those named, sorted by name and
// joined as k=v with &. https://opendocs.alipay.com/common/02mse7
func canonical(values url.Values, except ...string) []byte {
	names := make([]string, 0, len(values))
	for name := range values {
		if values.Get(name) != "" && !slices.Contains(except, name) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	var text strings.Builder
	for i, name := range names {
		if i > 0 {
			text.WriteByte('&')
		}
		text.WriteString(name + "=" + values.Get(name))
	}
	return []byte(text.String())
}

func signRSA2(key *rsa.PrivateKey, content []byte) (string, error) {
	digest := sha256.Sum256(content)
	signature, err := rsa.SignPKCS1v15(rand.Reader, key, crypto.SHA256, digest[:])
	if err != nil {
		return "", fmt.Errorf("sandbox: sign: %w", err)
	}
	return base64.StdEncoding.EncodeToString(signature), nil
}

func verifyRSA2(key *rsa.PublicKey, content []byte, signature string) bool {
	raw, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return false
	}
	digest := sha256.Sum256(content)
	return rsa.VerifyPKCS1v15(key, crypto.SHA256, digest[:], raw) == nil
}

// signForm adds sign and sign_type to what the gateway tells a merchant by form or address. Neither is part
// of the signed text: https://opendocs.alipay.com/common/02mse7 (异步返回结果的验签).
func (s *Sandbox) signForm(form url.Values) error {
	signature, err := signRSA2(s.cfg.Keys.Gateway, canonical(form, "sign", "sign_type"))
	if err != nil {
		return err
	}
	form.Set("sign_type", "RSA2")
	form.Set("sign", signature)
	return nil
}

// strayRSA2 looks like a signature and is nobody's.
func strayRSA2() string {
	raw := make([]byte, keyBits/8)
	_, _ = rand.Read(raw) // never fails: crypto/rand ends the process rather than return an error
	return base64.StdEncoding.EncodeToString(raw)
}
