package config_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/limit"
	"kaituan/infrastructure/config"
)

func TestLoad_Defaults(t *testing.T) {
	c, err := config.Load(config.Source{})
	require.NoError(t, err)
	require.Equal(t, config.RoleAll, c.Role)
	require.Equal(t, ":8080", c.Listen)
	require.Equal(t, "sqlite:data/groupbuy.db", c.GroupBuy.DB)
	require.Equal(t, "sqlite:data/mall.db", c.Mall.DB)
	require.Equal(t, 15*time.Minute, c.Mall.PayWithin)
	require.Equal(t, 10*time.Hour, c.Mall.BillAfter)
	require.True(t, c.Embedded())
	require.False(t, c.Split())
}

func TestLoad_LaterSourcesWin(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kaituan.yaml")
	require.NoError(t, os.WriteFile(path, []byte("listen: 127.0.0.1:1\ndata: /from/file\nmall:\n  ship_after: 3s\n  pay_within: 5m\n"), 0o600))
	c, err := config.Load(config.Source{
		File:    path,
		Environ: []string{"KAITUAN_LISTEN=127.0.0.1:2", "KAITUAN_MALL_SHIP_AFTER=4s", "KAITUAN_GROUPBUY_ALLOW_HOSTS=a:1,b:2", "OTHER=x"},
		Flags:   map[string]string{"listen": "127.0.0.1:3"},
	})
	require.NoError(t, err)
	require.Equal(t, "127.0.0.1:3", c.Listen)
	require.Equal(t, 4*time.Second, c.Mall.ShipAfter)
	require.Equal(t, 5*time.Minute, c.Mall.PayWithin)
	require.Equal(t, "/from/file", c.Data)
	require.Equal(t, "sqlite:/from/file/mall.db", c.Mall.DB)
	require.Equal(t, []string{"a:1", "b:2"}, c.GroupBuy.AllowHosts)
}

func TestLoad_ReportsEveryFaultAtOnce(t *testing.T) {
	_, err := config.Load(config.Source{Flags: map[string]string{
		"role": "boss", "listen": "8080", "public_url": "mall.example.com", "groupbuy.db": "postgres:x", "mall.pay_within": "59s", "mall.bill_after": "0s", "mall.refund_retry": "0s",
		"operator_token": "short", "groupbuy.key_id": "k", "groupbuy.webhook_secret": "x", "groupbuy.seal_keys": "changeme", "log_level": "loud",
		"trusted_proxies": "nginx", "redis.timeout": "1h", "groupbuy.second_factor": "boss", "limit.streams_buyer": "-1",
		"rabbitmq.url": "http://user:hidden-word@host", "rabbitmq.prefix": "Å",
	}})
	require.Error(t, err)
	for _, want := range []string{
		"role (KAITUAN_ROLE)", "listen (KAITUAN_LISTEN)", "public_url", "groupbuy.db", "mall.pay_within", "mall.bill_after", "mall.refund_retry", "operator_token", "groupbuy.key_id", "groupbuy.webhook_secret", "groupbuy.seal_keys", "log_level",
		"trusted_proxies", "redis.timeout", "groupbuy.second_factor", "limit.streams_buyer",
	} {
		require.ErrorContains(t, err, want)
	}
	require.NotContains(t, err.Error(), "hidden-word")
}

func TestLoad_RefusesWeakSecretsWithoutTellingThem(t *testing.T) {
	for key, weak := range map[string]string{
		"operator_token": "operator-token", "groupbuy.key_secret": "kaituan-default-secret", "groupbuy.webhook_secret": "whsec_c2hvcnQ=",
		"groupbuy.seal_keys": strings.Repeat("0", 64),
	} {
		_, err := config.Load(config.Source{Flags: map[string]string{key: weak, "groupbuy.key_id": "key_1"}})
		require.ErrorContains(t, err, key)
		require.NotContains(t, err.Error(), weak)
	}
	_, err := config.Load(config.Source{Flags: map[string]string{"groupbuy.key_id": "key_1", "groupbuy.key_secret": strings.Repeat("s", 101)}})
	require.ErrorContains(t, err, "at most 100")
}

func TestLoad_UnknownKeyInFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "kaituan.yaml")
	require.NoError(t, os.WriteFile(path, []byte("lissten: :1\n"), 0o600))
	_, err := config.Load(config.Source{File: path})
	require.ErrorContains(t, err, "lissten")
	_, err = config.Load(config.Source{File: path + ".absent"})
	require.ErrorContains(t, err, "absent")
}

func TestLoad_BadDuration(t *testing.T) {
	_, err := config.Load(config.Source{Environ: []string{"KAITUAN_MALL_SHIP_AFTER=soon"}})
	require.ErrorContains(t, err, "mall.ship_after")
}

func TestLoad_SplitRolesNameWhatTheyMustShare(t *testing.T) {
	_, err := config.Load(config.Source{Flags: map[string]string{"role": "mall"}})
	for _, key := range []string{"operator_token", "groupbuy.key_id", "groupbuy.key_secret", "groupbuy.webhook_secret", "groupbuy.url", "alipay.gateway", "public_url"} {
		require.ErrorContains(t, err, key)
	}
	_, err = config.Load(config.Source{Flags: map[string]string{"role": "groupbuy"}})
	require.NotContains(t, err.Error(), "groupbuy.url")
	require.ErrorContains(t, err, "mall.webhook_url")
	require.ErrorContains(t, err, "groupbuy.seal_keys")
}

func TestLoad_ExternalGatewayNeedsKeys(t *testing.T) {
	_, err := config.Load(config.Source{Flags: map[string]string{"alipay.gateway": "https://openapi.alipay.com/gateway.do"}})
	for _, key := range []string{"alipay.app_id", "alipay.seller_id", "alipay.private_key_file", "alipay.public_key_file", "public_url"} {
		require.ErrorContains(t, err, key)
	}
	_, err = config.Load(config.Source{Flags: map[string]string{"alipay.production": "true"}})
	require.ErrorContains(t, err, "alipay.gateway")
}

func TestLoad_Limits(t *testing.T) {
	c, err := config.Load(config.Source{Flags: map[string]string{"limit.key": "off", "limit.sign_in": "0.5:7", "trusted_proxies": "10.0.0.0/8"}})
	require.NoError(t, err)
	require.True(t, c.Limit.Key.Unlimited())
	require.Equal(t, limit.Rate{PerSecond: 0.5, Burst: 7}, c.Limit.SignIn)
	require.Equal(t, limit.Rate{PerSecond: 300, Burst: 3000}, c.Limit.Address)
	require.Equal(t, []string{"10.0.0.0/8"}, c.TrustedProxies)
	_, err = config.Load(config.Source{Flags: map[string]string{"limit.buyer": "fast"}})
	require.ErrorContains(t, err, "PER_SECOND:BURST")
	for _, url := range []string{"localhost:6379", "http://localhost", "redis://"} {
		_, err = config.Load(config.Source{Flags: map[string]string{"redis.url": url}})
		require.ErrorContains(t, err, "KAITUAN_REDIS_URL", url)
	}
}

func TestUnknownEnv(t *testing.T) {
	require.Equal(t, []string{"KAITUAN_LISSTEN"}, config.UnknownEnv([]string{"KAITUAN_LISSTEN=x", "KAITUAN_LISTEN=x", "KAITUAN_TEST_MYSQL=x", "HOME=/"}))
}

func TestEnvName(t *testing.T) {
	require.Equal(t, "KAITUAN_GROUPBUY_KEY_ID", config.EnvName("groupbuy.key_id"))
	require.True(t, strings.HasPrefix(config.EnvName("x"), config.EnvPrefix))
}
