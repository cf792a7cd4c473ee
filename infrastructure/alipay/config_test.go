package alipay_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/alipay"
)

func TestNew_SaysWhichFieldIsWrong(t *testing.T) {
	keys := sharedKeys(t)
	good := alipay.Config{
		AppID: "app", PrivateKeyPEM: keys.AppPrivatePEM(), AlipayPublicKeyPEM: keys.GatewayPublicPEM(),
		GatewayURL: "http://127.0.0.1/gateway.do", NotifyURL: "http://127.0.0.1/notify",
	}
	_, err := alipay.New(good)
	require.NoError(t, err)
	for field, spoil := range map[string]func(*alipay.Config){
		"AppID is missing":               func(c *alipay.Config) { c.AppID = " " },
		"PrivateKeyPEM is missing":       func(c *alipay.Config) { c.PrivateKeyPEM = "" },
		"PrivateKeyPEM: ":                func(c *alipay.Config) { c.PrivateKeyPEM = c.AlipayPublicKeyPEM },
		"AlipayPublicKeyPEM is missing":  func(c *alipay.Config) { c.AlipayPublicKeyPEM = "" },
		"AlipayPublicKeyPEM: ":           func(c *alipay.Config) { c.AlipayPublicKeyPEM = c.PrivateKeyPEM },
		"GatewayURL is wrong":            func(c *alipay.Config) { c.GatewayURL = "" },
		`GatewayURL is wrong: "ftp://x"`: func(c *alipay.Config) { c.GatewayURL = "ftp://x" },
		"NotifyURL is wrong":             func(c *alipay.Config) { c.NotifyURL = "/notify" },
		"NotifyURL is wrong: parse":      func(c *alipay.Config) { c.NotifyURL = "http://\x00" },
		"Timeout is negative":            func(c *alipay.Config) { c.Timeout = -time.Second },
	} {
		bad := good
		spoil(&bad)
		_, err := alipay.New(bad)
		require.ErrorContains(t, err, field)
		require.NotContains(t, err.Error(), "MII", "no key in a message")
	}
	_, err = alipay.New(alipay.Config{})
	for _, field := range []string{"AppID", "PrivateKeyPEM", "AlipayPublicKeyPEM", "GatewayURL", "NotifyURL"} {
		require.ErrorContains(t, err, field)
	}
}

func TestNew_ProductionIsHTTPSOnly(t *testing.T) {
	keys := sharedKeys(t)
	cfg := alipay.Config{
		AppID: "app", PrivateKeyPEM: bare(keys.AppPrivatePEM()), AlipayPublicKeyPEM: bare(keys.GatewayPublicPEM()),
		Production: true, NotifyURL: "https://shop.example/notify",
	}
	_, err := alipay.New(cfg)
	require.NoError(t, err, "Alipay's own gateway is the default, bare base64 keys are taken")
	cfg.GatewayURL = "http://openapi.alipay.com/gateway.do"
	_, err = alipay.New(cfg)
	require.ErrorContains(t, err, "GatewayURL")
}

// bare is a key as Alipay's tool prints it.
func bare(pem string) string {
	lines := strings.Split(strings.TrimSpace(pem), "\n")
	return strings.Join(lines[1:len(lines)-1], "")
}
