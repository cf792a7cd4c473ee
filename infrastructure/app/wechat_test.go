package app_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The simulated phone signs a buyer in: the whole way of WeChat's protocol, in one process.
func TestApp_SignsInByTheSimulatedPhone(t *testing.T) {
	w := open(t, nil)
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

	status, page := w.call(http.MethodGet, "/sandbox/wechat/q/"+ticket, nil, "")
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "小明")
	status, page = w.call(http.MethodPost, "/sandbox/wechat/phone/scan", form, "person=osim-xiaoming&ticket="+ticket)
	require.Equal(t, http.StatusOK, status)
	require.Contains(t, page, "是您本人操作吗")
	_, page = w.call(http.MethodPost, "/sandbox/wechat/phone/say", form, "person=osim-xiaoming&text=确认")
	require.Contains(t, page, "已确认")
	status, answer := w.call(http.MethodPost, "/api/mall/v1/scans/"+scan+"/session", browser, "")
	require.Equal(t, http.StatusCreated, status, answer)
	require.Eventually(t, func() bool {
		_, page = w.call(http.MethodGet, "/sandbox/wechat/phone?person=osim-xiaoming", nil, "")
		return strings.Contains(page, "登录成功")
	}, patience, patience/1000)
}
