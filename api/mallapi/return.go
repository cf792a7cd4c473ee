package mallapi

import "net/url"

// ReturnPath is the path and query of the page that Alipay sends the buyer of an order back to. It is one of the
// shop's pages (web/h5), which tells what the shop knows and believes nothing that the address says.
func ReturnPath(orderID string) string { return "/pay/return?order_id=" + url.QueryEscape(orderID) }
