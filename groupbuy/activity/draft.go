package activity

import (
	"slices"
	"time"
)

// Defaults of what an operator leaves open.
const (
	DefaultTeamTTL = 24 * time.Hour
	DefaultSeatTTL = 15 * time.Minute
)

// Bounds of what an operator may enter.
const (
	MaxTeamSize = 1000
	MaxGoods    = 5000
	MaxChannels = 100
	MaxRules    = 20
	MaxTiers    = 10
	MaxBuyers   = 10_000 // on each of the two lists
	MaxTTL      = 30 * 24 * time.Hour
	MinTTL      = time.Second
	MaxPieces   = 1_000_000_000
	MaxQuantity = 100_000 // pieces in one seat
	MaxLimit    = 1_000_000
)

// Blank returns an activity with everything that has a default at it. Begin with it: the zero Activity admits nobody.
func Blank() Activity {
	return Activity{RolloutPercent: everybody, BuyAlone: true}.WithDefaults()
}

// WithDefaults fills the durations and the quantity that an operator left open, and sorts the lists of buyers.
func (a Activity) WithDefaults() Activity {
	if a.TeamTTL == 0 {
		a.TeamTTL = DefaultTeamTTL
	}
	if a.SeatTTL == 0 {
		a.SeatTTL = DefaultSeatTTL
	}
	if a.MaxQuantity == 0 {
		a.MaxQuantity = 1
	}
	a.AllowBuyers, a.DenyBuyers = sorted(a.AllowBuyers), sorted(a.DenyBuyers)
	return a
}

// sorted returns a list in order with each entry once, as binary search wants it. It leaves the caller's list alone.
func sorted(list []Buyer) []Buyer {
	return slices.Compact(slices.Sorted(slices.Values(list)))
}

// WithoutLists leaves out the lists of buyers, for places where thousands of names are no use.
func (a Activity) WithoutLists() Activity {
	a.AllowBuyers, a.DenyBuyers = nil, nil
	return a
}

// Copy returns a draft of the same configuration under a new name. Its id and times are for the caller to set.
func (a Activity) Copy(name string) Activity {
	a.ID, a.Name, a.Status, a.Version = "", name, Draft, 0
	a.CreatedAt, a.UpdatedAt = time.Time{}, time.Time{}
	return a
}
