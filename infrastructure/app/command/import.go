package command

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/spf13/cobra"

	"kaituan/groupbuy/partner"
	"kaituan/infrastructure/app"
	"kaituan/infrastructure/factcsv"
)

// maxTold is how many lines that were not used are printed one by one.
const maxTold = 100

// importFlags are what the command line says about the file.
type importFlags struct {
	partner, preset, mapping, delimiter, layout, zone, encoding, skipOrders string

	decimalComma, listAll bool
}

func newImport() *cobra.Command {
	f := &importFlags{}
	cmd := &cobra.Command{
		Use:   "import FILE",
		Short: "Load an order history (CSV) as order facts for crowd tags",
		Long: "Loads what a partner's buyers ordered elsewhere. Lines of one order number make one order. A line that cannot be\n" +
			"read is told and stops nothing; loading a file again changes nothing. Runs beside a server. See docs/crowd.md.",
		Example: "  kaituan import orders.csv --partner mall --map order=OrderNo,buyer=UserID,amount=Paid,at=PaidAt\n" +
			"  kaituan import online-retail.csv --partner mall --preset online-retail",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error { return f.run(cmd, args[0]) },
	}
	flags := cmd.Flags()
	flags.StringVar(&f.partner, "partner", "", "whose orders they are (required)")
	flags.StringVar(&f.preset, "preset", "", "a well-known file: online-retail")
	flags.StringVar(&f.mapping, "map", "", "order=COLUMN,buyer=COLUMN,amount=COLUMN or COLUMN*COLUMN,at=COLUMN and perhaps kind=COLUMN (paid or refunded)")
	flags.StringVar(&f.delimiter, "delimiter", "", "the sign between fields, or tab (default ,)")
	flags.BoolVar(&f.decimalComma, "decimal-comma", false, "amounts are written 2,55")
	flags.StringVar(&f.layout, "date-layout", "", `how 2 January 2006 15:04:05 is written, or rfc3339, unix, unix-ms (default "2006-01-02 15:04:05")`)
	flags.StringVar(&f.zone, "timezone", "", "of dates without one, such as Asia/Shanghai (default UTC)")
	flags.StringVar(&f.encoding, "encoding", "", "utf-8, gbk or latin1 (default utf-8)")
	flags.StringVar(&f.skipOrders, "skip-orders", "", "leave out orders whose number begins so")
	flags.BoolVar(&f.listAll, "list-all", false, fmt.Sprintf("print every line that was not used, not the first %d", maxTold))
	addSettings(flags, storeSettings())
	return cmd
}

func (f *importFlags) run(cmd *cobra.Command, path string) error {
	options, err := f.options()
	if err != nil {
		return usageError{err}
	}
	c, err := load(cmd, storeSettings())
	if err != nil {
		return err
	}
	file, err := os.Open(path)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }() // only read
	info, err := file.Stat()
	if err != nil {
		return err
	}
	bar := newBar(cmd.ErrOrStderr(), file, info.Size())
	told := &skipList{out: cmd.OutOrStdout(), bar: bar, all: f.listAll}
	report, err := app.Import(cmd.Context(), c, partner.ID(f.partner), bar, options, told.add)
	bar.clear()
	if err != nil {
		return fmt.Errorf("%w (%d orders were taken; loading the file again is safe)", err, report.Accepted)
	}
	told.end()
	return printImport(cmd.OutOrStdout(), report)
}

func (f *importFlags) options() (factcsv.Options, error) {
	o := factcsv.Defaults()
	var errs []error
	note := func(err error) {
		if err != nil {
			errs = append(errs, err)
		}
	}
	var err error
	switch {
	case f.preset != "":
		o, err = factcsv.Preset(f.preset)
		note(err)
	case f.mapping == "":
		note(errors.New("--map or --preset is required"))
	}
	if f.mapping != "" {
		o.Mapping, err = factcsv.ParseMapping(f.mapping)
		note(err)
	}
	if !partner.ValidID(f.partner) {
		note(errors.New("--partner is required: want 1 to 64 of A-Z a-z 0-9 _ . -"))
	}
	if f.delimiter != "" {
		o.Delimiter, err = delimiterOf(f.delimiter)
		note(err)
	}
	if f.zone != "" {
		o.Location, err = time.LoadLocation(f.zone)
		note(err)
	}
	if f.encoding != "" {
		o.Encoding, err = factcsv.ParseEncoding(f.encoding)
		note(err)
	}
	if f.layout != "" {
		o.DateLayout = f.layout
	}
	if f.skipOrders != "" {
		o.SkipOrders = f.skipOrders
	}
	o.DecimalComma = o.DecimalComma || f.decimalComma
	return o, errors.Join(errs...)
}

func delimiterOf(text string) (rune, error) {
	if text == "tab" || text == `\t` {
		return '\t', nil
	}
	r, size := utf8.DecodeRuneInString(text)
	if size != len(text) || strings.ContainsRune("\"\r\n", r) || r == utf8.RuneError {
		return 0, fmt.Errorf("delimiter %q: want one sign, or tab", text)
	}
	return r, nil
}

func printImport(out io.Writer, r app.ImportReport) error {
	for _, why := range slices.Sorted(maps.Keys(r.Skipped)) {
		_, _ = fmt.Fprintf(out, "%d lines not used: %s\n", r.Skipped[why], why)
	}
	_, err := fmt.Fprintf(out, "%d orders: %d new, %d known already, %d refused; %s yuan paid\n", r.Orders, r.Accepted, r.Repeated, r.Refused, r.Amount)
	return err
}

// skipList prints the lines that were not used.
type skipList struct {
	out   io.Writer
	bar   *bar
	all   bool
	count int
}

func (s *skipList) add(line int, why string) {
	s.count++
	if s.all || s.count <= maxTold {
		s.bar.clear()
		_, _ = fmt.Fprintf(s.out, "line %d: %s\n", line, why)
	}
}

func (s *skipList) end() {
	if more := s.count - maxTold; !s.all && more > 0 {
		_, _ = fmt.Fprintf(s.out, "and %d more lines; --list-all prints them\n", more)
	}
}

// bar shows on a terminal how much of a file has been read.
type bar struct {
	in    io.Reader
	out   io.Writer // nil where nobody looks
	size  int64
	done  int64
	next  time.Time
	shown bool
}

const (
	barWidth = 30
	barEvery = 100 * time.Millisecond
)

func newBar(out io.Writer, in io.Reader, size int64) *bar {
	b := &bar{in: in, size: max(size, 1)}
	if file, ok := out.(*os.File); ok {
		if info, err := file.Stat(); err == nil && info.Mode()&os.ModeCharDevice != 0 {
			b.out = out
		}
	}
	return b
}

// Read passes on what is read and counts it.
func (b *bar) Read(p []byte) (int, error) {
	n, err := b.in.Read(p)
	b.done += int64(n)
	if now := time.Now(); b.out != nil && now.After(b.next) {
		b.next, b.shown = now.Add(barEvery), true
		_, _ = io.WriteString(b.out, "\r"+b.String())
	}
	return n, err
}

// String is the bar as it looks now.
func (b *bar) String() string {
	share := min(float64(b.done)/float64(b.size), 1)
	full := int(share * barWidth)
	return fmt.Sprintf("[%s%s] %3.0f %%", strings.Repeat("#", full), strings.Repeat(".", barWidth-full), share*100)
}

// clear makes room for a line of text.
func (b *bar) clear() {
	if b.shown {
		b.shown = false
		_, _ = io.WriteString(b.out, "\r"+strings.Repeat(" ", barWidth+10)+"\r")
	}
}
