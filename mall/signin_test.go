package mall_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/account"
)

func registration() account.Registration {
	return account.Registration{Login: "+86 139-1234-5678", Password: "correct horse", Nickname: "小明"}
}

func TestSignUpAndIn(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		up, err := e.shop.SignUp(e.ctx, registration(), "")
		require.NoError(t, err)
		a := up.Account
		actor, _, err := e.shop.Authenticate(e.ctx, up.Token)
		require.NoError(t, err)
		require.Equal(t, a.ID, actor.Account)
		require.EqualValues(t, "13912345678", a.Login)
		require.Equal(t, account.Buyer, a.Role)
		require.NotContains(t, a.PasswordHash, a.Login)

		in, err := e.shop.SignIn(e.ctx, "13912345678", "correct horse", up.Token)
		require.NoError(t, err)
		require.Equal(t, a.ID, in.Account.ID)
		_, _, err = e.shop.Authenticate(e.ctx, up.Token)
		requireCode(t, mall.CodeSessionExpired, err)
		actor, owner, err := e.shop.Authenticate(e.ctx, in.Token)
		require.NoError(t, err)
		require.Equal(t, mall.Actor{Account: a.ID, Role: account.Buyer}, actor)
		require.Equal(t, "小明", owner.Nickname)

		require.NoError(t, e.shop.SignOut(e.ctx, in.Token))
		require.NoError(t, e.shop.SignOut(e.ctx, in.Token), "twice is as good as once")
		_, _, err = e.shop.Authenticate(e.ctx, in.Token)
		requireCode(t, mall.CodeSessionExpired, err)
	})
}

func TestSignUp_Refusals(t *testing.T) {
	e := newEnv(t)
	_, err := e.shop.SignUp(e.ctx, registration(), "")
	require.NoError(t, err)
	again := registration()
	again.Login = "13912345678"
	_, err = e.shop.SignUp(e.ctx, again, "")
	requireCode(t, mall.CodeLoginTaken, err)
	_, err = e.shop.SignUp(e.ctx, account.Registration{Login: "nobody", Password: "short", Nickname: strings.Repeat("x", 31)}, "")
	requireCode(t, mall.CodeInvalid, err)
	require.Len(t, refusal(t, err).Faults, 3)
}

func TestSignUp_LongAddressGetsANameThatFits(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		r := registration()
		r.Login, r.Nickname = "x@"+strings.Repeat(strings.Repeat("a", 50)+".", 4)+"example", ""
		a, err := e.shop.SignUp(e.ctx, r, "")
		require.NoError(t, err)
		require.LessOrEqual(t, len([]rune(a.Account.Nickname)), account.MaxNickname)
	})
}

func TestSignUp_SameLoginAtOnce(t *testing.T) {
	onEach(t, func(t *testing.T, e *env) {
		results := make([]error, 10)
		atOnce(10, func(i int) { _, results[i] = e.shop.SignUp(e.ctx, registration(), "") })
		made := 0
		for _, err := range results {
			if err == nil {
				made++
			} else {
				requireCode(t, mall.CodeLoginTaken, err)
			}
		}
		require.Equal(t, 1, made)
	})
}

func TestSignIn_EqualAnswers(t *testing.T) {
	e := newEnv(t)
	_, err := e.shop.SignUp(e.ctx, registration(), "")
	require.NoError(t, err)
	_, wrong := e.shop.SignIn(e.ctx, "13912345678", "wrong horse", "")
	for name, login := range map[string]string{"unknown": "13900000000", "no login": "x", "empty": ""} {
		_, err := e.shop.SignIn(e.ctx, login, "correct horse", "")
		require.Equal(t, wrong, err, name)
	}
	_, err = e.shop.SignIn(e.ctx, "13912345678", strings.Repeat("x", 10_000), "")
	require.Equal(t, wrong, err)
}

func TestSignIn_RotatesTheSession(t *testing.T) {
	e := newEnv(t)
	_, err := e.shop.SignUp(e.ctx, registration(), "")
	require.NoError(t, err)
	first, err := e.shop.SignIn(e.ctx, "13912345678", "correct horse", "")
	require.NoError(t, err)
	second, err := e.shop.SignIn(e.ctx, "13912345678", "correct horse", first.Token)
	require.NoError(t, err)
	require.NotEqual(t, first.Token, second.Token)
	_, _, err = e.shop.Authenticate(e.ctx, first.Token)
	requireCode(t, mall.CodeSessionExpired, err)
	_, _, err = e.shop.Authenticate(e.ctx, second.Token)
	require.NoError(t, err)
}

func TestAuthenticate_Limits(t *testing.T) {
	e := newEnv(t)
	_, err := e.shop.SignUp(e.ctx, registration(), "")
	require.NoError(t, err)
	in, err := e.shop.SignIn(e.ctx, "13912345678", "correct horse", "")
	require.NoError(t, err)
	idle, err := e.shop.SignIn(e.ctx, "13912345678", "correct horse", "")
	require.NoError(t, err)
	const day = 24 * time.Hour
	for range 4 { // used every week less a minute: 28 days
		e.clock.Advance(7*day - time.Minute)
		_, _, err = e.shop.Authenticate(e.ctx, in.Token)
		require.NoError(t, err)
	}
	_, _, err = e.shop.Authenticate(e.ctx, idle.Token)
	requireCode(t, mall.CodeSessionExpired, err)
	e.clock.Advance(2*day + 4*time.Minute)
	_, _, err = e.shop.Authenticate(e.ctx, in.Token)
	requireCode(t, mall.CodeSessionExpired, err)
	n, err := e.shop.DropSessions(e.ctx, 100)
	require.NoError(t, err)
	require.Equal(t, 3, n)
	n, err = e.shop.DropSessions(e.ctx, 100)
	require.NoError(t, err)
	require.Zero(t, n)
}

func TestAuthenticate_UnknownToken(t *testing.T) {
	e := newEnv(t)
	for _, token := range []account.Token{"", "x", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"} {
		_, _, err := e.shop.Authenticate(e.ctx, token)
		requireCode(t, mall.CodeSessionExpired, err)
	}
}
