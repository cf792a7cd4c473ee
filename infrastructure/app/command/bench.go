package command

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kaituan/infrastructure/app"
	"kaituan/infrastructure/bench"
	"kaituan/infrastructure/config"
)

// benchFlags are the flags of bench as they are typed.
type benchFlags struct {
	bench.Options
	workloads []string
	json      string
	markdown  bool
}

func newBench() *cobra.Command {
	var f benchFlags
	cmd := &cobra.Command{
		Use:   "bench",
		Short: "Measure this machine: rates, latencies and processor time, compared with what it does without us",
		Long: "Starts servers of its own on free ports of this machine, with data that is dropped afterwards, and loads them over\n" +
			"HTTP like partners and buyers would. Figures are compared with those of the same minute on the same machine: an\n" +
			"empty HTTP handler, single-row commits, and one transaction per request. Afterwards every answer is looked up in\n" +
			"the database and the invariants are checked; exit 1 when anything is not as it was answered. See docs/performance.md.",
		Example: `  kaituan bench
  kaituan bench --mysql 'root:@tcp(127.0.0.1:3306)/' --rounds 3 --json bench.json
  kaituan bench --workloads trial,lock --scale 10000000
  kaituan bench --workloads lock --connections 64 --rate 5000 --duration 30s`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return runBench(cmd, f) },
	}
	var all []string
	for _, w := range bench.Workloads() {
		all = append(all, string(w))
	}
	flags := cmd.Flags()
	flags.StringSliceVar(&f.workloads, "workloads", all, "what to measure")
	flags.IntVar(&f.Connections, "connections", 0, "at once; left out: 64 for reads, 256 for seats, 32 for whole purchases; with a rate the most, 4096 if left out")
	flags.Float64Var(&f.Rate, "rate", 0, "requests a second, whatever the answers do; latency counts from when one was due. Left out: each connection sends the next when it has the answer")
	flags.DurationVar(&f.Duration, "duration", 3*time.Second, "of each measurement")
	flags.IntVar(&f.Rounds, "rounds", 1, "how often everything is measured; ratios are taken within a round, and the best one is told with the middle one")
	flags.IntVar(&f.Seats, "scale", 0, "seed so many seats, a tenth as many open teams and half as many tag members, and measure once more beside them")
	flags.IntVar(&f.Expiring, "expiring", 10_000, "teams that run out at the same second, for expiry")
	flags.IntVar(&f.Activities, "activities", 1000, "that a started server finds, for start")
	flags.IntVar(&f.Nodes, "nodes", 1, "processes over the measured databases: one is everything, the others serve the engine's API; connections are spread over all")
	flags.StringVar(&f.MySQL, "mysql", "", "a MySQL server to measure on, USER:PASSWORD@tcp(HOST:PORT)/; its schemas are made and dropped. Left out: SQLite")
	flags.StringVar(&f.Server, "server", "", "measure a server that runs, where a partner \"bench\" is made and stays; without what needs its database or process")
	flags.StringVar(&f.Token, "operator-token", "", "of that server")
	flags.BoolVar(&f.Anywhere, "anywhere", false, "the server or database may be on another machine")
	flags.StringVar(&f.json, "json", "", "also write the report to a file, as JSON")
	flags.BoolVar(&f.markdown, "markdown", false, "print the tables as Markdown, for a document")
	cmd.AddCommand(newBenchHello())
	return cmd
}

func runBench(cmd *cobra.Command, f benchFlags) error {
	for _, name := range f.workloads {
		f.Workloads = append(f.Workloads, bench.Workload(name))
	}
	if err := f.Validate(); err != nil {
		return usageError{err}
	}
	program, err := os.Executable()
	if err != nil {
		return fmt.Errorf("find this program: %w", err)
	}
	f.Program, f.Check = []string{program}, checkHome
	began := time.Now()
	f.Log = func(format string, args ...any) {
		_, _ = fmt.Fprintf(cmd.ErrOrStderr(), "%5.1f s  %s\n", time.Since(began).Seconds(), fmt.Sprintf(format, args...))
	}
	report, err := bench.Run(cmd.Context(), f.Options)
	if err != nil {
		return err
	}
	if err := errors.Join(report.Print(cmd.OutOrStdout(), f.markdown), writeReport(f.json, report)); err != nil {
		return err
	}
	if !report.Sound {
		return errFailed
	}
	return nil
}

func writeReport(path string, report bench.Report) error {
	if path == "" {
		return nil
	}
	text, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(path, append(text, '\n'), 0o600)
}

// checkHome looks at the invariants of one server's data when nothing is under way.
func checkHome(ctx context.Context, home bench.Home) (summary string, broken []string, err error) {
	c, err := config.Load(config.Source{Flags: map[string]string{
		"data": home.Data, "groupbuy.db": string(home.GroupBuy), "mall.db": string(home.Mall),
	}})
	if err != nil {
		return "", nil, err
	}
	report, err := app.SettledCheck(ctx, c)
	for _, v := range report.Violations {
		broken = append(broken, v.Invariant+" "+v.Subject+": "+strings.ReplaceAll(v.Detail, "\n", " "))
	}
	return report.Summary(), broken, err
}

// newBenchHello is the empty handler, in a process of its own.
func newBenchHello() *cobra.Command {
	return &cobra.Command{
		Use:    "hello",
		Short:  "Serve the empty handler that bench compares with",
		Args:   cobra.NoArgs,
		Hidden: true,
		RunE: func(cmd *cobra.Command, _ []string) error {
			listener, err := new(net.ListenConfig).Listen(cmd.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			_, _ = fmt.Fprintf(cmd.OutOrStdout(), "listening http://%s\n", listener.Addr())
			return bench.ServeHello(cmd.Context(), listener)
		},
	}
}
