package mall

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"kaituan/mall/account"
)

// AuditEntry is one thing that an operator did. Entries are never changed or deleted.
type AuditEntry struct {
	Seq      int64 // from 1, without a gap
	At       time.Time
	Actor    Actor
	Action   string // "product.changed", in the past tense
	Subject  string // the id of what was changed
	Before   string // JSON, without secrets and phone numbers; empty when it was not there before
	After    string // likewise
	Previous string // Hash of the entry before; empty for the first
	Hash     string // of this entry, in hex
}

// Trail is the part of a transaction that remembers who did what.
type Trail interface {
	// AppendAudit writes an entry as the next link of the chain; it sets Seq, Previous and Hash. The end of the
	// chain is held until the transaction ends, so it is best called last.
	AppendAudit(entry AuditEntry) error
}

// AuditQuery selects entries for a list.
type AuditQuery struct {
	Actor   account.ID // empty: all
	Action  string     // empty: all
	Subject string     // empty: all
	From    time.Time  // at or after; zero: from the first
	To      time.Time  // before; zero: to the last
	Before  int64      // Seq of the last one of the page before; 0: from the newest
	Limit   int
}

// Linked returns the entry as the given link of the chain, behind the one with the given hash.
func (a AuditEntry) Linked(seq int64, previous string) AuditEntry {
	a.Seq, a.Previous = seq, previous
	a.Hash = a.Sum()
	return a
}

// Sum is the hash that the entry must have: SHA-256 over all other fields, Previous among them, as a JSON array, in
// which no two different entries look the same.
func (a AuditEntry) Sum() string {
	text, err := json.Marshal([]any{
		a.Seq, a.At.UnixMilli(), a.Actor.Account, a.Actor.Name, a.Actor.Rank, a.Actor.RequestID, a.Actor.Address,
		a.Action, a.Subject, a.Before, a.After, a.Previous,
	})
	if err != nil {
		panic(fmt.Sprintf("mall: strings and numbers do not fit into JSON: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// ListAudit asks for a part of the audit.
type ListAudit struct {
	Actor   account.ID // empty: all
	Action  string     // empty: all
	Subject string     // empty: all
	From    time.Time  // at or after; zero: from the first
	To      time.Time  // before; zero: to the last
	Cursor  string
	Limit   int // default 20, at most 100
}

// Audit lists what operators did, newest first. Operators only. Errors: CodeForbidden, CodeInvalid, CodeCursorInvalid.
func (s *Shop) Audit(ctx context.Context, who Actor, l ListAudit) (Page[AuditEntry], error) {
	var none Page[AuditEntry]
	if err := who.mustOperate(); err != nil {
		return none, err
	}
	limit, err := pageSize(l.Limit)
	if err != nil {
		return none, err
	}
	before, err := auditCursor(l.Cursor)
	if err != nil {
		return none, err
	}
	entries, err := s.Store.Audit(ctx, AuditQuery{
		Actor: l.Actor, Action: l.Action, Subject: l.Subject, From: l.From, To: l.To, Before: before, Limit: limit + 1,
	})
	return cut(entries, limit, func(a AuditEntry) string { return strconv.FormatInt(a.Seq, 10) }), err
}

func auditCursor(cursor string) (int64, error) {
	if cursor == "" {
		return 0, nil
	}
	seq, err := strconv.ParseInt(cursor, 10, 64)
	if err != nil || seq < 1 {
		return 0, refuse(CodeCursorInvalid, "take the cursor from the list")
	}
	return seq, nil
}

// audit remembers what an operator did in the transaction that does it; before and after are portraits, nil for what was
// not there. What buyers do themselves is in the histories of their orders.
func audit(tx Tx, who Actor, action, subject string, before, after any) error {
	if who.Role != account.Operator {
		return nil
	}
	was, err := portrait(before)
	if err != nil {
		return err
	}
	is, err := portrait(after)
	if err != nil {
		return err
	}
	who.Name = hidePhones(who.Name)
	return tx.AppendAudit(AuditEntry{At: tx.Now(), Actor: who, Action: action, Subject: subject, Before: was, After: is})
}
