package mallapi_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
	"kaituan/mall/bill"
	"kaituan/mall/payment"
)

// The words of the specification are those of the mall.
func TestBills_HaveTheWordsOfTheSpecification(t *testing.T) {
	words := func(schema string) (all []string) {
		for _, word := range spec(t).Components.Schemas[schema].Value.Enum {
			all = append(all, word.(string))
		}
		return all
	}
	require.Equal(t, plain(bill.Statuses()), words("BillStatus"))
	require.Equal(t, plain(bill.Kinds()), words("DifferenceKind"))
	require.Equal(t, plain(bill.Proposals()), words("DifferenceProposal"))
	require.Equal(t, plain(bill.DifferenceStatuses()), words("DifferenceStatus"))
	require.Equal(t, plain(bill.Actions()), words("DifferenceAction"))
}

func plain[S ~string](list []S) (all []string) {
	for _, s := range list {
		all = append(all, string(s))
	}
	return all
}

// otherBill is a provider whose bill a test writes.
type otherBill struct {
	payment.Channel
	s *shop
}

func (o otherBill) Bill(_ context.Context, _ payment.Day, each func(payment.BillLine) error) error {
	for _, l := range o.s.bill {
		if err := each(l); err != nil {
			return err
		}
	}
	return nil
}

const billsPath = "/api/mall/admin/v1/bills"

// matched opens a shop whose bill of today has a payment of somebody else, and matches it.
func matched(t *testing.T) (s *shop, day payment.Day) {
	s = openShop(t)
	day = s.matchedDay()
	return s, day
}

func (s *shop) matchedDay() payment.Day {
	s.t.Helper()
	day := payment.DayOf(s.now())
	s.bill = []payment.BillLine{{Number: 5, Kind: payment.BillPayment, ID: "till-7", ProviderNo: "2026", Amount: 12_00, Fee: 7, At: s.now()}}
	a := s.call(post(billsPath+"/"+string(day)+"/run", "").as(operatorToken)).want(http.StatusAccepted)
	require.Equal(s.t, "waiting", a.text("status"))
	_, err := s.mall.ReconcileDue(s.t.Context(), 10)
	require.NoError(s.t, err)
	return day
}

func TestBills_ListAndRun(t *testing.T) {
	s, day := matched(t)
	a := s.call(get(billsPath).as(operatorToken)).want(http.StatusOK)
	require.Equal(t, string(day), a.text("items.0.day"))
	require.Equal(t, "matched", a.text("items.0.status"))
	require.EqualValues(t, 12_00, a.value("items.0.alipay.received_fen"))
	require.EqualValues(t, 7, a.value("items.0.alipay.fees_fen"))
	require.EqualValues(t, 0, a.value("items.0.mall.received_fen"))
	require.EqualValues(t, 1, a.value("items.0.open"))
	require.NotEmpty(t, a.text("items.0.matched_at"))
	require.NotEmpty(t, a.text("items.0.next_at"), "the day is not over: it is matched again then")
	s.call(get(billsPath+"?cursor=yesterday").as(operatorToken)).want(http.StatusBadRequest, "bad_cursor")
	s.call(get(billsPath+"?limit=101").as(operatorToken)).want(http.StatusBadRequest, "invalid")
	for _, text := range []string{"yesterday", "2026-02-30", string(day.Add(1))} {
		a = s.call(post(billsPath+"/"+text+"/run", "").as(operatorToken)).want(http.StatusBadRequest, "invalid")
		require.Equal(t, "day", a.text("param"))
	}
	s.call(post(billsPath+"/"+string(day)+"/run", `{"force":true}`).as(operatorToken)).want(http.StatusBadRequest, "unknown_field")
}

func TestBillDifferences(t *testing.T) {
	s, day := matched(t)
	path := billsPath + "/" + string(day) + "/differences"
	a := s.call(get(path + "?status=open").as(operatorToken)).want(http.StatusOK)
	require.Equal(t, "payment_unknown", a.text("items.0.kind"))
	require.Equal(t, "identify", a.text("items.0.proposal"))
	require.Equal(t, "till-7", a.text("items.0.payment_id"))
	require.EqualValues(t, 12_00, a.value("items.0.alipay_fen"))
	id := a.text("items.0.difference_id")
	s.call(get(path+"?status=lost").as(operatorToken)).want(http.StatusBadRequest, "invalid")
	s.call(get(path+"?cursor=%20").as(operatorToken)).want(http.StatusBadRequest, "bad_cursor")
	s.call(get(billsPath+"/2020-01-01/differences").as(operatorToken)).want(http.StatusNotFound, "bill_not_found")
	s.call(get(billsPath+"/never/differences").as(operatorToken)).want(http.StatusBadRequest, "invalid")

	resolve := func(id, body string) answer {
		return s.call(post("/api/mall/admin/v1/bill-differences/"+id+"/resolve", body).as(operatorToken))
	}
	resolve(id, `{"action":"forget","note":"x"}`).want(http.StatusBadRequest, "invalid")
	resolve(id, `{"action":"accept","note":""}`).want(http.StatusBadRequest, "invalid")
	resolve(id, `{"action":"ask","note":"x"}`).want(http.StatusConflict, "action_not_possible")
	resolve("diff_none", `{"action":"accept","note":"x"}`).want(http.StatusNotFound, "difference_not_found")
	resolve(id, `{"action":"refund","note":"不是我们的"}`).want(http.StatusUnprocessableEntity, "refund_refused")
	a = resolve(id, `{"action":"accept","note":"收银台的付款"}`).want(http.StatusOK)
	require.Equal(t, "resolved", a.text("status"))
	require.Equal(t, "accept", a.text("action"))
	require.Equal(t, "operator", a.text("by"))
	resolve(id, `{"action":"accept","note":"x"}`).want(http.StatusConflict, "difference_ended")
	require.Empty(t, s.call(get(path+"?status=open").as(operatorToken)).want(http.StatusOK).value("items"))
}

// Only operators see and settle bills, whoever asks the mall itself.
func TestBills_ForOperatorsOnly(t *testing.T) {
	s := openShop(t)
	nobody := mall.Actor{}
	_, err := s.mall.Bills(t.Context(), nobody, "", 0)
	require.Equal(t, mall.CodeForbidden, mall.CodeOf(err))
	_, err = s.mall.RunBill(t.Context(), nobody, "2026-05-01")
	require.Equal(t, mall.CodeForbidden, mall.CodeOf(err))
	_, err = s.mall.Differences(t.Context(), nobody, mall.ListDifferences{Day: "2026-05-01"})
	require.Equal(t, mall.CodeForbidden, mall.CodeOf(err))
	_, err = s.mall.ResolveDifference(t.Context(), nobody, "diff_1", mall.Resolution{})
	require.Equal(t, mall.CodeForbidden, mall.CodeOf(err))
}
