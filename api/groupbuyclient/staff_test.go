package groupbuyclient_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/groupbuyclient"
	"kaituan/mall"
)

// Whose a session is is asked for with the session itself, and believed for five seconds.
func TestStaff_AsksTheEngineAndRemembersForAMoment(t *testing.T) {
	var asked atomic.Int64
	var gone atomic.Bool
	now := time.Date(2026, 11, 20, 8, 0, 0, 0, time.UTC)
	staff, err := groupbuyclient.NewStaff(groupbuyclient.Config{
		BaseURL: "http://engine.internal", Clock: func() time.Time { return now },
		Transport: groupbuyclient.InProcess(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if r.URL.Path != "/api/groupbuy/admin/v1/operators/me" || r.Header.Get("Authorization") != "Bearer li-lei" || gone.Load() {
				w.Header().Set("Content-Type", "application/problem+json")
				w.WriteHeader(http.StatusUnauthorized)
				_, _ = w.Write([]byte(`{"code":"unauthenticated","title":"t","status":401,"type":"x"}`))
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = w.Write([]byte(`{"operator_id":"op_1","login":"li.lei","name":"李雷","role":"viewer","status":"active"}`))
		})),
	})
	require.NoError(t, err)

	want := mall.StaffMember{ID: "op_1", Login: "li.lei", Rank: mall.RankViewer}
	for range 3 {
		member, err := staff.Member(t.Context(), "li-lei")
		require.NoError(t, err)
		require.Equal(t, want, member)
	}
	require.EqualValues(t, 1, asked.Load())

	var refused *mall.Refused
	_, err = staff.Member(t.Context(), "somebody")
	require.ErrorAs(t, err, &refused)
	require.Equal(t, http.StatusUnauthorized, refused.Status)

	gone.Store(true)
	now = now.Add(5*time.Second - 1)
	_, err = staff.Member(t.Context(), "li-lei")
	require.NoError(t, err)
	now = now.Add(1)
	_, err = staff.Member(t.Context(), "li-lei")
	require.ErrorAs(t, err, &refused)
}

func TestStaff_WithoutTheEngineSaysSo(t *testing.T) {
	staff, err := groupbuyclient.NewStaff(groupbuyclient.Config{
		BaseURL: "http://engine.internal",
		Transport: groupbuyclient.InProcess(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadGateway)
		})),
	})
	require.NoError(t, err)
	_, err = staff.Member(t.Context(), "li-lei")
	require.ErrorIs(t, err, mall.ErrEngineUnknown)
}
