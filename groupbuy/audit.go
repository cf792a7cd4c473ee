package groupbuy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"

	"kaituan/groupbuy/operator"
)

// Actor is who makes a change, as the audit remembers it.
type Actor struct {
	ID        operator.ID
	Name      string
	Role      operator.Role
	RequestID string
	Address   string // the network address that the request came from
}

// As returns the engine in the hands of an actor: whatever is changed through it is audited in that name. The engine
// that New returns acts as operator.System.
func (e *Engine) As(by Actor) *Engine {
	bound := *e
	bound.by = by
	return &bound
}

// AuditEntry is one change that an actor made. Entries are never changed or deleted.
type AuditEntry struct {
	Seq      int64 // from 1, without a gap
	At       time.Time
	Actor    Actor
	Action   string // "activity.published", in the past tense
	Subject  string // the id of what was changed
	Before   string // JSON, secrets masked; empty when it was not there before
	After    string // likewise; empty when it is gone
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
	Actor   operator.ID // empty: all
	Action  string      // empty: all
	Subject string      // empty: all
	From    time.Time   // at or after; zero: from the first
	To      time.Time   // before; zero: to the last
	Before  int64       // Seq of the last one of the page before; 0: from the newest
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
		a.Seq, a.At.UnixMilli(), a.Actor.ID, a.Actor.Name, a.Actor.Role, a.Actor.RequestID, a.Actor.Address,
		a.Action, a.Subject, a.Before, a.After, a.Previous,
	})
	if err != nil {
		panic(fmt.Sprintf("groupbuy: strings and numbers do not fit into JSON: %v", err))
	}
	sum := sha256.Sum256(text)
	return hex.EncodeToString(sum[:])
}

// Audit lists what was done, newest first.
func (e *Engine) Audit(ctx context.Context, q AuditQuery) ([]AuditEntry, error) {
	return e.Store.Audit(ctx, q)
}

// audit remembers a change in the transaction that makes it. nil stands for what was not there, or is gone. What
// did not change is not remembered.
func (e *Engine) audit(tx Tx, action, subject string, before, after any) error {
	was, err := portrait(before)
	if err != nil {
		return err
	}
	is, err := portrait(after)
	if err != nil {
		return err
	}
	if was == is && was != "" {
		return nil
	}
	return tx.AppendAudit(AuditEntry{At: tx.Now(), Actor: e.by, Action: action, Subject: subject, Before: was, After: is})
}
