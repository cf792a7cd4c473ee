package edge_test

import (
	"encoding/json"
	"testing"

	"kaituan/api/edge"
)

// BenchmarkUnmarshal reads a body of a lock's size; ordinary is what encoding/json takes for it, without a word about
// fields that are unknown, given twice or missing, and slow is what is left to the strict decoder: a text with an escape.
func BenchmarkUnmarshal(b *testing.B) {
	type lock struct {
		OutTradeNo string `json:"out_trade_no"`
		ActivityID string `json:"activity_id"`
		GoodsID    string `json:"goods_id"`
		SKUID      string `json:"sku_id"`
		Channel    string `json:"channel"`
		BuyerID    string `json:"buyer_id"`
		TeamID     string `json:"team_id,omitempty"`
		Quantity   *int   `json:"quantity,omitempty"`
		Expected   *int64 `json:"expected_price_fen,omitempty"`
	}
	const body = `{"out_trade_no":"o1-19c3f0-123456","activity_id":"act_01M7YM2E28Z8CSDFD561W3TT3V","goods_id":"spread-1-19c3f0","sku_id":"sku","channel":"app","buyer_id":"o1-19c3f0-123456","quantity":1}`
	const escaped = `{"out_trade_no":"o1-19c3f0-123456","activity_id":"act_01M7YM2E28Z8CSDFD561W3TT3V","goods_id":"spread-1-19c3f0","sku_id":"sku","channel":"\u0061pp","buyer_id":"o1-19c3f0-123456","quantity":1}`
	for name, run := range map[string]func(into *lock) error{
		"quick":    func(into *lock) error { return edge.Unmarshal([]byte(body), into) },
		"slow":     func(into *lock) error { return edge.Unmarshal([]byte(escaped), into) },
		"ordinary": func(into *lock) error { return json.Unmarshal([]byte(body), into) },
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var in lock
				if err := run(&in); err != nil || in.Channel != "app" {
					b.Fatal(err, in)
				}
			}
		})
	}
}
