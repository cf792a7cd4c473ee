// Package money holds the one amount type of the system. An amount is an integer number of fen, 0.01 CNY;
// nothing that touches money uses floating point.
package money

import (
	"errors"
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Fen is an amount in fen (0.01 CNY).
type Fen int64

// BasisPoints is a share in hundredths of a percent: 10,000 is the whole.
type BasisPoints int64

// Whole is 100 %.
const Whole BasisPoints = 10_000

// ErrFormat says that a text is not an amount in yuan with at most two decimals.
var ErrFormat = errors.New("money: want yuan with at most two decimals, such as 12.34")

// ErrOverflow says that an amount is larger than an int64 number of fen.
var ErrOverflow = errors.New("money: amount too large")

// Parse reads yuan with at most two decimals ("12", "12.3", "-0.05"). It accepts no sign but a leading minus,
// no blanks and no exponent, so that a provider's amount is either understood exactly or refused with
// ErrFormat or ErrOverflow.
func Parse(yuan string) (Fen, error) {
	digits, negative := strings.CutPrefix(yuan, "-")
	whole, fraction, dotted := strings.Cut(digits, ".")
	if !allDigits(whole) || dotted && (len(fraction) > 2 || !allDigits(fraction)) {
		return 0, fmt.Errorf("%w: %q", ErrFormat, yuan)
	}
	for len(fraction) < 2 {
		fraction += "0"
	}
	fen, err := strconv.ParseInt(whole+fraction, 10, 64)
	if err != nil {
		return 0, fmt.Errorf("%w: %q", ErrOverflow, yuan)
	}
	if negative {
		fen = -fen
	}
	return Fen(fen), nil
}

func allDigits(s string) bool {
	for _, r := range s {
		if r < '0' || r > '9' {
			return false
		}
	}
	return s != ""
}

// String prints the amount in yuan with two decimals, the form that Parse reads and Alipay expects.
func (f Fen) String() string {
	sign, n := "", uint64(f)
	if f < 0 {
		sign, n = "-", uint64(-f)
	}
	return fmt.Sprintf("%s%d.%02d", sign, n/100, n%100)
}

// Times multiplies a price per piece by a quantity. It returns ErrOverflow when the product does not fit.
func (f Fen) Times(quantity int) (Fen, error) {
	if f < 0 || quantity < 0 {
		return 0, fmt.Errorf("money: %d x %d: negative", f, quantity)
	}
	high, low := bits.Mul64(uint64(f), uint64(quantity))
	if high != 0 || low > math.MaxInt64 {
		return 0, fmt.Errorf("%w: %d x %d", ErrOverflow, f, quantity)
	}
	return Fen(low), nil
}

// Share returns the given share of a non-negative amount, half rounded up to the fen. It is exact for every
// amount: the product is taken in 128 bits.
func (f Fen) Share(share BasisPoints) Fen {
	if f <= 0 || share <= 0 {
		return 0
	}
	high, low := bits.Mul64(uint64(f), uint64(share))
	low, carry := bits.Add64(low, uint64(Whole)/2, 0)
	quotient, _ := bits.Div64(high+carry, low, uint64(Whole))
	return Fen(quotient)
}

// Clamp returns the amount kept within low and high.
func (f Fen) Clamp(low, high Fen) Fen {
	return max(low, min(f, high))
}
