package breaker_test

import (
	"context"
	"errors"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/infrastructure/breaker"
)

// service answers as it is told and counts.
type service struct {
	status int
	err    error
	calls  int
}

func (s *service) RoundTrip(*http.Request) (*http.Response, error) {
	s.calls++
	if s.err != nil {
		return nil, s.err
	}
	return &http.Response{StatusCode: s.status, Body: http.NoBody}, nil
}

func call(t *testing.T, via http.RoundTripper) (int, error) {
	t.Helper()
	answer, err := via.RoundTrip(&http.Request{})
	if err != nil {
		return 0, err
	}
	require.NoError(t, answer.Body.Close())
	return answer.StatusCode, nil
}

func TestTransport_StopsCallingAndTriesAgain(t *testing.T) {
	const pause = 50 * time.Millisecond
	for name, broken := range map[string]service{"no answer": {err: errors.New("connection refused")}, "500": {status: 500}} {
		t.Run(name, func(t *testing.T) {
			var turns []bool
			s := broken
			via := breaker.New("gateway", breaker.Options{Failures: 3, Pause: pause}, func(_ string, open bool) { turns = append(turns, open) }).Transport(&s)
			for range 3 {
				_, err := call(t, via)
				require.NotErrorIs(t, err, breaker.ErrOpen)
			}
			for range 5 {
				_, err := call(t, via)
				require.ErrorIs(t, err, breaker.ErrOpen)
				require.ErrorContains(t, err, "gateway")
			}
			require.Equal(t, 3, s.calls)
			s.status, s.err = 200, nil
			require.Eventually(t, func() bool {
				status, err := call(t, via)
				return err == nil && status == 200
			}, 20*time.Second, 5*time.Millisecond)
			require.Equal(t, []bool{true, false}, turns)
		})
	}
}

func TestTransport_WhatIsNoFailure(t *testing.T) {
	for name, s := range map[string]*service{
		"a refusal": {status: 404}, "too many requests": {status: 429}, "a caller who left": {err: context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			via := breaker.New("gateway", breaker.Options{Failures: 1, Pause: time.Hour}, nil).Transport(s)
			for range 10 {
				_, err := call(t, via)
				require.NotErrorIs(t, err, breaker.ErrOpen)
			}
			require.Equal(t, 10, s.calls)
		})
	}
}

func TestTransport_FailuresMustBeInARow(t *testing.T) {
	s := &service{}
	via := breaker.New("gateway", breaker.Options{Failures: 2, Pause: time.Hour}, nil).Transport(s)
	for i := range 10 {
		s.status = 500 - 300*(i%2)
		_, err := call(t, via)
		require.NoError(t, err)
	}
}
