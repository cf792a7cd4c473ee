package command

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"kaituan/api/sign"
)

func newSign() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "sign METHOD URL",
		Short: "Sign a call to the engine and print its Authorization header",
		Long: "Prints the Authorization header of one call, for curl and for finding out why a signature is refused.\n" +
			"The body comes from --body FILE, or from standard input with --body -.",
		Example: `  kaituan sign POST http://localhost:8080/api/groupbuy/v1/trials --key-id key_mall --secret "$SECRET" --body trial.json
  curl -H "Authorization: $(kaituan sign GET "$URL" --key-id "$ID" --secret "$SECRET")" "$URL"`,
		Args: cobra.ExactArgs(2),
		RunE: signCall,
	}
	flags := cmd.Flags()
	flags.String("key-id", os.Getenv("KAITUAN_GROUPBUY_KEY_ID"), "the key's id (KAITUAN_GROUPBUY_KEY_ID)")
	flags.String("secret", os.Getenv("KAITUAN_GROUPBUY_KEY_SECRET"), "the key's secret (KAITUAN_GROUPBUY_KEY_SECRET)")
	flags.String("body", "", "file with the body; - is standard input")
	flags.Int64("timestamp", 0, "seconds since 1970 instead of now")
	flags.String("nonce", "", "instead of a random one")
	flags.Bool("canonical", false, "print the text that is signed as well")
	return cmd
}

func signCall(cmd *cobra.Command, args []string) error {
	key, nonce, at, err := signFlags(cmd)
	if err != nil {
		return usageError{err}
	}
	path, err := cmd.Flags().GetString("body")
	if err != nil {
		return err
	}
	body, err := readBody(path, cmd.InOrStdin())
	if err != nil {
		return err
	}
	method := strings.ToUpper(args[0])
	req, err := http.NewRequestWithContext(cmd.Context(), method, args[1], http.NoBody)
	if err != nil {
		return usageError{err}
	}
	if req.URL.Host == "" {
		return usageError{errors.New("URL must be whole, such as http://localhost:8080/api/groupbuy/v1/events?limit=5")}
	}
	key.Sign(req, body, at, nonce)
	if show, err := cmd.Flags().GetBool("canonical"); err == nil && show {
		_, _ = fmt.Fprintln(cmd.ErrOrStderr(), sign.Canonical(method, req.URL.EscapedPath(), req.URL.RawQuery, at.Unix(), nonce, body))
	}
	_, err = fmt.Fprintln(cmd.OutOrStdout(), req.Header.Get("Authorization"))
	return err
}

func signFlags(cmd *cobra.Command) (key sign.Key, nonce string, at time.Time, err error) {
	flags := cmd.Flags()
	key.ID, _ = flags.GetString("key-id")
	key.Secret, _ = flags.GetString("secret")
	nonce, _ = flags.GetString("nonce")
	seconds, _ := flags.GetInt64("timestamp")
	if key.ID == "" || key.Secret == "" {
		return key, nonce, at, errors.New("--key-id and --secret are required; an instance on its own keeps the mall's in secrets.json of its data directory")
	}
	if nonce == "" {
		nonce = sign.NewNonce()
	}
	at = time.Now()
	if seconds != 0 {
		at = time.Unix(seconds, 0)
	}
	return key, nonce, at, nil
}

func readBody(path string, stdin io.Reader) ([]byte, error) {
	switch path {
	case "":
		return nil, nil
	case "-":
		return io.ReadAll(stdin)
	default:
		return os.ReadFile(path)
	}
}
