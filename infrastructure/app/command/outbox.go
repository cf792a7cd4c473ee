package command

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
)

func newOutbox() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "outbox",
		Short: "Look at the messages that wait to be sent, and send dead ones again",
		Long: "Each database has an outbox of messages and tasks. One that was given up is dead: it stays until a person\n" +
			"has mended the cause and sends it again. Both commands may run beside a live server.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newOutboxList(), newOutboxRedo())
	return cmd
}

func newOutboxList() *cobra.Command {
	var after string
	var limit int
	cmd := &cobra.Command{
		Use:   "list",
		Short: "Say how much waits, and list dead and failing messages with what went wrong",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd, storeSettings())
			if err != nil {
				return err
			}
			if limit < 1 {
				return usageError{errors.New("--limit must be at least 1")}
			}
			outboxes, err := app.Outboxes(cmd.Context(), c, after, limit)
			printOutboxes(cmd.OutOrStdout(), outboxes)
			return err
		},
	}
	addSettings(cmd.Flags(), storeSettings())
	cmd.Flags().StringVar(&after, "after", "", "list only messages with an id above this one")
	cmd.Flags().IntVar(&limit, "limit", 50, "list at most so many of each database")
	return cmd
}

func printOutboxes(out io.Writer, outboxes []app.Outbox) {
	for _, o := range outboxes {
		_, _ = fmt.Fprintf(out, "%s: %d waiting, oldest %s, most overdue %s, %d dead\n", o.Database,
			o.Status.Waiting, o.Status.Oldest.Round(time.Second), o.Status.Overdue.Round(time.Second), o.Status.Dead)
		for _, m := range o.Dead {
			_, _ = fmt.Fprintf(out, "%s\t%s\t%s\tdied %s after %d attempts\t%s\n",
				m.ID, m.Topic, m.Key, m.DiedAt.Format(time.RFC3339), m.Attempt, strings.ReplaceAll(m.LastError, "\n", " "))
		}
		for _, m := range o.Failing {
			_, _ = fmt.Fprintf(out, "%s\tstill tried\t%s\n", m.ID, strings.ReplaceAll(m.String(), "\n", " "))
		}
	}
}

func newOutboxRedo() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "redo [ID...]",
		Short: "Make dead messages due again, with all their attempts; exit 1 when one was not dead",
		RunE: func(cmd *cobra.Command, ids []string) error {
			c, err := load(cmd, storeSettings())
			if err != nil {
				return err
			}
			if all == (len(ids) > 0) {
				return usageError{errors.New("give the ids of dead messages, or --all")}
			}
			redo := func() (int, error) { return app.RedoDead(cmd.Context(), c, ids...) }
			if all {
				redo = func() (int, error) { return app.RedoAllDead(cmd.Context(), c) }
			}
			n, err := redo()
			_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%d messages are due again\n", n)
			if err == nil && n < len(ids) {
				return fmt.Errorf("%d of the ids are no dead messages", len(ids)-n)
			}
			return err
		},
	}
	addSettings(cmd.Flags(), storeSettings())
	cmd.Flags().BoolVar(&all, "all", false, "every dead message of both databases")
	return cmd
}
