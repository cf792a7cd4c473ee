package sandbox

import (
	"context"
	"net/http"
	"time"

	client "github.com/smartwalle/alipay/v3"
	"github.com/stretchr/testify/require"
)

// merchant talks to the sandbox through the client library that merchants use.
type merchant struct {
	*env
	client *client.Client
}

func newMerchant(e *env) merchant {
	e.Helper()
	c, err := client.New(e.box.AppID(), e.box.cfg.Keys.AppPrivatePEM(), false,
		client.WithSandboxGateway(e.base+"gateway.do"), client.WithTimeLocation(china()),
		client.WithHTTPClient(&http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{DisableKeepAlives: true}}))
	require.NoError(e, err)
	require.NoError(e, c.LoadAliPayPublicKey(e.box.cfg.Keys.GatewayPublicPEM()))
	return merchant{e, c}
}

func (e *env) script(s Script) Script {
	e.Helper()
	kept, err := e.box.Faults().Script(e.Context(), s)
	require.NoError(e, err)
	return kept
}

// askTarget calls the API method that a script's target names about order o1, and returns its code and sub code.
func (m merchant) askTarget(target Target, requestNo string) (client.Error, error) {
	ctx := context.Background()
	switch target {
	case OnQuery:
		rsp, err := m.client.TradeQuery(ctx, client.TradeQuery{OutTradeNo: "o1"})
		return errorOf(rsp, err, func(r *client.TradeQueryRsp) client.Error { return r.Error })
	case OnClose:
		rsp, err := m.client.TradeClose(ctx, client.TradeClose{OutTradeNo: "o1"})
		return errorOf(rsp, err, func(r *client.TradeCloseRsp) client.Error { return r.Error })
	case OnRefund:
		rsp, err := m.client.TradeRefund(ctx, client.TradeRefund{OutTradeNo: "o1", RefundAmount: "4.00", OutRequestNo: requestNo})
		return errorOf(rsp, err, func(r *client.TradeRefundRsp) client.Error { return r.Error })
	case OnRefundQuery:
		rsp, err := m.client.TradeFastPayRefundQuery(ctx, client.TradeFastPayRefundQuery{OutTradeNo: "o1", OutRequestNo: requestNo})
		return errorOf(rsp, err, func(r *client.TradeFastPayRefundQueryRsp) client.Error { return r.Error })
	default:
		rsp, err := m.client.BillDownloadURLQuery(ctx, client.BillDownloadURLQuery{BillType: "trade", BillDate: "2020-01-01"})
		return errorOf(rsp, err, func(r *client.BillDownloadURLQueryRsp) client.Error { return r.Error })
	}
}

func errorOf[T any](rsp *T, err error, of func(*T) client.Error) (client.Error, error) {
	if err != nil || rsp == nil {
		return client.Error{}, err
	}
	return of(rsp), nil
}
