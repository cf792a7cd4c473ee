package seal_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/infrastructure/seal"
)

func keys(t require.TestingT, of ...string) *seal.Keys {
	k, err := seal.New(of...)
	require.NoError(t, err)
	return k
}

func TestSeal_OpensForItsRowAlone(t *testing.T) {
	k := keys(t, seal.NewKey())
	rapid.Check(t, func(t *rapid.T) {
		secret, row := rapid.String().Draw(t, "secret"), rapid.String().Draw(t, "row")
		sealed := k.Seal(secret, row)
		require.NotEqual(t, sealed, k.Seal(secret, row), "equal secrets must not look equal")
		require.True(t, k.Fresh(sealed))
		opened, err := k.Open(sealed, row)
		require.NoError(t, err)
		require.Equal(t, secret, opened)
		_, err = k.Open(sealed, row+"x")
		require.ErrorIs(t, err, seal.ErrDamaged)
	})
}

func TestSeal_NoByteCanBeChanged(t *testing.T) {
	k := keys(t, seal.NewKey())
	sealed := k.Seal("whsec_1", "ep_1")
	for i := strings.LastIndexByte(sealed, ':') + 1; i < len(sealed); i++ {
		for _, letter := range []string{"A", "z", "/", "!"} {
			if changed := sealed[:i] + letter + sealed[i+1:]; changed != sealed {
				_, err := k.Open(changed, "ep_1")
				require.ErrorIs(t, err, seal.ErrDamaged, changed)
			}
		}
	}
}

func TestSeal_KeysAreReplaced(t *testing.T) {
	old, young := seal.NewKey(), seal.NewKey()
	sealed := keys(t, old).Seal("secret", "key_1")
	both := keys(t, young, old)
	opened, err := both.Open(sealed, "key_1")
	require.NoError(t, err)
	require.Equal(t, "secret", opened)
	require.False(t, both.Fresh(sealed))
	require.True(t, both.Fresh(both.Seal("secret", "key_1")))
	_, err = keys(t, young).Open(sealed, "key_1")
	require.ErrorIs(t, err, seal.ErrUnknownKey)
	require.NotContains(t, err.Error(), "secret")
}

func TestOpen_TakesPlainTextOfOlderVersions(t *testing.T) {
	k := keys(t, seal.NewKey())
	for _, plain := range []string{"", "whsec_abc", `["whsec_abc"]`} {
		opened, err := k.Open(plain, "row")
		require.NoError(t, err)
		require.Equal(t, plain, opened)
		require.False(t, k.Fresh(plain))
	}
}

func TestNew_RefusesWeakKeysWithoutTellingThem(t *testing.T) {
	for _, weak := range [][]string{nil, {""}, {"changeme"}, {strings.Repeat("a", 64)}, {strings.Repeat("abc123", 10)}, {seal.NewKey(), "kaituan"}} {
		_, err := seal.New(weak...)
		require.ErrorIs(t, err, seal.ErrWeakKey)
		for _, key := range weak {
			if key != "" {
				require.NotContains(t, err.Error(), key)
			}
		}
	}
}
