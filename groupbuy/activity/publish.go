package activity

import (
	"slices"
	"strconv"
	"time"

	"kaituan/groupbuy/partner"
)

// DraftFaults returns what keeps the activity from being saved at all. Everything else may be wrong in a draft.
func (a Activity) DraftFaults() []Fault {
	var f faults
	f.require(ValidName(a.Name), "name", "want 1 to 200 characters")
	buyerFaults(&f, "allow_buyers", a.AllowBuyers)
	buyerFaults(&f, "deny_buyers", a.DenyBuyers)
	return f
}

func buyerFaults(f *faults, param string, list []Buyer) {
	if len(list) > MaxBuyers {
		f.got(false, param, len(list), "want at most 10000 buyers, not "+strconv.Itoa(len(list))+"; use a tag for more")
		return
	}
	var bad alike
	for i, b := range list {
		bad.require(partner.ValidID(string(b)), element(param, i), wantID)
	}
	*f = append(*f, bad.all(param)...)
}

const wantID = "want 1 to 64 of A-Z a-z 0-9 _ . -"

// Background is what an activity is published among.
type Background struct {
	Goods  []Goods    // those of the activity's goods that are registered
	Rivals []Activity // the partner's other published and paused activities
	Tags   []TagID    // those of the activity's tags that exist
	Now    time.Time
}

// Faults returns everything that keeps the activity from being published.
func (a Activity) Faults(among Background) []Fault {
	f := faults(a.DraftFaults())
	f.got(len(a.Goods) >= 1 && len(a.Goods) <= MaxGoods, "goods", len(a.Goods), "want 1 to 5000 goods")
	f.got(a.TeamSize >= 1 && a.TeamSize <= MaxTeamSize, "team_size", a.TeamSize, "want 1 to 1000 people")
	f.got(a.MaxQuantity >= 1 && a.MaxQuantity <= MaxQuantity, "max_quantity", a.MaxQuantity, "want 1 to 100000 pieces")
	f.require(a.Limits.Open >= 0 && a.Limits.Join >= 0 && a.Limits.Total >= 0, "limits", "want 0 (no limit) or more")
	f.got(validPercent(a.RolloutPercent), "rollout_percent", a.RolloutPercent, wantPercent)
	f.got(a.MinReal >= 0 && a.MinReal <= a.TeamSize, "min_real", a.MinReal, "want 0 (off) to "+strconv.Itoa(a.TeamSize)+", the team size")
	a.channelFaults(&f)
	a.windowFaults(&f, among.Now)
	a.goodsFaults(&f, among.Goods)
	a.overlapFaults(&f, among.Rivals)
	a.tagFaults(&f, among.Tags)
	a.listFaults(&f)
	return append(f, a.priceFaults(among.Goods)...)
}

// Tags returns every tag that the activity names, each once.
func (a Activity) Tags() []TagID {
	tags := []TagID{a.Audience.See, a.Audience.Join, a.InstantTag}
	for _, rule := range a.Rules {
		tags = append(tags, rule.Tag)
	}
	slices.Sort(tags)
	return slices.DeleteFunc(slices.Compact(tags), func(tag TagID) bool { return tag == "" })
}

func (a Activity) tagFaults(f *faults, known []TagID) {
	check := func(param string, tag TagID) {
		f.got(tag == "" || slices.Contains(known, tag), param, tag, "the partner has no tag "+string(tag))
	}
	check("audience.see", a.Audience.See)
	check("audience.join", a.Audience.Join)
	check("instant_tag", a.InstantTag)
	for i, rule := range a.Rules {
		check(element("rules", i)+".tag", rule.Tag)
	}
}

func (a Activity) listFaults(f *faults) {
	var both alike
	for i, b := range a.AllowBuyers {
		_, denied := slices.BinarySearch(a.DenyBuyers, b)
		both.require(!denied, element("allow_buyers", i), "buyer "+string(b)+" is in deny_buyers as well")
	}
	*f = append(*f, both.all("allow_buyers")...)
}

func (a Activity) channelFaults(f *faults) {
	for i, c := range a.Channels {
		f.require(partner.ValidID(string(c)), element("channels", i), wantID)
		f.require(!slices.Contains(a.BlockedChannels, c), element("channels", i), "channel "+string(c)+" is in blocked_channels as well")
	}
	for i, c := range a.BlockedChannels {
		f.require(partner.ValidID(string(c)), element("blocked_channels", i), wantID)
	}
}

func (a Activity) windowFaults(f *faults, now time.Time) {
	f.require(!a.StartsAt.IsZero(), "starts_at", "is required")
	if a.EndsAt.After(a.StartsAt) {
		f.got(a.EndsAt.After(now), "ends_at", a.EndsAt, "want later than now, "+stamp(now))
	} else {
		f.got(false, "ends_at", a.EndsAt, "must be after starts_at")
	}
	f.got(a.TeamTTL >= MinTTL && a.TeamTTL <= MaxTTL, "team_ttl_seconds", a.TeamTTL, "want 1 second to 30 days")
	f.got(a.SeatTTL >= MinTTL && a.SeatTTL <= MaxTTL, "seat_ttl_seconds", a.SeatTTL, "want 1 second to 30 days")
}

func (a Activity) goodsFaults(f *faults, known []Goods) {
	byID := map[GoodsID]Goods{}
	for _, g := range known {
		byID[g.ID] = g
	}
	seen := map[GoodsID]bool{}
	for i, id := range a.Goods {
		_, found := byID[id]
		f.got(found, element("goods", i), id, "goods "+string(id)+" are not registered by the partner")
		f.require(!seen[id], element("goods", i), "is listed twice")
		seen[id] = true
	}
	limited := map[Stock]bool{}
	for i, s := range a.Stock {
		_, found := byID[s.Goods].SKU(s.SKU)
		f.require(found && seen[s.Goods], element("stock", i), "names a SKU outside the activity's goods")
		f.got(s.Pieces >= 0 && s.Pieces <= MaxPieces, element("stock", i)+".pieces", s.Pieces, "want 0 to 1000000000")
		key := Stock{Goods: s.Goods, SKU: s.SKU}
		f.require(!limited[key], element("stock", i), "is listed twice")
		limited[key] = true
	}
}

func (a Activity) overlapFaults(f *faults, others []Activity) {
	for _, other := range others {
		if other.ID != a.ID && a.overlaps(other) {
			f.require(false, "goods", "activity "+string(other.ID)+" ("+other.Name+") covers some of the same goods and channels at the same time")
		}
	}
}

func (a Activity) overlaps(b Activity) bool {
	return a.StartsAt.Before(b.EndsAt) && b.StartsAt.Before(a.EndsAt) &&
		a.sharesChannel(b) && sharesAny(a.Goods, b.Goods)
}

// sharesChannel says whether some channel is covered by both. Channels have no list of their own: two activities that
// name none have all others than the blocked ones in common.
func (a Activity) sharesChannel(b Activity) bool {
	both := func(c Channel) bool { return a.Covers(c) && b.Covers(c) }
	return len(a.Channels)+len(b.Channels) == 0 || slices.ContainsFunc(a.Channels, both) || slices.ContainsFunc(b.Channels, both)
}

func sharesAny[T comparable](a, b []T) bool {
	known := make(map[T]bool, len(a))
	for _, x := range a {
		known[x] = true
	}
	return slices.ContainsFunc(b, func(x T) bool { return known[x] })
}
