package password_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/password"
	"kaituan/mall/account"
)

// cheap keeps tests fast; the costs are not what they test.
func cheap() password.Params { return password.Params{MemoryKiB: 64, Passes: 1, Threads: 1, AtOnce: 2} }

func newHasher(t *testing.T, p password.Params) *password.Hasher {
	t.Helper()
	h, err := password.New(p)
	require.NoError(t, err)
	return h
}

func TestHasher_IsThePort(t *testing.T) {
	var port account.Hasher = newHasher(t, cheap())
	hash, err := port.Hash("correct horse")
	require.NoError(t, err)
	for typed, want := range map[string]bool{"correct horse": true, "correct horsf": false, "": false, "Correct horse": false} {
		right, err := port.Verify(hash, typed)
		require.NoError(t, err)
		require.Equal(t, want, right, typed)
	}
}

func TestRecommended_IsNamedInTheHash(t *testing.T) {
	hash, err := newHasher(t, password.Recommended()).Hash("correct horse")
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(hash, "$argon2id$v=19$m=19456,t=2,p=1$"), hash)
	right, err := newHasher(t, cheap()).Verify(hash, "correct horse")
	require.NoError(t, err, "a hasher reads hashes of other costs")
	require.True(t, right)
}

// The reference implementation's own vector: `echo -n password | argon2 somesalt -id -t 2 -m 16 -p 1 -l 32`, from
// test.c of github.com/P-H-C/phc-winner-argon2.
func TestVerify_ReferenceVector(t *testing.T) {
	const hash = "$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc"
	right, err := newHasher(t, cheap()).Verify(hash, "password")
	require.NoError(t, err)
	require.True(t, right)
}

func TestHash_IsSalted(t *testing.T) {
	h := newHasher(t, cheap())
	a, err := h.Hash("correct horse")
	require.NoError(t, err)
	b, err := h.Hash("correct horse")
	require.NoError(t, err)
	require.NotEqual(t, a, b)
}

func TestVerify_BadHashes(t *testing.T) {
	h := newHasher(t, cheap())
	good, err := h.Hash("correct horse")
	require.NoError(t, err)
	for name, hash := range map[string]string{
		"empty":         "",
		"bcrypt":        "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"argon2i":       strings.Replace(good, "argon2id", "argon2i", 1),
		"other version": strings.Replace(good, "v=19", "v=16", 1),
		"no passes":     strings.Replace(good, "t=1", "t=0", 1),
		"no threads":    strings.Replace(good, "p=1", "p=0", 1),
		"huge memory":   strings.Replace(good, "m=64", "m=4294967295", 1),
		"no numbers":    strings.Replace(good, "m=64", "m=x", 1),
		"bad base64":    good[:len(good)-1] + "!",
		"short key":     good[:strings.LastIndex(good, "$")] + "$AAAA",
	} {
		_, err := h.Verify(hash, "correct horse")
		require.ErrorIs(t, err, password.ErrHash, name)
	}
}

func TestNew_RefusesUselessParameters(t *testing.T) {
	for _, p := range []password.Params{
		{}, {MemoryKiB: 7, Passes: 1, Threads: 1, AtOnce: 1}, {MemoryKiB: 64, Threads: 1, AtOnce: 1},
		{MemoryKiB: 64, Passes: 1, AtOnce: 1}, {MemoryKiB: 64, Passes: 1, Threads: 1},
	} {
		_, err := password.New(p)
		require.Error(t, err, "%+v", p)
	}
}

func TestHasher_ManyAtOnce(t *testing.T) {
	h := newHasher(t, cheap())
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			hash, err := h.Hash("correct horse")
			if err == nil {
				_, err = h.Verify(hash, "correct horse")
			}
			if err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
