package groupbuyclient_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"kaituan/mall"
)

func TestRefund(t *testing.T) {
	seat := strings.Replace(seatJSON, `"status":"held"`, `"status":"refunding","settlement":"joined","reason":"refund_asked","asked_no":"rf_1","asked_reason":"no","owed_fen":7900`, 1)
	body := `{"seat":` + seat + `,"team":` + teamJSON + `}`
	client := dial(t, engine(t, ok(200, body)))
	require.NoError(t, client.Refund(t.Context(), mall.RefundRequest{OrderNo: "ord_1", RequestNo: "rf_1", Reason: "no"}))
	require.ErrorIs(t, client.Refund(t.Context(), mall.RefundRequest{OrderNo: "ord_2", RequestNo: "rf_1"}), mall.ErrEngineUnknown, "an answer about another order")
	got, err := client.Seat(t.Context(), "ord_1")
	require.NoError(t, err)
	want := heldSeat()
	want.Status, want.Settlement, want.Reason, want.AskedNo, want.AskedReason = "refunding", "joined", "refund_asked", "rf_1", "no"
	require.Equal(t, want, got)
}

func TestRefund_Refused(t *testing.T) {
	client := dial(t, engine(t, problem(409, `{"type":"x","title":"t","status":409,"code":"seat_not_paid","detail":"d"}`)))
	err := client.Refund(t.Context(), mall.RefundRequest{OrderNo: "ord_1", RequestNo: "rf_1"})
	require.Equal(t, &mall.Refused{Status: 409, Code: "seat_not_paid", Detail: "d"}, err)
}
