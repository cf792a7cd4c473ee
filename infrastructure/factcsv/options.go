// Package factcsv reads order histories from CSV files of any make: which column is what, which sign separates, how
// dates and decimals are written and in which encoding is up to the caller. Several lines may make one order.
package factcsv

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Encoding is how a file's bytes stand for characters.
type Encoding string

// The encodings.
const (
	UTF8   Encoding = "utf-8"
	GBK    Encoding = "gbk" // and its superset GB 18030
	Latin1 Encoding = "latin1"
)

// Layouts that are not texts of package time.
const (
	RFC3339    = "rfc3339"
	UnixSecond = "unix"
	UnixMilli  = "unix-ms"
)

// Mapping says which columns hold what, by their names in the header.
type Mapping struct {
	Order  string
	Buyer  string
	Amount string // yuan
	Times  string // a whole number that Amount is multiplied by; empty: none
	At     string
	Kind   string // paid or refunded; empty: every order is paid
}

// Options say how a file is written.
type Options struct {
	Mapping      Mapping
	Delimiter    rune
	DecimalComma bool   // 2,55 for two and a half
	DateLayout   string // of package time, or one of the names above
	Location     *time.Location
	Encoding     Encoding
	SkipOrders   string // leave out orders whose number begins so; empty: none
}

// Defaults are for a file as most programs write it.
func Defaults() Options {
	return Options{Delimiter: ',', DateLayout: time.DateTime, Location: time.UTC, Encoding: UTF8}
}

// Preset returns the options for a well-known file.
func Preset(name string) (Options, error) {
	if name != "online-retail" {
		return Options{}, fmt.Errorf("preset %q: want online-retail", name)
	}
	o := Defaults()
	o.Mapping = Mapping{Order: "InvoiceNo", Buyer: "CustomerID", Amount: "UnitPrice", Times: "Quantity", At: "InvoiceDate"}
	o.Delimiter, o.DecimalComma, o.DateLayout = ';', true, "2/1/2006 15:04"
	o.SkipOrders = "C" // cancellations
	return o, nil
}

// ParseMapping reads "order=InvoiceNo,buyer=CustomerID,amount=UnitPrice*Quantity,at=InvoiceDate". Errors name the
// part and what would be right.
func ParseMapping(text string) (Mapping, error) {
	var m Mapping
	targets := map[string]*string{"order": &m.Order, "buyer": &m.Buyer, "amount": &m.Amount, "at": &m.At, "kind": &m.Kind}
	for part := range strings.SplitSeq(text, ",") {
		name, column, ok := strings.Cut(strings.TrimSpace(part), "=")
		target, known := targets[name]
		if !ok || !known || column == "" {
			return m, fmt.Errorf("map %q: want order=COLUMN, buyer=COLUMN, amount=COLUMN or COLUMN*COLUMN, at=COLUMN, kind=COLUMN", part)
		}
		if *target != "" {
			return m, fmt.Errorf("map %q: %s is given twice", part, name)
		}
		*target = column
	}
	m.Amount, m.Times, _ = strings.Cut(m.Amount, "*")
	return m, m.whole()
}

// whole says what is missing.
func (m Mapping) whole() error {
	for name, column := range map[string]string{"order": m.Order, "buyer": m.Buyer, "amount": m.Amount, "at": m.At} {
		if column == "" {
			return fmt.Errorf("map: %s=COLUMN is missing", name)
		}
	}
	return nil
}

// ParseEncoding reads the name of an encoding.
func ParseEncoding(name string) (Encoding, error) {
	switch e := Encoding(strings.ToLower(name)); e {
	case UTF8, GBK, Latin1:
		return e, nil
	case "utf8":
		return UTF8, nil
	case "gb18030":
		return GBK, nil
	case "iso-8859-1":
		return Latin1, nil
	}
	return "", fmt.Errorf("encoding %q: want utf-8, gbk or latin1", name)
}

// instant reads a date as the file writes it.
func (o Options) instant(text string) (time.Time, error) {
	switch o.DateLayout {
	case UnixSecond, UnixMilli:
		n, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return time.Time{}, fmt.Errorf("%q is no whole number", text)
		}
		if o.DateLayout == UnixSecond {
			return time.Unix(n, 0).UTC(), nil
		}
		return time.UnixMilli(n).UTC(), nil
	case RFC3339:
		return parseTime(time.RFC3339, text, time.UTC)
	}
	return parseTime(o.DateLayout, text, o.Location)
}

func parseTime(layout, text string, in *time.Location) (time.Time, error) {
	at, err := time.ParseInLocation(layout, text, in)
	if err != nil {
		return at, fmt.Errorf("%q is no date like %s", text, layout)
	}
	return at.UTC(), nil
}
