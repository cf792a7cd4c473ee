package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
)

func newMigrate() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "migrate",
		Short: "Bring both databases to this binary's schema",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd, storeSettings())
			if err != nil {
				return err
			}
			report, err := app.Migrate(cmd.Context(), c)
			if err != nil {
				return err
			}
			_, err = fmt.Fprint(cmd.OutOrStdout(), report)
			return err
		},
	}
	addSettings(cmd.Flags(), storeSettings())
	return cmd
}
