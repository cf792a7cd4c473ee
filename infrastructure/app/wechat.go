package app

import (
	"log/slog"
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/infrastructure/config"
	phone "kaituan/infrastructure/sandbox/wechat"
	"kaituan/infrastructure/wechat"
	"kaituan/mall"
)

const (
	wechatPrefix   = "/sandbox/wechat"
	wechatCallback = "/callbacks/wechat"
	aesKeySigns    = 43          // of an EncodingAESKey
	wechatTemplate = "signed-in" // of the simulator
)

// newScanner is the official account by which buyers sign in: the configured one, or the simulator beside the sandbox,
// else nil.
func (a *App) newScanner(router *gin.Engine) (mall.Scanner, error) {
	set := wechat.Config{
		BaseURL: a.config.WeChat.URL, AppID: a.config.WeChat.AppID, Secret: a.config.WeChat.Secret,
		Token: a.config.WeChat.Token, AESKey: a.config.WeChat.AESKey, TemplateID: a.config.WeChat.TemplateID,
		Transport: a.watch.transport("wechat", http.DefaultTransport),
	}
	if set.BaseURL == "" {
		if !a.config.Embedded() || a.config.Role != config.RoleAll {
			return nil, nil //nolint:nilnil // there is no such way to sign in
		}
		transport := set.Transport
		set = simulatedAccount(a.publicURL+wechatPrefix, a.secrets)
		set.Transport = transport
		if err := a.embedPhone(router, set); err != nil {
			return nil, err
		}
	}
	return wechat.New(set)
}

// simulatedAccount is the official account of the simulator at an address, with secrets that follow from others.
func simulatedAccount(base string, from secrets) wechat.Config {
	return wechat.Config{
		BaseURL: base, AppID: "wx_sandbox", TemplateID: wechatTemplate,
		Secret: from.derive("WeChat simulator: secret"), Token: from.derive("WeChat simulator: token"),
		AESKey: from.derive("WeChat simulator: AES key")[:aesKeySigns],
	}
}

// newPhone is the simulator of an account; it pushes messages to the callback.
func newPhone(set wechat.Config, callback string, log *slog.Logger) (*phone.Phone, error) {
	return phone.New(phone.Config{
		AppID: set.AppID, Secret: set.Secret, Token: set.Token, AESKey: set.AESKey, TemplateID: set.TemplateID,
		BaseURL: set.BaseURL, CallbackURL: callback, Log: log,
	})
}

// embedPhone runs the simulated WeChat in this process.
func (a *App) embedPhone(router *gin.Engine, set wechat.Config) error {
	simulated, err := newPhone(set, a.publicURL+wechatCallback, a.log)
	if err != nil {
		return err
	}
	handler := gin.WrapH(http.StripPrefix(wechatPrefix, simulated.Handler()))
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		router.Handle(method, wechatPrefix+"/*path", handler)
	}
	return nil
}
