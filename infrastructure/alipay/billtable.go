package alipay

import (
	"encoding/csv"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"kaituan/mall/payment"
	"kaituan/money"
)

// The columns of a bill that are read, by name; https://opendocs.alipay.com/open/204/106262 shows them all.
const (
	columnTradeNo    = "支付宝交易号"
	columnOutTradeNo = "商户订单号"
	columnKind       = "业务类型"
	columnDoneAt     = "完成时间"
	columnAmount     = "订单金额(元)"
	columnRequestNo  = "退款批次号/请求号"
	columnFee        = "服务费(元)"

	columnPayments = "交易订单总笔数"
	columnRefunds  = "退款订单总笔数"
)

// What a line is, and what begins the row that adds a summary up.
const (
	kindPayment = "交易"
	kindRefund  = "退款"
	totalRow    = "合计"
)

// table finds the fields of a row by the names of their columns.
type table struct {
	file    billFile
	columns map[string]int
	width   int
}

// head reads the row with the names. Errors: a column that is needed and is not there.
func (t *table) head(line int, names, needed []string) error {
	t.columns, t.width = make(map[string]int, len(names)), len(names)
	for i, name := range names {
		t.columns[plainName(name)] = i
	}
	for _, name := range needed {
		if _, ok := t.columns[name]; !ok {
			return t.file.fault(line, "column "+name+" is missing", adviceFormat)
		}
	}
	return nil
}

// plainName takes brackets of either width.
func plainName(name string) string {
	return strings.NewReplacer("（", "(", "）", ")").Replace(name)
}

// row checks that a row has a field for each column. A summary's last fields may be left out.
func (t *table) row(line int, fields []string) error {
	if len(fields) != t.width {
		return t.file.fault(line, fmt.Sprintf("it has %d fields, and there are %d columns", len(fields), t.width), adviceFormat)
	}
	return nil
}

func (t *table) field(fields []string, column string) string {
	i, ok := t.columns[column]
	if !ok {
		return ""
	}
	return fields[i]
}

// split takes a row apart. Fields are padded with blanks and tabs, so that spreadsheets take numbers for text.
func split(line string) ([]string, error) {
	var fields []string
	if strings.Contains(line, `"`) {
		reader := csv.NewReader(strings.NewReader(line))
		reader.LazyQuotes = true
		var err error
		if fields, err = reader.Read(); err != nil {
			return nil, errors.New("it cannot be taken apart at its commas")
		}
	} else {
		fields = strings.Split(line, ",")
	}
	for i, field := range fields {
		fields[i] = strings.TrimSpace(field)
	}
	return fields, nil
}

// readDetail calls each with every line of the bill.
func readDetail(file billFile, each func(payment.BillLine) error) error {
	t := table{file: file}
	needed := []string{columnTradeNo, columnOutTradeNo, columnKind, columnDoneAt, columnAmount, columnRequestNo}
	err := file.eachLine(func(number int, fields []string) error {
		if t.columns == nil {
			return t.head(number, fields, needed)
		}
		if err := t.row(number, fields); err != nil {
			return err
		}
		line, err := t.read(number, fields)
		if err != nil {
			return file.fault(number, err.Error(), adviceFormat)
		}
		return each(line)
	})
	if err == nil && t.columns == nil {
		err = file.fault(0, "it has no row with the names of its columns", adviceFormat)
	}
	return err
}

func (t *table) read(number int, fields []string) (payment.BillLine, error) {
	line := payment.BillLine{
		Number: number, ProviderNo: t.field(fields, columnTradeNo), ID: payment.ID(t.field(fields, columnOutTradeNo)),
		RequestNo: payment.RequestNo(t.field(fields, columnRequestNo)),
	}
	if line.ID == "" {
		line.ID = payment.ID(line.ProviderNo)
	}
	var err error
	if line.Kind, line.Amount, err = readMoved(t.field(fields, columnKind), t.field(fields, columnAmount)); err != nil {
		return line, err
	}
	if line.Kind == payment.BillPayment {
		line.RequestNo = ""
	}
	if line.Fee, err = readFee(t.field(fields, columnFee)); err != nil {
		return line, err
	}
	if line.At, err = readTime(t.field(fields, columnDoneAt)); err != nil {
		return line, fmt.Errorf("%s is no time: %q", columnDoneAt, t.field(fields, columnDoneAt))
	}
	for column, text := range map[string]string{
		columnTradeNo: line.ProviderNo, columnOutTradeNo: string(line.ID), columnRequestNo: string(line.RequestNo),
	} {
		if len(text) > maxID || text == "" && column != columnRequestNo {
			return line, fmt.Errorf("%s has %d bytes, want 1 to %d", column, len(text), maxID)
		}
	}
	return line, nil
}

// readMoved reads which way how much money went: refunds are below zero in the bill.
func readMoved(kind, text string) (payment.BillKind, money.Fen, error) {
	amount, err := money.Parse(text)
	if err != nil {
		return "", 0, fmt.Errorf("%s is no amount: %q", columnAmount, text)
	}
	switch {
	case kind == kindPayment && amount > 0 && amount <= maxAmount:
		return payment.BillPayment, amount, nil
	case kind == kindRefund && amount < 0 && amount >= -maxAmount:
		return payment.BillRefund, -amount, nil
	}
	return "", 0, fmt.Errorf("%s %q with %s %q is neither a payment nor a refund", columnKind, kind, columnAmount, text)
}

// readFee turns the sign about: what Alipay takes is below zero in the bill.
func readFee(text string) (money.Fen, error) {
	if text == "" {
		return 0, nil
	}
	fee, err := money.Parse(text)
	if err != nil || fee > maxAmount || fee < -maxAmount {
		return 0, fmt.Errorf("%s is no amount: %q", columnFee, text)
	}
	return -fee, nil
}

// readSummary reads what the lines should add up to: the row 合计, or else all rows.
func readSummary(file billFile) (tally, error) {
	t := table{file: file}
	var rows, total tally
	found := false
	err := file.eachLine(func(number int, fields []string) error {
		if t.columns == nil {
			return t.head(number, fields, []string{columnPayments, columnRefunds, columnAmount})
		}
		if err := t.row(number, fields); err != nil {
			return err
		}
		one, err := t.tally(fields)
		if err != nil {
			return file.fault(number, err.Error(), adviceFormat)
		}
		if slices.Contains(fields, totalRow) {
			total, found = one, true
			return nil
		}
		rows = tally{rows.payments + one.payments, rows.refunds + one.refunds, rows.amount + one.amount}
		return nil
	})
	switch {
	case err != nil:
		return tally{}, err
	case t.columns == nil:
		return tally{}, file.fault(0, "it has no row with the names of its columns", adviceFormat)
	case found:
		return total, nil
	}
	return rows, nil
}

func (t *table) tally(fields []string) (one tally, err error) {
	if one.payments, err = readCount(t.field(fields, columnPayments)); err != nil {
		return one, fmt.Errorf("%s: %w", columnPayments, err)
	}
	if one.refunds, err = readCount(t.field(fields, columnRefunds)); err != nil {
		return one, fmt.Errorf("%s: %w", columnRefunds, err)
	}
	if one.amount, err = money.Parse(t.field(fields, columnAmount)); err != nil {
		return one, fmt.Errorf("%s: %w", columnAmount, err)
	}
	return one, nil
}

func readCount(text string) (int64, error) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || n < 0 {
		return 0, fmt.Errorf("%q is no number of lines", text)
	}
	return n, nil
}
