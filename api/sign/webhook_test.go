package sign_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
)

func webhookHeader(id string, at time.Time, signature string) http.Header {
	h := http.Header{}
	h.Set(sign.HeaderWebhookID, id)
	h.Set(sign.HeaderWebhookTimestamp, strconv.FormatInt(at.Unix(), 10))
	h.Set(sign.HeaderWebhookSignature, signature)
	return h
}

func TestNewSecretIsUsableAndNew(t *testing.T) {
	secret, other := sign.NewSecret(), sign.NewSecret()
	require.NotEqual(t, secret, other)
	require.NoError(t, sign.CheckSecret(secret))
	signature, err := sign.SignWebhook([]string{secret}, "evt_1", testNow(), []byte("{}"))
	require.NoError(t, err)
	require.NoError(t, sign.VerifyWebhook([]string{other, secret}, webhookHeader("evt_1", testNow(), signature), []byte("{}"), testNow()))
}

func TestSignWebhookRefuses(t *testing.T) {
	good := sign.NewSecret()
	for name, c := range map[string]struct {
		secrets []string
		id      string
		want    sign.Code
	}{
		"no secret":          {nil, "evt_1", sign.SecretMalformed},
		"one bad secret":     {[]string{good, "whsec_AAAA"}, "evt_1", sign.SecretMalformed},
		"empty id":           {[]string{good}, "", sign.Malformed},
		"id with full stop":  {[]string{good}, "evt.1", sign.Malformed},
		"id with line feed":  {[]string{good}, "evt\n1", sign.Malformed},
		"id beyond ASCII":    {[]string{good}, "evt_茶", sign.Malformed},
		"id longer than 256": {[]string{good}, strings.Repeat("e", 257), sign.Malformed},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := sign.SignWebhook(c.secrets, c.id, testNow(), nil)
			require.Equal(t, c.want, sign.CodeOf(err))
		})
	}
}

func TestRefusalsNameNoSecret(t *testing.T) {
	err := sign.CheckSecret("whsec_dG9wc2VjcmV0")
	require.Equal(t, sign.SecretMalformed, sign.CodeOf(err))
	require.NotContains(t, err.Error(), "dG9wc2VjcmV0")
}

func TestVerifyWebhookWithoutSecretsRefuses(t *testing.T) {
	signature, err := sign.SignWebhook([]string{sign.NewSecret()}, "evt_1", testNow(), nil)
	require.NoError(t, err)
	err = sign.VerifyWebhook(nil, webhookHeader("evt_1", testNow(), signature), nil, testNow())
	require.Equal(t, sign.Invalid, sign.CodeOf(err))
}
