package mallstore

import (
	"strings"

	"kaituan/infrastructure/sqldb"
)

// rowsPerWrite bounds one statement: SQLite takes 32,766 parameters.
const rowsPerWrite = 400

// valued is a row with its values in the order of its table's columns.
type valued interface{ values() []any }

// insert adds rows of a table, in as few statements as it takes; rest goes behind their values.
func insert[R valued](writes []sqldb.Write, table string, columns []string, rows []R, rest string) []sqldb.Write {
	for len(rows) > 0 {
		n := min(len(rows), rowsPerWrite)
		args := make([]any, 0, n*len(columns))
		for _, row := range rows[:n] {
			args = append(args, row.values()...)
		}
		w := sqldb.Write{SQL: insertSQL(table, columns, n) + rest, Args: args, Rows: n}
		if rest != "" {
			w.Rows = sqldb.AnyRows // a row that was changed instead is counted otherwise
		}
		writes, rows = append(writes, w), rows[n:]
	}
	return writes
}

func insertSQL(table string, columns []string, n int) string {
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " +
		strings.TrimSuffix(strings.Repeat(places(len(columns))+",", n), ",")
}

// places is a list of n parameters.
func places(n int) string { return "(" + strings.TrimSuffix(strings.Repeat("?,", n), ",") + ")" }

func orderMoveColumns() []string {
	return []string{"order_id", "version", "step", "from_status", "to_status", "reason", "at"}
}

func paymentMoveColumns() []string {
	return []string{"payment_id", "version", "step", "from_status", "to_status", "at"}
}

func refundMoveColumns() []string {
	return []string{"request_no", "version", "step", "from_status", "to_status", "at"}
}

func noticeColumns() []string {
	return []string{
		"notify_id", "payment_id", "provider_no", "trade_status", "amount_fen", "refund_fee_fen", "paid_at", "received_at", "times",
	}
}

// receiptRow is a line of table inbox.
type receiptRow struct {
	consumer, messageID string
	receivedAt          int64
}

func receiptColumns() []string { return []string{"consumer", "message_id", "received_at"} }

func (r receiptRow) values() []any { return []any{r.consumer, r.messageID, r.receivedAt} }
