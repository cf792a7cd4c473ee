package app

import (
	"crypto/rand"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"runtime"
	"time"

	"kaituan/api/mallapi"
	"kaituan/api/sign"
	"kaituan/infrastructure/alipay"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/mallstore"
	"kaituan/infrastructure/password"
	"kaituan/infrastructure/sandbox"
	"kaituan/mall"
	"kaituan/mall/order"
	"kaituan/mall/payment"
)

// Addresses of the public listener that others are told to call.
const (
	sandboxPrefix   = "/sandbox/alipay"
	alipayNotifyURL = "/callbacks/alipay"
)

// salesChannel is the mall's channel at the engine.
const salesChannel = "mall"

func newShop(c config.Config, store *mallstore.Store, engine mall.GroupBuy, pay channel, scanner mall.Scanner, publicURL string, log *slog.Logger) (*mall.Shop, error) {
	deps, err := shopDeps(c, store, engine, pay, scanner, publicURL, log)
	if err != nil {
		return nil, err
	}
	return mall.New(deps)
}

func shopDeps(c config.Config, store *mallstore.Store, engine mall.GroupBuy, pay channel, scanner mall.Scanner, publicURL string, log *slog.Logger) (mall.Deps, error) {
	hasher, err := newHasher()
	return mall.Deps{
		Store: store, GroupBuy: engine, Channel: pay.Channel, Scanner: scanner, Hasher: hasher,
		Clock: time.Now, IDs: func(prefix string) string { return ids{}.New(prefix + "_") }, Random: rand.Reader, Log: log,
		Merchant: pay.merchant, SalesChannel: salesChannel, PayTTL: c.Mall.PayWithin, ShipDelay: c.Mall.ShipAfter, BillAfter: c.Mall.BillAfter,
		RefundRetry: c.Mall.RefundRetry,
		AtOnce:      sweepAtOnce,
		ReturnTo:    func(id order.ID) string { return publicURL + mallapi.ReturnPath(string(id)) },
	}, err
}

// sweepAtOnce is how many payments, refunds or orders a sweep of the mall has under way. Each waits for the provider or
// the engine, up to ten seconds a call; one after the other, a few unanswered ones would hold up everybody's refunds.
const sweepAtOnce = 16

// newHasher hashes the passwords of buyers and operators.
func newHasher() (*password.Hasher, error) {
	cost := password.Recommended()
	cost.AtOnce = runtime.NumCPU() // more would be no faster and take 19 MiB each
	return password.New(cost)
}

// channel is a payment provider and who we are there.
type channel struct {
	payment.Channel
	merchant payment.Merchant
}

// newChannel speaks to the configured gateway, or to the sandbox in this process, in the same way.
func newChannel(c config.Config, box *sandbox.Sandbox, keys sandbox.Keys, publicURL string, transport http.RoundTripper) (channel, error) {
	set := alipay.Config{
		NotifyURL: publicURL + alipayNotifyURL, Timeout: c.Alipay.Timeout, Production: c.Alipay.Production,
		Transport: transport,
	}
	merchant := payment.Merchant{AppID: c.Alipay.AppID, SellerID: c.Alipay.SellerID}
	if box != nil {
		merchant = payment.Merchant{AppID: box.AppID(), SellerID: box.SellerID()}
		set.GatewayURL = publicURL + sandboxPrefix + "/gateway.do"
		set.PrivateKeyPEM, set.AlipayPublicKeyPEM = keys.AppPrivatePEM(), keys.GatewayPublicPEM()
	} else {
		set.GatewayURL = c.Alipay.Gateway
		var err error
		if set.PrivateKeyPEM, err = readKey("alipay.private_key_file", c.Alipay.PrivateKeyFile); err != nil {
			return channel{}, err
		}
		if set.AlipayPublicKeyPEM, err = readKey("alipay.public_key_file", c.Alipay.PublicKeyFile); err != nil {
			return channel{}, err
		}
	}
	set.AppID = merchant.AppID
	provider, err := alipay.New(set)
	return channel{provider, merchant}, err
}

func readKey(key, path string) (string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return "", fmt.Errorf("%s (%s): %w", key, config.EnvName(key), err)
	}
	return string(text), nil
}

// mallKey is what the mall signs its calls to the engine with.
func (s secrets) mallKey() sign.Key { return sign.Key{ID: s.KeyID, Secret: s.KeySecret} }
