package problem_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"kaituan/api/problem"
	"kaituan/api/sign"
	"kaituan/groupbuy"
)

var update = flag.Bool("update", false, "write docs/errors.md again")

const document = "../../docs/errors.md"

func TestTable_HasEveryCodeOfTheEngine(t *testing.T) {
	for _, code := range groupbuy.Codes() {
		_, known := problem.Lookup(problem.Code(code))
		require.True(t, known, "groupbuy.%s has no row", code)
	}
}

func TestTable_HasEveryCodeOfTheSignature(t *testing.T) {
	for _, code := range []sign.Code{sign.Missing, sign.Malformed, sign.Expired, sign.Invalid, sign.KeyUnknown, sign.NonceReused} {
		row, known := problem.Lookup(problem.Code(code))
		require.True(t, known, code)
		require.Equal(t, 401, row.Status, code)
	}
	_, known := problem.Lookup(problem.Code(sign.SecretMalformed))
	require.False(t, known, "a fault of our own configuration is internal")
}

func TestTable_HasNoCodeThatTheEngineLost(t *testing.T) {
	codes := groupbuy.Codes()
	for _, domain := range problem.Domains() {
		if domain.Name != "Engine" {
			continue
		}
		for code := range domain.Rows {
			require.True(t, slices.Contains(codes, groupbuy.Code(code)), code)
		}
	}
}

func TestTable_IsWhole(t *testing.T) {
	seen := map[problem.Code]string{}
	for _, domain := range problem.Domains() {
		for code, row := range domain.Rows {
			require.Regexp(t, `^[a-z]+(_[a-z]+)*$`, string(code))
			require.Empty(t, seen[code], "%s is in %s as well", code, domain.Name)
			seen[code] = domain.Name
			require.Contains(t, []int{400, 401, 403, 404, 405, 409, 413, 415, 422, 429, 500, 503}, row.Status, code)
			for _, text := range []string{row.ZH.Title, row.ZH.Detail} {
				require.True(t, strings.ContainsFunc(text, func(r rune) bool { return unicode.Is(unicode.Han, r) }), "%s: %q", code, text)
			}
			for _, text := range []string{row.EN.Title, row.EN.Detail} {
				require.Regexp(t, `^[[:print:]]+$`, text, code)
			}
		}
	}
}

// The statuses follow what kind of refusal a code is.
func TestTable_FollowsTheConventions(t *testing.T) {
	tests := map[int][]problem.Code{
		400: {"malformed_json", "unknown_field", "invalid", "bad_cursor"},
		401: {"unauthenticated", "signature_invalid"},
		403: {"forbidden"},
		409: {"idempotency_mismatch", "price_changed", "activity_state", "activity_changed", "name_taken", "too_many_keys", "seat_paid", "seat_not_refunding", "delivery_pending"},
		422: {"team_full", "team_expired", "team_not_forming", "limit_open", "limit_join", "limit_total", "stock_out", "already_in_team",
			"activity_invalid", "channel_blocked", "activity_not_open", "amount_mismatch", "quantity_exceeded"},
		429: {"rate_limited"},
		500: {"internal"},
		503: {"overloaded", "unavailable"},
	}
	for status, codes := range tests {
		for _, code := range codes {
			row, _ := problem.Lookup(code)
			require.Equal(t, status, row.Status, code)
		}
	}
	for _, domain := range problem.Domains() {
		for code, row := range domain.Rows {
			if strings.HasSuffix(string(code), "not_found") {
				require.Equal(t, 404, row.Status, code)
			}
		}
	}
}

func TestDocument_IsTheTable(t *testing.T) {
	want := markdown()
	if *update {
		require.NoError(t, os.WriteFile(document, want, 0o600))
	}
	got, err := os.ReadFile(document)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run: go test ./api/problem -update")
}

func markdown() []byte {
	var text bytes.Buffer
	text.WriteString(`# Error codes

Every refusal is ` + "`application/problem+json`" + ` (RFC 9457): ` + "`type title status code detail param faults request_id`" + `.
` + "`code`" + ` is stable and meant for programs; the text follows ` + "`Accept-Language`" + ` (zh, en). A ` + "`detail`" + ` about the very
case replaces the general one below. Programs should expect codes that are not listed here yet and then go by ` + "`status`" + `.

This page is written from the table in ` + "`api/problem`" + `: ` + "`go test ./api/problem -update`" + `.
`)
	for _, domain := range problem.Domains() {
		fmt.Fprintf(&text, "\n## %s\n\n| code | HTTP | what happened | what to do |\n| --- | --- | --- | --- |\n", domain.Name)
		for _, code := range domain.Codes() {
			row := domain.Rows[code]
			fmt.Fprintf(&text, "| `%s` | %d | %s<br>%s | %s<br>%s |\n", code, row.Status, row.EN.Title, row.ZH.Title, row.EN.Detail, row.ZH.Detail)
		}
	}
	return text.Bytes()
}
