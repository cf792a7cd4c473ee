package groupbuy

import (
	"context"
	"strconv"
	"unicode/utf8"

	"kaituan/groupbuy/partner"
	"kaituan/groupbuy/team"
)

// maxRefundReason is how many characters a partner may say about a refund.
const maxRefundReason = 200

// RefundRequest asks for a paid seat's money back.
type RefundRequest struct {
	RequestNo string // the partner's number of the refund, its idempotency key
	Reason    string // in the buyer's or partner's words, at most 200 characters; may be empty
}

func (r RefundRequest) validate() error {
	if err := validIDs("out_request_no", r.RequestNo); err != nil {
		return err
	}
	if !utf8.ValidString(r.Reason) || utf8.RuneCountInString(r.Reason) > maxRefundReason {
		return invalid("reason", "want 0 to "+strconv.Itoa(maxRefundReason)+" characters")
	}
	return nil
}

// Refund gives a paid seat up; the outcome's Seat.Owed is what the partner sends back and then confirms. Safe to repeat
// with the same number. Errors: CodeInvalid, seat_not_found, seat_not_paid, seat_refunding, idempotency_mismatch.
func (e *Engine) Refund(ctx context.Context, p partner.ID, outTradeNo string, req RefundRequest) (team.Outcome, error) {
	if err := req.validate(); err != nil {
		return team.Outcome{}, err
	}
	return e.command(ctx, team.Refund{Key: team.Key{Partner: p, OutTradeNo: outTradeNo}, RequestNo: req.RequestNo, Why: req.Reason})
}
