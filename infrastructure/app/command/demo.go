package command

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
	"kaituan/infrastructure/config"
	"kaituan/infrastructure/demo"
	"kaituan/infrastructure/observe"
)

// demoOptions are the flags of demo that are no settings.
type demoOptions struct {
	server      string
	sandbox     string
	token       string
	replay      string
	listSkipped bool
	noCheck     bool
	workers     int
}

func newDemo() *cobra.Command {
	var o demoOptions
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Play a whole group-buy through public HTTP and print each step",
		Long: "Plays a group-buy from the shelf to the parcel through public HTTP, then checks the invariants. Without --server it\n" +
			"starts a server of its own in a temporary directory. With --replay it buys every usable line of an order\n" +
			"history instead, in teams of two and three, and ends with a reconciliation to the fen.",
		Example: `  kaituan demo
  kaituan demo --replay infrastructure/demo/testdata/online-retail-10k.csv
  kaituan demo --server http://localhost:8080 --data data`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runDemo(cmd, o) },
	}
	flags := cmd.Flags()
	flags.StringVar(&o.server, "server", "", "address of a running server; left out starts one")
	flags.StringVar(&o.sandbox, "sandbox", "", "with --server: address of its payment sandbox, when that runs elsewhere (default SERVER/sandbox/alipay)")
	flags.StringVar(&o.token, "operator-token", "", "of that server, for --replay; left out is read from its data directory")
	flags.StringVar(&o.replay, "replay", "", "order history to buy: InvoiceNo;StockCode;Description;Quantity;InvoiceDate;UnitPrice;CustomerID;Country")
	flags.BoolVar(&o.listSkipped, "list-skipped", false, "with --replay: print each line that is not used")
	flags.BoolVar(&o.noCheck, "no-check", false, "with --server: leave the invariants out, when its databases cannot be reached from here")
	flags.IntVar(&o.workers, "workers", 4*runtime.NumCPU(), "with --replay: lines bought at once")
	addSettings(flags, storeSettings())
	return cmd
}

func runDemo(cmd *cobra.Command, o demoOptions) (err error) {
	c, err := load(cmd, storeSettings())
	if err != nil {
		return err
	}
	history, err := o.open()
	if err != nil {
		return usageError{err}
	}
	defer func() { err = errors.Join(err, history.Close()) }()
	at := demo.Address{Server: o.server, Sandbox: o.sandbox, OperatorToken: o.token}
	if o.server == "" {
		own, err := startOwn(cmd)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, own.stop()) }()
		at, c = demo.Address{Server: own.app.PublicURL(), OperatorToken: own.app.OperatorToken()}, own.config
	} else if err := o.prepare(cmd.Context(), c, &at); err != nil {
		return usageError{err}
	}
	site, err := demo.NewSite(at)
	if err != nil {
		return usageError{err}
	}
	err = o.play(cmd, site, history)
	site.Close()
	if err != nil || o.noCheck {
		return err
	}
	report, err := app.SettledCheck(cmd.Context(), c)
	if err != nil {
		return err
	}
	return printReport(cmd.OutOrStdout(), report)
}

// open opens the history before anything is started; without one it is empty.
func (o demoOptions) open() (io.ReadCloser, error) {
	if o.replay == "" {
		return io.NopCloser(strings.NewReader("")), nil
	}
	return os.Open(o.replay)
}

// prepare makes sure that everything the end needs is there before anything is bought at somebody else's server.
func (o demoOptions) prepare(ctx context.Context, c config.Config, at *demo.Address) error {
	if at.OperatorToken == "" && o.replay != "" {
		token, err := app.OperatorToken(c)
		if err != nil {
			return fmt.Errorf("the operator token of the server: %w; give it with --operator-token, or its directory with --data", err)
		}
		at.OperatorToken = token
	}
	if o.noCheck {
		return nil
	}
	if _, err := app.Check(ctx, c); err != nil {
		return fmt.Errorf("the server's databases: %w; say where they are with --data, --groupbuy-db and --mall-db, or leave the check out with --no-check", err)
	}
	return nil
}

func (o demoOptions) play(cmd *cobra.Command, site *demo.Site, history io.Reader) error {
	if o.replay == "" {
		story := demo.Story{Site: site, Out: cmd.OutOrStdout()}
		return story.Play(cmd.Context())
	}
	replay := demo.Replay{Site: site, Out: cmd.OutOrStdout(), Workers: o.workers, ListSkipped: o.listSkipped, Report: progress(cmd.ErrOrStderr())}
	return replay.Run(cmd.Context(), history)
}

// progress overwrites one line of the terminal.
func progress(out io.Writer) func(done, all int, since time.Duration) {
	return func(done, all int, since time.Duration) {
		rate := float64(done) / since.Seconds()
		left := "?"
		if done > 0 {
			left = (time.Duration(float64(all-done)/rate) * time.Second).String()
		}
		_, _ = fmt.Fprintf(out, "\r%d of %d lines, %.0f/s, %s left   ", done, all, rate, left)
		if done == all {
			_, _ = fmt.Fprintln(out)
		}
	}
}

// ownServer is a server that lives as long as the demonstration.
type ownServer struct {
	app    *app.App
	config config.Config
	dir    string
}

// ownMemory is what the demonstration and its server try to live in together, in bytes.
const ownMemory = 140 << 20

func startOwn(cmd *cobra.Command) (*ownServer, error) {
	debug.SetMemoryLimit(ownMemory)
	dir, err := os.MkdirTemp("", "kaituan-demo-")
	if err != nil {
		return nil, err
	}
	own := &ownServer{dir: dir}
	if err := own.start(cmd); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return own, nil
}

func (s *ownServer) start(cmd *cobra.Command) error {
	c, err := config.Load(config.Source{Flags: map[string]string{
		"data": s.dir, "listen": "127.0.0.1:0", "private_listen": "127.0.0.1:0", "mall.ship_after": "0s", "demo_history": "false", "log_level": "error",
	}})
	if err != nil {
		return err
	}
	s.config = c
	if s.app, err = app.New(cmd.Context(), c, observe.NewLogger(cmd.ErrOrStderr(), c.LogLevel)); err != nil {
		return err
	}
	if err := s.app.Start(cmd.Context()); err != nil {
		return errors.Join(err, stop(s.app, stopTime))
	}
	_, err = fmt.Fprintf(cmd.OutOrStdout(), "own server at %s, data in %s\n", s.app.PublicURL(), s.dir)
	return err
}

func (s *ownServer) stop() error {
	ctx, cancel := context.WithTimeout(context.Background(), stopTime)
	defer cancel()
	return errors.Join(s.app.Stop(ctx), os.RemoveAll(s.dir))
}
