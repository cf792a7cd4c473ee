package alipay

import (
	"archive/zip"
	"bufio"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/transform"

	"kaituan/mall/payment"
	"kaituan/money"
)

const (
	maxFiles    = 16       // in a bill
	maxText     = 2 << 30  // bytes of one file inside a bill, unpacked
	maxTextLine = 64 << 10 // bytes
	summaryName = "汇总"     // is in the name of the file that adds the other one up
)

// What a person does about a bill that cannot be read.
const (
	adviceAgain  = "download it again; if it stays so, ask Alipay's support with the day"
	adviceFormat = "compare the bill with the columns that infrastructure/alipay knows; Alipay may have changed the format"
)

// tally adds up a bill: by line, or as its summary says.
type tally struct {
	payments, refunds int64
	amount            money.Fen // payments less refunds
}

// readBill unpacks a bill and calls each with its lines. Errors: *payment.BillFault, whatever each returns.
func readBill(file io.ReaderAt, size int64, each func(payment.BillLine) error) error {
	detail, summary, err := findFiles(file, size)
	if err != nil {
		return err
	}
	want, err := readSummary(summary)
	if err != nil {
		return err
	}
	var got tally
	err = readDetail(detail, func(l payment.BillLine) error {
		if l.Kind == payment.BillRefund {
			got.refunds, got.amount = got.refunds+1, got.amount-l.Amount
		} else {
			got.payments, got.amount = got.payments+1, got.amount+l.Amount
		}
		return each(l)
	})
	if err != nil {
		return err
	}
	if got != want {
		return &payment.BillFault{
			File: detail.name,
			Detail: fmt.Sprintf("its lines are %d payments and %d refunds, %s yuan together; the summary says %d, %d and %s",
				got.payments, got.refunds, got.amount, want.payments, want.refunds, want.amount),
			Advice: adviceAgain,
		}
	}
	return nil
}

// billFile is one of the two files in a bill.
type billFile struct {
	name string
	zip  *zip.File
}

func findFiles(file io.ReaderAt, size int64) (detail, summary billFile, err error) {
	archive, err := zip.NewReader(file, size)
	if err != nil {
		return detail, summary, &payment.BillFault{Detail: "it is no zip file: " + err.Error(), Advice: adviceAgain}
	}
	if len(archive.File) > maxFiles {
		return detail, summary, &payment.BillFault{Detail: fmt.Sprintf("it has %d files", len(archive.File)), Advice: adviceFormat}
	}
	for _, f := range archive.File {
		name := fileName(f)
		if !strings.EqualFold(path.Ext(name), ".csv") {
			continue
		}
		into := &detail
		if strings.Contains(name, summaryName) {
			into = &summary
		}
		if into.zip != nil {
			return detail, summary, &payment.BillFault{File: name, Detail: "there is another file like it", Advice: adviceFormat}
		}
		*into = billFile{path.Base(name), f}
	}
	if detail.zip == nil || summary.zip == nil {
		return detail, summary, &payment.BillFault{Detail: "want one .csv file with " + summaryName + " in its name and one without", Advice: adviceFormat}
	}
	return detail, summary, nil
}

// fileName reads a name that is GBK unless it is UTF-8.
func fileName(f *zip.File) string {
	if utf8.ValidString(f.Name) {
		return f.Name
	}
	name, err := simplifiedchinese.GB18030.NewDecoder().String(f.Name)
	if err != nil {
		return strings.ToValidUTF8(f.Name, "?")
	}
	return name
}

// eachLine calls fn with the rows of a file and their line numbers, remarks and empty lines left out.
func (f billFile) eachLine(fn func(number int, fields []string) error) error {
	text, err := f.zip.Open()
	if err != nil {
		return f.fault(0, "it cannot be unpacked: "+err.Error(), adviceAgain)
	}
	defer text.Close()
	limited := &io.LimitedReader{R: text, N: maxText}
	lines := bufio.NewScanner(transform.NewReader(limited, simplifiedchinese.GB18030.NewDecoder()))
	lines.Buffer(make([]byte, 0, maxTextLine), maxTextLine)
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSpace(strings.TrimPrefix(lines.Text(), "\ufeff"))
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		fields, err := split(line)
		if err != nil {
			return f.fault(number, err.Error(), adviceFormat)
		}
		if err := fn(number, fields); err != nil {
			return err
		}
	}
	switch err := lines.Err(); {
	case errors.Is(err, bufio.ErrTooLong):
		return f.fault(number+1, fmt.Sprintf("it is longer than %d bytes", maxTextLine), adviceFormat)
	case err != nil:
		return f.fault(number+1, "it cannot be unpacked: "+err.Error(), adviceAgain)
	case limited.N <= 0:
		return f.fault(number, fmt.Sprintf("the file is larger than %d bytes", maxText), adviceFormat)
	}
	return nil
}

func (f billFile) fault(line int, detail, advice string) error {
	return &payment.BillFault{File: f.name, Line: line, Detail: detail, Advice: advice}
}
