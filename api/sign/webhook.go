package sign

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// The headers of a webhook, as Standard Webhooks 1.0.0 names them (section "Webhook headers").
const (
	HeaderWebhookID        = "webhook-id"        // the event; the same for every attempt, to drop repeats by
	HeaderWebhookTimestamp = "webhook-timestamp" // the attempt, in seconds since 1970
	HeaderWebhookSignature = "webhook-signature" // "v1,<base64>", several separated by a blank
)

// Standard Webhooks 1.0.0, section "Signature scheme".
const (
	secretPrefix     = "whsec_"
	signaturePrefix  = "v1,"
	minSecret        = 24  // bytes, 192 bits
	maxSecret        = 64  // bytes, 512 bits
	newSecretSize    = 32  // bytes, the size of the hash
	maxWebhookID     = 256 // bytes
	maxSignatureList = 4096
)

// WebhookTolerance is how far a webhook's timestamp may lie from the receiver's clock, before or after.
const WebhookTolerance = 5 * time.Minute

// NewSecret returns a random webhook secret in its printed form, whsec_ and base64.
func NewSecret() string {
	key := make([]byte, newSecretSize)
	_, _ = rand.Read(key) // never fails: crypto/rand ends the process instead
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// CheckSecret tells whether a text can serve as a webhook secret. Errors: SecretMalformed.
func CheckSecret(secret string) error {
	_, err := decodeSecret(secret)
	return err
}

// SignWebhook returns the webhook-signature header for a message: one signature per secret in their order,
// separated by blanks. Several secrets are given while a partner changes from one to the other. id is the
// webhook-id header and has no full stop; at becomes webhook-timestamp in whole seconds and is the instant of
// this attempt, not of the event. Errors: SecretMalformed, also when there is no secret; Malformed for the id.
//
//nolint:revive // the counterpart of VerifyWebhook; sign.Webhook would read as a type
func SignWebhook(secrets []string, id string, at time.Time, body []byte) (string, error) {
	if !isWebhookID(id) {
		return "", refuse(Malformed, "a webhook id has 1 to %d visible characters and no full stop", maxWebhookID)
	}
	if len(secrets) == 0 {
		return "", refuse(SecretMalformed, "there is no secret to sign with")
	}
	signatures := make([]string, len(secrets))
	for i, secret := range secrets {
		key, err := decodeSecret(secret)
		if err != nil {
			return "", err
		}
		signatures[i] = signaturePrefix + base64.StdEncoding.EncodeToString(webhookMAC(key, id, at.Unix(), body))
	}
	return strings.Join(signatures, " "), nil
}

// VerifyWebhook checks that one of the signatures in header was made with one of the secrets over this body, and
// that the attempt is fresh at now. Signatures of versions other than v1 are passed over. The receiver then drops
// repeats by webhook-id. Errors: Missing, Malformed, Expired, Invalid, SecretMalformed.
func VerifyWebhook(secrets []string, header http.Header, body []byte, now time.Time) error {
	id, timestamp := header.Get(HeaderWebhookID), header.Get(HeaderWebhookTimestamp)
	list := header.Get(HeaderWebhookSignature)
	if id == "" || timestamp == "" || list == "" {
		return refuse(Missing, "want the headers %s, %s and %s", HeaderWebhookID, HeaderWebhookTimestamp, HeaderWebhookSignature)
	}
	seconds, ok := parseSeconds(timestamp)
	if !ok || !isWebhookID(id) || len(list) > maxSignatureList {
		return refuse(Malformed, "%s, %s or %s does not follow Standard Webhooks",
			HeaderWebhookID, HeaderWebhookTimestamp, HeaderWebhookSignature)
	}
	if err := checkFresh(seconds, now, WebhookTolerance); err != nil {
		return err
	}
	return matchWebhook(secrets, list, id, seconds, body)
}

func matchWebhook(secrets []string, list, id string, seconds int64, body []byte) error {
	for _, secret := range secrets {
		key, err := decodeSecret(secret)
		if err != nil {
			return err
		}
		if listed(list, webhookMAC(key, id, seconds, body)) {
			return nil
		}
	}
	return refuse(Invalid, "no signature in %s was made with a secret of this endpoint over these bytes", HeaderWebhookSignature)
}

func listed(list string, want []byte) bool {
	for entry := range strings.SplitSeq(list, " ") {
		encoded, isV1 := strings.CutPrefix(entry, signaturePrefix)
		if !isV1 {
			continue
		}
		got, err := base64.StdEncoding.Strict().DecodeString(encoded)
		if err == nil && hmac.Equal(got, want) {
			return true
		}
	}
	return false
}

func webhookMAC(key []byte, id string, seconds int64, body []byte) []byte {
	mac := hmac.New(sha256.New, key)
	head := make([]byte, 0, len(id)+16)
	head = append(append(head, id...), '.')
	head = append(strconv.AppendInt(head, seconds, 10), '.')
	mac.Write(head)
	mac.Write(body)
	return mac.Sum(nil)
}

func decodeSecret(secret string) ([]byte, error) {
	encoded, prefixed := strings.CutPrefix(secret, secretPrefix)
	key, err := base64.StdEncoding.DecodeString(encoded)
	if !prefixed || err != nil || len(key) < minSecret || len(key) > maxSecret {
		return nil, refuse(SecretMalformed, "a webhook secret is %s and the base64 of %d to %d bytes",
			secretPrefix, minSecret, maxSecret)
	}
	return key, nil
}

// isWebhookID forbids the full stop because it separates the parts of what is signed: with it, one signature
// could be read as that of another message.
func isWebhookID(id string) bool {
	if id == "" || len(id) > maxWebhookID {
		return false
	}
	for i := range len(id) {
		if id[i] <= ' ' || id[i] > '~' || id[i] == '.' {
			return false
		}
	}
	return true
}
