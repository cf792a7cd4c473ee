package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
	"kaituan/mall"
	"kaituan/mall/bill"
	"kaituan/mall/payment"
)

func newBill() *cobra.Command {
	var text string
	var run bool
	cmd := &cobra.Command{
		Use:   "bill",
		Short: "List the days whose Alipay bills were matched, or what differs on one; exit 1 while something is open",
		Long: "Alipay's bill of each day is matched with the mall's books by a running server. This command shows what came of\n" +
			"it, and with --run has a day matched again. It may run beside a live server.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return showBills(cmd, text, run) },
	}
	addSettings(cmd.Flags(), storeSettings())
	cmd.Flags().StringVar(&text, "day", "", "one day, such as 2026-05-01, by China's clock; left out: all")
	cmd.Flags().BoolVar(&run, "run", false, "make the day due at once; the server matches it within seconds")
	return cmd
}

func showBills(cmd *cobra.Command, text string, run bool) error {
	var day payment.Day
	if text != "" || run {
		var err error
		if day, err = payment.ParseDay(text); err != nil {
			return usageError{fmt.Errorf("--day %q is no day such as 2026-05-01", text)}
		}
	}
	c, err := load(cmd, storeSettings())
	if err != nil {
		return err
	}
	desk, err := app.OpenBills(cmd.Context(), c)
	if err != nil {
		return usageError{err}
	}
	defer func() { _ = desk.Close() }() // all it did is committed
	if run {
		if err := desk.Run(cmd.Context(), day); err != nil {
			return err
		}
	}
	if day == "" {
		return showDays(cmd, desk)
	}
	return showDay(cmd, desk, day)
}

func showDays(cmd *cobra.Command, desk app.BillDesk) error {
	days, err := desk.Days(cmd.Context())
	open := 0
	for _, d := range days {
		printBill(cmd.OutOrStdout(), d)
		open += d.Differences[bill.Open]
	}
	if err == nil && open > 0 {
		return errFailed
	}
	return err
}

func showDay(cmd *cobra.Command, desk app.BillDesk, day payment.Day) error {
	view, differences, err := desk.Day(cmd.Context(), day)
	if err != nil {
		return err
	}
	out := cmd.OutOrStdout()
	printBill(out, view)
	for _, d := range differences {
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\t%s %s\talipay %s, mall %s\tproposal: %s\t%s\n",
			d.ID, d.Status, d.Kind, d.Payment, d.RequestNo, d.Theirs, d.Ours, d.Proposal, d.Note)
	}
	if view.Differences[bill.Open] > 0 {
		return errFailed
	}
	return nil
}

func printBill(out io.Writer, v mall.BillView) {
	_, _ = fmt.Fprintf(out, "%s\t%s\talipay +%s -%s in %d lines\tmall +%s -%s\t%d open, %d repaired, %d gone, %d resolved\t%s\n",
		v.Day, v.Status, v.Theirs.Received, v.Theirs.Refunded, v.Theirs.Payments+v.Theirs.Refunds, v.Ours.Received, v.Ours.Refunded,
		v.Differences[bill.Open], v.Differences[bill.Repaired], v.Differences[bill.Gone], v.Differences[bill.Resolved], v.LastError)
}
