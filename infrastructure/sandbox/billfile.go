package sandbox

import (
	"archive/zip"
	"bytes"
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"

	"kaituan/money"
)

// The columns of the files in a bill, as Alipay's are: https://opendocs.alipay.com/open/204/106262
const (
	detailColumns = "支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,门店编号,门店名称,操作员,终端号,对方账户," +
		"订单金额（元）,商家实收（元）,支付宝红包（元）,集分宝（元）,支付宝优惠（元）,商家优惠（元）,券核销金额（元）,券名称," +
		"商家红包消费金额（元）,卡消费金额（元）,退款批次号/请求号,服务费（元）,分润（元）,备注"
	summaryColumns = "门店编号,门店名称,交易订单总笔数,退款订单总笔数,订单金额（元）,商家实收（元）,支付宝优惠（元）," +
		"商家优惠（元）,卡消费金额（元）,服务费（元）,分润（元）,实收净额（元）"
	accountColumns = "账务流水号,业务流水号,商户订单号,商品名称,发生时间,对方账号,收入金额（+元）,支出金额（-元）,账户余额（元）," +
		"交易渠道,业务类型,备注"
	accountSums = "类型,收入笔数,收入金额（+元）,支出笔数,支出金额（-元）,总金额（元）"
)

// zip packs the bill as Alipay does: two files of GBK text with GBK names.
func (b *bill) zip(kind, seller string, now time.Time) ([]byte, error) {
	name, detail, summary := "业务明细", b.detail(), b.summary()
	if kind == billAccount {
		name, detail, summary = "账务明细", b.account(), b.accountSummary()
	}
	var packed bytes.Buffer
	archive := zip.NewWriter(&packed)
	for _, f := range []struct{ name, title, text string }{
		{name, name + "列表", detail}, {name + "(汇总)", strings.TrimSuffix(name, "明细") + "汇总列表", summary},
	} {
		path, err := gbk(seller + "_" + b.compactDay() + "_" + f.name + ".csv")
		if err != nil {
			return nil, err
		}
		text, err := gbk(b.frame(f.title, seller, f.text, now))
		if err != nil {
			return nil, err
		}
		file, err := archive.CreateHeader(&zip.FileHeader{Name: path, NonUTF8: true, Method: zip.Deflate, Modified: now})
		if err != nil {
			return nil, fmt.Errorf("sandbox: pack bill: %w", err)
		}
		if _, err := file.Write([]byte(text)); err != nil {
			return nil, fmt.Errorf("sandbox: pack bill: %w", err)
		}
	}
	if err := archive.Close(); err != nil {
		return nil, fmt.Errorf("sandbox: pack bill: %w", err)
	}
	return packed.Bytes(), nil
}

// gbk writes a question mark for what GBK has not, such as emoji.
func gbk(text string) (string, error) {
	coded, err := encoding.ReplaceUnsupported(simplifiedchinese.GBK.NewEncoder()).String(text)
	if err != nil {
		return "", fmt.Errorf("sandbox: bill in GBK: %w", err)
	}
	return strings.ReplaceAll(coded, "\x1a", "?"), nil
}

// frame puts remarks around the rows of a file.
func (b *bill) frame(title, seller, rows string, now time.Time) string {
	const layout = "2006年01月02日 15:04:05"
	var t strings.Builder
	fmt.Fprintf(&t, "#支付宝%s查询\r\n#账号：[%s]\r\n", strings.TrimSuffix(title, "列表"), seller+"0156")
	fmt.Fprintf(&t, "#起始日期：[%s]   终止日期：[%s]\r\n", b.day.Format(layout), b.day.AddDate(0, 0, 1).Format(layout))
	fmt.Fprintf(&t, "#-----------------------------------------%s----------------------------------------\r\n", title)
	t.WriteString(rows)
	fmt.Fprintf(&t, "#-----------------------------------------%s结束------------------------------------\r\n", title)
	payments, refunds, in, out := b.sums()
	fmt.Fprintf(&t, "#交易合计：%d笔，商家实收共%s元，商家优惠共0.00元\r\n", payments, in)
	fmt.Fprintf(&t, "#退款合计：%d笔，商家实收退款共%s元，商家优惠退款共0.00元\r\n", refunds, out)
	fmt.Fprintf(&t, "#导出时间：[%s]\r\n", now.In(china()).Format(layout))
	return t.String()
}

// sums adds up what came in and, below zero, what went out.
func (b *bill) sums() (payments, refunds int, in, out money.Fen) {
	for _, l := range b.lines {
		if l.event() == Refunded {
			refunds, out = refunds+1, out+l.amount
		} else {
			payments, in = payments+1, in+l.amount
		}
	}
	return payments, refunds, in, out
}

func (b *bill) detail() string {
	var t strings.Builder
	t.WriteString(detailColumns + "\r\n")
	for _, l := range b.lines {
		kind, amount := "交易", l.amount.String()
		if l.event() == Refunded {
			kind = "退款"
		}
		row(&t, l.tradeNo, l.outTradeNo, kind, l.subject, stamp(l.createdAt), stamp(l.doneAt), "", "", "", "", buyerInBill,
			amount, amount, "0.00", "0.00", "0.00", "0.00", "0.00", "", "0.00", "0.00", l.requestNo, "0.00", "0.00", l.reason)
	}
	return t.String()
}

const buyerInBill = "*箱(" + buyerLogon + ")"

func (b *bill) summary() string {
	payments, refunds, in, out := b.sums()
	net := (in + out).String()
	var t strings.Builder
	t.WriteString(summaryColumns + "\r\n")
	row(&t, "合计", "", fmt.Sprint(payments), fmt.Sprint(refunds), net, net, "0.00", "0.00", "0.00", "0.00", "0.00", net)
	return t.String()
}

// account is the account's own bill. It begins each day with nothing in it, as all was drawn out at midnight.
func (b *bill) account() string {
	var t strings.Builder
	t.WriteString(accountColumns + "\r\n")
	var balance money.Fen
	for i, l := range b.lines {
		balance += l.amount
		in, out, kind := l.amount.String(), "", "在线支付"
		if l.event() == Refunded {
			in, out, kind = "", in, "交易退款"
		}
		flow := fmt.Sprintf("%s%012d", b.compactDay(), i+1)
		row(&t, flow, l.tradeNo, l.outTradeNo, l.subject, stamp(l.doneAt), buyerInBill, in, out, balance.String(), "支付宝", kind, l.reason)
	}
	return t.String()
}

func (b *bill) accountSummary() string {
	payments, refunds, in, out := b.sums()
	var t strings.Builder
	t.WriteString(accountSums + "\r\n")
	row(&t, "合计", fmt.Sprint(payments), in.String(), fmt.Sprint(refunds), out.String(), (in + out).String())
	return t.String()
}

// row pads each value with a tab, as Alipay does to keep spreadsheets from taking numbers apart. A comma or line break
// in what a merchant wrote would end a field.
func row(t *strings.Builder, values ...string) {
	clean := strings.NewReplacer(",", "，", "\"", "＂", "\r", " ", "\n", " ", "\t", " ")
	for i, v := range values {
		if i > 0 {
			t.WriteByte(',')
		}
		t.WriteString(clean.Replace(v) + "\t")
	}
	t.WriteString("\r\n")
}
