package command

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
	"kaituan/infrastructure/invariant"
)

func newCheck() *cobra.Command {
	var settled, asJSON bool
	cmd := &cobra.Command{
		Use:   "check",
		Short: "Say whether money and seats add up; exit 1 and the rows when they do not",
		Long: "Checks the invariants of docs/invariants.md over both databases and, when the payment sandbox kept its books\n" +
			"in the data directory, over those as well. It only reads, also beside a running server.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd, storeSettings())
			if err != nil {
				return err
			}
			look, show := app.Check, printReport
			if settled {
				look = app.SettledCheck
			}
			if asJSON {
				show = printJSON
			}
			report, err := look(cmd.Context(), c)
			if err != nil {
				return usageError{fmt.Errorf("nothing was checked: %w", err)}
			}
			return show(cmd.OutOrStdout(), report)
		},
	}
	addSettings(cmd.Flags(), storeSettings())
	cmd.Flags().BoolVar(&settled, "settled", false, "nothing is under way: what only one side knows is a violation")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print one JSON object for programs")
	return cmd
}

// printReport prints what a check looked at and found, and says by its error whether anything was wrong.
func printReport(out io.Writer, report app.CheckReport) error {
	printCounts(out, report.Counts)
	for _, what := range report.LeftOut {
		_, _ = fmt.Fprintf(out, "left out: %s\n", what)
	}
	of := ""
	for _, v := range report.Violations {
		if v.Invariant != of {
			of = v.Invariant
			_, _ = fmt.Fprintf(out, "\n%s broken: %s\n  what to do: %s\n", of, app.Invariants()[of].Says, app.Invariants()[of].Remedy)
		}
		_, _ = fmt.Fprintf(out, "  %s\t%s\t%s\n", v.Invariant, v.Subject, strings.ReplaceAll(v.Detail, "\n", " "))
	}
	if len(report.Violations) > 0 {
		_, _ = fmt.Fprintln(out)
	}
	_, _ = fmt.Fprintln(out, report.Summary())
	return verdict(report)
}

func verdict(report app.CheckReport) error {
	if len(report.Violations) > 0 {
		return errFailed
	}
	return nil
}

// printCounts says for each invariant what was looked at. Nothing looked at is nothing proved.
func printCounts(out io.Writer, counts []invariant.Count) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer func() { _ = table.Flush() }() // like every other word to a terminal
	var line []string
	for i, c := range counts {
		line = append(line, fmt.Sprintf("%d %s", c.Rows, c.What))
		if i+1 == len(counts) || counts[i+1].Invariant != c.Invariant {
			_, _ = fmt.Fprintf(table, "%s\t%s\n", c.Invariant, strings.Join(line, ", "))
			line = nil
		}
	}
}

// jsonReport is what --json prints.
type jsonReport struct {
	StartedAt  time.Time     `json:"started_at"`
	DurationMS int64         `json:"duration_ms"`
	Holds      bool          `json:"holds"`
	Counts     []jsonCount   `json:"rows"`
	Violations []jsonFinding `json:"violations"`
	LeftOut    []string      `json:"left_out"`
}

type jsonCount struct {
	Invariant string `json:"invariant"`
	What      string `json:"what"`
	Rows      int64  `json:"rows"`
}

type jsonFinding struct {
	Invariant string `json:"invariant"`
	Subject   string `json:"subject"`
	Detail    string `json:"detail"`
	Remedy    string `json:"remedy"`
}

func printJSON(out io.Writer, report app.CheckReport) error {
	told := jsonReport{
		StartedAt: report.Engine.StartedAt.UTC(), DurationMS: (report.Engine.Took + report.Mall.Took).Milliseconds(), Holds: len(report.Violations) == 0,
		Counts: []jsonCount{}, Violations: []jsonFinding{}, LeftOut: append([]string{}, report.LeftOut...),
	}
	for _, c := range report.Counts {
		told.Counts = append(told.Counts, jsonCount(c))
	}
	for _, v := range report.Violations {
		told.Violations = append(told.Violations, jsonFinding{v.Invariant, v.Subject, v.Detail, app.Invariants()[v.Invariant].Remedy})
	}
	encoder := json.NewEncoder(out)
	encoder.SetIndent("", "  ")
	if err := encoder.Encode(told); err != nil {
		return err
	}
	return verdict(report)
}
