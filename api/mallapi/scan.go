package mallapi

import (
	"io"
	"net/http"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	"kaituan/api/instant"
	wire "kaituan/api/mallwire"
	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/account"
)

// StartScan begins to sign in by a QR code. The browser keeps the attempt's secret in a cookie.
func (a *API) StartScan(c *gin.Context) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	started, err := a.shop.StartScan(c.Request.Context())
	if err != nil {
		fail(c, err)
		return
	}
	a.door.scan.Give(c, string(started.Secret))
	out := a.scanWire(started.Scan)
	out.QrContent = started.Content
	c.JSON(http.StatusCreated, out)
}

// GetScan tells where an attempt stands.
func (a *API) GetScan(c *gin.Context, id wire.ScanID) {
	scan, err := a.ownScan(c, id)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, a.scanWire(scan))
}

// WatchScan tells the browser of changes.
func (a *API) WatchScan(c *gin.Context, id wire.ScanID, _ wire.WatchScanParams) {
	scan, err := a.ownScan(c, id)
	if err != nil {
		fail(c, err)
		return
	}
	a.stream(c, mall.Watched{Scan: scan.ID})
}

// EnterByScan gives the browser its session once the person has confirmed.
func (a *API) EnterByScan(c *gin.Context, id wire.ScanID) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	session, err := a.shop.EnterByScan(c.Request.Context(), account.ScanID(id), a.scanSecret(c), a.door.tokenOf(c))
	if err == nil {
		a.door.scan.TakeBack(c)
	}
	a.enter(c, session, err)
}

func (a *API) ownScan(c *gin.Context, id string) (account.Scan, error) {
	return a.shop.Scan(c.Request.Context(), account.ScanID(id), a.scanSecret(c))
}

// scanSecret is the secret of the attempt that this browser began. A bearer token is none.
func (a *API) scanSecret(c *gin.Context) account.Token { return account.Token(a.door.scan.Sent(c)) }

func (a *API) scanWire(s account.Scan) wire.Scan {
	return wire.Scan{
		ScanID: string(s.ID), Status: wire.ScanStatus(s.Status), ExpiresAt: instant.Of(s.ExpiresAt()),
		ServerTime: instant.Of(a.shop.Clock()),
	}
}

// EchoWeChat proves to WeChat that this address is the account's.
func (a *API) EchoWeChat(c *gin.Context, params wire.EchoWeChatParams) {
	if a.shop.Scanner == nil || !a.shop.Scanner.Genuine(c.Request.URL.Query()) {
		fail(c, &problem.Problem{Code: problem.Unauthenticated})
		return
	}
	c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte(given(params.Echostr)))
}

// ReceiveWeChat takes a message of WeChat. Why one is refused goes to the log only.
func (a *API) ReceiveWeChat(c *gin.Context, _ wire.ReceiveWeChatParams) {
	body, err := io.ReadAll(c.Request.Body)
	if err != nil {
		fail(c, err)
		return
	}
	push, text, err := a.shop.HandlePush(c.Request.Context(), c.Request.URL.Query(), body)
	switch code := mall.CodeOf(err); {
	case code == mall.CodeNoticeForged, code == mall.CodeNoticeMalformed:
		_ = c.Error(err)
		fail(c, &problem.Problem{Code: problem.Unauthenticated})
		return
	case err != nil:
		fail(c, err)
		return
	case text == "":
		c.Data(http.StatusOK, "text/plain; charset=utf-8", []byte("success")) // no answer in the chat, and not sent again
		return
	}
	reply, err := a.shop.Scanner.Reply(push, text)
	if err != nil {
		fail(c, err)
		return
	}
	c.Data(http.StatusOK, "text/xml; charset=utf-8", reply)
}
