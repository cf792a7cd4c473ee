package sandbox

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fill posts a form of a panel as a browser does and follows it back to the page.
func (e *env) fill(path string, pairs ...string) string {
	e.Helper()
	form := url.Values{}
	for i := 0; i < len(pairs); i += 2 {
		form.Set(pairs[i], pairs[i+1])
	}
	rsp, body := e.post(path, form)
	require.Equal(e, http.StatusSeeOther, rsp.StatusCode, body)
	rsp, body = e.get(rsp.Location().String()[len(e.base):], "Accept", "text/html", "Accept-Language", "en")
	require.Equal(e, http.StatusOK, rsp.StatusCode)
	return body
}

func (e *env) scripts() []Script {
	e.Helper()
	list, err := e.box.Faults().List(e.Context())
	require.NoError(e, err)
	return list
}

func TestPanel_ScriptsThisOrder(t *testing.T) {
	e := open(t)
	page := e.openTrade("o1", "1.00")
	for _, c := range []struct {
		form  []string
		want  Script
		words string
	}{
		{[]string{"target", "notice", "fault", "lost", "times", ""}, Script{Target: OnNotice, Fault: Lost}, "Notice · lost"},
		{
			[]string{"target", "notice", "fault", "late", "delay", "90", "unit", "min", "times", "1"},
			Script{Target: OnNotice, Fault: Late, Delay: 90 * time.Minute, Times: 1}, "Notice · late · 1h30m0s",
		},
		{[]string{"target", "notice", "fault", "doubled", "times", "2"}, Script{Target: OnNotice, Fault: Doubled, Copies: 2, Times: 2}, "Notice · doubled · × 2"},
		{[]string{"target", "notice", "fault", "held", "times", "1"}, Script{Target: OnNotice, Fault: Held, Times: 1}, "Notice · reordered: after the next one"},
		{
			[]string{"target", "notice", "fault", "forged", "times", "1", "field", "app_id", "instead", "1"},
			Script{Target: OnNotice, Fault: Forged, Times: 1, Field: "app_id", Seal: SealTrue, Instead: true},
			"Notice · forged · app_id · instead of the true one",
		},
		{
			[]string{"target", "query", "fault", "http_error_after", "times", "3"},
			Script{Target: OnQuery, Fault: HTTPErrorAfter, Status: 502, Times: 3}, "trade.query · HTTP 5xx, but done · 502",
		},
		{
			[]string{"target", "bill", "fault", "amount_changed", "event", "refunded", "day", "2026-01-02"},
			Script{Target: OnBill, Fault: AmountChanged, Event: Refunded, Day: "2026-01-02"}, "Bill · amount changed · refunds · 2026-01-02",
		},
	} {
		body := e.fill(page+"/faults", c.form...)
		require.Contains(t, body, c.words)
		list := e.scripts()
		c.want.OutTradeNo, c.want.ID = "o1", list[0].ID
		require.Equal(t, []Script{c.want}, list)
		require.NotContains(t, e.fill(page+"/faults/clear"), c.words)
	}
}

// Each fault of each target that a page offers is one that the sandbox takes, and has a name in both languages.
func TestPanel_OffersWhatTheSandboxTakes(t *testing.T) {
	e := open(t)
	order := e.openTrade("o1", "1.00")
	for _, texts := range []panelTexts{englishPanel(), chinesePanel()} {
		for page, ofOrder := range map[string]bool{order: true, "books": false} {
			for _, call := range texts.Calls(ofOrder) {
				for _, fault := range faultsOf()[Target(call.Value)] {
					e.fill(page+"/faults", "target", call.Value, "fault", string(fault))
				}
			}
			for _, fault := range texts.BillFaults() {
				e.fill(page+"/faults", "target", "bill", "fault", fault.Value)
			}
			for _, fault := range texts.NoticeFaults() {
				e.fill(page+"/faults", "target", "notice", "fault", fault.Value)
			}
			for _, field := range texts.Forgeries() {
				e.fill(page+"/faults", "target", "notice", "fault", "forged", "field", field.Value)
			}
			for _, list := range [][]choice{texts.Calls(ofOrder), texts.CallFaults(), texts.BillFaults(), texts.NoticeFaults(), texts.Events()} {
				for _, c := range list {
					require.NotEmpty(t, c.Label, c.Value)
				}
			}
		}
	}
	for _, s := range e.scripts() {
		require.NotRegexp(t, `(^| · )( · |$)`, englishPanel().describe(s))
		require.NotRegexp(t, `(^| · )( · |$)`, chinesePanel().describe(s))
	}
}

func TestPanel_RemovesOnlyWhatIsItsOwn(t *testing.T) {
	e := open(t)
	page := e.openTrade("o1", "1.00")
	mine := e.script(Script{OutTradeNo: "o1", Target: OnNotice, Fault: Lost})
	all := e.script(Script{Target: OnQuery, Fault: Garbage})
	others := e.script(Script{OutTradeNo: "o2", Target: OnNotice, Fault: Held})
	_, body := e.get(page, "Accept-Language", "en")
	require.Contains(t, body, "Notice · lost")
	require.Contains(t, body, "<small>all orders</small>", "what strikes every order strikes this one")
	require.NotContains(t, body, "Notice · reordered", "another order's")
	require.Len(t, regexp.MustCompile(`/remove"`).FindAllString(body, -1), 1)

	e.fill(page + "/faults/2/remove")
	require.Equal(t, []Script{mine, all, others}, e.scripts())
	e.fill(page + "/faults/1/remove")
	e.fill(page + "/faults/1/remove") // a second click
	require.Equal(t, []Script{all, others}, e.scripts())
	e.fill("books/faults/3/remove")
	e.fill("books/faults/clear")
	require.Empty(t, e.scripts())
}

func TestPanel_SendsAForgedNoticeAtOnce(t *testing.T) {
	e, shop := open(t), newShop(t)
	page := e.openTrade("o1", "1.00", "notify_url", shop.URL)
	_, body := e.get(page)
	require.Contains(t, body, `formaction="`+page[len("cashier/"):]+`/forge"`)
	e.fill(page+"/forge", "target", "notice", "fault", "forged", "field", "total_amount")
	require.Equal(t, "0.01", (<-shop.got).Get("total_amount"))
	_, body = e.get("trades/o1", "Accept", "text/html", "Accept-Language", "en")
	require.Contains(t, body, "total_amount=0.01")

	silent := e.openTrade("o2", "1.00", "notify_url", "")
	_, body = e.get(silent)
	require.NotContains(t, body, "formaction")
	rsp, body := e.post(silent+"/forge", url.Values{"field": {"sign"}})
	require.Equal(t, http.StatusUnprocessableEntity, rsp.StatusCode)
	require.Contains(t, body, "该订单没有 notify_url")
}

func TestPanel_SetsTheClock(t *testing.T) {
	e := open(t)
	page := e.openTrade("o1", "1.00")
	e.fill("books/clock", "speed", "60")
	body := e.fill(page+"/clock", "jump", "2", "unit", "min")
	require.Equal(t, ClockSetting{Speed: 60, Ahead: 2 * time.Minute}, e.box.Clock().Setting())
	require.Contains(t, body, "Ahead of the machine by 2m0s")
	require.Contains(t, body, `data-speed="60"`)
	require.Contains(t, body, `panel" open`)
	body = e.fill("books/clock", "reset", "1")
	require.Contains(t, body, "The machine&#39;s own time")
	require.Equal(t, ClockSetting{Speed: 1}, e.box.Clock().Setting())
}

// A refused form says in the reader's language what is wrong, changes nothing and leads back.
func TestPanel_Refuses(t *testing.T) {
	e := open(t)
	page := e.openTrade("o1", "1.00")
	for _, c := range []struct{ path, form, en, zh string }{
		{page + "/faults", "target=notice&fault=lost&times=some", "times: cannot be read", "times: 无法读取"},
		{page + "/faults", "target=notice&fault=lost&times=99999999999", "times: cannot be read", "times: 无法读取"},
		{page + "/faults", "target=notice&fault=late&delay=1000&unit=h", "delay_ms: must be 1..2592000000", "delay_ms: 应为 1..2592000000"},
		{page + "/faults", "target=notice&fault=late&delay=2147483647&unit=h", "delay_ms: must be 1..2592000000", "delay_ms: 应为 1..2592000000"},
		{page + "/faults", "target=notice&fault=late&delay=x", "delay: cannot be read", "delay: 无法读取"},
		{page + "/faults", "target=notice&fault=forged", "field: is needed", "field: 必填"},
		{page + "/faults", "target=query&fault=lost", "fault: must be one of", "fault: 只能是"},
		{page + "/faults", "target=bill&fault=line_extra&times=2", "times: has no meaning for bill line_extra", "times: 对 bill line_extra 没有意义"},
		{page + "/faults", "%zz", "form: cannot be read", "form: 无法读取"},
		{page + "/clock", "speed=100001", "speed: must be 1..100000", "speed: 应为 1..100000"},
		{page + "/clock", "speed=fast", "speed: cannot be read", "speed: 无法读取"},
		{"books/clock", "jump=2147483647&unit=h", "jump_ms: must be -34560000000..34560000000", "jump_ms: 应为"},
		{"books/clock", "jump=now", "jump: cannot be read", "jump: 无法读取"},
		{page + "/faults/x/remove", "", "fault: cannot be read", "fault: 无法读取"},
		{"books/faults/0/remove", "", "fault: cannot be read", "fault: 无法读取"},
		{"books/faults", "", "target: must be one of", "target: 只能是"},
	} {
		for language, want := range map[string]string{"en": c.en, "zh-CN": c.zh} {
			rsp, body := e.postRaw(c.path, c.form, language)
			require.Equal(t, http.StatusUnprocessableEntity, rsp.StatusCode, c.form)
			require.Contains(t, body, want)
			require.Contains(t, body, `data-state="refused"`)
			back := regexp.MustCompile(`class="back" href="([^"]+)"`).FindStringSubmatch(body)
			require.NotNil(t, back, c.path)
			to, err := rsp.from.Parse(back[1])
			require.NoError(t, err)
			require.Contains(t, []string{e.base + page, e.base + "books"}, to.String())
		}
	}
	require.Empty(t, e.scripts())
	require.Equal(t, ClockSetting{Speed: 1}, e.box.Clock().Setting())
	rsp, _ := e.post("cashier/none/faults", nil)
	require.Equal(t, http.StatusNotFound, rsp.StatusCode)
}

func (e *env) postRaw(path, form, language string) (reply, string) {
	e.Helper()
	req, err := http.NewRequestWithContext(e.Context(), http.MethodPost, e.base+path, strings.NewReader(form))
	require.NoError(e, err)
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	req.Header.Set("Accept-Language", language)
	return e.do(req)
}

func TestPanel_WithoutItsBooks(t *testing.T) {
	e := open(t)
	require.NoError(t, e.box.db.write.Close())
	rsp, body := e.post("books/faults", url.Values{"target": {"notice"}, "fault": {"lost"}})
	require.Equal(t, http.StatusInternalServerError, rsp.StatusCode)
	require.Contains(t, body, "isp.unknow-error")
}
