// Package config says how an instance runs. Values come from defaults, a YAML file, the environment and flags,
// the later one winning, all under the same names: `groupbuy.db` in the file is KAITUAN_GROUPBUY_DB in the
// environment.
package config

import (
	"os"
	"slices"
	"strings"
	"time"

	"github.com/knadh/koanf/parsers/yaml"
	"github.com/knadh/koanf/providers/confmap"
	"github.com/knadh/koanf/providers/env/v2"
	"github.com/knadh/koanf/providers/file"
	"github.com/knadh/koanf/v2"

	"kaituan/api/limit"
)

// Role says which part of the system a process runs.
type Role string

// The roles.
const (
	RoleAll      Role = "all"      // everything in one process, the default
	RoleGroupBuy Role = "groupbuy" // the engine's API
	RoleMall     Role = "mall"     // the shop's API
	RoleWorker   Role = "worker"   // what both do by the clock and from their outboxes
)

// Config is everything that can be set.
type Config struct {
	Role          Role   `koanf:"role"`
	Data          string `koanf:"data"`           // directory of the embedded databases, keys and secrets
	Listen        string `koanf:"listen"`         // public address; port 0 takes a free one
	PrivateListen string `koanf:"private_listen"` // health, metrics, profiles
	PublicURL     string `koanf:"public_url"`     // how browsers and Alipay reach Listen; empty: this machine
	LogLevel      string `koanf:"log_level"`      // debug, info, warn or error
	OperatorToken string `koanf:"operator_token"` // of the operator APIs; empty: made on first start
	DemoData      bool   `koanf:"demo_data"`      // fill an empty shop on first start
	DemoHistory   bool   `koanf:"demo_history"`   // with the orders of the month before as well
	// Drain is how long requests are still taken after SIGTERM, for whoever spreads them to see that /readyz is red.
	Drain time.Duration `koanf:"drain"`

	// TrustedProxies are addresses and networks whose X-Forwarded-For says who calls.
	TrustedProxies []string `koanf:"trusted_proxies"`

	GroupBuy GroupBuy `koanf:"groupbuy"`
	Mall     Mall     `koanf:"mall"`
	Alipay   Alipay   `koanf:"alipay"`
	WeChat   WeChat   `koanf:"wechat"`
	Redis    Redis    `koanf:"redis"`
	Limit    Limit    `koanf:"limit"`
	Trace    Trace    `koanf:"trace"`
	RabbitMQ RabbitMQ `koanf:"rabbitmq"`
}

// GroupBuy sets up the engine, and how the mall reaches it.
type GroupBuy struct {
	DB       string `koanf:"db"`        // sqlite:FILE or mysql:DSN; empty: sqlite in Data
	URL      string `koanf:"url"`       // of an engine in another process; empty: the one in this process
	TestMode bool   `koanf:"test_mode"` // answer a wrong signature with the text that was signed
	// ShareCommits lets locks and settlements that come at once share a transaction; false gives each its own.
	ShareCommits bool `koanf:"share_commits"`
	// The mall's own key as partner; empty: made on first start.
	KeyID     string `koanf:"key_id"`
	KeySecret string `koanf:"key_secret"`
	// What the engine's webhooks to the mall are signed with; empty: made on first start.
	WebhookSecret string `koanf:"webhook_secret"`
	// SealKeys encrypt the secrets of partners in the database: the first writes, all read. Empty: made on first start.
	SealKeys []string `koanf:"seal_keys"`
	// SecondFactor is the role from which on operators must have a second factor: viewer, operator or admin. Empty: each may
	// choose.
	SecondFactor string `koanf:"second_factor"`
	// AllowHosts are host:port pairs that webhooks may go to although they are private or without TLS.
	AllowHosts []string `koanf:"allow_hosts"`
}

// Mall sets up the shop.
type Mall struct {
	DB          string        `koanf:"db"`           // sqlite:FILE or mysql:DSN; empty: sqlite in Data
	WebhookURL  string        `koanf:"webhook_url"`  // where the engine sends the mall's events; empty: PublicURL
	PayWithin   time.Duration `koanf:"pay_within"`   // payment deadline of orders bought alone
	ShipAfter   time.Duration `koanf:"ship_after"`   // simulated shipping
	RefundRetry time.Duration `koanf:"refund_retry"` // after the first refusal of a refund, doubled at each further one
	BillAfter   time.Duration `koanf:"bill_after"`   // from a day's end in China to when its bill is asked for
}

// Alipay sets up the payment channel.
type Alipay struct {
	// Gateway is the gateway's address; empty: the sandbox in this process.
	Gateway    string `koanf:"gateway"`
	Production bool   `koanf:"production"`
	AppID      string `koanf:"app_id"`
	SellerID   string `koanf:"seller_id"`
	// PrivateKeyFile holds the application's private key, PublicKeyFile Alipay's public key, both PEM.
	PrivateKeyFile string        `koanf:"private_key_file"`
	PublicKeyFile  string        `koanf:"public_key_file"`
	Timeout        time.Duration `koanf:"timeout"`
}

// WeChat sets up the official account by which buyers sign in.
type WeChat struct {
	// URL is the API's address, https://api.weixin.qq.com; empty: the simulator where the sandbox runs, else there is none.
	URL        string `koanf:"url"`
	AppID      string `koanf:"app_id"`
	Secret     string `koanf:"secret"`
	Token      string `koanf:"token"`       // what pushed messages are signed with
	AESKey     string `koanf:"aes_key"`     // of the safe mode; empty: messages come in clear text
	TemplateID string `koanf:"template_id"` // of the message after signing in; empty: none is sent
}

// Redis sets up what nodes share besides the databases.
type Redis struct {
	URL     string        `koanf:"url"`     // redis://[USER:PASSWORD@]HOST:PORT[/DB]; empty: each node by itself
	Timeout time.Duration `koanf:"timeout"` // of one call, before the node goes by its own memory
}

// Trace sets up whom spans of requests are sent to.
type Trace struct {
	Endpoint string  `koanf:"endpoint"` // of a collector that takes OTLP over HTTP; empty: nothing is traced
	Ratio    float64 `koanf:"ratio"`    // of the requests that come without a trace, between 0 and 1
}

// Limit says how often one caller may call, as PER_SECOND:BURST, or off.
type Limit struct {
	Address    limit.Rate `koanf:"address"`     // of a network address, without a partner's signature
	SignIn     limit.Rate `koanf:"sign_in"`     // tries of an address to sign in or up
	Login      limit.Rate `koanf:"login"`       // tries at one account's password
	LoginDay   limit.Rate `koanf:"login_day"`   // the same, for who goes on and on
	Buyer      limit.Rate `koanf:"buyer"`       // of an account
	BuyerWrite limit.Rate `koanf:"buyer_write"` // changes that an account makes
	Key        limit.Rate `koanf:"key"`         // of a partner's key
	// Streams of events that one network address, and one account, may have open at a process; 0: any number.
	StreamsAddress int `koanf:"streams_address"`
	StreamsBuyer   int `koanf:"streams_buyer"`
}

// RabbitMQ sets up the message broker.
type RabbitMQ struct {
	// URL is amqp://USER:PASSWORD@HOST:PORT/VHOST or amqps://; empty: no broker, events go from the outbox to whom they
	// concern within the worker.
	URL string `koanf:"url"`
	// Prefix begins the name of every exchange and queue, for instances that share a virtual host.
	Prefix string `koanf:"prefix"`
}

// defaults also lists every key that exists.
func defaults() map[string]any {
	return map[string]any{
		"role": "all", "data": "data", "listen": ":8080", "private_listen": "127.0.0.1:8081", "public_url": "",
		"log_level": "info", "operator_token": "", "demo_data": true, "demo_history": true, "trusted_proxies": []string{},
		"drain":       "0s",
		"groupbuy.db": "", "groupbuy.url": "", "groupbuy.test_mode": true, "groupbuy.share_commits": true,
		"groupbuy.key_id": "", "groupbuy.key_secret": "", "groupbuy.webhook_secret": "", "groupbuy.seal_keys": []string{}, "groupbuy.second_factor": "", "groupbuy.allow_hosts": []string{},
		"mall.db": "", "mall.webhook_url": "", "mall.pay_within": "15m", "mall.ship_after": "2s", "mall.bill_after": "10h", "mall.refund_retry": "30s",
		"alipay.gateway": "", "alipay.production": false, "alipay.app_id": "", "alipay.seller_id": "",
		"alipay.private_key_file": "", "alipay.public_key_file": "", "alipay.timeout": "10s",
		"wechat.url": "", "wechat.app_id": "", "wechat.secret": "", "wechat.token": "", "wechat.aes_key": "", "wechat.template_id": "",
		"redis.url": "", "redis.timeout": "50ms",
		"trace.endpoint": "", "trace.ratio": 1.0,
		"limit.address": "300:3000", "limit.sign_in": "5:100", "limit.login": "0.02:10", "limit.login_day": "0.0006:50",
		"limit.buyer": "50:500", "limit.buyer_write": "5:100", "limit.key": "2000:10000",
		"limit.streams_address": 300, "limit.streams_buyer": 20,
		"rabbitmq.url": "", "rabbitmq.prefix": "kaituan",
	}
}

// EnvPrefix begins the name of every environment variable that is read.
const EnvPrefix = "KAITUAN_"

// EnvName is the environment variable of a key.
func EnvName(key string) string {
	return EnvPrefix + strings.ToUpper(strings.ReplaceAll(key, ".", "_"))
}

// Source is where values come from besides the defaults.
type Source struct {
	File    string            // a YAML file; empty: none
	Environ []string          // as os.Environ
	Flags   map[string]string // key -> value, those given on the command line
}

// Load puts a configuration together and checks it. Errors: *Faults lists everything that is wrong at once.
func Load(src Source) (Config, error) {
	k := koanf.New(".")
	known := defaults()
	var faults Faults
	faults.add("", k.Load(confmap.Provider(known, "."), nil))
	if src.File != "" {
		faults.add(src.File, k.Load(file.Provider(src.File), yaml.Parser()))
		for _, key := range k.Keys() {
			if _, ok := known[key]; !ok {
				faults.addf(key, "is no setting; see docs/operations.md for the list")
			}
		}
	}
	faults.add("environment", k.Load(environment(src.Environ, known), nil))
	flags := make(map[string]any, len(src.Flags))
	for key, value := range src.Flags {
		flags[key] = value
	}
	faults.add("flags", k.Load(confmap.Provider(flags, "."), nil))
	var c Config
	if err := k.Unmarshal("", &c); err != nil {
		faults.add("", err)
		return Config{}, &faults
	}
	c.check(&faults)
	if len(faults.list) > 0 {
		return Config{}, &faults
	}
	return c.filled(), nil
}

func environment(environ []string, known map[string]any) koanf.Provider {
	keys := make(map[string]string, len(known))
	for key := range known {
		keys[EnvName(key)] = key
	}
	return env.Provider(".", env.Opt{
		Prefix:      EnvPrefix,
		EnvironFunc: func() []string { return environ },
		TransformFunc: func(name, value string) (string, any) {
			key, ok := keys[name]
			if !ok {
				return "", nil
			}
			if _, list := known[key].([]string); list {
				return key, strings.Split(value, ",")
			}
			return key, value
		},
	})
}

// UnknownEnv returns the names in environ that look like settings and are none, so that a slip of the pen is
// seen. Variables of the test scripts are left out.
func UnknownEnv(environ []string) []string {
	var known []string
	for key := range defaults() {
		known = append(known, EnvName(key))
	}
	var unknown []string
	for _, pair := range environ {
		name, _, _ := strings.Cut(pair, "=")
		if strings.HasPrefix(name, EnvPrefix) && !strings.HasPrefix(name, EnvPrefix+"TEST_") && name != EnvPrefix+"CONFIG" && !slices.Contains(known, name) {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	return unknown
}

// FromEnvironment loads with the process's own environment.
func FromEnvironment(file string, flags map[string]string) (Config, error) {
	return Load(Source{File: file, Environ: os.Environ(), Flags: flags})
}
