package factcsv

import (
	"container/list"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"kaituan/money"
)

// Order is what the lines of one order in a file sum up to: what was paid, or what went back of it.
type Order struct {
	ID       string
	Buyer    string
	Amount   money.Fen
	At       time.Time // the earliest of its lines of that kind
	Refunded bool
	Line     int // the first of its lines of that kind, from 1, the header included
}

// Why says why a line was not used.
type Why string

// The reasons.
const (
	Unreadable Why = "unreadable"         // not a line as the options say
	LeftOut    Why = "order left out"     // its number begins as SkipOrders says
	NoBuyer    Why = "no buyer"           //
	NoAmount   Why = "amount not above 0" //
	OtherBuyer Why = "another buyer"      // than the order's first line
)

// Skipped is a line that was not used.
type Skipped struct {
	Line   int
	Why    Why
	Detail string
}

// window is how many lines the lines of one order may lie apart. It bounds memory: about 20 MB.
const window = 100_000

// Read hands out the orders of a file. Lines that are no order are told and never stop the reading. An order is
// handed out once no line of it came for 100,000 lines, what was paid before what went back; a line that comes later
// makes another order of the same number. Errors: ErrFile before anything was handed out, those of r, what use returns.
func Read(r io.Reader, o Options, use func(Order) error, skip func(Skipped)) error {
	in, err := newSource(r, o.Encoding)
	if err != nil {
		return err
	}
	header, err := in.next()
	if errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: it is empty", ErrFile)
	}
	if err != nil {
		return fmt.Errorf("%w: its first line %w", ErrFile, err)
	}
	columns, err := o.columns(header)
	if err != nil {
		return err
	}
	sums := &summing{use: use, open: map[string]*list.Element{}, order: list.New()}
	for {
		text, err := in.next()
		var wrong errLine
		switch {
		case errors.Is(err, io.EOF):
			return sums.close(math.MaxInt)
		case errors.As(err, &wrong):
			skip(Skipped{in.number, Unreadable, wrong.text})
			continue
		case err != nil:
			return err
		case strings.TrimSpace(text) == "":
			continue
		}
		line, bad := o.line(text, columns)
		if bad == nil {
			line.Line = in.number
			bad = sums.add(line)
		}
		if bad != nil {
			bad.Line = in.number
			skip(*bad)
		}
		if err := sums.close(in.number - window); err != nil {
			return err
		}
	}
}

// columns are the places of the mapped columns; -1: not mapped.
type columns struct {
	count                                 int
	order, buyer, amount, times, at, kind int
}

func (o Options) columns(header string) (columns, error) {
	names, err := split(header, o.Delimiter)
	if err != nil {
		return columns{}, fmt.Errorf("%w: its first line is no header: %w", ErrFile, err)
	}
	for i, name := range names {
		names[i] = strings.TrimSpace(name)
	}
	c := columns{count: len(names)}
	m := o.Mapping
	for _, want := range []struct {
		name  string
		place *int
	}{{m.Order, &c.order}, {m.Buyer, &c.buyer}, {m.Amount, &c.amount}, {m.Times, &c.times}, {m.At, &c.at}, {m.Kind, &c.kind}} {
		if *want.place = -1; want.name == "" {
			continue // a column without a name in the header is not meant
		}
		*want.place = slices.Index(names, want.name)
		switch {
		case *want.place < 0:
			return c, fmt.Errorf("%w: it has no column %q, but %s (delimiter %q)", ErrFile, want.name, strings.Join(names, ", "), o.Delimiter)
		case slices.Contains(names[*want.place+1:], want.name):
			return c, fmt.Errorf("%w: it has two columns %q", ErrFile, want.name)
		}
	}
	return c, nil
}

func (o Options) line(text string, c columns) (Order, *Skipped) {
	bad := func(why Why, detail string) (Order, *Skipped) { return Order{}, &Skipped{Why: why, Detail: detail} }
	f, err := split(text, o.Delimiter)
	switch {
	case err != nil:
		return bad(Unreadable, err.Error())
	case len(f) != c.count:
		return bad(Unreadable, fmt.Sprintf("has %d fields, the header %d", len(f), c.count))
	}
	line := Order{ID: strings.TrimSpace(f[c.order]), Buyer: strings.TrimSpace(f[c.buyer])}
	if o.SkipOrders != "" && strings.HasPrefix(line.ID, o.SkipOrders) {
		return bad(LeftOut, line.ID)
	}
	if line.At, err = o.instant(strings.TrimSpace(f[c.at])); err != nil {
		return bad(Unreadable, o.Mapping.At+": "+err.Error())
	}
	if line.Refunded, err = refunded(f, c.kind); err != nil {
		return bad(Unreadable, o.Mapping.Kind+": "+err.Error())
	}
	if line.Amount, err = o.amount(f, c); err != nil {
		return bad(Unreadable, err.Error())
	}
	switch {
	case line.Buyer == "":
		return bad(NoBuyer, line.ID)
	case line.Amount <= 0:
		return bad(NoAmount, line.Amount.String())
	}
	return line, nil
}

func refunded(f []string, kind int) (bool, error) {
	if kind < 0 {
		return false, nil
	}
	switch strings.TrimSpace(f[kind]) {
	case "paid":
		return false, nil
	case "refunded":
		return true, nil
	}
	return false, fmt.Errorf("%q: want paid or refunded", f[kind])
}

// amount multiplies; what is not above zero comes back as 0.
func (o Options) amount(f []string, c columns) (money.Fen, error) {
	text := strings.TrimSpace(f[c.amount])
	if o.DecimalComma {
		text = strings.Replace(text, ",", ".", 1)
	}
	price, err := money.Parse(text)
	if err != nil {
		return 0, fmt.Errorf("%s: %q: want yuan with at most two decimals", o.Mapping.Amount, f[c.amount])
	}
	times := 1
	if c.times >= 0 {
		if times, err = strconv.Atoi(strings.TrimSpace(f[c.times])); err != nil {
			return 0, fmt.Errorf("%s: %q is no whole number", o.Mapping.Times, f[c.times])
		}
	}
	if price <= 0 || times <= 0 {
		return 0, nil
	}
	amount, err := price.Times(times)
	if err != nil {
		return 0, fmt.Errorf("%s*%s is too large", o.Mapping.Amount, o.Mapping.Times)
	}
	return amount, nil
}

// summing adds up the lines of orders that may still go on.
type summing struct {
	use   func(Order) error
	open  map[string]*list.Element // by order number
	order *list.List               // of *sum, the one that a line came for last at the back
}

// sum is one order while it may still go on.
type sum struct {
	id             string
	buyer          string
	line           int   // first
	last           int   // line
	paid, refunded Order // Amount 0: no line of that kind yet
}

func (s *summing) add(line Order) *Skipped {
	at, known := s.open[line.ID]
	if !known {
		at = s.order.PushBack(&sum{id: line.ID, buyer: line.Buyer, line: line.Line})
		s.open[line.ID] = at
	}
	total := at.Value.(*sum)
	if total.buyer != line.Buyer {
		return &Skipped{Why: OtherBuyer, Detail: fmt.Sprintf("order %s is of %s since line %d", line.ID, total.buyer, total.line)}
	}
	if bad := total.add(line); bad != nil {
		return bad
	}
	total.last = line.Line
	s.order.MoveToBack(at)
	return nil
}

func (t *sum) add(line Order) *Skipped {
	total := &t.paid
	if line.Refunded {
		total = &t.refunded
	}
	switch {
	case total.Amount == 0:
		*total = line
		return nil
	case total.Amount+line.Amount < 0:
		return &Skipped{Why: Unreadable, Detail: "the order is too large"}
	}
	total.Amount += line.Amount
	if line.At.Before(total.At) {
		total.At = line.At
	}
	return nil
}

// close hands out the orders whose last line is not after the given one.
func (s *summing) close(since int) error {
	for at := s.order.Front(); at != nil; at = s.order.Front() {
		total := at.Value.(*sum)
		if total.last > since {
			return nil
		}
		s.order.Remove(at)
		delete(s.open, total.id)
		for _, o := range []Order{total.paid, total.refunded} {
			if o.Amount == 0 {
				continue
			}
			if err := s.use(o); err != nil {
				return err
			}
		}
	}
	return nil
}
