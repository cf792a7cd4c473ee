package outbox

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/oklog/ulid/v2"
	"gorm.io/gorm"

	"kaituan/infrastructure/observe"
	"kaituan/infrastructure/sqldb"
)

// Topic names what a message is about and selects its handler; at most 64 bytes.
type Topic string

// Message is one thing to tell somebody. All but the last two fields are for Add; handlers see all but NotBefore.
type Message struct {
	ID        string    // unique, at most 64 bytes; empty: Add makes a ULID
	Topic     Topic     // required
	Key       string    // what it concerns, for people and logs; at most 128 bytes
	Payload   []byte    // UTF-8 text, JSON as a rule; at most 16 MB
	NotBefore time.Time // the first attempt is not made earlier; zero: at once
	Trace     string    // the trace it belongs to (observe.Parent), at most 64 bytes; Add takes that of the transaction

	CreatedAt time.Time // the now given to Add
	Attempt   int       // 1 for the first
}

// ErrInvalid means that a message breaks a limit stated at Message; nothing was written.
var ErrInvalid = errors.New("invalid outbox message")

const (
	maxShort   = 64
	maxKey     = 128
	maxPayload = 1<<24 - 1
	batchSize  = 100
)

// row is a line of table outbox. Instants are UTC milliseconds.
type row struct {
	ID         string `gorm:"primaryKey"`
	Topic      string
	MsgKey     string
	Payload    string
	CreatedAt  int64 `gorm:"autoCreateTime:false"`
	NextAt     int64
	Attempts   int
	LeaseOwner string
	LeaseUntil int64
	SentAt     *int64
	DeadAt     *int64
	LastError  string
	Trace      string
}

// TableName is GORM's hook for the table.
func (row) TableName() string { return "outbox" }

// Add writes messages in the caller's transaction. Errors: ErrInvalid, a duplicate ID (sqldb.IsDuplicate), those of
// the database.
func Add(tx *gorm.DB, now time.Time, messages ...Message) error {
	if len(messages) == 0 {
		return nil
	}
	rows := make([]row, len(messages))
	for i, m := range messages {
		r, err := newRow(m, now)
		if err != nil {
			return err
		}
		if r.Trace == "" {
			r.Trace = observe.Parent(tx.Statement.Context)
		}
		rows[i] = r
	}
	if err := tx.CreateInBatches(rows, batchSize).Error; err != nil {
		return fmt.Errorf("add %d messages to the outbox: %w", len(rows), err)
	}
	return nil
}

// Insert is Add for a transaction that sends its statements together: it returns the writes. Errors: ErrInvalid.
func Insert(now time.Time, messages ...Message) ([]sqldb.Write, error) {
	var writes []sqldb.Write
	for chunk := range slices.Chunk(messages, batchSize) {
		var args []any
		for _, m := range chunk {
			r, err := newRow(m, now)
			if err != nil {
				return nil, err
			}
			args = append(args, r.ID, r.Topic, r.MsgKey, r.Payload, r.CreatedAt, r.NextAt, r.Trace)
		}
		places := strings.TrimSuffix(strings.Repeat("(?, ?, ?, ?, ?, ?, ?), ", len(chunk)), ", ")
		writes = append(writes, sqldb.Write{
			SQL: "INSERT INTO outbox (id, topic, msg_key, payload, created_at, next_at, trace) VALUES " + places, Args: args, Rows: len(chunk),
		})
	}
	return writes, nil
}

func newRow(m Message, now time.Time) (row, error) {
	if err := m.check(); err != nil {
		return row{}, err
	}
	if m.ID == "" {
		// DefaultEntropy grows within a millisecond, so that messages of one transaction keep their order.
		id, err := ulid.New(ulid.Timestamp(now), ulid.DefaultEntropy())
		if err != nil {
			return row{}, fmt.Errorf("make a message id: %w", err)
		}
		m.ID = id.String()
	}
	next := now
	if m.NotBefore.After(now) {
		next = m.NotBefore
	}
	return row{
		ID: m.ID, Topic: string(m.Topic), MsgKey: m.Key, Payload: string(m.Payload),
		CreatedAt: now.UnixMilli(), NextAt: next.UnixMilli(), Trace: m.Trace,
	}, nil
}

func (m Message) check() error {
	switch {
	case m.Topic == "" || len(m.Topic) > maxShort:
		return fmt.Errorf("%w: topic %q", ErrInvalid, m.Topic)
	case len(m.Trace) > maxShort:
		return fmt.Errorf("%w: trace %q", ErrInvalid, m.Trace)
	case len(m.ID) > maxShort:
		return fmt.Errorf("%w: id %q", ErrInvalid, m.ID)
	case len(m.Key) > maxKey:
		return fmt.Errorf("%w: key %q", ErrInvalid, m.Key)
	case len(m.Payload) > maxPayload || !utf8.Valid(m.Payload):
		return fmt.Errorf("%w: payload of %d bytes is too long or not UTF-8", ErrInvalid, len(m.Payload))
	default:
		return nil
	}
}

func (r row) message() Message {
	return Message{
		ID: r.ID, Topic: Topic(r.Topic), Key: r.MsgKey, Payload: []byte(r.Payload),
		CreatedAt: time.UnixMilli(r.CreatedAt).UTC(), Attempt: r.Attempts, Trace: r.Trace,
	}
}

// receipt is a line of table inbox.
type receipt struct {
	Consumer   string `gorm:"primaryKey"`
	MessageID  string `gorm:"primaryKey"`
	ReceivedAt int64
}

// TableName is GORM's hook for the table.
func (receipt) TableName() string { return "inbox" }

// Once records in the caller's transaction that consumer takes a message, and reports whether it is the first time.
// When first is false another transaction has committed the effect: skip it and acknowledge.
func Once(tx *gorm.DB, consumer, messageID string, now time.Time) (first bool, err error) {
	if err := checkReceipt(consumer, messageID); err != nil {
		return false, err
	}
	err = tx.Create(&receipt{Consumer: consumer, MessageID: messageID, ReceivedAt: now.UnixMilli()}).Error
	switch {
	case err == nil:
		return true, nil
	case sqldb.IsDuplicate(err):
		return false, nil
	default:
		return false, fmt.Errorf("record message %s of consumer %s: %w", messageID, consumer, err)
	}
}

func checkReceipt(consumer, messageID string) error {
	if consumer == "" || len(consumer) > maxShort || messageID == "" || len(messageID) > maxShort {
		return fmt.Errorf("%w: consumer %q, message %q", ErrInvalid, consumer, messageID)
	}
	return nil
}

// Taken and Take are Once for a transaction that sends its statements together: the question, which sets taken, and the
// write, which is a duplicate (sqldb.IsDuplicate) when somebody else took the message since.
func Taken(consumer, messageID string, taken *bool) sqldb.Query {
	return sqldb.Query{
		SQL: "SELECT 1 FROM inbox WHERE consumer = ? AND message_id = ?", Args: []any{consumer, messageID},
		Each: func(scan func(...any) error) error {
			var one int
			*taken = true
			return scan(&one)
		},
	}
}

// Take is the write that goes with Taken. Errors: ErrInvalid.
func Take(consumer, messageID string, now time.Time) (sqldb.Write, error) {
	return sqldb.Write{
		SQL: "INSERT INTO inbox (consumer, message_id, received_at) VALUES (?, ?, ?)", Args: []any{consumer, messageID, now.UnixMilli()}, Rows: 1,
	}, checkReceipt(consumer, messageID)
}
