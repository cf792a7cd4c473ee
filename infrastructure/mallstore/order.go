package mallstore

import (
	"context"
	"time"

	"gorm.io/gorm"

	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
	"kaituan/mall/account"
	"kaituan/mall/catalog"
	"kaituan/mall/order"
	"kaituan/money"
)

type orderRow struct {
	ID            string `gorm:"primaryKey"`
	Buyer         string
	IdemKey       string
	IdemInput     string
	Mode          string
	ProductID     string
	ProductName   string
	SKUID         string `gorm:"column:sku_id"`
	SKUName       string `gorm:"column:sku_name"`
	Quantity      int
	ActivityID    string
	TeamID        string
	OriginalFen   int64
	PayPriceFen   int64
	ExpectedFen   int64
	AmountFen     int64
	DifferenceFen int64
	Status        string
	Reason        string
	Detail        string
	Tracking      string
	PlacedAt      int64
	ExpiresAt     int64
	PaidAt        int64
	PaidBy        string
	TradeNo       string
	ShippedAt     int64
	EndedAt       int64
	NextAt        int64
	Version       int64
}

// TableName is GORM's hook for the table.
func (orderRow) TableName() string { return "orders" }

func newOrderRow(o order.Order) orderRow {
	return orderRow{
		ID: string(o.ID), Buyer: string(o.Buyer), Mode: string(o.Mode),
		ProductID: string(o.Item.Product), ProductName: o.Item.ProductName,
		SKUID: string(o.Item.SKU), SKUName: o.Item.SKUName, Quantity: o.Item.Quantity,
		ActivityID: string(o.Activity), TeamID: string(o.Team),
		OriginalFen: int64(o.Original), PayPriceFen: int64(o.PayPrice), ExpectedFen: int64(o.Expected), AmountFen: int64(o.Amount),
		DifferenceFen: int64(o.Difference),
		Status:        string(o.Status), Reason: string(o.Reason), Detail: o.Detail, Tracking: o.Tracking,
		PlacedAt: millis(o.PlacedAt), ExpiresAt: millis(o.ExpiresAt), PaidAt: millis(o.PaidAt), PaidBy: string(o.PaidBy),
		TradeNo: o.TradeNo, ShippedAt: millis(o.ShippedAt), EndedAt: millis(o.EndedAt), NextAt: millis(o.NextAt),
		Version: o.Version + 1,
	}
}

func (r orderRow) order() order.Order {
	return order.Order{
		ID: order.ID(r.ID), Buyer: account.ID(r.Buyer), Mode: order.Mode(r.Mode),
		Item: order.Item{
			Product: catalog.ProductID(r.ProductID), ProductName: r.ProductName,
			SKU: catalog.SKUID(r.SKUID), SKUName: r.SKUName, Quantity: r.Quantity,
		},
		Activity: order.ActivityID(r.ActivityID), Team: order.TeamID(r.TeamID),
		Original: money.Fen(r.OriginalFen), PayPrice: money.Fen(r.PayPriceFen), Expected: money.Fen(r.ExpectedFen),
		Amount: money.Fen(r.AmountFen), Difference: money.Fen(r.DifferenceFen),
		Status: order.Status(r.Status), Reason: order.Reason(r.Reason), Detail: r.Detail, Tracking: r.Tracking,
		PlacedAt: instant(r.PlacedAt), ExpiresAt: instant(r.ExpiresAt), PaidAt: instant(r.PaidAt),
		PaidBy: order.PaymentID(r.PaidBy), TradeNo: r.TradeNo, ShippedAt: instant(r.ShippedAt), EndedAt: instant(r.EndedAt),
		NextAt: instant(r.NextAt), Version: r.Version,
	}
}

type orderMoveRow struct {
	OrderID    string `gorm:"primaryKey"`
	Version    int64  `gorm:"primaryKey;autoIncrement:false"`
	Step       int    `gorm:"primaryKey;autoIncrement:false"`
	FromStatus string
	ToStatus   string
	Reason     string
	At         int64
}

// TableName is GORM's hook for the table.
func (orderMoveRow) TableName() string { return "order_history" }

func orderColumns() []string {
	return []string{
		"id", "buyer", "idem_key", "idem_input", "mode", "product_id", "product_name", "sku_id", "sku_name", "quantity",
		"activity_id", "team_id", "original_fen", "pay_price_fen", "expected_fen", "amount_fen", "difference_fen", "status",
		"reason", "detail", "tracking", "placed_at", "expires_at", "paid_at", "paid_by", "trade_no", "shipped_at", "ended_at",
		"next_at", "version",
	}
}

func (r orderRow) values() []any {
	return []any{
		r.ID, r.Buyer, r.IdemKey, r.IdemInput, r.Mode, r.ProductID, r.ProductName, r.SKUID, r.SKUName, r.Quantity,
		r.ActivityID, r.TeamID, r.OriginalFen, r.PayPriceFen, r.ExpectedFen, r.AmountFen, r.DifferenceFen, r.Status,
		r.Reason, r.Detail, r.Tracking, r.PlacedAt, r.ExpiresAt, r.PaidAt, r.PaidBy, r.TradeNo, r.ShippedAt, r.EndedAt,
		r.NextAt, r.Version,
	}
}

func (r *orderRow) fields() []any {
	return []any{
		&r.ID, &r.Buyer, &r.IdemKey, &r.IdemInput, &r.Mode, &r.ProductID, &r.ProductName, &r.SKUID, &r.SKUName, &r.Quantity,
		&r.ActivityID, &r.TeamID, &r.OriginalFen, &r.PayPriceFen, &r.ExpectedFen, &r.AmountFen, &r.DifferenceFen, &r.Status,
		&r.Reason, &r.Detail, &r.Tracking, &r.PlacedAt, &r.ExpiresAt, &r.PaidAt, &r.PaidBy, &r.TradeNo, &r.ShippedAt, &r.EndedAt,
		&r.NextAt, &r.Version,
	}
}

// change is how the stored order becomes this one, whose version is one more. What an order is for never changes.
func (r orderRow) change() sqldb.Write {
	return sqldb.Write{
		SQL: "UPDATE orders SET team_id = ?, original_fen = ?, pay_price_fen = ?, amount_fen = ?, difference_fen = ?, status = ?, " +
			"reason = ?, detail = ?, tracking = ?, expires_at = ?, paid_at = ?, paid_by = ?, trade_no = ?, shipped_at = ?, ended_at = ?, " +
			"next_at = ?, version = ? WHERE id = ? AND version = ?",
		Args: []any{
			r.TeamID, r.OriginalFen, r.PayPriceFen, r.AmountFen, r.DifferenceFen, r.Status, r.Reason, r.Detail, r.Tracking,
			r.ExpiresAt, r.PaidAt, r.PaidBy, r.TradeNo, r.ShippedAt, r.EndedAt, r.NextAt, r.Version, r.ID, r.Version - 1,
		},
		Rows: 1,
	}
}

func (r orderMoveRow) values() []any {
	return []any{r.OrderID, r.Version, r.Step, r.FromStatus, r.ToStatus, r.Reason, r.At}
}

func orderMoveRows(o order.Order) []orderMoveRow {
	rows := make([]orderMoveRow, len(o.Moves))
	for i, m := range o.Moves {
		rows[i] = orderMoveRow{
			OrderID: string(o.ID), Version: o.Version + 1, Step: i,
			FromStatus: string(m.From), ToStatus: string(m.To), Reason: string(m.Reason), At: millis(m.At),
		}
	}
	return rows
}

func orders(db *gorm.DB) ([]order.Order, error) {
	var rows []orderRow
	err := db.Find(&rows).Error
	return each(rows, orderRow.order), translate(err)
}

// PostponeOrder implements mall.TxOrders. The version stays, so that whoever holds the order now may still save it.
func (t *tx) PostponeOrder(id order.ID, version int64, at time.Time) error {
	return translate(t.db.Exec(
		"UPDATE orders SET next_at = ? WHERE id = ? AND version = ?", millis(at), string(id), version).Error)
}

// Order implements mall.Reader.
func (s *Store) Order(ctx context.Context, buyer account.ID, id order.ID) (order.Order, error) {
	var row orderRow
	err := one(ctx, s.asked.order, string(id), row.fields()...)
	if err == nil && buyer != "" && row.Buyer != string(buyer) {
		return order.Order{}, mall.ErrNotFound
	}
	return row.order(), err
}

// OrderByKey implements mall.Reader.
func (s *Store) OrderByKey(ctx context.Context, buyer account.ID, key string) (order.Order, string, error) {
	var row orderRow
	err := s.read(ctx).Where("buyer = ? AND idem_key = ?", string(buyer), key).Take(&row).Error
	return row.order(), row.IdemInput, translate(err)
}

// Orders implements mall.Reader.
func (s *Store) Orders(ctx context.Context, q mall.OrderQuery) ([]order.Order, error) {
	db := s.read(ctx).Order("id DESC").Limit(q.Limit)
	for _, equal := range [...]struct{ condition, value string }{
		{"buyer = ?", string(q.Buyer)},
		{"mode = ?", string(q.Mode)},
		{"product_id = ?", string(q.Product)},
		{"team_id = ?", string(q.Team)},
		{"id < ?", string(q.Before)},
	} {
		if equal.value != "" {
			db = db.Where(equal.condition, equal.value)
		}
	}
	if len(q.Statuses) > 0 {
		db = db.Where("status IN ?", each(q.Statuses, func(s order.Status) string { return string(s) }))
	}
	return orders(db)
}

// OrdersByID implements mall.Reader.
func (s *Store) OrdersByID(ctx context.Context, ids []order.ID) (map[order.ID]order.Order, error) {
	found := make(map[order.ID]order.Order, len(ids))
	if len(ids) == 0 {
		return found, nil
	}
	list, err := orders(s.read(ctx).Where("id IN ?", each(ids, func(id order.ID) string { return string(id) })))
	for _, o := range list {
		found[o.ID] = o
	}
	return found, err
}

// TeamLeaders implements mall.Reader.
func (s *Store) TeamLeaders(ctx context.Context, ids []order.TeamID) (map[order.TeamID]string, error) {
	names := make(map[order.TeamID]string, len(ids))
	if len(ids) == 0 {
		return names, nil
	}
	var rows []struct{ TeamID, Nickname string }
	err := s.read(ctx).Raw(`
		SELECT o.team_id AS team_id, a.nickname AS nickname FROM accounts a JOIN orders o ON o.buyer = a.id
		WHERE o.id IN (SELECT MIN(id) FROM orders WHERE team_id IN ? AND status IN ? GROUP BY team_id)`,
		each(ids, func(id order.TeamID) string { return string(id) }), states(paidAndLive)).Scan(&rows).Error
	for _, r := range rows {
		names[order.TeamID(r.TeamID)] = r.Nickname
	}
	return names, translate(err)
}

// paidAndLive says whether goods are owed for orders in this state.
func paidAndLive(s order.Status) bool { return s.HoldsStock() && !s.Unpaid() }

// History implements mall.Reader.
func (s *Store) History(ctx context.Context, id order.ID) ([]order.Move, error) {
	var rows []orderMoveRow
	err := s.read(ctx).Where("order_id = ?", string(id)).Order("version, step").Find(&rows).Error
	return each(rows, func(r orderMoveRow) order.Move {
		return order.Move{
			From: order.Status(r.FromStatus), To: order.Status(r.ToStatus), Reason: order.Reason(r.Reason), At: instant(r.At),
		}
	}), translate(err)
}

// DueOrders implements mall.Reader.
func (s *Store) DueOrders(ctx context.Context, status order.Status, q mall.DueQuery) ([]order.Order, error) {
	return orders(due(s.read(ctx).Where("status = ?", string(status)), "next_at", "id", q))
}
