package payment

// Merchant is who the provider's messages must be meant for.
type Merchant struct {
	AppID    string
	SellerID string
}

// Check compares what a notice claims with the payment it names and returns the fields that differ, as the
// provider calls them. A notice that differs anywhere must change nothing.
func (m Merchant) Check(n Notice, p Payment) []string {
	var differ []string
	note := func(same bool, field string) {
		if !same {
			differ = append(differ, field)
		}
	}
	note(n.AppID == m.AppID, "app_id")
	note(n.SellerID == m.SellerID, "seller_id")
	note(n.ID == p.ID, "out_trade_no")
	note(n.Amount == p.Amount, "total_amount")
	note(p.ProviderNo == "" || n.ProviderNo == p.ProviderNo, "trade_no")
	return differ
}

// Pays says whether the notice tells of the payment itself. One that carries a refund fee tells of a refund and
// comes with TRADE_SUCCESS too.
func (n Notice) Pays() bool { return n.Status == TradeSucceeded && n.RefundFee == 0 }
