package mallstore

import (
	"context"

	"gorm.io/gorm"

	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

type refundRow struct {
	RequestNo string `gorm:"primaryKey"`
	Intent    string
	PaymentID string
	OrderID   string
	Buyer     string
	AmountFen int64
	Reason    string
	Status    string
	Refusals  int
	LastError string
	NextAt    int64
	AskedFrom int64
	CreatedAt int64 `gorm:"autoCreateTime:false"`
	EndedAt   int64
	Version   int64
}

// TableName is GORM's hook for the table.
func (refundRow) TableName() string { return "refunds" }

func newRefundRow(r payment.Refund) refundRow {
	return refundRow{
		RequestNo: string(r.No), Intent: string(r.Intent), PaymentID: string(r.Payment), OrderID: string(r.Order), Buyer: string(r.Buyer),
		AmountFen: int64(r.Amount), Reason: string(r.Reason), Status: string(r.Status), Refusals: r.Refusals,
		LastError: r.LastError, NextAt: millis(r.NextAt), AskedFrom: millis(r.AskedFrom),
		CreatedAt: millis(r.CreatedAt), EndedAt: millis(r.EndedAt), Version: r.Version + 1,
	}
}

func (r refundRow) refund() payment.Refund {
	return payment.Refund{
		No: payment.RequestNo(r.RequestNo), Intent: payment.Intent(r.Intent),
		Payment: payment.ID(r.PaymentID), Order: order.ID(r.OrderID),
		Buyer: account.ID(r.Buyer), Amount: money.Fen(r.AmountFen), Reason: order.Reason(r.Reason),
		Status: payment.RefundStatus(r.Status), Refusals: r.Refusals, LastError: r.LastError, NextAt: instant(r.NextAt),
		AskedFrom: instant(r.AskedFrom), CreatedAt: instant(r.CreatedAt), EndedAt: instant(r.EndedAt), Version: r.Version,
	}
}

type refundMoveRow struct {
	RequestNo  string `gorm:"primaryKey"`
	Version    int64  `gorm:"primaryKey;autoIncrement:false"`
	Step       int    `gorm:"primaryKey;autoIncrement:false"`
	FromStatus string
	ToStatus   string
	At         int64
}

// TableName is GORM's hook for the table.
func (refundMoveRow) TableName() string { return "refund_history" }

func refunds(db *gorm.DB) ([]payment.Refund, error) {
	var rows []refundRow
	err := db.Find(&rows).Error
	return each(rows, refundRow.refund), translate(err)
}

func refundColumns() []string {
	return []string{
		"request_no", "intent", "payment_id", "order_id", "buyer", "amount_fen", "reason", "status", "refusals", "last_error",
		"next_at", "asked_from", "created_at", "ended_at", "version",
	}
}

func (r refundRow) values() []any {
	return []any{
		r.RequestNo, r.Intent, r.PaymentID, r.OrderID, r.Buyer, r.AmountFen, r.Reason, r.Status, r.Refusals, r.LastError,
		r.NextAt, r.AskedFrom, r.CreatedAt, r.EndedAt, r.Version,
	}
}

func (r *refundRow) fields() []any {
	return []any{
		&r.RequestNo, &r.Intent, &r.PaymentID, &r.OrderID, &r.Buyer, &r.AmountFen, &r.Reason, &r.Status, &r.Refusals, &r.LastError,
		&r.NextAt, &r.AskedFrom, &r.CreatedAt, &r.EndedAt, &r.Version,
	}
}

func (r refundMoveRow) values() []any {
	return []any{r.RequestNo, r.Version, r.Step, r.FromStatus, r.ToStatus, r.At}
}

func refundMoveRows(r payment.Refund) []refundMoveRow {
	rows := make([]refundMoveRow, len(r.Moves))
	for i, m := range r.Moves {
		rows[i] = refundMoveRow{
			RequestNo: string(r.No), Version: r.Version + 1, Step: i,
			FromStatus: string(m.From), ToStatus: string(m.To), At: millis(m.At),
		}
	}
	return rows
}

// PutRefund implements mall.TxPayments.
func (t *tx) PutRefund(r payment.Refund) error {
	row := newRefundRow(r)
	if err := update(t.db, &row, r.Version); err != nil {
		return err
	}
	t.refundMoved(r)
	return t.written()
}

// OrderRefunds implements mall.Reader.
func (s *Store) OrderRefunds(ctx context.Context, id order.ID) ([]payment.Refund, error) {
	return refunds(s.read(ctx).Where("order_id = ?", string(id)).Order("request_no"))
}

// DueRefunds implements mall.Reader.
func (s *Store) DueRefunds(ctx context.Context, q mall.DueQuery) ([]payment.Refund, error) {
	return refunds(due(s.read(ctx), "next_at", "request_no", q))
}

// FailedRefunds implements mall.Reader.
func (s *Store) FailedRefunds(ctx context.Context, before payment.RequestNo, limit int) ([]payment.Refund, error) {
	db := s.read(ctx).Where("status = ?", string(payment.RefundFailed)).Order("request_no DESC").Limit(limit)
	if before != "" {
		db = db.Where("request_no < ?", string(before))
	}
	return refunds(db)
}

// EachRefund implements mall.Auditor.
func (s *Store) EachRefund(ctx context.Context, fn func(payment.Refund) error) error {
	for last := (payment.Refund{}); ; {
		page, err := refunds(s.read(ctx).
			Where("payment_id >= ? AND (payment_id > ? OR intent > ?)", string(last.Payment), string(last.Payment), string(last.Intent)).
			Order("payment_id, intent").Limit(pageRows))
		if err != nil {
			return err
		}
		for _, r := range page {
			if err := fn(r); err != nil {
				return err
			}
			last = r
		}
		if len(page) < pageRows {
			return nil
		}
	}
}
