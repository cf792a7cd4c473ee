package activity

import "kaituan/groupbuy/partner"

// TagID names a crowd tag (人群标签) of a partner: a set of its buyers.
type TagID string

// PaidBuyers is the built-in tag of every buyer with a paid order at the partner.
const PaidBuyers TagID = "paid_buyers"

// Membership says where a buyer stands to a tag.
type Membership int

// The memberships. The zero value admits nobody, so that a tag nobody knows keeps everybody out.
const (
	NeverBuilt Membership = iota // the tag has no members yet because it was never computed, or does not exist
	NotIn                        // the buyer is not a member
	In                           // the buyer is a member
)

// Crowd answers who is a member of what. It is asked many times per trial, from many goroutines, and answers from
// memory.
type Crowd interface {
	Tagged(p partner.ID, tag TagID, b Buyer) Membership
}

// NoCrowd knows no tag.
type NoCrowd struct{}

// Tagged returns NeverBuilt.
func (NoCrowd) Tagged(partner.ID, TagID, Buyer) Membership { return NeverBuilt }

// Audience limits an activity to the members of tags. Empty tags limit nothing.
type Audience struct {
	See  TagID // who sees the activity at all
	Join TagID // who may open and join teams, besides being of See
}
