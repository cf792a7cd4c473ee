package command

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime/debug"
	"time"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
	"kaituan/infrastructure/failpoint"
	"kaituan/infrastructure/observe"
)

// stopTime is how long requests at work, jobs and relays may take once no request is taken any more.
const stopTime = 20 * time.Second

// gcPercent lets the heap grow to five times of what is kept before it is looked through. A server keeps little and
// throws much away: with Go's own 100 that was a fifth of the processor time of a lock. GOGC says otherwise.
const gcPercent = 400

func newServe() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Run the system, or one role of it",
		Args:  cobra.NoArgs,
		RunE:  serve,
	}
	addSettings(cmd.Flags(), serveSettings())
	return cmd
}

func serve(cmd *cobra.Command, _ []string) error {
	c, err := load(cmd, serveSettings())
	if err != nil {
		return err
	}
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	log := observe.NewLogger(cmd.ErrOrStderr(), c.LogLevel)
	if os.Getenv(failpoint.Env) != "" && !failpoint.Built {
		log.Warn("failpoints are not built into this binary", "ignored", failpoint.Env)
	}
	instance, err := app.New(cmd.Context(), c, log)
	if err != nil {
		return err
	}
	if err := instance.Start(cmd.Context()); err != nil {
		return errors.Join(err, stop(instance, stopTime))
	}
	_, _ = fmt.Fprint(cmd.OutOrStdout(), instance.Banner())
	<-cmd.Context().Done()
	log.Info("stopping")
	return stop(instance, c.Drain+stopTime)
}

func stop(instance *app.App, within time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	return instance.Stop(ctx)
}
