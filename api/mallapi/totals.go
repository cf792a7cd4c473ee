package mallapi

import (
	"net/http"

	"github.com/gin-gonic/gin"

	wire "kaituan/api/mallwire"
)

// GetTotals adds up the books.
func (a *API) GetTotals(c *gin.Context) {
	t, err := a.books.Totals(c.Request.Context())
	if err != nil {
		fail(c, err)
		return
	}
	orders := make(map[string]int, len(t.Orders))
	for status, n := range t.Orders {
		orders[string(status)] = n
	}
	c.JSON(http.StatusOK, wire.Totals{
		Orders: orders, OriginalFen: t.Original, DeductionFen: t.Deduction, DueFen: t.Due,
		ReceivedFen: t.Received, RefundedFen: t.Refunded,
	})
}
