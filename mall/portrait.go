package mall

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"time"

	"kaituan/mall/account"
	"kaituan/mall/bill"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

// portrait is how the audit shows something: as JSON, without what is zero. nil has no portrait. What is shown is listed
// below field by field, so that no secret gets in by itself.
func portrait(of any) (string, error) {
	if of == nil {
		return "", nil
	}
	text, err := json.Marshal(of)
	if err != nil {
		return "", fmt.Errorf("mall: portray %T: %w", of, err)
	}
	return string(text), nil
}

// free is a text that people or the provider wrote: its phone numbers do not show.
type free string

// MarshalText returns the text without phone numbers.
func (f free) MarshalText() ([]byte, error) { return []byte(hidePhones(string(f))), nil }

// hidePhones hides the middle of each mobile number of mainland China, also where it is written in groups or with its
// country code. Longer numbers, as those of trades, stay.
func hidePhones(text string) string {
	text = regexp.MustCompile(`[0-9]+`).ReplaceAllStringFunc(text, func(run string) string {
		bare := run
		if len(run) > 11 {
			bare = strings.TrimPrefix(strings.TrimPrefix(run, "00"), "86")
		}
		return run[:len(run)-len(bare)] + hidePhone(bare)
	})
	return regexp.MustCompile(`1[3-9][0-9][ -][0-9]{4}[ -][0-9]{4}`).ReplaceAllStringFunc(text, hidePhone)
}

func hidePhone(typed string) string {
	login, ok := account.ParseLogin(typed)
	if !ok {
		return typed
	}
	return login.Masked()
}

type productPortrait struct {
	Name        free          `json:"name,omitzero"`
	Description free          `json:"description,omitzero"`
	Pictures    []free        `json:"pictures,omitempty"`
	Shelf       catalog.Shelf `json:"shelf,omitzero"`
	SKUs        []skuPortrait `json:"skus,omitempty"`
}

type skuPortrait struct {
	ID    catalog.SKUID `json:"sku_id"`
	Name  free          `json:"name"`
	Price money.Fen     `json:"price_fen"`
	Stock int           `json:"stock"`
}

func portraitOfProduct(p catalog.Product) any {
	shown := productPortrait{Name: free(p.Name), Description: free(p.Description), Shelf: p.Shelf}
	for _, picture := range p.Pictures {
		shown.Pictures = append(shown.Pictures, free(picture))
	}
	for _, s := range p.SKUs {
		shown.SKUs = append(shown.SKUs, skuPortrait{ID: s.ID, Name: free(s.Name), Price: s.Price, Stock: s.Stock})
	}
	return shown
}

type orderPortrait struct {
	Buyer      account.ID      `json:"buyer_id,omitzero"`
	Status     order.Status    `json:"status"`
	Reason     order.Reason    `json:"reason,omitzero"`
	Detail     free            `json:"detail,omitzero"`
	PaidBy     order.PaymentID `json:"payment_id,omitzero"`
	Amount     money.Fen       `json:"amount_fen,omitzero"`
	Difference money.Fen       `json:"difference_fen,omitzero"`
}

func portraitOfOrder(o order.Order) any {
	return orderPortrait{
		Buyer: o.Buyer, Status: o.Status, Reason: o.Reason, Detail: free(o.Detail), PaidBy: o.PaidBy, Amount: o.Amount, Difference: o.Difference,
	}
}

type refundPortrait struct {
	Order     order.ID             `json:"order_id"`
	Payment   payment.ID           `json:"payment_id"`
	Intent    payment.Intent       `json:"intent"`
	Amount    money.Fen            `json:"amount_fen"`
	Status    payment.RefundStatus `json:"status"`
	Refusals  int                  `json:"refusals,omitzero"`
	LastError free                 `json:"last_error,omitzero"`
	AskedFrom time.Time            `json:"asked_from,omitzero"`
}

func portraitOfRefund(r payment.Refund) any {
	return refundPortrait{
		Order: r.Order, Payment: r.Payment, Intent: r.Intent, Amount: r.Amount, Status: r.Status,
		Refusals: r.Refusals, LastError: free(r.LastError), AskedFrom: r.AskedFrom,
	}
}

type billPortrait struct {
	Status    bill.Status `json:"status"`
	NextAt    time.Time   `json:"next_at,omitzero"`
	Failures  int         `json:"failures,omitzero"`
	LastError free        `json:"last_error,omitzero"`
}

func portraitOfBill(b bill.Bill) any {
	return billPortrait{Status: b.Status, NextAt: b.NextAt, Failures: b.Failures, LastError: free(b.LastError)}
}

type differencePortrait struct {
	Day      payment.Day           `json:"day"`
	Kind     bill.Kind             `json:"kind"`
	Payment  payment.ID            `json:"payment_id,omitzero"`
	Order    order.ID              `json:"order_id,omitzero"`
	Theirs   money.Fen             `json:"alipay_fen,omitzero"`
	Ours     money.Fen             `json:"mall_fen,omitzero"`
	Status   bill.DifferenceStatus `json:"status"`
	Action   bill.Action           `json:"action,omitzero"`
	Note     free                  `json:"note,omitzero"`
	By       account.ID            `json:"by,omitzero"`
	RefundNo payment.RequestNo     `json:"refund_no,omitzero"`
}

func portraitOfDifference(d bill.Difference) any {
	return differencePortrait{
		Day: d.Day, Kind: d.Kind, Payment: d.Payment, Order: d.Order, Theirs: d.Theirs, Ours: d.Ours,
		Status: d.Status, Action: d.Action, Note: free(d.Note), By: d.By, RefundNo: d.RefundNo,
	}
}
