package command

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
	"kaituan/infrastructure/observe"
)

func newSandbox() *cobra.Command {
	settings := []setting{
		{"data", "data", "directory of the sandbox's books and keys (default data)"},
		{"listen", "listen", "address to serve on (default :8080)"},
		{"public-url", "public_url", "how browsers and merchants reach it (default http://localhost:PORT)"},
		{"log-level", "log_level", "debug, info, warn or error (default info)"},
	}
	var mall string
	cmd := &cobra.Command{
		Use:   "sandbox",
		Short: "Run the simulated Alipay alone, and WeChat with --mall-url",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := load(cmd, settings)
			if err != nil {
				return err
			}
			log := observe.NewLogger(cmd.ErrOrStderr(), c.LogLevel)
			box, err := app.NewSandbox(cmd.Context(), c, log)
			if err != nil {
				return err
			}
			if mall != "" {
				if err := box.PlayWeChat(mall); err != nil {
					return errors.Join(usageError{err}, box.Stop(cmd.Context()))
				}
			}
			if err := box.Start(cmd.Context()); err != nil {
				return err
			}
			_, _ = fmt.Fprint(cmd.OutOrStdout(), box.Banner())
			<-cmd.Context().Done()
			ctx, cancel := context.WithTimeout(context.Background(), stopTime)
			defer cancel()
			return errors.Join(box.Stop(ctx))
		},
	}
	cmd.Flags().StringVar(&mall, "mall-url", "", "the mall's public address: play WeChat for it as well")
	addSettings(cmd.Flags(), settings)
	return cmd
}
