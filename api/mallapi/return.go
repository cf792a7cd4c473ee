package mallapi

import (
	"bytes"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"html/template"
	"net/http"
	"net/url"
	"strconv"

	"github.com/gin-gonic/gin"

	wire "kaituan/api/mallwire"
	"kaituan/api/problem"
	"kaituan/mall"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
)

//go:embed return.html
var returnHTML string

// returnStyle is the page's only style; the page's policy names its hash, so that nothing else can be put there.
const returnStyle template.CSS = "body{margin:0;font:16px/1.6 system-ui,sans-serif;color:#222;background:#f5f5f5}" +
	"main{max-width:28rem;margin:10vh auto;padding:1.5rem;background:#fff;border-radius:.75rem}" +
	"h1{font-size:1.4rem;margin:0 0 1rem}p{margin:.5rem 0;overflow-wrap:anywhere}a{color:#0a58ca}"

// ReturnPath is the path and query of the page that tells the buyer of an order what became of its payment.
func ReturnPath(orderID string) string { return "/pay/return?order_id=" + url.QueryEscape(orderID) }

// ShowReturn tells a buyer who comes back from Alipay what the shop knows. Nothing in the address is believed.
func (a *API) ShowReturn(c *gin.Context, params wire.ShowReturnParams) {
	lang := languageOf(c)
	status, told, err := a.tellReturn(c, given(params.OrderID), lang)
	if err != nil {
		fail(c, err)
		return
	}
	page, err := renderReturn(told, lang)
	if err != nil {
		fail(c, err)
		return
	}
	sum := sha256.Sum256([]byte(returnStyle))
	c.Header("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; "+
		"style-src 'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	c.Header("Content-Language", string(lang))
	c.Header("Vary", "Accept-Language, Cookie")
	if told.again > 0 {
		c.Header("Refresh", strconv.Itoa(told.again))
	}
	c.Data(status, "text/html; charset=utf-8", page)
}

// tellReturn finds out what to tell, and under which HTTP status.
func (a *API) tellReturn(c *gin.Context, id string, lang problem.Language) (int, story, error) {
	by := callerOf(c).Actor
	if !by.SignedIn() {
		return http.StatusUnauthorized, storyOfStranger(lang), nil
	}
	if !catalog.ValidID(id) {
		return http.StatusNotFound, storyOfNothing(lang), nil
	}
	view, err := a.shop.Order(c.Request.Context(), by, order.ID(id))
	if mall.CodeOf(err) == mall.CodeOrderNotFound {
		return http.StatusNotFound, storyOfNothing(lang), nil
	}
	if err != nil {
		return 0, story{}, err
	}
	var team mall.Team
	if view.Order.Status == order.Teaming {
		page, err := a.shop.Team(c.Request.Context(), by, view.Order.Team)
		if err == nil { // without the engine the page says less
			team = page.Team
		}
	}
	return http.StatusOK, storyOf(view, team, lang), nil
}

func renderReturn(told story, lang problem.Language) ([]byte, error) {
	page, err := template.New("return").Parse(returnHTML)
	if err != nil {
		return nil, err
	}
	var out bytes.Buffer
	err = page.Execute(&out, struct {
		Lang            problem.Language
		Style           template.CSS
		Title           string
		Lines           []string
		PayURL, PayText string
	}{lang, returnStyle, told.title, told.lines, told.payURL, text{"去支付宝付款", "Pay at Alipay"}.in(lang)})
	return out.Bytes(), err
}
