package command

import (
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
	"kaituan/infrastructure/config"
)

// backupNext is what has to follow a restore.
const backupNext = `
What happened after %s is not in these databases, and Alipay knows more than they do. Next:
  kaituan migrate                    when the backup is of an older version
  kaituan serve ...                  payments that are open here are asked for by themselves
  kaituan bill --day %s --run   this day and each one after it, once Alipay has written its bill:
                                     what was paid and is missing here is repaired or listed with a proposal
  kaituan bill; kaituan check        until nothing is open and all invariants hold
`

func newBackup() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "backup DIR",
		Short: "Copy both databases into a new directory, beside a running server",
		Long: "Copies both databases into a new directory, each as it is at one moment, without keeping anybody from writing.\n" +
			"MySQL needs mysqldump or mariadb-dump. Keys are not in it: keep those of the data directory elsewhere.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := load(cmd, storeSettings())
			if err != nil {
				return err
			}
			b, err := app.WriteBackup(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			return printBackup(cmd.OutOrStdout(), "backed up to "+args[0], b)
		},
	}
	addSettings(cmd.Flags(), storeSettings())
	return cmd
}

func newRestore() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restore DIR",
		Short: "Fill two empty databases from a backup, and say what has to follow",
		Args:  cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := load(cmd, storeSettings())
			if err != nil {
				return err
			}
			b, err := restore(cmd, c, args[0])
			if err != nil {
				return err
			}
			day := b.TakenAt.In(time.FixedZone("China", 8*60*60)).Format(time.DateOnly)
			_, err = fmt.Fprintf(cmd.OutOrStdout(), backupNext, b.TakenAt.Format(time.RFC3339), day)
			return err
		},
	}
	addSettings(cmd.Flags(), storeSettings())
	return cmd
}

func restore(cmd *cobra.Command, c config.Config, dir string) (app.Backup, error) {
	b, err := app.RestoreBackup(cmd.Context(), c, dir)
	if err != nil {
		return b, err
	}
	return b, printBackup(cmd.OutOrStdout(), "restored from "+dir, b)
}

func printBackup(out io.Writer, what string, b app.Backup) error {
	if _, err := fmt.Fprintf(out, "%s, as of %s\n", what, b.TakenAt.Format(time.RFC3339)); err != nil {
		return err
	}
	for _, name := range []string{"groupbuy", "mall"} {
		if _, err := fmt.Fprintf(out, "%s: %s, schema %d\n", name, b.Databases[name].File, b.Databases[name].Schema); err != nil {
			return err
		}
	}
	return nil
}
