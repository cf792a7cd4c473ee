package problem_test

import (
	"encoding/json"
	"math"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"kaituan/api/problem"
)

func write(t *testing.T, language string, p *problem.Problem) (*httptest.ResponseRecorder, map[string]any) {
	t.Helper()
	rec := httptest.NewRecorder()
	rec.Header().Set(problem.HeaderRequestID, "req_1")
	req := httptest.NewRequest(http.MethodGet, "/", nil)
	req.Header.Set("Accept-Language", language)
	problem.Write(rec, req, p)
	var members map[string]any
	require.NoError(t, json.Unmarshal(rec.Body.Bytes(), &members))
	return rec, members
}

func TestWrite_TellsEverything(t *testing.T) {
	rec, members := write(t, "en", &problem.Problem{
		Code: "price_changed", Param: "expected_price_fen", Detail: "the price is another",
		Faults: []problem.Fault{{Param: "a", Detail: "is required"}},
		Extra:  map[string]any{"current_price_fen": 7900, "code": "not to be overwritten"},
	})
	require.Equal(t, 409, rec.Code)
	require.Equal(t, "application/problem+json", rec.Header().Get("Content-Type"))
	require.Equal(t, "en", rec.Header().Get("Content-Language"))
	require.Empty(t, rec.Header().Get("Retry-After"))
	require.Equal(t, map[string]any{
		"type": "/docs/errors#price_changed", "title": "The price has changed", "status": 409.0, "code": "price_changed",
		"detail": "the price is another", "param": "expected_price_fen", "request_id": "req_1", "current_price_fen": 7900.0,
		"faults": []any{map[string]any{"param": "a", "detail": "is required"}},
	}, members)
}

func TestWrite_SpeaksChineseUnlessAskedOtherwise(t *testing.T) {
	_, members := write(t, "", &problem.Problem{Code: "team_full"})
	require.Equal(t, "该团已满", members["title"])
	require.Equal(t, "请参加其他团，或自己开团", members["detail"])
}

func TestWrite_TranslatesDetails(t *testing.T) {
	tests := map[string]string{
		"is required":                      "必填",
		"want 1 to 200 characters":         "应为 1 到 200 个字符",
		"at most 5":                        "最多 5",
		"a draft activity cannot become x": "状态为 draft 的活动不能变为 x",
		"activity act_1 (a (b)) covers some of the same goods and channels at the same time": "活动 act_1（a (b)）在同一时间覆盖了部分相同的商品和渠道",
		"nobody translated this": "请按 param 和 faults 的提示改正（nobody translated this）",
	}
	for english, want := range tests {
		_, members := write(t, "zh-CN", &problem.Problem{Code: problem.Invalid, Detail: english})
		require.Equal(t, want, members["detail"])
		_, members = write(t, "en", &problem.Problem{Code: problem.Invalid, Detail: english})
		require.Equal(t, english, members["detail"])
	}
	_, members := write(t, "zh", &problem.Problem{Code: problem.Invalid, Faults: []problem.Fault{{Param: "a", Detail: "is required"}, {Param: "b", Detail: "strange"}}})
	require.Equal(t, []any{map[string]any{"param": "a", "detail": "必填"}, map[string]any{"param": "b", "detail": "strange"}}, members["faults"])
}

func TestWrite_LeaksNothingOfWhatItDoesNotKnow(t *testing.T) {
	for _, p := range []*problem.Problem{
		{Code: "no_such_code", Detail: "password hunter2", Extra: map[string]any{"x": "hunter2"}},
		{Code: problem.Invalid, Extra: map[string]any{"x": math.NaN()}},
	} {
		rec, members := write(t, "en", p)
		require.Equal(t, 500, rec.Code)
		require.Equal(t, "internal", members["code"])
		require.NotContains(t, rec.Body.String(), "hunter2")
	}
}

func TestWrite_SaysWhenToComeBack(t *testing.T) {
	tests := []struct {
		code  problem.Code
		after time.Duration
		want  string
	}{
		{problem.Unavailable, 0, "1"},
		{problem.Overloaded, 300 * time.Millisecond, "1"},
		{problem.RateLimited, 90 * time.Second, "90"},
		{problem.Internal, time.Minute, ""},
		{problem.NotFound, 0, ""},
	}
	for _, tc := range tests {
		rec, _ := write(t, "en", &problem.Problem{Code: tc.code, RetryAfter: tc.after})
		require.Equal(t, tc.want, rec.Header().Get("Retry-After"), tc.code)
	}
}

func TestProblem_IsAnError(t *testing.T) {
	var err error = &problem.Problem{Code: "invalid", Param: "name", Detail: "is required"}
	require.EqualError(t, err, "problem: invalid: name: is required")
	require.EqualError(t, &problem.Problem{Code: "not_found"}, "problem: not_found")
}

func TestLanguageOf(t *testing.T) {
	tests := map[string]problem.Language{
		"":                              problem.Chinese,
		"en":                            problem.English,
		"EN-us":                         problem.English,
		"zh-CN,zh;q=0.9,en;q=0.8":       problem.Chinese,
		"fr, en;q=0.4, zh;q=0.6":        problem.Chinese,
		"fr, en;q=0.6, zh;q=0.4":        problem.English,
		"en, zh":                        problem.English,
		"zh;q=0, en;q=0.1":              problem.English,
		"en;q=0":                        problem.Chinese,
		"en;q=2, zh;q=0.1":              problem.Chinese,
		"en;q=NaN":                      problem.Chinese,
		"en;q=x":                        problem.Chinese,
		"*":                             problem.Chinese,
		"*;q=0.1, en;q=0.5":             problem.English,
		"de-DE, fr":                     problem.Chinese,
		" en ; q=0.9 , zh-TW ; q=0.80 ": problem.English,
		";;;,,q=":                       problem.Chinese,
	}
	for header, want := range tests {
		require.Equal(t, want, problem.LanguageOf(header), header)
	}
}

func FuzzLanguageOf(f *testing.F) {
	f.Add("zh-CN,zh;q=0.9,en;q=0.8")
	f.Fuzz(func(t *testing.T, header string) {
		require.Contains(t, []problem.Language{problem.Chinese, problem.English}, problem.LanguageOf(header))
	})
}
