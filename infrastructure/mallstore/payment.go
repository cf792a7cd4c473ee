package mallstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

type paymentRow struct {
	ID           string `gorm:"primaryKey"`
	OrderID      string
	OpenOrder    *string // OrderID while the payment is open: its unique key allows one per order
	Buyer        string
	Method       string
	AmountFen    int64
	Status       string
	Page         string
	ProviderNo   string
	CreatedAt    int64 `gorm:"autoCreateTime:false"`
	ExpiresAt    int64
	PaidAt       int64
	EndedAt      int64
	Asked        int
	NextAskAt    int64
	UnknownSince int64
	Version      int64
}

// TableName is GORM's hook for the table.
func (paymentRow) TableName() string { return "payments" }

func newPaymentRow(p payment.Payment) paymentRow {
	row := paymentRow{
		ID: string(p.ID), OrderID: string(p.Order), Buyer: string(p.Buyer), Method: string(p.Method),
		AmountFen: int64(p.Amount), Status: string(p.Status), Page: string(p.Page), ProviderNo: p.ProviderNo,
		CreatedAt: millis(p.CreatedAt), ExpiresAt: millis(p.ExpiresAt), PaidAt: millis(p.PaidAt), EndedAt: millis(p.EndedAt),
		Asked: p.Asked, NextAskAt: millis(p.NextAskAt), UnknownSince: millis(p.UnknownSince), Version: p.Version + 1,
	}
	if p.Open() {
		row.OpenOrder = &row.OrderID
	}
	return row
}

func (r paymentRow) payment() payment.Payment {
	return payment.Payment{
		ID: payment.ID(r.ID), Order: order.ID(r.OrderID), Buyer: account.ID(r.Buyer), Method: payment.Method(r.Method),
		Amount: money.Fen(r.AmountFen), Status: payment.Status(r.Status), Page: payment.PageURL(r.Page), ProviderNo: r.ProviderNo,
		CreatedAt: instant(r.CreatedAt), ExpiresAt: instant(r.ExpiresAt), PaidAt: instant(r.PaidAt), EndedAt: instant(r.EndedAt),
		Asked: r.Asked, NextAskAt: instant(r.NextAskAt), UnknownSince: instant(r.UnknownSince), Version: r.Version,
	}
}

type paymentMoveRow struct {
	PaymentID  string `gorm:"primaryKey"`
	Version    int64  `gorm:"primaryKey;autoIncrement:false"`
	Step       int    `gorm:"primaryKey;autoIncrement:false"`
	FromStatus string
	ToStatus   string
	At         int64
}

// TableName is GORM's hook for the table.
func (paymentMoveRow) TableName() string { return "payment_history" }

type noticeRow struct {
	NotifyID     string `gorm:"primaryKey"`
	PaymentID    string
	ProviderNo   string
	TradeStatus  string
	AmountFen    int64
	RefundFeeFen int64
	PaidAt       int64
	ReceivedAt   int64
	Times        int
}

// TableName is GORM's hook for the table.
func (noticeRow) TableName() string { return "notices" }

func payments(db *gorm.DB) ([]payment.Payment, error) {
	var rows []paymentRow
	err := db.Find(&rows).Error
	return each(rows, paymentRow.payment), translate(err)
}

func paymentColumns() []string {
	return []string{
		"id", "order_id", "open_order", "buyer", "method", "amount_fen", "status", "page", "provider_no", "created_at",
		"expires_at", "paid_at", "ended_at", "asked", "next_ask_at", "unknown_since", "version",
	}
}

func (r paymentRow) values() []any {
	return []any{
		r.ID, r.OrderID, r.openOrder(), r.Buyer, r.Method, r.AmountFen, r.Status, r.Page, r.ProviderNo, r.CreatedAt,
		r.ExpiresAt, r.PaidAt, r.EndedAt, r.Asked, r.NextAskAt, r.UnknownSince, r.Version,
	}
}

func (r paymentRow) openOrder() any {
	if r.OpenOrder == nil {
		return nil
	}
	return *r.OpenOrder
}

func (r *paymentRow) fields() []any {
	return []any{
		&r.ID, &r.OrderID, &r.OpenOrder, &r.Buyer, &r.Method, &r.AmountFen, &r.Status, &r.Page, &r.ProviderNo, &r.CreatedAt,
		&r.ExpiresAt, &r.PaidAt, &r.EndedAt, &r.Asked, &r.NextAskAt, &r.UnknownSince, &r.Version,
	}
}

// change is how the stored payment becomes this one, whose version is one more. What it is for never changes.
func (r paymentRow) change() sqldb.Write {
	return sqldb.Write{
		SQL: "UPDATE payments SET open_order = ?, status = ?, page = ?, provider_no = ?, paid_at = ?, ended_at = ?, asked = ?, " +
			"next_ask_at = ?, unknown_since = ?, version = ? WHERE id = ? AND version = ?",
		Args: []any{
			r.openOrder(), r.Status, r.Page, r.ProviderNo, r.PaidAt, r.EndedAt, r.Asked, r.NextAskAt, r.UnknownSince, r.Version,
			r.ID, r.Version - 1,
		},
		Rows: 1,
	}
}

func (r paymentMoveRow) values() []any {
	return []any{r.PaymentID, r.Version, r.Step, r.FromStatus, r.ToStatus, r.At}
}

func paymentMoveRows(p payment.Payment) []paymentMoveRow {
	rows := make([]paymentMoveRow, len(p.Moves))
	for i, m := range p.Moves {
		rows[i] = paymentMoveRow{
			PaymentID: string(p.ID), Version: p.Version + 1, Step: i,
			FromStatus: string(m.From), ToStatus: string(m.To), At: millis(m.At),
		}
	}
	return rows
}

func newNoticeRow(n payment.Notice, now time.Time) noticeRow {
	return noticeRow{
		NotifyID: n.NotifyID, PaymentID: string(n.ID), ProviderNo: n.ProviderNo, TradeStatus: string(n.Status),
		AmountFen: int64(n.Amount), RefundFeeFen: int64(n.RefundFee), PaidAt: millis(n.PaidAt), ReceivedAt: millis(now), Times: 1,
	}
}

func (r noticeRow) values() []any {
	return []any{
		r.NotifyID, r.PaymentID, r.ProviderNo, r.TradeStatus, r.AmountFen, r.RefundFeeFen, r.PaidAt, r.ReceivedAt, r.Times,
	}
}

// PaymentByID implements mall.Reader.
func (s *Store) PaymentByID(ctx context.Context, id payment.ID) (payment.Payment, error) {
	var row paymentRow
	err := one(ctx, s.asked.payment, string(id), row.fields()...)
	return row.payment(), err
}

// Payments implements mall.Reader.
func (s *Store) Payments(ctx context.Context, id order.ID) ([]payment.Payment, error) {
	return payments(s.read(ctx).Where("order_id = ?", string(id)).Order("id"))
}

// SearchPayments implements mall.Reader.
func (s *Store) SearchPayments(ctx context.Context, q mall.PaymentQuery) ([]payment.Payment, error) {
	db := s.read(ctx).Order("id DESC").Limit(q.Limit)
	for _, equal := range [...]struct{ condition, value string }{
		{"id = ?", string(q.ID)},
		{"order_id = ?", string(q.Order)},
		{"provider_no = ?", q.Trade},
		{"status = ?", string(q.Status)},
		{"id < ?", string(q.Before)},
	} {
		if equal.value != "" {
			db = db.Where(equal.condition, equal.value)
		}
	}
	if q.Unknown {
		db = db.Where("status = ? AND unknown_since > 0", string(payment.Pending))
	}
	return payments(db)
}

// DuePayments implements mall.Reader.
func (s *Store) DuePayments(ctx context.Context, q mall.DueQuery) ([]payment.Payment, error) {
	return payments(due(s.read(ctx).Where("status = ?", string(payment.Pending)), "next_ask_at", "id", q))
}

// pageRows is how many rows the iterators read at once.
const pageRows = 500

// EachPayment implements mall.Auditor.
func (s *Store) EachPayment(ctx context.Context, fn func(payment.Payment) error) error {
	for last := payment.ID(""); ; {
		page, err := payments(s.read(ctx).
			Where("status = ? AND id > ?", string(payment.Succeeded), string(last)).Order("id").Limit(pageRows))
		if err != nil {
			return err
		}
		for _, p := range page {
			if err := fn(p); err != nil {
				return err
			}
			last = p.ID
		}
		if len(page) < pageRows {
			return nil
		}
	}
}
