package mall

import (
	"context"
	"slices"

	"kaituan/mall/account"
)

// Rank says what an operator may do. Each rank may do what the ones before it may.
type Rank string

// The ranks, rising. They are the engine's roles of operators.
const (
	RankViewer Rank = "viewer"   // looks
	RankEditor Rank = "operator" // changes products, sends money back
	RankAdmin  Rank = "admin"
)

// May says whether the rank is enough where least is asked for. An unknown rank is never enough.
func (r Rank) May(least Rank) bool {
	ranks := []Rank{RankViewer, RankEditor, RankAdmin}
	have, want := slices.Index(ranks, r), slices.Index(ranks, least)
	return have >= 0 && want >= 0 && have >= want
}

// StaffMember is an operator who is signed in.
type StaffMember struct {
	ID    account.ID
	Login string
	Rank  Rank
}

// Staff knows the operators. They have one account for the engine and the mall, kept by the engine.
type Staff interface {
	// Member returns whose session a token is. Errors: *Refused when it is nobody's or over, ErrEngineUnknown.
	Member(ctx context.Context, token string) (StaffMember, error)
}
