package app_test

import (
	"context"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/app"
	"kaituan/infrastructure/config"
)

// The simulated phone signs a buyer in: the whole way of WeChat's protocol, in one process.
func TestApp_SignsInByTheSimulatedPhone(t *testing.T) {
	w := open(t, nil)
	w.signInByPhone(w.shopAt)
}

// The same with the simulator in a process of its own, with what it says that the mall must configure.
func TestApp_SignsInByASimulatorElsewhere(t *testing.T) {
	t.Parallel()
	listen := freePort(t)
	c, err := config.Load(config.Source{Flags: map[string]string{"data": t.TempDir(), "listen": freePort(t)}})
	require.NoError(t, err)
	box, err := app.NewSandbox(t.Context(), c, slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, box.Stop(context.Background())) })
	require.Error(t, box.PlayWeChat("shop.example.com"))
	require.NotContains(t, box.Banner(), "wechat")
	require.NoError(t, box.PlayWeChat("http://"+listen+"/"))
	require.NoError(t, box.Start(t.Context()))
	set := box.WeChat()
	for _, needed := range []string{set.BaseURL, set.AppID, set.Secret, set.Token, set.AESKey, set.TemplateID} {
		require.NotEmpty(t, needed)
		require.Contains(t, box.Banner(), needed)
	}
	w := openNow(t, map[string]string{
		"listen": listen, "wechat.url": set.BaseURL, "wechat.app_id": set.AppID, "wechat.secret": set.Secret, "wechat.token": set.Token,
		"wechat.aes_key": set.AESKey, "wechat.template_id": set.TemplateID,
	})
	w.signInByPhone(strings.TrimSuffix(box.URL(), "/sandbox/alipay"))
}

// signInByPhone signs a buyer in with the simulator at an address.
func (w *world) signInByPhone(at string) {
	t := w.t
	t.Helper()
	phone := func(method, path string, header http.Header, body string) (int, string) {
		elsewhere := *w
		elsewhere.shopAt = at
		return elsewhere.call(method, path, header, body)
	}
	begun, err := http.Post(w.shopAt+"/api/mall/v1/scans", "", nil)
	require.NoError(t, err)
	defer begun.Body.Close()
	require.Equal(t, http.StatusCreated, begun.StatusCode)
	text := new(strings.Builder)
	require.NoError(t, begun.Write(text))
	scan := regexp.MustCompile(`"scan_id":"([^"]+)"`).FindStringSubmatch(text.String())[1]
	ticket := regexp.MustCompile(`/sandbox/wechat/q/([A-Z0-9]+)`).FindStringSubmatch(text.String())[1]
	browser := http.Header{"Cookie": {begun.Header.Get("Set-Cookie")}}
	form := http.Header{"Content-Type": {"application/x-www-form-urlencoded"}}

	status, page := phone(http.MethodGet, "/sandbox/wechat/q/"+ticket, nil, "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "小明")
	status, page = phone(http.MethodPost, "/sandbox/wechat/phone/scan", form, "person=osim-xiaoming&ticket="+ticket)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "是您本人操作吗")
	_, page = phone(http.MethodPost, "/sandbox/wechat/phone/say", form, "person=osim-xiaoming&text=确认")
	require.Contains(t, page, "已确认")
	status, answer := w.call(http.MethodPost, "/api/mall/v1/scans/"+scan+"/session", browser, "")
	require.Equal(t, http.StatusCreated, status, answer)
	require.Eventually(t, func() bool {
		_, page = phone(http.MethodGet, "/sandbox/wechat/phone?person=osim-xiaoming", nil, "")
		return strings.Contains(page, "登录成功")
	}, patience, patience/1000)
}
