package mallstore

import (
	"context"
	"time"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kaituan/mall"
	"kaituan/mall/bill"
	"kaituan/mall/payment"
	"kaituan/money"
)

type billRow struct {
	Day              string `gorm:"primaryKey"`
	Status           string
	Run              int64
	TheirPayments    int
	TheirRefunds     int
	TheirReceivedFen int64
	TheirRefundedFen int64
	TheirFeesFen     int64
	OurPayments      int
	OurRefunds       int
	OurReceivedFen   int64
	OurRefundedFen   int64
	StartedAt        int64
	EndedAt          int64
	NextAt           int64
	Failures         int
	LastError        string
}

// TableName is GORM's hook for the table.
func (billRow) TableName() string { return "bills" }

func newBillRow(b bill.Bill) billRow {
	return billRow{
		Day: string(b.Day), Status: string(b.Status), Run: b.Run,
		TheirPayments: b.Theirs.Payments, TheirRefunds: b.Theirs.Refunds, TheirReceivedFen: int64(b.Theirs.Received),
		TheirRefundedFen: int64(b.Theirs.Refunded), TheirFeesFen: int64(b.Theirs.Fees),
		OurPayments: b.Ours.Payments, OurRefunds: b.Ours.Refunds, OurReceivedFen: int64(b.Ours.Received), OurRefundedFen: int64(b.Ours.Refunded),
		StartedAt: millis(b.StartedAt), EndedAt: millis(b.EndedAt), NextAt: millis(b.NextAt), Failures: b.Failures, LastError: b.LastError,
	}
}

func (r billRow) bill() bill.Bill {
	return bill.Bill{
		Day: payment.Day(r.Day), Status: bill.Status(r.Status), Run: r.Run,
		Theirs: bill.Sums{
			Payments: r.TheirPayments, Refunds: r.TheirRefunds, Received: money.Fen(r.TheirReceivedFen),
			Refunded: money.Fen(r.TheirRefundedFen), Fees: money.Fen(r.TheirFeesFen),
		},
		Ours: bill.Sums{
			Payments: r.OurPayments, Refunds: r.OurRefunds, Received: money.Fen(r.OurReceivedFen), Refunded: money.Fen(r.OurRefundedFen),
		},
		StartedAt: instant(r.StartedAt), EndedAt: instant(r.EndedAt), NextAt: instant(r.NextAt), Failures: r.Failures, LastError: r.LastError,
	}
}

type billLineRow struct {
	Day        string `gorm:"primaryKey"`
	PaymentID  string `gorm:"primaryKey"`
	Line       int    `gorm:"primaryKey;autoIncrement:false"`
	Kind       string
	RequestNo  string
	ProviderNo string
	AmountFen  int64
	FeeFen     int64
	At         int64
}

// TableName is GORM's hook for the table.
func (billLineRow) TableName() string { return "bill_lines" }

func (r billLineRow) entry() bill.Entry {
	return bill.Entry{Day: payment.Day(r.Day), BillLine: payment.BillLine{
		Number: r.Line, Kind: payment.BillKind(r.Kind), ID: payment.ID(r.PaymentID), RequestNo: payment.RequestNo(r.RequestNo),
		ProviderNo: r.ProviderNo, Amount: money.Fen(r.AmountFen), Fee: money.Fen(r.FeeFen), At: instant(r.At),
	}}
}

func oneBill(db *gorm.DB, day payment.Day) (bill.Bill, error) {
	var row billRow
	err := db.Where("day = ?", string(day)).Take(&row).Error
	return row.bill(), translate(err)
}

func bills(db *gorm.DB) ([]bill.Bill, error) {
	var rows []billRow
	err := db.Find(&rows).Error
	return each(rows, billRow.bill), translate(err)
}

// LockBill implements mall.TxBills.
func (t *tx) LockBill(day payment.Day) (bill.Bill, error) {
	return oneBill(t.db.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}), day)
}

// AddBill implements mall.TxBills.
func (t *tx) AddBill(b bill.Bill) error {
	row := newBillRow(b)
	return translate(t.db.Create(&row).Error)
}

// PutBill implements mall.TxBills.
func (t *tx) PutBill(b bill.Bill) error {
	row := newBillRow(b)
	return translate(t.db.Model(&row).Select("*").Updates(&row).Error)
}

// AddBillLines implements mall.TxBills.
func (t *tx) AddBillLines(day payment.Day, lines []payment.BillLine) error {
	rows := each(lines, func(l payment.BillLine) billLineRow {
		return billLineRow{
			Day: string(day), PaymentID: string(l.ID), Line: l.Number, Kind: string(l.Kind), RequestNo: string(l.RequestNo),
			ProviderNo: l.ProviderNo, AmountFen: int64(l.Amount), FeeFen: int64(l.Fee), At: millis(l.At),
		}
	})
	return translate(t.db.Create(&rows).Error)
}

// DropBillLines implements mall.TxBills.
func (t *tx) DropBillLines(day payment.Day, limit int) (int, error) {
	return t.dropLines("day = ?", day, limit)
}

// PruneBillLines implements mall.TxBills.
func (t *tx) PruneBillLines(before payment.Day, limit int) (int, error) {
	return t.dropLines("day < ?", before, limit)
}

// dropLines deletes the first lines of those that match: both dialects know no DELETE with an order and a limit alike.
func (t *tx) dropLines(where string, day payment.Day, limit int) (int, error) {
	var rows []billLineRow
	err := t.db.Select("day", "payment_id", "line").Where(where, string(day)).Order("day, payment_id, line").Limit(limit).Find(&rows).Error
	if err != nil || len(rows) == 0 {
		return 0, translate(err)
	}
	last := rows[len(rows)-1]
	result := t.db.Where(where, string(day)).
		Where("day < ? OR (day = ? AND (payment_id < ? OR (payment_id = ? AND line <= ?)))", last.Day, last.Day, last.PaymentID, last.PaymentID, last.Line).
		Delete(&billLineRow{})
	return int(result.RowsAffected), translate(result.Error)
}

// Bill implements mall.BillReader.
func (s *Store) Bill(ctx context.Context, day payment.Day) (bill.Bill, error) {
	return oneBill(s.read(ctx), day)
}

// Bills implements mall.BillReader.
func (s *Store) Bills(ctx context.Context, q mall.BillQuery) ([]bill.Bill, error) {
	db := s.read(ctx).Order("day DESC").Limit(q.Limit)
	if q.Before != "" {
		db = db.Where("day < ?", string(q.Before))
	}
	return bills(db)
}

// DueBills implements mall.BillReader.
func (s *Store) DueBills(ctx context.Context, q mall.DueQuery) ([]bill.Bill, error) {
	return bills(due(s.read(ctx), "next_at", "day", q))
}

// BillPayments implements mall.BillReader.
func (s *Store) BillPayments(ctx context.Context, day payment.Day, after payment.ID, limit int) (ids []payment.ID, err error) {
	err = s.read(ctx).Table("bill_lines").Distinct("payment_id").Where("day = ? AND payment_id > ?", string(day), string(after)).
		Order("payment_id").Limit(limit).Pluck("payment_id", &ids).Error
	return ids, translate(err)
}

// BillEntries implements mall.BillReader.
func (s *Store) BillEntries(ctx context.Context, ids []payment.ID) ([]bill.Entry, error) {
	var rows []billLineRow
	err := s.read(ctx).Where("payment_id IN ?", each(ids, text)).Order("payment_id, day, line").Find(&rows).Error
	return each(rows, billLineRow.entry), translate(err)
}

// text forgets the type of an id.
func text(id payment.ID) string { return string(id) }

// sumRow adds up rows of one kind.
type sumRow struct {
	Kind   string
	Number int
	Amount int64
	Fees   int64
}

func sums(rows []sumRow) (all bill.Sums) {
	for _, r := range rows {
		all.Fees += money.Fen(r.Fees)
		if payment.BillKind(r.Kind) == payment.BillRefund {
			all.Refunds, all.Refunded = r.Number, money.Fen(r.Amount)
		} else {
			all.Payments, all.Received = r.Number, money.Fen(r.Amount)
		}
	}
	return all
}

// BillSums implements mall.BillReader.
func (s *Store) BillSums(ctx context.Context, day payment.Day) (bill.Sums, error) {
	var rows []sumRow
	err := s.read(ctx).Raw(`
		SELECT kind, COUNT(*) AS number, SUM(amount_fen) AS amount, SUM(fee_fen) AS fees
		FROM bill_lines WHERE day = ? GROUP BY kind`, string(day)).Scan(&rows).Error
	return sums(rows), translate(err)
}

// SumsBetween implements mall.BillReader.
func (s *Store) SumsBetween(ctx context.Context, from, to time.Time) (bill.Sums, error) {
	var rows []sumRow
	err := s.read(ctx).Raw(`
		SELECT 'payment' AS kind, COUNT(*) AS number, COALESCE(SUM(amount_fen), 0) AS amount, 0 AS fees
		FROM payments WHERE paid_at >= ? AND paid_at < ? AND status = ?
		UNION ALL
		SELECT 'refund', COUNT(*), COALESCE(SUM(amount_fen), 0), 0
		FROM refunds WHERE ended_at >= ? AND ended_at < ? AND status = ?`,
		millis(from), millis(to), string(payment.Succeeded), millis(from), millis(to), string(payment.RefundSucceeded)).Scan(&rows).Error
	return sums(rows), translate(err)
}

// FirstPaymentAt implements mall.BillReader. Numbers of payments sort by when they were made.
func (s *Store) FirstPaymentAt(ctx context.Context) (time.Time, error) {
	var first []int64
	err := s.read(ctx).Table("payments").Order("id").Limit(1).Pluck("created_at", &first).Error
	if err != nil || len(first) == 0 {
		return time.Time{}, translate(err)
	}
	return instant(first[0]), nil
}

// span pages by (at, id), two columns, as due does.
func span(db *gorm.DB, at, id string, q mall.SpanQuery) *gorm.DB {
	after := max(millis(q.From), millis(q.After.At), 1)
	return db.Where(at+" >= ? AND "+at+" < ?", after, millis(q.To)).
		Where("("+at+" > ? OR "+id+" > ?)", millis(q.After.At), q.After.ID).
		Order(at + ", " + id).Limit(q.Limit)
}

// PaidBetween implements mall.BillReader.
func (s *Store) PaidBetween(ctx context.Context, q mall.SpanQuery) ([]payment.Payment, error) {
	return payments(span(s.read(ctx).Where("status = ?", string(payment.Succeeded)), "paid_at", "id", q))
}

// RefundedBetween implements mall.BillReader.
func (s *Store) RefundedBetween(ctx context.Context, q mall.SpanQuery) ([]payment.Refund, error) {
	return refunds(span(s.read(ctx).Where("status = ?", string(payment.RefundSucceeded)), "ended_at", "request_no", q))
}

// PaymentsByID implements mall.BillReader.
func (s *Store) PaymentsByID(ctx context.Context, ids []payment.ID) ([]payment.Payment, error) {
	return payments(s.read(ctx).Where("id IN ?", each(ids, text)))
}

// RefundsOf implements mall.BillReader.
func (s *Store) RefundsOf(ctx context.Context, ids []payment.ID) ([]payment.Refund, error) {
	return refunds(s.read(ctx).Where("payment_id IN ?", each(ids, text)))
}
