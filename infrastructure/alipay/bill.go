package alipay

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"
	"time"

	client "github.com/smartwalle/alipay/v3"

	"kaituan/mall/payment"
)

const (
	// billTypeTrade asks for the bill of what buyers paid and got back, not of the account's balance.
	billTypeTrade = "trade"
	// noBill ends the sub code of a day whose bill is not written yet, and of one on which nothing happened:
	// https://opendocs.alipay.com/open/028woc
	noBill = "BILL_NOT_EXIST"
	// downloadTimeout bounds one download; the link itself lives for 30 s, but only until the download begins.
	downloadTimeout = 10 * time.Minute
	// maxBill bounds a bill as it is downloaded, in bytes: some million lines.
	maxBill = 256 << 20
)

// Bill asks for the address of the day's bill, downloads it to a temporary file and reads it line by line.
func (c *Channel) Bill(ctx context.Context, day payment.Day, each func(payment.BillLine) error) (err error) {
	address, err := c.billAddress(ctx, day)
	if err != nil {
		return err
	}
	file, err := os.CreateTemp("", "kaituan-bill-*.zip")
	if err != nil {
		return fmt.Errorf("alipay: bill of %s: %w", day, err)
	}
	defer func() { err = errors.Join(err, file.Close(), os.Remove(file.Name())) }()
	size, err := c.download(ctx, address, file)
	if err != nil {
		return unknownBill(day, err)
	}
	return readBill(file, size, each)
}

func unknownBill(day payment.Day, why error) error {
	return fmt.Errorf("alipay: bill of %s: %w: %w", day, payment.ErrUnknown, why)
}

func (c *Channel) billAddress(ctx context.Context, day payment.Day) (*url.URL, error) {
	rsp, err := c.client.BillDownloadURLQuery(ctx, client.BillDownloadURLQuery{BillType: billTypeTrade, BillDate: string(day)})
	answered := settle(rsp != nil, err, func() client.Error { return rsp.Error })
	switch {
	case answered.kind == carriedOut:
		return c.checkBillAddress(day, rsp.BillDownloadURL)
	case answered.kind == refused && isNoBill(answered.code):
		return nil, fmt.Errorf("alipay: bill of %s: %w", day, payment.ErrBillNotReady)
	case answered.kind == refused:
		return nil, unknownBill(day, answered.rejection())
	default:
		return nil, unknownBill(day, answered.why)
	}
}

// isNoBill takes the spellings that Alipay's lists have: isp.bill_not_exist, BILL_NOT_EXIST, isv.bill-not-exist.
func isNoBill(code string) bool {
	return strings.HasSuffix(strings.ToUpper(strings.ReplaceAll(code, "-", "_")), noBill)
}

// checkBillAddress takes an address with TLS, or one at the very gateway that is configured without. Alipay has signed
// it, so that it names no place that others chose.
func (c *Channel) checkBillAddress(day payment.Day, address string) (*url.URL, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "https" && (u.Scheme != c.gateway.Scheme || u.Host != c.gateway.Host) {
		return nil, unknownBill(day, fmt.Errorf("the bill's address is neither https nor at the gateway"))
	}
	return u, nil
}

// download writes the bill to a file and returns its size. The address is a secret while it lives, so errors leave it
// out.
func (c *Channel) download(ctx context.Context, address *url.URL, to io.Writer) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, address.String(), nil)
	if err != nil {
		return 0, errors.New("the bill's address cannot be asked")
	}
	rsp, err := c.files.Do(req)
	if err != nil {
		return 0, fmt.Errorf("download from %s: %w", address.Host, withoutAddress(err))
	}
	defer rsp.Body.Close()
	size, err := io.Copy(to, io.LimitReader(rsp.Body, maxBill+1))
	switch {
	case err != nil:
		return 0, fmt.Errorf("download from %s after %d bytes: %w", address.Host, size, err)
	case size > maxBill:
		return 0, fmt.Errorf("download from %s: more than %d bytes", address.Host, maxBill)
	}
	return size, nil
}

func withoutAddress(err error) error {
	if failed, ok := errors.AsType[*url.Error](err); ok {
		return failed.Err
	}
	return err
}

// fileClient follows no redirect: whatever is not 200 is an error.
func fileClient(transport http.RoundTripper) *http.Client {
	return &http.Client{Timeout: downloadTimeout, Transport: onlyOK{transport}}
}
