package command

import (
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
)

func newCheck() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say whether money and seats add up; exit 1 and the rows when they do not",
		Long: "Checks the invariants of docs/invariants.md over both databases and, when the payment sandbox kept its books\n" +
			"in the data directory, over those as well. It only reads, also beside a running server.",
		Args: cobra.NoArgs,
		RunE: check,
	}
	addSettings(cmd.Flags(), storeSettings())
	cmd.Flags().Bool("settled", false, "nothing is under way: a payment that only one side knows is a violation")
	return cmd
}

func check(cmd *cobra.Command, _ []string) error {
	c, err := load(cmd, storeSettings())
	if err != nil {
		return err
	}
	look := app.Check
	if settled, err := cmd.Flags().GetBool("settled"); err == nil && settled {
		look = app.SettledCheck
	}
	report, err := look(cmd.Context(), c)
	if err != nil {
		return usageError{fmt.Errorf("nothing was checked: %w", err)}
	}
	return printReport(cmd.OutOrStdout(), report)
}

// printReport prints what a check found and says by its error whether anything was wrong.
func printReport(out io.Writer, report app.CheckReport) error {
	for _, v := range report.Violations {
		_, _ = fmt.Fprintf(out, "%s\t%s\t%s\n", v.Invariant, v.Subject, v.Detail)
	}
	_, _ = fmt.Fprintln(out, report.Summary())
	if len(report.Violations) > 0 {
		return errFailed
	}
	return nil
}
