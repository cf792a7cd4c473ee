package alipay

import (
	"io"

	"kaituan/mall/payment"
)

// ReadBill lets tests read a bill without a gateway.
func ReadBill(file io.ReaderAt, size int64, each func(payment.BillLine) error) error {
	return readBill(file, size, each)
}
