package operator_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"kaituan/groupbuy/operator"
)

func TestRole_RisesFromViewerToAdmin(t *testing.T) {
	tests := map[operator.Role]map[operator.Role]bool{
		operator.Viewer: {operator.Viewer: true, operator.Editor: false, operator.Admin: false},
		operator.Editor: {operator.Viewer: true, operator.Editor: true, operator.Admin: false},
		operator.Admin:  {operator.Viewer: true, operator.Editor: true, operator.Admin: true},
		"":              {operator.Viewer: false, "": false},
		"root":          {operator.Viewer: false, "root": false},
	}
	for role, may := range tests {
		for least, want := range may {
			require.Equal(t, want, role.May(least), "%q where %q is asked for", role, least)
		}
	}
	require.False(t, operator.Admin.May(""), "a route that asks for nothing known admits nobody")
}

func TestFaults_NameEveryFieldAtOnce(t *testing.T) {
	good := operator.Operator{Login: "li.lei@example.com", Name: "李雷", Role: operator.Editor}
	require.Empty(t, good.Faults())
	bad := operator.Operator{Login: "Li Lei", Name: strings.Repeat("雷", 101), Role: "root"}
	var params []string
	for _, f := range bad.Faults() {
		params = append(params, f.Param)
	}
	require.Equal(t, []string{"login", "name", "role"}, params)
	for _, reserved := range []operator.ID{operator.Bootstrap, operator.System} {
		good.Login = string(reserved)
		require.Equal(t, []operator.Fault{{Param: "login", Detail: "is reserved"}}, good.Faults())
	}
}

func TestPassword_IsLongAndVariedAndNotTheLogin(t *testing.T) {
	tests := map[string]string{
		"correct horse battery": "", "长密码也可以使用中文字符喔": "",
		"short": "want 12 to 128 characters", strings.Repeat("a1b2c", 26): "want 12 to 128 characters", "\xff234567890ab": "want 12 to 128 characters",
		"abababababab": "want at least 5 different characters", "my-LiLei-pass": "must not contain the login",
	}
	for password, want := range tests {
		faults := operator.PasswordFaults(password, "lilei")
		if want == "" {
			require.Empty(t, faults, password)
			continue
		}
		require.Equal(t, []operator.Fault{{Param: "password", Detail: want}}, faults, password)
	}
}

func TestToken_IsStoredHashed(t *testing.T) {
	token, err := operator.NewToken(bytes.NewReader(bytes.Repeat([]byte{7}, 32)))
	require.NoError(t, err)
	require.Len(t, string(token), 43)
	require.NotContains(t, string(token.Hash()), string(token))
	require.Len(t, string(token.Hash()), 64)
	_, err = operator.NewToken(bytes.NewReader(nil))
	require.Error(t, err)
}

// A session never outlives either limit, however it is used.
func TestSession_EndsByBothLimits(t *testing.T) {
	start := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	rapid.Check(t, func(t *rapid.T) {
		s := operator.Session{StartedAt: start, SeenAt: start}
		s.SeenAt = start.Add(time.Duration(rapid.Int64Range(0, int64(operator.AbsoluteLimit)).Draw(t, "used after")))
		at := start.Add(time.Duration(rapid.Int64Range(0, int64(2*operator.AbsoluteLimit)).Draw(t, "asked after")))
		want := at.Sub(s.SeenAt) < operator.IdleLimit && at.Sub(start) < operator.AbsoluteLimit
		require.Equal(t, want, s.Live(at))
	})
}
