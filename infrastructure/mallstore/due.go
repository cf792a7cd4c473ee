package mallstore

import (
	"gorm.io/gorm"

	"kaituan/mall"
)

// due pages by (at, id), two columns. A row whose time is 0 waits for nobody. The bounds on the time alone are what an
// index can begin and end at.
func due(db *gorm.DB, at, id string, q mall.DueQuery) *gorm.DB {
	after := max(millis(q.After.At), 1)
	return db.Where(at+" >= ? AND "+at+" <= ?", after, millis(q.By)).
		Where("("+at+" > ? OR "+id+" > ?)", after, q.After.ID).
		Order(at + ", " + id).Limit(q.Limit)
}
