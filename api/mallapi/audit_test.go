package mallapi_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/mall/payment"
)

const auditPath = "/api/mall/admin/v1/audit"

// ready makes what an operator's write of the specification is about, and returns a call of it that is accepted. A route
// that is not here has no test that it is audited.
func (s *shop) ready(op operation) request {
	s.t.Helper()
	r := op.example(s.t)
	about := func(name, id string) request {
		r.path = strings.Replace(op.path, "{"+name+"}", id, 1)
		return r
	}
	switch op.OperationID {
	case "putProduct":
		return r
	case "runBill":
		return about("day", string(payment.DayOf(s.now())))
	case "adminRefundOrder":
		s.stock()
		token := s.signUp()
		id := s.order(token, soloOrder)
		s.paid(token, id)
		return about("order_id", id)
	case "redoRefund":
		s.refusedRefund()
		failed := s.call(get("/api/mall/admin/v1/refunds").as(operatorToken)).want(http.StatusOK)
		return about("refund_no", failed.text("items.0.refund_no"))
	case "resolveBillDifference":
		day := s.matchedDay()
		found := s.call(get(billsPath + "/" + string(day) + "/differences").as(operatorToken)).want(http.StatusOK)
		return about("difference_id", found.text("items.0.difference_id"))
	}
	require.Fail(s.t, "add a call that is accepted, and wants one entry in the audit", op.OperationID)
	return r
}

// written says whether an operation changes something in an operator's hands.
func (o operation) written(t *testing.T) bool {
	return o.method != http.MethodGet && o.needs(t) == "operator"
}

// Every write of an operator leaves one entry, with who made it, and hides no other.
func TestAudit_HasEveryWriteOfAnOperatorOnce(t *testing.T) {
	tried := 0
	for _, op := range operations(t) {
		if !op.written(t) {
			continue
		}
		tried++
		t.Run(op.OperationID, func(t *testing.T) {
			s := openShop(t)
			call := s.ready(op)
			known := len(s.audit(""))
			s.call(call.as(editorSession).with("X-Request-Id", "req-of-this-test"))
			all := s.audit("")
			require.Len(t, all, known+1)
			entry := all[0].(map[string]any)
			require.Equal(t, "op_operator", entry["actor_id"])
			require.Equal(t, "operator", entry["actor"])
			require.Equal(t, "operator", entry["role"])
			require.Equal(t, "req-of-this-test", entry["request_id"])
			require.Equal(t, "127.0.0.1", entry["address"])
			require.Contains(t, call.path, entry["subject"])
			require.NotEmpty(t, entry["after"])
			isNew := op.OperationID == "putProduct" || op.OperationID == "runBill"
			require.Equal(t, isNew, entry["before"] == nil)
			if known > 0 {
				require.Equal(t, all[1].(map[string]any)["hash"], entry["previous"])
			}
			require.Equal(t, all[:1], s.audit("?actor_id=op_operator&action="+entry["action"].(string)+"&subject="+entry["subject"].(string)))
		})
	}
	require.Equal(t, 5, tried)
}

// What is refused leaves none: the examples are about things that are not there, or are called without the rank.
func TestAudit_KnowsNothingOfRefusals(t *testing.T) {
	s := openShop(t)
	for _, op := range operations(t) {
		if !op.written(t) {
			continue
		}
		r := op.example(t)
		s.call(r.as(viewerSession)).want(http.StatusForbidden, "forbidden")
		if r.body != "" {
			r.body = `{"nonsense":true}`
		} else {
			r.path = strings.Replace(r.path, "2026-05-01", "2999-05-01", 1)
		}
		require.GreaterOrEqual(t, s.call(r.as(operatorToken)).status, http.StatusBadRequest, op.OperationID)
	}
	require.Empty(t, s.audit(""))
	s.call(get(auditPath+"?cursor=first").as(viewerSession)).want(http.StatusBadRequest, "bad_cursor")
	s.call(get(auditPath+"?limit=0").as(viewerSession)).want(http.StatusBadRequest, "invalid")
	s.call(get(auditPath+"?from=yesterday").as(viewerSession)).want(http.StatusBadRequest, "invalid")
}

func TestAudit_Pages(t *testing.T) {
	s := openShop(t)
	s.stock()
	s.stock()
	a := s.call(get(auditPath + "?limit=1&subject=cup").as(viewerSession)).want(http.StatusOK)
	require.Len(t, a.value("items"), 1)
	require.Equal(t, true, a.value("has_more"))
	rest := s.call(get(auditPath + "?subject=cup&cursor=" + a.text("next_cursor")).as(viewerSession)).want(http.StatusOK)
	require.Equal(t, "product.created", rest.text("items.last.action"))
	require.Equal(t, "operator token", rest.text("items.last.actor"))
	require.Equal(t, "admin", rest.text("items.last.role"))
	require.Equal(t, false, rest.value("has_more"))
	require.Empty(t, s.audit("?to=2020-01-01T00:00:00Z"))
	require.Empty(t, s.audit("?from=2999-01-01T00:00:00Z"))
}

func (s *shop) audit(query string) []any {
	s.t.Helper()
	return s.call(get(auditPath + query).as(viewerSession)).want(http.StatusOK).value("items").([]any)
}
