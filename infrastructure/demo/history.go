package demo

import (
	"bufio"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"time"

	"kaituan/money"
)

// Line is one usable line of an order history.
type Line struct {
	Number   int // in the file, from 1, the header included
	Invoice  string
	Goods    string
	Name     string
	Quantity int
	Price    money.Fen // per piece
	At       time.Time
	Buyer    string
}

// Skip says why a line of an order history is no purchase.
type Skip string

// The reasons, in the order they are checked.
const (
	SkipUnreadable Skip = "unreadable"
	SkipCancelled  Skip = "cancellation" // the invoice number starts with C
	SkipNoBuyer    Skip = "no customer"
	SkipQuantity   Skip = "quantity not above 0"
	SkipPrice      Skip = "price not above 0"
)

// Skipped is a line that was not used.
type Skipped struct {
	Number int
	Why    Skip
	Detail string
}

// ErrHistory says that a file is no order history of the known form.
var ErrHistory = errors.New("not an order history: want the columns " + historyHeader)

const (
	historyHeader  = "InvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country"
	historyColumns = 8
)

const byteOrderMark = "\ufeff"

// ReadHistory reads an order history as the Online Retail data set has it: semicolons, decimal commas, d/m/yyyy.
// A line that is no purchase is reported and never ends the reading. Errors: ErrHistory, those of r.
func ReadHistory(r io.Reader, use func(Line), skip func(Skipped)) error {
	input := bufio.NewReader(r)
	if mark, err := input.Peek(len(byteOrderMark)); err == nil && string(mark) == byteOrderMark {
		_, _ = input.Discard(len(byteOrderMark))
	}
	header, err := input.ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("order history: %w", err)
	}
	if strings.TrimRight(header, "\r\n") != historyHeader {
		return ErrHistory
	}
	// One line is one record: a broken quote must not swallow the lines after it.
	lines := bufio.NewScanner(input)
	for number := 2; lines.Scan(); number++ {
		line, why := parseLine(lines.Text())
		if why != nil {
			why.Number = number
			skip(*why)
			continue
		}
		line.Number = number
		use(line)
	}
	return lines.Err()
}

func parseLine(text string) (Line, *Skipped) {
	reader := csv.NewReader(strings.NewReader(text))
	reader.Comma = ';'
	reader.FieldsPerRecord = historyColumns
	f, err := reader.Read()
	if err != nil {
		return Line{}, &Skipped{Why: SkipUnreadable, Detail: err.Error()}
	}
	line := Line{Invoice: f[0], Goods: identifier(f[1]), Name: strings.TrimSpace(f[2]), Buyer: f[6]}
	price, priceErr := money.Parse(strings.Replace(f[5], ",", ".", 1))
	quantity, quantityErr := strconv.Atoi(f[3])
	at, atErr := time.Parse("2/1/2006 15:04", f[4])
	if err := errors.Join(priceErr, quantityErr, atErr); err != nil {
		return Line{}, &Skipped{Why: SkipUnreadable, Detail: err.Error()}
	}
	line.Price, line.Quantity, line.At = price, quantity, at
	switch {
	case strings.HasPrefix(line.Invoice, "C"):
		return Line{}, &Skipped{Why: SkipCancelled, Detail: line.Invoice}
	case line.Buyer == "":
		return Line{}, &Skipped{Why: SkipNoBuyer, Detail: line.Invoice}
	case quantity <= 0:
		return Line{}, &Skipped{Why: SkipQuantity, Detail: f[3]}
	case price <= 0:
		return Line{}, &Skipped{Why: SkipPrice, Detail: f[5]}
	default:
		return line, nil
	}
}

var notIdentifier = regexp.MustCompile(`[^A-Za-z0-9_.-]`)

// identifier turns a stock code into an id that the engine takes.
func identifier(code string) string { return notIdentifier.ReplaceAllString(code, "_") }
