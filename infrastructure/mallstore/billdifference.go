package mallstore

import (
	"context"

	"gorm.io/gorm"
	"gorm.io/gorm/clause"

	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/bill"
	"kaituan/mall/order"
	"kaituan/mall/payment"
	"kaituan/money"
)

type differenceRow struct {
	ID          string `gorm:"primaryKey"`
	Day         string
	Kind        string
	PaymentID   string
	RequestNo   string
	ProviderNo  string
	TheirFen    int64
	OurFen      int64
	Proposal    string
	OrderID     string
	Status      string
	Action      string
	Note        string
	ResolvedBy  string
	RefundNo    string
	FirstSeenAt int64
	LastSeenAt  int64
	EndedAt     int64
	Run         int64
	Version     int64
}

// TableName is GORM's hook for the table.
func (differenceRow) TableName() string { return "bill_differences" }

func newDifferenceRow(d bill.Difference) differenceRow {
	return differenceRow{
		ID: string(d.ID), Day: string(d.Day), Kind: string(d.Kind), PaymentID: string(d.Payment), RequestNo: string(d.RequestNo),
		ProviderNo: d.ProviderNo, TheirFen: int64(d.Theirs), OurFen: int64(d.Ours), Proposal: string(d.Proposal), OrderID: string(d.Order),
		Status: string(d.Status), Action: string(d.Action), Note: d.Note, ResolvedBy: string(d.By), RefundNo: string(d.RefundNo),
		FirstSeenAt: millis(d.FirstSeenAt), LastSeenAt: millis(d.LastSeenAt), EndedAt: millis(d.EndedAt), Run: d.Run, Version: d.Version + 1,
	}
}

func (r differenceRow) difference() bill.Difference {
	return bill.Difference{
		ID: bill.DifferenceID(r.ID), Day: payment.Day(r.Day),
		Finding: bill.Finding{
			Kind: bill.Kind(r.Kind), Payment: payment.ID(r.PaymentID), RequestNo: payment.RequestNo(r.RequestNo), ProviderNo: r.ProviderNo,
			Theirs: money.Fen(r.TheirFen), Ours: money.Fen(r.OurFen), Proposal: bill.Proposal(r.Proposal),
		},
		Order: order.ID(r.OrderID), Status: bill.DifferenceStatus(r.Status), Action: bill.Action(r.Action), Note: r.Note,
		By: account.ID(r.ResolvedBy), RefundNo: payment.RequestNo(r.RefundNo), FirstSeenAt: instant(r.FirstSeenAt),
		LastSeenAt: instant(r.LastSeenAt), EndedAt: instant(r.EndedAt), Run: r.Run, Version: r.Version,
	}
}

func differences(db *gorm.DB) ([]bill.Difference, error) {
	var rows []differenceRow
	err := db.Order("id").Find(&rows).Error
	return each(rows, differenceRow.difference), translate(err)
}

func oneDifference(db *gorm.DB, id bill.DifferenceID) (bill.Difference, error) {
	var row differenceRow
	err := db.Where("id = ?", string(id)).Take(&row).Error
	return row.difference(), translate(err)
}

// BillDifferences implements mall.TxBills.
func (t *tx) BillDifferences(day payment.Day, ids []payment.ID) ([]bill.Difference, error) {
	return differences(t.db.Where("day = ? AND payment_id IN ?", string(day), each(ids, text)))
}

// UnseenDifferences implements mall.TxBills.
func (t *tx) UnseenDifferences(day payment.Day, run int64, limit int) ([]bill.Difference, error) {
	return differences(t.db.Where("day = ? AND status = ? AND run < ?", string(day), string(bill.Open), run).Limit(limit))
}

// LockDifference implements mall.TxBills.
func (t *tx) LockDifference(id bill.DifferenceID) (bill.Difference, error) {
	return oneDifference(t.db.Clauses(clause.Locking{Strength: clause.LockingStrengthUpdate}), id)
}

// AddDifference implements mall.TxBills.
func (t *tx) AddDifference(d bill.Difference) error {
	row := newDifferenceRow(d)
	return translate(t.db.Create(&row).Error)
}

// PutDifference implements mall.TxBills.
func (t *tx) PutDifference(d bill.Difference) error {
	row := newDifferenceRow(d)
	return update(t.db, &row, d.Version)
}

// Difference implements mall.BillReader.
func (s *Store) Difference(ctx context.Context, id bill.DifferenceID) (bill.Difference, error) {
	return oneDifference(s.read(ctx), id)
}

// Differences implements mall.BillReader.
func (s *Store) Differences(ctx context.Context, q mall.DifferenceQuery) ([]bill.Difference, error) {
	db := s.read(ctx).Where("day = ? AND id > ?", string(q.Day), string(q.After)).Limit(q.Limit)
	if q.Status != "" {
		db = db.Where("status = ?", string(q.Status))
	}
	return differences(db)
}

// ReturnedFor implements mall.BillReader.
func (s *Store) ReturnedFor(ctx context.Context, ids []payment.ID) ([]bill.Difference, error) {
	return differences(s.read(ctx).Where("payment_id IN ? AND refund_no <> ''", each(ids, text)))
}

// CountDifferences implements mall.BillReader.
func (s *Store) CountDifferences(ctx context.Context, days []payment.Day) (map[payment.Day]map[bill.DifferenceStatus]int, error) {
	var rows []struct {
		Day    string
		Status string
		Number int
	}
	err := s.read(ctx).Raw("SELECT day, status, COUNT(*) AS number FROM bill_differences WHERE day IN ? GROUP BY day, status",
		each(days, func(d payment.Day) string { return string(d) })).Scan(&rows).Error
	counts := map[payment.Day]map[bill.DifferenceStatus]int{}
	for _, r := range rows {
		day := payment.Day(r.Day)
		if counts[day] == nil {
			counts[day] = map[bill.DifferenceStatus]int{}
		}
		counts[day][bill.DifferenceStatus(r.Status)] = r.Number
	}
	return counts, translate(err)
}
