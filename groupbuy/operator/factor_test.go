package operator_test

import (
	"bytes"
	"crypto/rand"
	"encoding/base32"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/groupbuy/operator"
)

func stepOf(at time.Time) int64 { return at.Unix() / 30 }

// The vectors of RFC 6238, appendix B, for SHA-1; it prints eight digits, of which six are ours.
func TestFactorSecret_ReferenceVectors(t *testing.T) {
	secret := operator.FactorSecret(base32.StdEncoding.EncodeToString([]byte("12345678901234567890")))
	for at, want := range map[int64]string{
		59: "287082", 1111111109: "081804", 1111111111: "050471", 1234567890: "005924", 2000000000: "279037", 20000000000: "353130",
	} {
		code, err := secret.Code(at / 30)
		require.NoError(t, err)
		require.Equal(t, want, code, at)
	}
	for _, broken := range []operator.FactorSecret{"", "1", "not base32!"} {
		_, err := broken.Code(1)
		require.Error(t, err, "%q", broken)
	}
}

func confirmed(t require.TestingT, now time.Time) (operator.Factor, []string) {
	factor, err := operator.NewFactor(rand.Reader)
	require.NoError(t, err)
	require.False(t, factor.On())
	code, err := factor.Secret.Code(stepOf(now))
	require.NoError(t, err)
	on, recovery, right, err := factor.Confirm(code, now, rand.Reader)
	require.NoError(t, err)
	require.True(t, right)
	return on, recovery
}

// A code counts in its own period, the one before and the one after, once, and never after a later one was taken.
func TestFactor_TakesACodeOnce(t *testing.T) {
	start := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		factor, _ := confirmed(t, start)
		last, now := stepOf(start), start
		for range rapid.IntRange(1, 20).Draw(t, "tries") {
			now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(t, "seconds later")) * time.Second)
			step := stepOf(now) + int64(rapid.IntRange(-3, 3).Draw(t, "periods off"))
			code, err := factor.Secret.Code(step)
			require.NoError(t, err)
			spent, right, recovered := factor.Spend(code, now)
			require.False(t, recovered)
			if distance := step - stepOf(now); distance < -1 || distance > 1 || step <= last {
				require.Equal(t, factor, spent)
				require.False(t, right)
				continue
			}
			require.True(t, right)
			factor, last = spent, step
		}
	})
}

func TestFactor_RecoveryCodesCountOnce(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	factor, recovery := confirmed(t, now)
	require.Len(t, recovery, operator.RecoveryCodes)
	require.Equal(t, operator.RecoveryCodes, factor.Left())
	for i, code := range recovery {
		require.Regexp(t, `^([a-z2-7]{4}-){3}[a-z2-7]{4}$`, code)
		require.NotContains(t, factor.Recovery[i], code, "hashed")
		typed := " " + strings.ToUpper(strings.ReplaceAll(code, "-", " "))
		spent, right, recovered := factor.Spend(typed, now)
		require.True(t, right && recovered)
		require.Equal(t, operator.RecoveryCodes-i-1, spent.Left())
		_, again, _ := spent.Spend(typed, now)
		require.False(t, again)
		factor = spent
	}
	_, right, _ := factor.Spend("", now)
	require.False(t, right, "nothing is no used-up code")
}

func TestFactor_CountsOnlyOnceProven(t *testing.T) {
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	factor, err := operator.NewFactor(rand.Reader)
	require.NoError(t, err)
	right, err := factor.Secret.Code(stepOf(now))
	require.NoError(t, err)
	_, spent, _ := factor.Spend(right, now)
	require.False(t, spent, "not confirmed yet")
	for _, wrong := range []string{"", "000", right + "0", "abcdef"} {
		same, codes, ok, err := factor.Confirm(wrong, now, rand.Reader)
		require.NoError(t, err)
		require.False(t, ok, wrong)
		require.Empty(t, codes)
		require.Equal(t, factor, same)
	}
	_, _, ok, err := operator.Factor{}.Confirm(right, now, rand.Reader)
	require.NoError(t, err)
	require.False(t, ok, "no secret")
	_, _, _, err = factor.Confirm(right, now, bytes.NewReader(nil))
	require.Error(t, err)
	_, err = operator.NewFactor(bytes.NewReader(nil))
	require.Error(t, err)
}

func TestFactor_URIIsWhatAppsRead(t *testing.T) {
	factor, err := operator.NewFactor(rand.Reader)
	require.NoError(t, err)
	require.Len(t, string(factor.Secret), 32)
	uri, err := url.Parse(factor.URI("li.lei@example.com"))
	require.NoError(t, err)
	require.Equal(t, "otpauth", uri.Scheme)
	require.Equal(t, "totp", uri.Host)
	require.Equal(t, "/Kaituan:li.lei@example.com", uri.Path)
	require.Equal(t, url.Values{"secret": {string(factor.Secret)}, "issuer": {"Kaituan"}}, uri.Query())
}
