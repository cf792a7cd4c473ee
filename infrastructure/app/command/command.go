// Package command is what a person types: one file per command of the kaituan binary.
package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"kaituan/infrastructure/config"
)

// Run carries out one command line and returns the exit code: 0 when all is well, 1 when a check or step
// failed, 2 when the command line or configuration is wrong.
func Run(args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	root := newRoot()
	root.SetArgs(args)
	root.SetIn(stdin)
	root.SetOut(stdout)
	root.SetErr(stderr)
	err := root.ExecuteContext(ctx)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errFailed):
		return 1
	default:
		_, _ = fmt.Fprintln(stderr, "kaituan:", err)
		return exitCode(err)
	}
}

// errFailed ends a command whose findings have been printed already.
var errFailed = errors.New("failed")

// usageError is a fault of the command line or configuration, not of the machine.
type usageError struct{ error }

func exitCode(err error) int {
	var usage usageError
	if errors.As(err, &usage) {
		return 2
	}
	return 1
}

func newRoot() *cobra.Command {
	serve := newServe()
	root := &cobra.Command{
		Use:           "kaituan",
		Short:         "Kaituan (开团): a group-buy engine with a small payment mall",
		Long:          "Kaituan (开团) is a group-buy engine with a small payment mall.\nWithout a command it serves everything in one process on embedded parts.",
		Args:          cobra.NoArgs,
		RunE:          serve.RunE,
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.SetFlagErrorFunc(func(_ *cobra.Command, err error) error { return usageError{err} })
	root.Flags().AddFlagSet(serve.Flags())
	root.AddCommand(serve, newMigrate(), newBackup(), newRestore(), newCheck(), newOutbox(), newBill(), newForget(), newResetOperator(), newSign(), newDemo(), newSandbox(), newImport(), newBench())
	return root
}

// setting is a flag that stands for a configuration key.
type setting struct{ flag, key, usage string }

// settings of every command that opens the system's own parts.
func storeSettings() []setting {
	return []setting{
		{"data", "data", "directory of the embedded databases, keys and secrets (default data)"},
		{"groupbuy-db", "groupbuy.db", "engine database: sqlite:FILE or mysql:USER:PASSWORD@tcp(HOST:PORT)/SCHEMA"},
		{"mall-db", "mall.db", "mall database, likewise"},
	}
}

func serveSettings() []setting {
	return append(storeSettings(),
		setting{"role", "role", "all, groupbuy, mall or worker (default all)"},
		setting{"listen", "listen", "public address; port 0 takes a free one (default :8080)"},
		setting{"private-listen", "private_listen", "address of health, metrics and profiles (default 127.0.0.1:8081)"},
		setting{"public-url", "public_url", "how browsers and Alipay reach the public address (default http://localhost:PORT)"},
		setting{"log-level", "log_level", "debug, info, warn or error (default info)"},
		setting{"demo-data", "demo_data", "true or false: fill an empty shop on first start (default true)"},
		setting{"demo-history", "demo_history", "true or false: with the orders of the month before as well (default true)"},
	)
}

func addSettings(flags *pflag.FlagSet, settings []setting) {
	flags.String("config", os.Getenv(config.EnvPrefix+"CONFIG"), "YAML file with settings ("+config.EnvPrefix+"CONFIG)")
	for _, s := range settings {
		flags.String(s.flag, "", s.usage+" ("+config.EnvName(s.key)+")")
	}
}

// load reads the configuration that a command's flags, the environment and a file make together.
func load(cmd *cobra.Command, settings []setting) (config.Config, error) {
	given := map[string]string{}
	for _, s := range settings {
		if flag := cmd.Flags().Lookup(s.flag); flag != nil && flag.Changed {
			given[s.key] = flag.Value.String()
		}
	}
	file, err := cmd.Flags().GetString("config")
	if err != nil {
		return config.Config{}, err
	}
	c, err := config.FromEnvironment(file, given)
	if err != nil {
		return config.Config{}, usageError{err}
	}
	if unknown := config.UnknownEnv(os.Environ()); len(unknown) > 0 {
		_, _ = fmt.Fprintln(cmd.ErrOrStderr(), "kaituan: ignored, no such setting:", strings.Join(unknown, ", "))
	}
	return c, nil
}
