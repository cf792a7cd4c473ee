package config

import (
	"fmt"
	"maps"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"kaituan/api/sign"
	"kaituan/infrastructure/seal"
)

// Faults is everything wrong with a configuration.
type Faults struct{ list []string }

// Error lists the faults, one a line.
func (f *Faults) Error() string {
	return "configuration:\n  " + strings.Join(f.list, "\n  ")
}

func (f *Faults) add(where string, err error) {
	if err != nil {
		f.list = append(f.list, strings.TrimPrefix(where+": "+err.Error(), ": "))
	}
}

func (f *Faults) addf(key, format string, args ...any) {
	f.list = append(f.list, key+" ("+EnvName(key)+") "+fmt.Sprintf(format, args...))
}

// require names the keys of values that are empty.
func (f *Faults) require(why string, values map[string]string) {
	for _, key := range slices.Sorted(maps.Keys(values)) {
		if values[key] == "" {
			f.addf(key, "%s", why)
		}
	}
}

// Split says whether the system's parts run in several processes, which then must agree on secrets.
func (c Config) Split() bool { return c.Role != RoleAll }

// Embedded says whether the payment sandbox runs in this process.
func (c Config) Embedded() bool { return c.Alipay.Gateway == "" }

// minPayWithin is the shortest deadline that Alipay accepts for a trade (timeout_express 1m-15d).
const minPayWithin = time.Minute

// maxDrain is as long as anybody waits for a process that was told to stop.
const maxDrain = time.Minute

func (c Config) check(f *Faults) {
	if !slices.Contains([]Role{RoleAll, RoleGroupBuy, RoleMall, RoleWorker}, c.Role) {
		f.addf("role", "is %q; want all, groupbuy, mall or worker", c.Role)
	}
	if !slices.Contains([]string{"debug", "info", "warn", "error"}, c.LogLevel) {
		f.addf("log_level", "is %q; want debug, info, warn or error", c.LogLevel)
	}
	checkListen(f, "listen", c.Listen)
	checkListen(f, "private_listen", c.PrivateListen)
	checkURL(f, "public_url", c.PublicURL)
	checkURL(f, "groupbuy.url", c.GroupBuy.URL)
	checkURL(f, "mall.webhook_url", c.Mall.WebhookURL)
	checkURL(f, "alipay.gateway", c.Alipay.Gateway)
	checkURL(f, "trace.endpoint", c.Trace.Endpoint)
	if !(c.Trace.Ratio >= 0 && c.Trace.Ratio <= 1) { // NaN is neither
		f.addf("trace.ratio", "is %g; want 0 to 1", c.Trace.Ratio)
	}
	checkURL(f, "wechat.url", c.WeChat.URL)
	checkBroker(f, "rabbitmq.url", c.RabbitMQ.URL)
	if !brokerPrefix().MatchString(c.RabbitMQ.Prefix) {
		f.addf("rabbitmq.prefix", "is %q; want up to 40 lower case letters, digits and full stops", c.RabbitMQ.Prefix)
	}
	checkDB(f, "groupbuy.db", c.GroupBuy.DB)
	checkDB(f, "mall.db", c.Mall.DB)
	if c.Drain < 0 || c.Drain > maxDrain {
		f.addf("drain", "is %s; want 0s to %s", c.Drain, maxDrain)
	}
	if c.Mall.PayWithin < minPayWithin {
		f.addf("mall.pay_within", "is %s; want at least %s, such as 15m", c.Mall.PayWithin, minPayWithin)
	}
	if c.Mall.BillAfter <= 0 {
		f.addf("mall.bill_after", "is %s; want more than 0s, such as 10h", c.Mall.BillAfter)
	}
	if c.Mall.RefundRetry <= 0 {
		f.addf("mall.refund_retry", "is %s; want more than 0s, such as 30s", c.Mall.RefundRetry)
	}
	if c.Mall.ShipAfter < 0 {
		f.addf("mall.ship_after", "is %s; want 0s or more", c.Mall.ShipAfter)
	}
	c.checkNetwork(f)
	c.checkSecrets(f)
	c.checkAlipay(f)
	if c.WeChat.URL != "" {
		f.require("is required with wechat.url", map[string]string{
			"wechat.app_id": c.WeChat.AppID, "wechat.secret": c.WeChat.Secret, "wechat.token": c.WeChat.Token,
		})
	}
	c.checkSplit(f)
}

func (c Config) checkNetwork(f *Faults) {
	if c.Limit.StreamsAddress < 0 || c.Limit.StreamsBuyer < 0 {
		f.addf("limit.streams_address", "and limit.streams_buyer want 0 or more")
	}
	if !slices.Contains([]string{"", "viewer", "operator", "admin"}, c.GroupBuy.SecondFactor) {
		f.addf("groupbuy.second_factor", "is %q; want viewer, operator or admin, or nothing", c.GroupBuy.SecondFactor)
	}
	for _, proxy := range c.TrustedProxies {
		_, network := netip.ParsePrefix(proxy)
		if _, address := netip.ParseAddr(proxy); network != nil && address != nil {
			f.addf("trusted_proxies", "has %q; want addresses or networks such as 10.0.0.0/8", proxy)
		}
	}
	if u, err := url.Parse(c.Redis.URL); c.Redis.URL != "" && (err != nil || u.Host == "" || u.Scheme != "redis" && u.Scheme != "rediss") {
		f.addf("redis.url", "is no address; want redis://[USER:PASSWORD@]HOST:PORT[/DB] or rediss://")
	}
	if c.Redis.Timeout <= 0 || c.Redis.Timeout > time.Second {
		f.addf("redis.timeout", "is %s; want more than 0s and at most 1s, such as 50ms", c.Redis.Timeout)
	}
}

func (c Config) checkSecrets(f *Faults) {
	if c.OperatorToken != "" && len(c.OperatorToken) < 20 {
		f.addf("operator_token", "is too short to be secret; want at least 20 characters")
	}
	if (c.GroupBuy.KeyID == "") != (c.GroupBuy.KeySecret == "") {
		f.addf("groupbuy.key_id", "and groupbuy.key_secret belong together; set both or neither")
	}
	if c.GroupBuy.KeySecret != "" && len(c.GroupBuy.KeySecret) < 32 {
		f.addf("groupbuy.key_secret", "is too short to be secret; want at least 32 characters")
	}
	// Sealed, a longer one would not fit the database.
	if len(c.GroupBuy.KeySecret) > 100 {
		f.addf("groupbuy.key_secret", "is %d characters long; want at most 100", len(c.GroupBuy.KeySecret))
	}
	for i, key := range c.GroupBuy.SealKeys {
		if err := seal.Check(key); err != nil {
			f.addf("groupbuy.seal_keys", "number %d is %v", i+1, err)
		}
	}
	if c.GroupBuy.WebhookSecret != "" {
		if err := sign.CheckSecret(c.GroupBuy.WebhookSecret); err != nil {
			f.addf("groupbuy.webhook_secret", "is no webhook secret: %v", err)
		}
	}
}

func (c Config) checkAlipay(f *Faults) {
	if c.Embedded() {
		if c.Alipay.Production {
			f.addf("alipay.gateway", "is missing; production needs the real gateway's address")
		}
		return
	}
	f.require("is required with alipay.gateway", map[string]string{
		"alipay.app_id": c.Alipay.AppID, "alipay.seller_id": c.Alipay.SellerID,
		"alipay.private_key_file": c.Alipay.PrivateKeyFile, "alipay.public_key_file": c.Alipay.PublicKeyFile,
	})
	if c.PublicURL == "" {
		f.addf("public_url", "is required with alipay.gateway: the gateway sends notices there")
	}
}

// checkSplit asks for what several processes must share: each would make its own otherwise.
func (c Config) checkSplit(f *Faults) {
	if !c.Split() {
		return
	}
	shared := map[string]string{
		"public_url": c.PublicURL, "operator_token": c.OperatorToken,
		"groupbuy.key_id": c.GroupBuy.KeyID, "groupbuy.key_secret": c.GroupBuy.KeySecret, "groupbuy.webhook_secret": c.GroupBuy.WebhookSecret,
	}
	if c.Role != RoleMall {
		shared["mall.webhook_url"] = c.Mall.WebhookURL
		shared["groupbuy.seal_keys"] = strings.Join(c.GroupBuy.SealKeys, ",")
	}
	if c.Role != RoleGroupBuy {
		shared["groupbuy.url"] = c.GroupBuy.URL
		shared["alipay.gateway"] = c.Alipay.Gateway
	}
	f.require("is required with role "+string(c.Role)+": the processes share it", shared)
}

func checkListen(f *Faults, key, address string) {
	if _, _, err := net.SplitHostPort(address); err != nil {
		f.addf(key, "is %q; want HOST:PORT or :PORT", address)
	}
}

func checkURL(f *Faults, key, raw string) {
	if raw == "" {
		return
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		f.addf(key, "is %q; want an address such as https://mall.example.com", raw)
	}
}

// checkBroker never shows the address: it has a password in it.
func checkBroker(f *Faults, key, raw string) {
	if raw == "" {
		return
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || (u.Scheme != "amqp" && u.Scheme != "amqps") {
		f.addf(key, "is no address such as amqp://USER:PASSWORD@HOST:5672/")
	}
}

func brokerPrefix() *regexp.Regexp { return regexp.MustCompile(`^[a-z0-9.]{1,40}$`) }

func checkDB(f *Faults, key, dsn string) {
	if dsn != "" && !strings.HasPrefix(dsn, "sqlite:") && !strings.HasPrefix(dsn, "mysql:") {
		f.addf(key, "must begin with sqlite: (a file) or mysql: (user:password@tcp(host:port)/schema)")
	}
}

// filled sets what follows from other settings.
func (c Config) filled() Config {
	if c.GroupBuy.DB == "" {
		c.GroupBuy.DB = "sqlite:" + filepath.Join(c.Data, "groupbuy.db")
	}
	if c.Mall.DB == "" {
		c.Mall.DB = "sqlite:" + filepath.Join(c.Data, "mall.db")
	}
	c.PublicURL = strings.TrimSuffix(c.PublicURL, "/")
	return c
}
