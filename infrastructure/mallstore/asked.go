package mallstore

import (
	"context"
	"strings"

	"kaituan/infrastructure/sqldb"
	"kaituan/mall"
)

// asked are the questions of every purchase.
type asked struct {
	session, product, order, payment *sqldb.Asked
}

func newAsked(db *sqldb.DB) asked {
	return asked{
		session: db.Ask("SELECT s.account_id, s.started_at, s.seen_at, a.id, a.login, a.nickname, a.role, a.password_hash, a.created_at" +
			" FROM sessions s JOIN accounts a ON a.id = s.account_id WHERE s.hash = ?"),
		product: db.Ask("SELECT p.id, p.name, p.description, p.pictures, p.shelf, p.created_at, p.updated_at, p.version," +
			" COALESCE(s.sku_id, ''), COALESCE(s.name, ''), COALESCE(s.price_fen, 0), COALESCE(s.stock, 0)" +
			" FROM products p LEFT JOIN skus s ON s.product_id = p.id AND s.listed = ? WHERE p.id = ? ORDER BY s.position, s.sku_id"),
		order:   db.Ask("SELECT " + strings.Join(orderColumns(), ", ") + " FROM orders WHERE id = ?"),
		payment: db.Ask("SELECT " + strings.Join(paymentColumns(), ", ") + " FROM payments WHERE id = ?"),
	}
}

// one asks for the row of a key. Errors: mall.ErrNotFound.
func one(ctx context.Context, question *sqldb.Asked, key string, into ...any) error {
	found := false
	err := question.Each(ctx, func(scan func(...any) error) error {
		found = true
		return scan(into...)
	}, key)
	if err == nil && !found {
		return mall.ErrNotFound
	}
	return translate(err)
}
