package groupbuyapi_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"gorm.io/gorm"

	wire "kaituan/api/groupbuywire"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/operator"
)

const (
	ndjson = "application/x-ndjson"
	csv    = "text/csv"
)

func factLine(order, buyer, kind string, fen int) string {
	return fmt.Sprintf(`{"order_id":%q,"buyer_id":%q,"kind":%q,"amount_fen":%d,"at":"2026-11-01T08:00:00.000Z"}`+"\n", order, buyer, kind, fen)
}

func (w *world) facts(body string) answer {
	return w.call(request{method: http.MethodPost, path: partnerSide + "/order-facts", body: body, media: ndjson})
}

func (w *world) tag(in m) wire.Tag {
	w.Helper()
	return into[wire.Tag](w.post(operatorSide+"/tags", in), 201)
}

func spenders() m {
	return m{"name": "高价值老客", "kind": "rule", "rule": m{"match": "all", "conditions": []m{{"measure": "spend", "at_least": 10000}}}}
}

// crowds plays the life of tags.
func crowds(w *world) {
	told := into[wire.OrderFactsResult](w.facts(factLine("o1", "u1", "paid", 9000)+factLine("o2", "u1", "paid", 1000)+factLine("o3", "u2", "paid", 9999)), 200)
	require.Equal(w, 3, told.Accepted)

	tag := w.tag(spenders())
	one := operatorSide + "/tags/" + tag.TagID
	require.Zero(w, tag.Generation)
	require.Equal(w, activity.NeverBuilt, w.engine.Directory.Tagged("mall", activity.TagID(tag.TagID), "u1"))
	job := into[wire.TagJob](w.post(one+"/jobs", nil), 202)
	require.Equal(w, wire.JobQueued, job.Status)
	w.post(one+"/jobs", nil).refused(409, "tag_busy")
	require.NoError(w, w.engine.WorkTags(w.Context()))
	require.NoError(w, w.engine.FollowCrowd(w.Context()))
	require.Equal(w, activity.In, w.engine.Directory.Tagged("mall", activity.TagID(tag.TagID), "u1"))
	require.Equal(w, activity.NotIn, w.engine.Directory.Tagged("mall", activity.TagID(tag.TagID), "u2"))

	jobs := into[wire.TagJobPage](w.get(one+"/jobs"), 200)
	require.Equal(w, wire.JobDone, jobs.Items[0].Status)
	require.EqualValues(w, 1, jobs.Items[0].Members)
	require.Equal(w, "partner_id,buyer_id\nmall,u1\n", w.get(one+"/members/csv").ok(200).Body.String())
	require.EqualValues(w, 1, into[wire.TagSizeList](w.get(one+"/sizes"), 200).Items[0].Members)
	seen := into[wire.Tag](w.get(one), 200)
	require.EqualValues(w, 1, seen.Members)
	require.Equal(w, *tag.Rule, *seen.Rule)

	changed := into[wire.Tag](w.call(request{method: http.MethodPatch, path: one, body: m{"name": "大客户", "schedule": m{"daily_at": "03:30"}}}), 200)
	require.Equal(w, "大客户", changed.Name)
	require.Equal(w, "03:30", *changed.Schedule.DailyAt)
	require.Equal(w, time.Date(2026, 11, 20, 19, 30, 0, 0, time.UTC), changed.NextRunAt.Time)
	page := into[wire.TagPage](w.get(operatorSide+"/tags?kind=rule&partner_id=mall&q="+tag.TagID+"&limit=5"), 200)
	require.Equal(w, tag.TagID, page.Items[0].TagID)

	manual := w.tag(m{"name": "内测", "kind": "manual", "partner_id": "mall"})
	members := operatorSide + "/tags/" + manual.TagID + "/members"
	require.EqualValues(w, 2, into[wire.TagJob](w.post(members, m{"edit": "add", "buyers": []string{"b", "a", "b"}}), 200).Members)
	upload := w.call(request{method: http.MethodPost, path: members + "/csv?edit=remove", media: csv, body: "buyer_id\nb\nnobody\n"})
	require.EqualValues(w, 1, into[wire.TagUpload](upload, 200).Job.Members)
	require.Equal(w, "partner_id,buyer_id\nmall,a\n", w.get(members+"/csv").ok(200).Body.String())
	edits, err := w.engine.Audit(w.Context(), groupbuy.AuditQuery{Subject: manual.TagID, Limit: 2})
	require.NoError(w, err)
	require.JSONEq(w, `{"members":2}`, edits[0].Before)
	require.JSONEq(w, `{"job":"`+into[wire.TagUpload](upload, 200).Job.JobID+`","edit":"remove","members":1,"removed":{"count":1,"buyers":["b"]}}`, edits[0].After)
	require.Contains(w, edits[1].After, `"added":{"buyers":["a","b"],"count":2}`)
	require.Equal(w, `{}`, edits[1].Before)
	for subject, want := range map[string][]string{
		tag.TagID:    {"tag.changed", "tag.job_queued", "tag.created"},
		manual.TagID: {"tag.members_listed", "tag.members_listed", "tag.created"},
	} {
		trail, err := w.engine.Audit(w.Context(), groupbuy.AuditQuery{Subject: subject, Limit: 10})
		require.NoError(w, err)
		var actions []string
		for _, entry := range trail {
			actions = append(actions, entry.Action)
			require.NotEqual(w, operator.System, entry.Actor.ID)
		}
		require.Equal(w, want, actions)
	}
}

func TestOrderFacts_TellsEveryLine(t *testing.T) {
	w := newWorld(t)
	long := `{"order_id":"` + strings.Repeat("x", 10_000) + `"}` + "\n"
	body := "\ufeff" + factLine("o1", "u1", "paid", 100) + // 1
		"not json\n" + // 2
		"\n" + // 3, not a line
		factLine("o2", "u 1", "paid", 100) + // 4
		factLine("o3", "u1", "stolen", 100) + // 5
		factLine("o4", "u1", "paid", 0) + // 6
		long + // 7
		factLine("o1", "u1", "paid", 100) + // 8: repeated
		factLine("o1", "u1", "paid", 101) + // 9: changed
		factLine("o1", "u2", "refunded", 100) + // 10: another buyer
		factLine("o1", "u1", "refunded", 100) + // 11
		strings.Replace(factLine("o5", "u1", "paid", 1), `"at"`, `"when"`, 1) + // 12
		`{"order_id":"o6","buyer_id":"u1","kind":"paid","amount_fen":1,"at":"2026-12-01T08:00:00Z"}` // 13: in the future, no line end
	told := into[wire.OrderFactsResult](w.facts(body), 200)
	require.Equal(t, []int{12, 2, 1, 9}, []int{told.Lines, told.Accepted, told.Repeated, told.Refused})
	want := []struct {
		line  int
		param string
		part  string
	}{
		{2, "", "broken"}, {4, "buyer_id", "want 1 to 64"}, {5, "kind", "not one of"}, {6, "amount_fen", "not 0"}, {7, "", "bytes on a line"},
		{9, "amount_fen", "known as paid with 100 fen"}, {10, "buyer_id", "buyer u1"}, {12, "when", "not a field"}, {13, "at", "until tomorrow"},
	}
	require.Len(t, told.Errors, len(want))
	for i, e := range told.Errors {
		require.Equal(t, want[i].line, e.Line)
		require.Equal(t, want[i].param, e.Param, e.Detail)
		require.Contains(t, e.Detail, want[i].part)
	}
	again := into[wire.OrderFactsResult](w.facts(factLine("o1", "u1", "paid", 100)+factLine("o1", "u1", "refunded", 100)), 200)
	require.Equal(t, 2, again.Repeated)
}

func TestOrderFacts_SpeaksTheCallersLanguage(t *testing.T) {
	w := newWorld(t)
	a := w.call(request{method: http.MethodPost, path: partnerSide + "/order-facts", body: factLine("o1", "u1", "paid", 0), media: ndjson,
		edit: func(r *http.Request) { r.Header.Set("Accept-Language", "zh") }})
	require.Equal(t, "应为 1 到 100000000000 分，而不是 0", into[wire.OrderFactsResult](a, 200).Errors[0].Detail)
}

func TestOrderFacts_BoundsWhatItKeeps(t *testing.T) {
	w := newWorld(t)
	told := into[wire.OrderFactsResult](w.facts(strings.Repeat("x\n", 3000)), 200)
	require.Equal(t, 3000, told.Refused)
	require.Len(t, told.Errors, 100)
	p := w.facts(strings.Repeat("{}\n", 100_001)).refused(413, "body_too_large")
	require.Contains(t, p.Detail, "100000 lines")
	p = w.facts(strings.Repeat("x", 64<<20+1)).refused(413, "body_too_large")
	require.Contains(t, p.Detail, "64 MB")
	require.Zero(t, into[wire.OrderFactsResult](w.facts("\n"), 200).Lines)
}

func TestOrderFacts_WantsASignatureOverTheWholeBody(t *testing.T) {
	w := newWorld(t)
	path := partnerSide + "/order-facts"
	body := factLine("o1", "u1", "paid", 100)
	swapped := request{method: http.MethodPost, path: path, body: body, media: ndjson, edit: func(r *http.Request) {
		r.Body = http.NoBody
	}}
	w.call(swapped).refused(401, "signature_invalid")
	for auth, code := range map[string]string{"": "signature_missing", "KAITUAN-HMAC-SHA256 nonsense": "signature_malformed"} {
		w.call(request{method: http.MethodPost, path: path, body: body, media: ndjson, edit: func(r *http.Request) {
			r.Header.Set("Authorization", auth)
		}}).refused(401, code)
	}
	stranger := w.key
	stranger.ID = "key_unknown"
	w.call(request{method: http.MethodPost, path: path, body: body, media: ndjson, key: &stranger}).refused(401, "key_unknown")
	w.call(request{method: http.MethodPost, path: path, body: body, media: "application/json"}).refused(415, "unsupported_media_type")
	require.Equal(t, 1, into[wire.OrderFactsResult](w.facts(body), 200).Accepted)
	first := request{method: http.MethodPost, path: path, body: body, media: ndjson, nonce: "once-and-no-more"}
	w.call(first).ok(200)
	w.call(first).refused(401, "nonce_reused")
}

func TestTags_RefuseWhatCannotBe(t *testing.T) {
	w := newWorld(t)
	rule := func(condition m) m {
		return m{"name": "x", "kind": "rule", "rule": m{"match": "all", "conditions": []m{condition}}}
	}
	for name, tc := range map[string]struct {
		in     m
		param  string
		detail string
	}{
		"a text for a number": {rule(m{"measure": "spend", "at_least": "much"}), "rule.conditions[0].at_least", "want integer, not string"},
		"days upside down":    {rule(m{"measure": "spend", "at_least": 1, "days": 3651}), "rule.conditions[0].days", "not 3651"},
		"window upside down":  {rule(m{"measure": "spend", "at_least": 1, "from": "2026-11-02T00:00:00Z", "to": "2026-11-01T00:00:00Z"}), "rule.conditions[0].to", "after from"},
		"both windows":        {rule(m{"measure": "spend", "at_least": 1, "from": "2026-11-02T00:00:00Z", "days": 3}), "rule.conditions[0].days", "either"},
		"a million orders":    {rule(m{"measure": "order_count", "at_least": 1_000_001}), "rule.conditions[0].at_least", "not 1000001"},
		"no rule":             {m{"name": "x", "kind": "rule"}, "rule.match", "all or any"},
		"a manual rule":       {m{"name": "x", "kind": "manual", "partner_id": "mall", "rule": spenders()["rule"]}, "rule", "no rule"},
		"a manual schedule":   {m{"name": "x", "kind": "manual", "partner_id": "mall", "schedule": m{"every_minutes": 60}}, "schedule", "no schedule"},
		"nobody's list":       {m{"name": "x", "kind": "manual"}, "partner_id", "one partner"},
		"two schedules":       {m{"name": "x", "kind": "rule", "rule": spenders()["rule"], "schedule": m{"every_minutes": 60, "daily_at": "01:00"}}, "schedule", "either"},
	} {
		t.Run(name, func(t *testing.T) {
			a := w.post(operatorSide+"/tags", tc.in)
			p := into[wire.Problem](a, 400)
			require.Equal(t, tc.param, p.Param)
			require.Contains(t, p.Detail, tc.detail)
		})
	}
	w.post(operatorSide+"/tags", m{"name": "x", "kind": "manual", "partner_id": "nobody"}).refused(404, "partner_not_found")
	w.tag(spenders())
	w.post(operatorSide+"/tags", spenders()).refused(409, "tag_name_taken")
	w.call(request{method: http.MethodPatch, path: operatorSide + "/tags/paid_buyers", body: m{"name": "mine"}}).refused(409, "tag_built_in")
	manual := w.tag(m{"name": "内测", "kind": "manual", "partner_id": "mall"})
	w.post(operatorSide+"/tags/"+manual.TagID+"/jobs", nil).refused(409, "tag_manual")
	w.post(operatorSide+"/tags/paid_buyers/members", m{"edit": "add", "buyers": []string{"u1"}}).refused(409, "tag_not_manual")
	w.post(operatorSide+"/tags/tag_nothing/members", m{"edit": "add", "buyers": []string{"u1"}}).refused(404, "tag_not_found")
}

func TestUpload_CountsWhatItCannotRead(t *testing.T) {
	w := newWorld(t)
	manual := w.tag(m{"name": "内测", "kind": "manual", "partner_id": "mall"})
	path := operatorSide + "/tags/" + manual.TagID + "/members/csv"
	upload := func(body string) answer {
		return w.call(request{method: http.MethodPost, path: path, media: csv, body: body})
	}
	told := into[wire.TagUpload](upload("\ufeffname,partner_id,buyer_id\nA,mall,u1\n\"broken,mall,u2\nB,mall\nC,other,u3\nD,mall,张三\n\nE,mall,u4\r\n"+strings.Repeat("x", 9000)+"\nF,mall,u5"), 200)
	require.Equal(t, []int{8, 3, 5}, []int{told.Lines, told.Taken, told.Refused})
	var lines []int
	for _, e := range told.Errors {
		lines = append(lines, e.Line)
	}
	require.Equal(t, []int{3, 4, 5, 6, 9}, lines)
	require.Equal(t, "partner_id,buyer_id\nmall,u1\nmall,u4\nmall,u5\n", w.get(path).ok(200).Body.String())

	for _, body := range []string{"\n", "u1\nu2\n", "\xc4\xe3\xba\xc3\nu1\n"} { // the last is GBK
		p := upload(body).refused(400, "invalid")
		require.Contains(t, p.Detail, "UTF-8")
	}
	w.call(request{method: http.MethodPost, path: path, media: "text/plain", body: "buyer_id\n"}).refused(415, "unsupported_media_type")
	w.call(request{method: http.MethodPost, path: path + "?edit=sort", media: csv, body: "buyer_id\n"}).refused(400, "invalid")
	replaced := w.call(request{method: http.MethodPost, path: path + "?edit=replace", media: csv, body: "buyer_id\nz\n"})
	require.EqualValues(t, 1, into[wire.TagUpload](replaced, 200).Job.Members)
	require.EqualValues(t, 3, into[wire.TagSizeList](w.get(operatorSide+"/tags/"+manual.TagID+"/sizes"), 200).Items[1].Members)
}

// Who replaces a list by a file that is broken would lose members that are on it.
func TestUpload_ReplacesAllOrNothing(t *testing.T) {
	w := newWorld(t)
	manual := w.tag(m{"name": "内测", "kind": "manual", "partner_id": "mall"})
	path := operatorSide + "/tags/" + manual.TagID + "/members/csv"
	upload := func(edit, body string) answer {
		return w.call(request{method: http.MethodPost, path: path + "?edit=" + edit, media: csv, body: body})
	}
	upload("add", "buyer_id\na\nb\n").ok(200)
	p := upload("replace", "buyer_id\nc\nu 1\nx,y\n").refused(422, "lines_refused")
	require.Equal(t, "2 of 3 lines cannot be used, so nothing was replaced", p.Detail)
	require.Len(t, p.Faults, 2)
	require.Equal(t, wire.Fault{Param: "lines[3].buyer_id", Detail: "want 1 to 64 of A-Z a-z 0-9 _ . -"}, p.Faults[0])
	require.Equal(t, wire.Fault{Param: "lines[4]", Detail: "want 1 fields, not 2"}, p.Faults[1])
	p = upload("replace", "buyer_id\n\n").refused(422, "lines_refused")
	require.Contains(t, p.Detail, "at least one buyer")
	require.Equal(t, "partner_id,buyer_id\nmall,a\nmall,b\n", w.get(path).ok(200).Body.String())
	require.Len(t, into[wire.TagJobPage](w.get(operatorSide+"/tags/"+manual.TagID+"/jobs"), 200).Items, 1)
	require.EqualValues(t, 1, into[wire.TagUpload](upload("replace", "buyer_id\nc\n"), 200).Job.Members)
}

// A copy that cannot be finished must not look whole.
func TestExport_BreaksOffVisibly(t *testing.T) {
	w := newWorld(t)
	manual := w.tag(m{"name": "内测", "kind": "manual", "partner_id": "mall"})
	path := operatorSide + "/tags/" + manual.TagID + "/members"
	w.post(path, m{"edit": "add", "buyers": []string{"u1", "u2"}}).ok(200)
	require.NoError(t, w.db.InTx(t.Context(), func(tx *gorm.DB) error {
		return tx.Exec("UPDATE tags SET members = 3 WHERE id = ?", manual.TagID).Error
	}))
	server := httptest.NewServer(w.router)
	defer server.Close()
	req, _ := w.build(request{method: http.MethodGet, path: path + "/csv"})
	req.RequestURI = ""
	req.URL.Scheme, req.URL.Host = "http", strings.TrimPrefix(server.URL, "http://")
	answer, err := http.DefaultClient.Do(req)
	if err == nil {
		_, err = io.ReadAll(answer.Body)
		_ = answer.Body.Close()
	}
	require.Error(t, err)
}

func FuzzOrderFacts(f *testing.F) {
	f.Add(factLine("o1", "u1", "paid", 100))
	f.Add("\n\r\n{}\n{\"order_id\":\"\"}\n[1,2\n\x00\xff\n")
	f.Fuzz(func(t *testing.T, body string) {
		w := newWorld(t)
		told := into[wire.OrderFactsResult](w.facts(body), 200)
		require.Equal(t, told.Lines, told.Accepted+told.Repeated+told.Refused)
		require.LessOrEqual(t, len(told.Errors), 100)
		again := into[wire.OrderFactsResult](w.facts(body), 200)
		require.Zero(t, again.Accepted, "a repeat changes nothing")
	})
}
