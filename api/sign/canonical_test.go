package sign_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/api/sign"
)

func sortedQuery(raw string) string {
	return strings.Split(sign.Canonical("GET", "/", raw, 1, "n", nil), "\n")[3]
}

func TestUndecodableQueryKeepsItsText(t *testing.T) {
	require.Equal(t, "q=%25zz", sortedQuery("q=%zz"))
	require.Equal(t, "a=1&q=x%3By", sortedQuery("q=x;y&a=1"))
}

// What is signed must mean the same to the handler as what was sent: same values under every key.
func TestSortedQueryMeansTheSame(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		raw := drawQuery(t)
		sorted := sortedQuery(raw)
		require.Equal(t, sorted, sortedQuery(sorted), "sorting twice changes nothing")
		want, err := url.ParseQuery(raw)
		require.NoError(t, err)
		got, err := url.ParseQuery(sorted)
		require.NoError(t, err)
		for _, values := range want {
			slices.Sort(values)
		}
		require.Equal(t, want, got)
	})
}

func TestSortedQueryIgnoresTheOrderOfParts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		parts := strings.Split(drawQuery(t), "&")
		shuffled := rapid.Permutation(parts).Draw(t, "order")
		require.Equal(t, sortedQuery(strings.Join(parts, "&")), sortedQuery(strings.Join(shuffled, "&")))
	})
}

func drawQuery(t *rapid.T) string {
	part := rapid.OneOf(
		rapid.Custom(func(t *rapid.T) string {
			return url.QueryEscape(rapid.String().Draw(t, "key")) + "=" + url.QueryEscape(rapid.String().Draw(t, "value"))
		}),
		rapid.SampledFrom([]string{"", "a", "a=", "=b", "a=1", "a=1=2", "%7e=+", "茶=%ff"}),
	)
	return strings.Join(rapid.SliceOfN(part, 0, 8).Draw(t, "parts"), "&")
}

// A change of any field changes the text, so that one signature never covers two requests.
func TestCanonicalSeparatesFields(t *testing.T) {
	base := sign.Canonical("GET", "/a", "b=1", 1, "nonce-01", []byte("x"))
	for name, other := range map[string]string{
		"method":    sign.Canonical("PUT", "/a", "b=1", 1, "nonce-01", []byte("x")),
		"path":      sign.Canonical("GET", "/b", "b=1", 1, "nonce-01", []byte("x")),
		"query":     sign.Canonical("GET", "/a", "b=2", 1, "nonce-01", []byte("x")),
		"timestamp": sign.Canonical("GET", "/a", "b=1", 2, "nonce-01", []byte("x")),
		"nonce":     sign.Canonical("GET", "/a", "b=1", 1, "nonce-02", []byte("x")),
		"body":      sign.Canonical("GET", "/a", "b=1", 1, "nonce-01", []byte("y")),
	} {
		require.NotEqual(t, base, other, name)
	}
}
