package account_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall/account"
)

func TestScan(t *testing.T) {
	start := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	at := start.Add(time.Minute)
	late := start.Add(account.ScanLimit)
	fresh := func() account.Scan { return account.Scan{Status: account.ScanWaiting, StartedAt: start} }

	s := fresh()
	require.False(t, s.Answer("ming", true, at), "nobody has scanned")
	require.False(t, s.Use("acc_1", at))
	require.True(t, s.See("ming", at))
	require.True(t, s.See("ming", at), "twice by the same is as good")
	require.False(t, s.See("hong", at), "the first one is asked")
	require.False(t, s.Use("acc_1", at), "not without a yes")
	require.False(t, s.Answer("hong", true, at))
	require.True(t, s.Answer("ming", true, at))
	require.False(t, s.Answer("ming", false, at), "said is said")
	require.True(t, s.Use("acc_1", at))
	require.False(t, s.Use("acc_1", at), "once")
	require.Equal(t, account.ScanUsed, s.At(late))

	s = fresh()
	require.True(t, s.See("ming", at))
	require.True(t, s.Answer("ming", false, at))
	require.Equal(t, account.ScanRefused, s.At(late))
	require.False(t, s.Use("acc_1", at))

	for name, do := range map[string]func(*account.Scan) bool{
		"seen":     func(s *account.Scan) bool { return s.See("ming", late) },
		"answered": func(s *account.Scan) bool { return s.See("ming", at) && s.Answer("ming", true, late) },
		"used":     func(s *account.Scan) bool { return s.See("ming", at) && s.Answer("ming", true, at) && s.Use("a", late) },
	} {
		s := fresh()
		require.False(t, do(&s), name)
		require.Equal(t, account.ScanExpired, s.At(late), name)
	}
}

func TestOpenID_IsNoLoginThatAnybodyCanType(t *testing.T) {
	_, ok := account.ParseLogin(string(account.OpenID("o6_bmjrPTlm6").Login()))
	require.False(t, ok)
	require.Equal(t, "wx:****Tlm6", account.OpenID("o6_bmjrPTlm6").Login().Masked())
}
