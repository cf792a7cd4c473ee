package account_test

import (
	"crypto/rand"
	"errors"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall/account"
)

func TestParseLogin(t *testing.T) {
	for typed, want := range map[string]account.Login{
		"13912345678":                      "13912345678",
		" +86 139-1234-5678 ":              "13912345678",
		"+8613912345678":                   "13912345678",
		"+44 20 7946 0958":                 "+442079460958",
		"Ming@Example.COM":                 "ming@example.com",
		"a.b+c@example.com":                "a.b+c@example.com",
		"12912345678":                      "",
		"1391234567":                       "",
		"139123456789":                     "",
		"+123":                             "",
		"+1234567890123456":                "",
		"１３９１２３４５６７８":                      "",
		"ming":                             "",
		"":                                 "",
		"@":                                "",
		"a@":                               "",
		"Ming <ming@example.c>":            "",
		"a@b, c@d":                         "",
		strings.Repeat("a", 250) + "@b.cn": "",
	} {
		login, ok := account.ParseLogin(typed)
		require.Equal(t, want != "", ok, typed)
		if ok {
			require.Equal(t, want, login, typed)
		}
	}
}

func TestMasks(t *testing.T) {
	for login, want := range map[account.Login]string{
		"13912345678": "139****5678", "ming@example.com": "m***@example.com", "小明@例子.中国": "小***@例子.中国", "+123456": "****", "+442079460958": "+44****0958",
	} {
		require.Equal(t, want, login.Masked())
	}
	for name, want := range map[string]string{"": "", "明": "明*", "小明": "小*", "王小明": "王*明", "Buyer 1": "B*1"} {
		require.Equal(t, want, account.MaskNickname(name))
	}
}

func TestRegistration(t *testing.T) {
	good := account.Registration{Login: "13912345678", Password: "correct horse", Nickname: "小明"}
	login, faults := good.Validate()
	require.Empty(t, faults)
	require.Equal(t, "小明", good.Name(login))
	good.Nickname = ""
	require.Equal(t, "139****5678", good.Name(login))

	for name, c := range map[string]struct {
		change func(*account.Registration)
		param  string
	}{
		"login":             {func(r *account.Registration) { r.Login = "x" }, "login"},
		"short":             {func(r *account.Registration) { r.Password = "1234567" }, "password"},
		"long":              {func(r *account.Registration) { r.Password = strings.Repeat("abcd", 33) }, "password"},
		"monotonous":        {func(r *account.Registration) { r.Password = "abcabcabcabc" }, "password"},
		"not text":          {func(r *account.Registration) { r.Password = "\xff\xfe12345678" }, "password"},
		"the login":         {func(r *account.Registration) { r.Password = "my13912345678" }, "password"},
		"the login as mail": {func(r *account.Registration) { r.Login, r.Password = "a@b.cn", "A@B.cn1234" }, "password"},
		"long nickname":     {func(r *account.Registration) { r.Nickname = strings.Repeat("明", 31) }, "nickname"},
	} {
		r := good
		c.change(&r)
		_, faults := r.Validate()
		require.Len(t, faults, 1, name)
		require.Equal(t, c.param, faults[0].Param, name)
	}
}

func TestToken(t *testing.T) {
	a, err := account.NewToken(rand.Reader)
	require.NoError(t, err)
	b, err := account.NewToken(rand.Reader)
	require.NoError(t, err)
	require.NotEqual(t, a, b)
	require.Len(t, string(a), 43, "256 bits")
	require.NotContains(t, string(a.Hash()), string(a))
	require.NotEqual(t, a.Hash(), b.Hash())
	_, err = account.NewToken(iotest.ErrReader(errors.New("no randomness")))
	require.Error(t, err)
}

func TestSession_Live(t *testing.T) {
	start := time.Date(2026, 5, 1, 8, 0, 0, 0, time.UTC)
	s := account.Session{StartedAt: start, SeenAt: start}
	require.True(t, s.Live(start.Add(account.IdleLimit-1)))
	require.False(t, s.Live(start.Add(account.IdleLimit)))
	s.SeenAt = start.Add(29 * 24 * time.Hour)
	require.True(t, s.Live(start.Add(account.AbsoluteLimit-1)))
	require.False(t, s.Live(start.Add(account.AbsoluteLimit)))
}
