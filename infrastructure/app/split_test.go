package app_test

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/api/sign"
	"kaituan/infrastructure/app"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/demo"
	"kaituan/infrastructure/seal"
	"kaituan/infrastructure/sqldb/sqldbtest"
)

// The engine, the mall and the worker in processes of their own, with the gateway in a fourth, do what one does.
func TestApp_RunsAsSeveralProcesses(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	box := startSandbox(t, filepath.Join(dir, "box"))
	appID, sellerID := box.IDs()
	mallAt, engineAt := freePort(t), freePort(t)
	shared := map[string]string{
		"public_url": "http://" + mallAt, "operator_token": "operator-token-of-this-test",
		"groupbuy.key_id": "key_split", "groupbuy.key_secret": "a-secret-of-more-than-32-characters", "groupbuy.webhook_secret": sign.NewSecret(),
		"groupbuy.seal_keys": seal.NewKey(),
		"groupbuy.db":        string(sqldbtest.Schema(t)), "mall.db": string(sqldbtest.Schema(t)),
		"groupbuy.url": "http://" + engineAt, "mall.webhook_url": "http://" + mallAt, "mall.ship_after": "0s",
		"alipay.gateway": box.URL() + "/gateway.do", "alipay.app_id": appID, "alipay.seller_id": sellerID,
		"alipay.private_key_file": filepath.Join(dir, "box", app.AppPrivateKey), "alipay.public_key_file": filepath.Join(dir, "box", app.GatewayPublicKey),
	}
	role := func(name, listen string) config.Config {
		flags := map[string]string{"role": name, "data": filepath.Join(dir, name), "listen": listen, "private_listen": freePort(t)}
		for key, value := range shared {
			flags[key] = value
		}
		c, err := config.Load(config.Source{Flags: flags})
		require.NoError(t, err)
		return c
	}

	_, err := app.New(ctx, role("groupbuy", engineAt), slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "run kaituan migrate first")
	report, err := app.Migrate(ctx, role("worker", freePort(t)))
	require.NoError(t, err)
	require.Contains(t, report, "groupbuy: version")

	w := &world{
		t: t, config: role("mall", mallAt), http: &http.Client{Transport: &http.Transport{}},
		shopAt: "http://" + mallAt, engineAt: "http://" + engineAt, token: shared["operator_token"],
	}
	t.Cleanup(w.http.CloseIdleConnections)
	for _, c := range []config.Config{role("groupbuy", engineAt), w.config, role("worker", freePort(t))} {
		startRole(t, c)
	}
	w.sell("cup", 10, nil)

	site, err := demo.NewSite(demo.Address{Server: w.shopAt, Sandbox: box.URL()})
	require.NoError(t, err)
	t.Cleanup(site.Close)
	story := demo.Story{Site: site, Out: io.Discard}
	require.NoError(t, story.Play(ctx))
	found, err := app.SettledCheck(ctx, w.config)
	require.NoError(t, err)
	require.Empty(t, found.Violations)
}

func startSandbox(t *testing.T, data string) *app.Sandbox {
	t.Helper()
	c, err := config.Load(config.Source{Flags: map[string]string{"data": data, "listen": freePort(t)}})
	require.NoError(t, err)
	box, err := app.NewSandbox(context.Background(), c, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, box.Start(context.Background()))
	t.Cleanup(func() { require.NoError(t, box.Stop(context.Background())) })
	return box
}

func startRole(t *testing.T, c config.Config) {
	t.Helper()
	instance, err := app.New(context.Background(), c, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	require.NoError(t, instance.Start(context.Background()))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		require.NoError(t, instance.Stop(ctx))
	})
}

// An instance that lost its secrets makes new ones and goes on with the same shop.
func TestApp_SurvivesTheLossOfItsSecrets(t *testing.T) {
	w := open(t, nil)
	activityID := w.sell("cup", 10, nil)
	for range 3 { // more often than there may be live keys
		w.stop()
		require.NoError(t, os.Remove(filepath.Join(w.config.Data, "secrets.json")))
		w.start()
	}
	anna := w.buyer("anna")
	order := anna.lock("cup", activityID, "")
	anna.pay(order.OrderID)
	anna.becomes(order.OrderID, "teaming")
	w.check()
}

// Without the key that sealed the partners' secrets an instance does not start, before an operator has given them up.
func TestApp_LosesNoSealedSecretUnasked(t *testing.T) {
	w := open(t, nil)
	activityID := w.sell("cup", 10, nil)
	w.stop()
	require.NoError(t, os.Remove(filepath.Join(w.config.Data, app.SealKey)))
	for range 2 {
		_, err := app.New(context.Background(), w.config, slog.New(slog.DiscardHandler))
		require.ErrorContains(t, err, "kaituan forget-secrets")
	}
	ids, err := app.ForgetSecrets(t.Context(), w.config)
	require.NoError(t, err)
	require.Len(t, ids, 2)
	require.Contains(t, ids, "ep_mall")
	require.NoError(t, os.Remove(filepath.Join(w.config.Data, "secrets.json"))) // for a new key of the mall
	w.start()
	anna := w.buyer("anna")
	order := anna.lock("cup", activityID, "")
	anna.pay(order.OrderID)
	anna.becomes(order.OrderID, "teaming")
	w.check()
}

func TestApp_DamagedSecretsSayWhatToDo(t *testing.T) {
	w := open(t, nil)
	w.stop()
	require.NoError(t, os.WriteFile(filepath.Join(w.config.Data, "secrets.json"), []byte("{"), 0o600))
	_, err := app.New(context.Background(), w.config, slog.New(slog.DiscardHandler))
	require.ErrorContains(t, err, "delete it to make new secrets")
}

// A first start that was cut short is made up for by the next one.
func TestApp_DemoDataIsMadeUpFor(t *testing.T) {
	w := open(t, map[string]string{"demo_data": "true", "demo_history": "false"})
	want := w.offers()
	require.Positive(t, want)
	w.stop()
	for _, statement := range []string{"DELETE FROM activities WHERE id > (SELECT min(id) FROM activities)", "UPDATE activities SET status = 'draft'"} {
		breakBook(t, filepath.Join(w.config.Data, "groupbuy.db"), statement)
	}
	w.start()
	require.Equal(t, want, w.offers())
	w.stop()
	w.start()
	require.Equal(t, want, w.offers(), "nothing is added to a full shelf")
}

func (w *world) offers() int {
	w.t.Helper()
	list, err := w.shop().ListProductsWithResponse(context.Background(), nil)
	require.NoError(w.t, err)
	require.NotNil(w.t, list.JSON200, string(list.Body))
	n := 0
	for _, view := range list.JSON200.Items {
		n += len(view.Offers)
	}
	return n
}
