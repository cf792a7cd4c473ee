package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
)

func newForget() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "forget-secrets",
		Short: "Give up the partners' secrets whose sealing key is lost",
		Long: "Revokes the keys and disables the webhook endpoints of partners whose secrets none of groupbuy.seal_keys and\n" +
			"DATA/" + app.SealKey + " opens, and prints them: their owners need new ones. What opens is left alone.",
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd, storeSettings())
			if err != nil {
				return err
			}
			ids, err := app.ForgetSecrets(cmd.Context(), c)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if _, err := fmt.Fprintln(cmd.OutOrStdout(), id); err != nil {
					return err
				}
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%d forgotten\n", len(ids))
			return err
		},
	}
	addSettings(cmd.Flags(), storeSettings())
	return cmd
}
