package sandbox

import (
	"context"
	"io"
	"net/http"
	"strconv"
	"sync"
	"testing"
	"time"

	client "github.com/smartwalle/alipay/v3"
	"github.com/stretchr/testify/require"

	"kaituan/money"
)

// Each fault of each method: what the merchant's library makes of it.
func TestCallFaults_ThroughTheClientLibrary(t *testing.T) {
	for fault, check := range map[Fault]func(*testing.T, client.Error, error){
		TimeoutBefore:     noAnswer,
		TimeoutAfter:      noAnswer,
		HTTPErrorBefore:   noAnswer,
		HTTPErrorAfter:    noAnswer,
		Garbage:           noAnswer,
		Unsigned:          noAnswer,
		WronglySigned:     noAnswer,
		SystemErrorBefore: answers("20000", "ACQ.SYSTEM_ERROR"),
		SystemErrorAfter:  answers("20000", "ACQ.SYSTEM_ERROR"),
		InProgressBefore:  answers("10003", ""),
		InProgressAfter:   answers("10003", ""),
	} {
		t.Run(string(fault), func(t *testing.T) {
			m := newMerchant(open(t))
			m.payTrade("o1", "10.00")
			for i, target := range []Target{OnQuery, OnClose, OnRefund, OnRefundQuery, OnBillURL} {
				m.script(Script{Target: target, Fault: fault, Times: 1, Delay: briefly(fault)})
				answer, err := m.askTarget(target, "r"+strconv.Itoa(i))
				check(t, answer, err)
				answer, err = m.askTarget(target, "r"+strconv.Itoa(i))
				require.NoError(t, err, "spent: %s", target)
				require.NotEqual(t, client.Code("20000"), answer.Code)
			}
		})
	}
}

// briefly is how long a test waits for an answer that does not come.
func briefly(f Fault) time.Duration {
	if f == TimeoutBefore || f == TimeoutAfter {
		return time.Millisecond
	}
	return 0
}

func noAnswer(t *testing.T, answer client.Error, err error) {
	t.Helper()
	if err == nil { // the library gives back what it could read of an answer whose signature it could not check
		require.Empty(t, answer.Code)
	}
}

func answers(code, subCode string) func(*testing.T, client.Error, error) {
	return func(t *testing.T, answer client.Error, err error) {
		t.Helper()
		require.NoError(t, err)
		require.Equal(t, code, string(answer.Code))
		require.Equal(t, subCode, answer.SubCode)
	}
}

// What is done before or after: money moves once, however often it is asked for again.
func TestCallFaults_BeforeAndAfterTheWork(t *testing.T) {
	for fault, after := range map[Fault]bool{
		TimeoutBefore: false, HTTPErrorBefore: false, SystemErrorBefore: false, InProgressBefore: false,
		TimeoutAfter: true, HTTPErrorAfter: true, SystemErrorAfter: true, InProgressAfter: true,
		Garbage: true, Unsigned: true, WronglySigned: true,
	} {
		t.Run(string(fault), func(t *testing.T) {
			m := newMerchant(open(t))
			m.payTrade("o1", "10.00")
			m.script(Script{OutTradeNo: "o1", Target: OnRefund, Fault: fault, Times: 1, Delay: briefly(fault)})
			_, _ = m.askTarget(OnRefund, "r1")
			want, change := Totals{Trades: 1, Succeeded: 1, Paid: 1, Received: 1000}, "Y"
			if after {
				want.Refunds, want.Refunded, change = 1, 400, "N"
			}
			require.Equal(t, want, m.totals())
			rsp, err := m.client.TradeRefund(t.Context(), client.TradeRefund{OutTradeNo: "o1", RefundAmount: "4.00", OutRequestNo: "r1"})
			require.NoError(t, err)
			require.Equal(t, change, rsp.FundChange)
			require.Equal(t, money.Fen(400), m.totals().Refunded, "exactly once")
		})
	}
}

// A refusal is an answer: the merchant knows that nothing was done, and may ask again.
func TestCallFaults_RefuseARefund(t *testing.T) {
	m := newMerchant(open(t))
	m.payTrade("o1", "10.00")
	m.script(Script{OutTradeNo: "o1", Target: OnRefund, Fault: Refused, Times: 1})
	answer, err := m.askTarget(OnRefund, "r1")
	answers("40004", "ACQ.SELLER_BALANCE_NOT_ENOUGH")(t, answer, err)
	require.Zero(t, m.totals().Refunded)
	_, err = m.askTarget(OnRefund, "r1")
	require.NoError(t, err)
	require.Equal(t, money.Fen(400), m.totals().Refunded)
}

func TestCallFaults_ChooseTheirOrder(t *testing.T) {
	e := open(t)
	e.payTrade("o1", "10.00")
	e.payTrade("o2", "10.00")
	tradeNo := e.call(methodQuery, biz{"out_trade_no": "o1"})["trade_no"]
	e.script(Script{Target: OnCall, Fault: InProgressBefore})
	e.script(Script{OutTradeNo: "o1", Target: OnQuery, Fault: SystemErrorBefore, Times: 2})
	require.Equal(t, "20000", e.call(methodQuery, biz{"trade_no": tradeNo})["code"], "an order's own goes first")
	require.Equal(t, "10003", e.call(methodQuery, biz{"out_trade_no": "o2"})["code"])
	require.Equal(t, "20000", e.call(methodQuery, biz{"out_trade_no": "o1"})["code"])
	require.Equal(t, "10003", e.call(methodQuery, biz{"out_trade_no": "o1"})["code"], "spent")
	require.Equal(t, "10003", e.call(methodQuery, biz{"trade_no": "none"})["code"])
	require.NoError(t, e.box.Faults().Clear(t.Context()))
	require.Equal(t, "10000", e.call(methodQuery, biz{"out_trade_no": "o1"})["code"])
}

func TestCallFaults_OfAForgedRequestAreNotSpent(t *testing.T) {
	e := open(t)
	s := e.script(Script{Target: OnQuery, Fault: SystemErrorBefore, Times: 1})
	form := e.request(methodQuery, biz{"out_trade_no": "o1"})
	form.Set("sign", "bm8=")
	node, _ := e.ask(form)
	require.Equal(t, "isv.invalid-signature", node["sub_code"])
	list, err := e.box.Faults().List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []Script{s}, list)
}

func TestCallFaults_TheCallerGivesUp(t *testing.T) {
	e := open(t)
	e.script(Script{Target: OnCall, Fault: TimeoutAfter, Delay: time.Minute})
	e.openTrade("o1", "1.00")
	impatient := http.Client{Timeout: 200 * time.Millisecond}
	_, err := impatient.PostForm(e.base+"gateway.do", e.request(methodClose, biz{"out_trade_no": "o1"})) //nolint:bodyclose // none comes
	require.ErrorIs(t, err, context.DeadlineExceeded)
	require.Equal(t, 1, e.totals().Closed)
}

func TestCallFaults_CutTheConnectionWhenTheCallerWaits(t *testing.T) {
	e := open(t)
	e.script(Script{Target: OnCall, Fault: TimeoutBefore, Delay: time.Millisecond})
	_, err := e.client.PostForm(e.base+"gateway.do", e.request(methodQuery, biz{"out_trade_no": "o1"})) //nolint:bodyclose // none comes
	require.ErrorIs(t, err, io.EOF)
}

func TestPageFaults(t *testing.T) {
	for fault, c := range map[Fault]struct{ status, trades int }{
		TimeoutBefore: {0, 0}, TimeoutAfter: {0, 1}, HTTPErrorBefore: {504, 0}, HTTPErrorAfter: {504, 1},
		SystemErrorBefore: {503, 0}, SystemErrorAfter: {503, 1}, Garbage: {200, 1},
	} {
		t.Run(string(fault), func(t *testing.T) {
			e := open(t)
			s := Script{Target: OnPage, Fault: fault, Times: 1, Delay: briefly(fault)}
			if fault == HTTPErrorBefore || fault == HTTPErrorAfter {
				s.Status = http.StatusGatewayTimeout
			}
			e.script(s)
			rsp, err := e.client.Get(e.base + e.page(charged("o1", "1.00")))
			if err == nil {
				require.NoError(t, rsp.Body.Close())
				require.Equal(t, c.status, rsp.StatusCode)
			} else {
				require.Zero(t, c.status)
			}
			require.Equal(t, c.trades, e.totals().Trades)
			e.openTrade("o1", "1.00")
		})
	}
}

// A hundred callers and a script for thirty of them.
func TestCallFaults_StrikeExactlyAsOftenAsTheySay(t *testing.T) {
	e := open(t)
	e.openTrade("o1", "1.00")
	s := e.script(Script{Target: OnQuery, Fault: SystemErrorAfter, Times: 30})
	form := e.request(methodQuery, biz{"out_trade_no": "o1"})
	var mu sync.Mutex
	codes := map[string]int{}
	var group sync.WaitGroup
	for range 10 {
		group.Go(func() {
			for range 10 {
				node, _ := e.ask(form)
				mu.Lock()
				codes[node["code"]]++
				mu.Unlock()
			}
		})
	}
	group.Wait()
	require.Equal(t, map[string]int{"20000": 30, "10000": 70}, codes)
	list, err := e.box.Faults().List(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int{30, 30}, []int{list[0].Seen, list[0].Struck})
	require.True(t, list[0].Spent())
	require.Equal(t, s.ID, list[0].ID)
}

// The same seed strikes the same calls; over many calls as often as it says.
func TestScript_DrawsFromItsSeed(t *testing.T) {
	count := func(s Script) (hits int, drawn string) {
		for n := range uint64(10_000) {
			if s.hits(n) {
				hits++
				drawn += strconv.FormatUint(n, 10) + " "
			}
		}
		return hits, drawn
	}
	hits, drawn := count(Script{Percent: 30, Seed: 7})
	require.InDelta(t, 3000, hits, 150)
	_, again := count(Script{Percent: 30, Seed: 7})
	require.Equal(t, drawn, again)
	_, other := count(Script{Percent: 30, Seed: 8})
	require.NotEqual(t, drawn, other)
	hits, _ = count(Script{Percent: 100, Seed: 1})
	require.Equal(t, 10_000, hits)
}
