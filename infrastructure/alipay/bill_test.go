package alipay_test

import (
	"archive/zip"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/text/encoding/simplifiedchinese"

	"kaituan/infrastructure/alipay"
	"kaituan/mall/payment"
)

const (
	billHead = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户,订单金额（元）,商家实收（元）," +
		"支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称,商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
	billPaid = "2026050122001400001\t,pay_1\t,交易,青花茶杯,2026-05-01 10:00:00,2026-05-01 10:00:09,\t,,,,张*明(138****0001)\t,80.00,80.00,0.00,0.00,0.00,0.00,0.00,,0.00,0.00,\t,-0.48,0.00,"
	billBack = "2026050122001400001\t,pay_1\t,退款,青花茶杯,2026-05-01 10:00:00,2026-05-01 23:59:59,\t,,,,张*明(138****0001)\t,-80.00,-80.00,0.00,0.00,0.00,0.00,0.00,,0.00,0.00,rf_1\t,0.48,0.00,拼团失败"
	billOdd  = "2026050122001400002\t,\t,交易,\"杯子, 大\",2026-05-01 11:00:00,2026-05-01 11:00:01,\t,,,,\t,0.01,0.01,0.00,0.00,0.00,0.00,0.00,,0.00,0.00,\t,,0.00,"

	sumHead = "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）,商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
	sumRow  = "合计\t,\t,2,1,0.01,0.01,0.00,0.00,0.00,0.00,0.00,0.01"
)

// billText is one of the files in a bill, with the remarks that Alipay puts around the rows.
func billText(head string, rows ...string) string {
	lines := append([]string{
		"#支付宝业务明细查询", "#账号：[20881001000000010156]", "#起始日期：[2026年05月01日 00:00:00]   终止日期：[2026年05月02日 00:00:00]",
		"#-----------------------------------------业务明细列表----------------------------------------", head,
	}, rows...)
	return strings.Join(append(lines, "#-----------------------------------------业务明细列表结束------------------------------------", "#交易合计：2笔", ""), "\r\n")
}

func gbk(text string) string {
	encoded, err := simplifiedchinese.GBK.NewEncoder().String(text)
	if err != nil {
		panic(err)
	}
	return encoded
}

// pack zips files whose names and texts are GBK, as Alipay does.
func pack(files ...[2]string) []byte {
	var out bytes.Buffer
	archive := zip.NewWriter(&out)
	for _, f := range files {
		w, err := archive.CreateHeader(&zip.FileHeader{Name: gbk(f[0]), NonUTF8: true, Method: zip.Deflate})
		if err == nil {
			_, err = io.WriteString(w, gbk(f[1]))
		}
		if err != nil {
			panic(err)
		}
	}
	if err := archive.Close(); err != nil {
		panic(err)
	}
	return out.Bytes()
}

const (
	detailName  = "20881001000000010156_20260501_业务明细.csv"
	summaryName = "20881001000000010156_20260501_业务明细(汇总).csv"
)

func wholeBill() []byte {
	return pack([2]string{detailName, billText(billHead, billPaid, billOdd, billBack)}, [2]string{summaryName, billText(sumHead, sumRow)})
}

const billDay payment.Day = "2026-05-01"

// serveBill makes the gateway answer with the address of a bill that holds these bytes.
func serveBill(t *testing.T, body []byte) *gateway {
	t.Helper()
	g := openGateway(t)
	g.file.Store(body)
	g.node(map[string]any{"code": "10000", "msg": "Success", "bill_download_url": g.url + "/bill.zip?token=secret"})
	return g
}

func read(g *gateway) (lines []payment.BillLine, err error) {
	err = g.channel.Bill(context.Background(), billDay, func(l payment.BillLine) error {
		lines = append(lines, l)
		return nil
	})
	return lines, err
}

func at(clock string) time.Time {
	when, err := time.ParseInLocation(time.DateTime, "2026-05-01 "+clock, time.FixedZone("CST", 8*3600))
	if err != nil {
		panic(err)
	}
	return when.UTC()
}

func TestBill_ReadsEveryLine(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	lines, err := read(serveBill(t, wholeBill()))
	require.NoError(t, err)
	require.Equal(t, []payment.BillLine{
		{Number: 6, Kind: payment.BillPayment, ID: "pay_1", ProviderNo: "2026050122001400001", Amount: 80_00, Fee: 48, At: at("10:00:09")},
		{Number: 7, Kind: payment.BillPayment, ID: "2026050122001400002", ProviderNo: "2026050122001400002", Amount: 1, At: at("11:00:01")},
		{Number: 8, Kind: payment.BillRefund, ID: "pay_1", RequestNo: "rf_1", ProviderNo: "2026050122001400001", Amount: 80_00, Fee: -48, At: at("23:59:59")},
	}, lines)
	left, err := os.ReadDir(os.TempDir())
	require.NoError(t, err)
	require.Empty(t, left, "no bill stays on the disk")
}

// Columns are found by name: Alipay adds some now and then.
func TestBill_OtherColumns(t *testing.T) {
	lines, err := read(serveBill(t, pack(
		[2]string{"a.csv", "新列,退款批次号/请求号,订单金额(元),完成时间,业务类型,商户订单号,支付宝交易号\nx,,80,2026-05-01 10:00:09,交易,pay_1,2026\n"},
		[2]string{"汇总.csv", "交易订单总笔数,退款订单总笔数,订单金额(元)\n1,0,50\n0,0,30"},
	)))
	require.NoError(t, err)
	require.Equal(t, []payment.BillLine{{Number: 2, Kind: payment.BillPayment, ID: "pay_1", ProviderNo: "2026", Amount: 80_00, At: at("10:00:09")}}, lines)
}

func TestBill_Malformed(t *testing.T) {
	row := func(change ...string) string { return strings.NewReplacer(change...).Replace(billPaid) }
	one := [2]string{summaryName, billText(sumHead, strings.Replace(sumRow, "2,1,0.01", "1,0,80.00", 1))}
	detail := func(rows ...string) []byte { return pack([2]string{detailName, billText(billHead, rows...)}, one) }
	for name, c := range map[string]struct {
		bill []byte
		line int
		says string
	}{
		"no zip":            {[]byte("<html>"), 0, "no zip file"},
		"nothing":           {nil, 0, "no zip file"},
		"cut off":           {wholeBill()[:200], 0, "no zip file"},
		"no summary":        {pack([2]string{detailName, billText(billHead)}), 0, "汇总"},
		"no details":        {pack(one), 0, "汇总"},
		"two details":       {pack(one, [2]string{"a.csv", ""}, [2]string{"b.csv", ""}), 0, "another file"},
		"many files":        {pack(make([][2]string, 17)...), 0, "17 files"},
		"no columns":        {pack(one, [2]string{"a.csv", "#only remarks"}), 0, "names of its columns"},
		"column missing":    {pack(one, [2]string{"a.csv", strings.ReplaceAll(billHead, "商户订单号", "订单")}), 1, "商户订单号"},
		"field missing":     {detail("2026,pay_1,交易"), 6, "3 fields"},
		"no amount":         {detail(row("80.00", "八十")), 6, "八十"},
		"a third digit":     {detail(row("80.00", "80.001")), 6, "80.001"},
		"nothing paid":      {detail(row("80.00", "0.00")), 6, "neither"},
		"below zero":        {detail(row("80.00", "-80.00")), 6, "neither"},
		"refund above zero": {detail(billPaid, strings.ReplaceAll(billBack, "-80.00", "80.00")), 7, "neither"},
		"other kind":        {detail(row("交易", "转账")), 6, "转账"},
		"too much":          {detail(row("80.00", "100000000.01")), 6, "neither"},
		"no time":           {detail(row("2026-05-01 10:00:09", "")), 6, "完成时间"},
		"no such time":      {detail(row("2026-05-01 10:00:09", "2026-02-30 10:00:09")), 6, "完成时间"},
		"no trade":          {detail(row("2026050122001400001", "")), 6, "支付宝交易号"},
		"number too long":   {detail(row("pay_1", strings.Repeat("p", 65))), 6, "商户订单号"},
		"fee":               {detail(row("-0.48", "x")), 6, "服务费"},
		"line too long":     {detail(row("青花茶杯", strings.Repeat("杯", 40_000))), 6, "longer"},
		"line left out":     {detail(), 0, "the summary says 1, 0 and 80.00"},
		"other sum":         {detail(row("80.00", "80.01")), 0, "80.01 yuan together"},
		"summary's count":   {pack([2]string{detailName, billText(billHead)}, [2]string{summaryName, billText(sumHead, strings.Replace(sumRow, "2,1", "-2,1", 1))}), 6, "-2"},
		"summary's refunds": {pack([2]string{detailName, billText(billHead)}, [2]string{summaryName, billText(sumHead, strings.Replace(sumRow, "2,1", "2,x", 1))}), 6, "x"},
		"summary's amount":  {pack([2]string{detailName, billText(billHead)}, [2]string{summaryName, billText(sumHead, strings.Replace(sumRow, "0.01", "", 1))}), 6, "订单金额"},
		"summary's columns": {pack([2]string{detailName, billText(billHead)}, [2]string{summaryName, "交易订单总笔数"}), 1, "退款订单总笔数"},
		"empty summary":     {pack([2]string{detailName, billText(billHead)}, [2]string{summaryName, ""}), 0, "names of its columns"},
		"short summary":     {pack([2]string{detailName, billText(billHead)}, [2]string{summaryName, billText(sumHead, "合计,1")}), 6, "2 fields"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := read(serveBill(t, c.bill))
			var fault *payment.BillFault
			require.ErrorAs(t, err, &fault)
			require.Equal(t, c.line, fault.Line, "%v", err)
			require.Contains(t, err.Error(), c.says)
			require.NotEmpty(t, fault.Advice)
			require.NotErrorIs(t, err, payment.ErrUnknown)
		})
	}
}

// A small file that unpacks to a large one is read a line at a time and given up.
func TestBill_ZipBomb(t *testing.T) {
	bomb := pack([2]string{detailName, billHead + "\n" + strings.Repeat("#"+strings.Repeat(" ", 60_000)+"\n", 1000)}, [2]string{summaryName, billText(sumHead)})
	require.Less(t, len(bomb), 1<<18)
	lines, err := read(serveBill(t, bomb))
	require.NoError(t, err, "remarks are no lines")
	require.Empty(t, lines)
	line := pack([2]string{detailName, strings.Repeat("0", 50<<20)}, [2]string{summaryName, billText(sumHead)})
	_, err = read(serveBill(t, line))
	require.ErrorContains(t, err, "longer")
}

func TestBill_StopsWithItsReader(t *testing.T) {
	cut := errors.New("cut")
	err := serveBill(t, wholeBill()).channel.Bill(t.Context(), billDay, func(payment.BillLine) error { return cut })
	require.ErrorIs(t, err, cut)
}

func TestBill_NotReady(t *testing.T) {
	for _, code := range []string{"isp.bill_not_exist", "BILL_NOT_EXIST", "isv.bill-not-exist"} {
		g := openGateway(t)
		g.node(map[string]any{"code": "40004", "msg": "Business Failed", "sub_code": code, "sub_msg": "账单不存在"})
		_, err := read(g)
		require.ErrorIs(t, err, payment.ErrBillNotReady, code)
	}
}

func TestBill_Unknown(t *testing.T) {
	for name, answer := range map[string]func(g *gateway){
		"system error": func(g *gateway) { g.node(map[string]any{"code": "20000", "sub_code": "aop.SYSTEM_ERROR"}) },
		"refused": func(g *gateway) {
			g.node(map[string]any{"code": "40006", "sub_code": "isv.insufficient-isv-permissions"})
		},
		"unsigned": func(g *gateway) {
			g.raw(http.StatusOK, `{"METHOD":{"code":"10000","bill_download_url":"https://evil.example/"}}`)
		},
		"other place": func(g *gateway) { g.node(map[string]any{"code": "10000", "bill_download_url": "http://127.0.0.1:1/x"}) },
		"file":        func(g *gateway) { g.node(map[string]any{"code": "10000", "bill_download_url": "file:///etc/passwd"}) },
		"no address":  func(g *gateway) { g.node(map[string]any{"code": "10000"}) },
		"nobody there": func(g *gateway) {
			g.node(map[string]any{"code": "10000", "bill_download_url": "https://127.0.0.1:1/x?token=secret"})
		},
		"link is old":     func(g *gateway) { g.node(map[string]any{"code": "10000", "bill_download_url": g.url + "/gone"}) },
		"sent elsewhere":  func(g *gateway) { g.node(map[string]any{"code": "10000", "bill_download_url": g.url + "/moved"}) },
		"cut off halfway": func(g *gateway) { g.node(map[string]any{"code": "10000", "bill_download_url": g.url + "/cut"}) },
	} {
		t.Run(name, func(t *testing.T) {
			g := openGateway(t)
			answer(g)
			_, err := read(g)
			require.ErrorIs(t, err, payment.ErrUnknown)
			require.NotContains(t, err.Error(), "secret", "addresses are not logged")
		})
	}
}

func TestBill_Production(t *testing.T) {
	g := openGateway(t)
	set := g.config("https://openapi.alipay.com/gateway.do")
	set.Production, set.NotifyURL = true, "https://shop.example/callbacks/alipay"
	gateway := httptest.NewServer(http.NotFoundHandler())
	defer gateway.Close()
	set.Transport = signedAnswer{g, map[string]any{"code": "10000", "bill_download_url": gateway.URL + "/bill.zip"}}
	channel, err := alipay.New(set)
	require.NoError(t, err)
	err = channel.Bill(t.Context(), billDay, nil)
	require.ErrorContains(t, err, "neither https")
}

// signedAnswer answers for the real gateway.
type signedAnswer struct {
	g      *gateway
	fields map[string]any
}

func (s signedAnswer) RoundTrip(req *http.Request) (*http.Response, error) {
	if err := req.ParseForm(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	s.g.node(s.fields)
	s.g.answer.Load().(func(http.ResponseWriter, string))(recorder, req.Form.Get("method"))
	return recorder.Result(), nil
}

// Whatever is in a bill, reading it ends, with lines that keep their promises or with a fault.
func FuzzBill(f *testing.F) {
	f.Add([]byte(billText(billHead, billPaid, billOdd, billBack)), []byte(billText(sumHead, sumRow)))
	f.Add([]byte(billHead+"\n"+billPaid), []byte("交易订单总笔数,退款订单总笔数,订单金额(元)\n1,0,80.00"))
	f.Add([]byte("a,\"b\n"), []byte{0xff, 0xfe})
	f.Fuzz(func(t *testing.T, detail, summary []byte) {
		var out bytes.Buffer
		archive := zip.NewWriter(&out)
		for name, text := range map[string][]byte{"a.csv": detail, "汇总.csv": summary} {
			w, err := archive.Create(name)
			require.NoError(t, err)
			_, err = w.Write(text)
			require.NoError(t, err)
		}
		require.NoError(t, archive.Close())
		err := alipay.ReadBill(bytes.NewReader(out.Bytes()), int64(out.Len()), func(l payment.BillLine) error {
			if l.Amount < 1 || l.ID == "" || l.ProviderNo == "" || len(l.ID) > 64 || l.At.IsZero() || l.Number < 1 {
				return fmt.Errorf("line %+v", l)
			}
			return nil
		})
		var fault *payment.BillFault
		if err != nil && !errors.As(err, &fault) {
			t.Fatal(err)
		}
	})
}
