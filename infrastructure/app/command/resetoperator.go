package command

import (
	"fmt"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
)

func newResetOperator() *cobra.Command {
	var password bool
	cmd := &cobra.Command{
		Use:   "reset-operator LOGIN",
		Short: "Let an operator in again who lost the second factor or the password",
		Long: "Takes the operator's second factor away, ends the sessions and makes the account active, in the database itself:\n" +
			"for the administrator whom no other administrator can help. With --password it also prints a new password.",
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := load(cmd, storeSettings())
			if err != nil {
				return err
			}
			made, err := app.ResetOperator(cmd.Context(), c, args[0], password)
			if err != nil {
				return err
			}
			text := args[0] + " may sign in with the password alone"
			if password {
				text += ", which is now " + made + "; choose another one after signing in"
			}
			_, err = fmt.Fprintln(cmd.OutOrStdout(), text)
			return err
		},
	}
	cmd.Flags().BoolVar(&password, "password", false, "also make a new password and print it")
	addSettings(cmd.Flags(), storeSettings())
	return cmd
}
