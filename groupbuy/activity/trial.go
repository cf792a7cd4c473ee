package activity

import (
	"time"

	"kaituan/money"
)

// Reason says why a buyer may not see or join.
type Reason string

// The reasons, in the order they are checked. What only the seats already taken tell (limits, stock, the team) is
// checked after them, when a seat is locked; see package team.
const (
	ReasonNone            Reason = ""
	ReasonGoodsNotFound   Reason = "goods_not_found"   // the partner registered no such goods or SKU
	ReasonNoActivity      Reason = "no_activity"       // no activity covers these goods
	ReasonDowngraded      Reason = "downgraded"        // group-buys are switched off for everybody
	ReasonRolledOut       Reason = "rolled_out"        // the buyer is not in the share that the activity is for
	ReasonChannelBlocked  Reason = "channel_blocked"   // the activity is not for this channel
	ReasonBuyerDenied     Reason = "buyer_denied"      // the buyer is on the deny list, or not on the allow list
	ReasonActivityNotOpen Reason = "activity_not_open" // before or after its window, paused or ended
	ReasonAudience        Reason = "audience"          // the buyer is not a member of the tag that it takes
	ReasonNoPrice         Reason = "no_price"          // no rule that applies leaves a price for the SKU, or a tier leaves none
	ReasonNewBuyersOnly   Reason = "new_buyers_only"   // the joiner has paid at the partner before
)

// Reasons lists every reason, in the order they are checked.
func Reasons() []Reason {
	return append([]Reason{ReasonGoodsNotFound, ReasonNoActivity}, checks()...)
}

// checks are what an activity may refuse with, in the order in which the first is the answer. Quote and Explain go
// through the same list, so that what is explained is what decides.
func checks() []Reason {
	return []Reason{
		ReasonDowngraded, ReasonRolledOut, ReasonChannelBlocked, ReasonBuyerDenied, ReasonActivityNotOpen, ReasonAudience,
		ReasonNoPrice, ReasonNewBuyersOnly,
	}
}

// trial is one buyer before one activity.
type trial struct {
	snapshot *Snapshot
	activity *Activity
	ask      *Ask
	original money.Fen // of the SKU asked about
	now      time.Time
}

// refusal is the first check that fails.
func (t *trial) refusal() Reason {
	for _, check := range checks() {
		if !t.passes(check) {
			return check
		}
	}
	return ReasonNone
}

// passes is a switch and no table of functions, so that a quote allocates nothing.
func (t *trial) passes(check Reason) bool {
	switch check {
	case ReasonDowngraded:
		return t.notDowngraded()
	case ReasonRolledOut:
		return t.inRollout()
	case ReasonChannelBlocked:
		return t.onChannel()
	case ReasonBuyerDenied:
		return t.onLists()
	case ReasonActivityNotOpen:
		return t.inTime()
	case ReasonAudience:
		return t.inAudience()
	case ReasonNoPrice:
		return t.priced()
	case ReasonNewBuyersOnly:
		return t.newEnough()
	default:
		return false
	}
}

// visible says whether the buyer is shown the activity at all.
func (t *trial) visible() bool {
	a := t.activity
	return t.notDowngraded() && t.inRollout() && t.onChannel() && t.onLists() && t.memberOf(a.Audience.See) &&
		t.priced() && !a.Over() && t.now.Before(a.EndsAt)
}

func (t *trial) notDowngraded() bool { return !t.snapshot.settings.Downgraded }

func (t *trial) inRollout() bool {
	return t.shared(t.activity.RolloutPercent, string(t.activity.ID)) && t.shared(t.snapshot.settings.RolloutPercent, globalSalt)
}

// shared says whether a share includes the buyer. The usual shares need no hash.
func (t *trial) shared(percent int, salt string) bool {
	return percent >= everybody || percent > 0 && rolledOut(percent, t.bucket(salt))
}

func (t *trial) bucket(salt string) int { return bucket(salt, t.ask.Partner, t.ask.Buyer) }

func (t *trial) onChannel() bool { return t.activity.Covers(t.ask.Item.Channel) }

func (t *trial) onLists() bool { return t.activity.admits(t.ask.Buyer) }

func (t *trial) inTime() bool {
	if t.ask.Joining {
		return t.activity.joinable(t.now)
	}
	return t.activity.open(t.now)
}

func (t *trial) inAudience() bool {
	return t.memberOf(t.activity.Audience.See) && t.memberOf(t.activity.Audience.Join)
}

// memberOf says whether the buyer is a member of a tag that may be left open. A tag that was never built has none.
func (t *trial) memberOf(tag TagID) bool { return tag == "" || t.tagged(tag) == In }

func (t *trial) tagged(tag TagID) Membership {
	return t.snapshot.crowd.Tagged(t.ask.Partner, tag, t.ask.Buyer)
}

// newEnough reads the tag of all who ever paid. Whoever takes a seat is looked up again, exactly, in the store.
func (t *trial) newEnough() bool {
	return !t.activity.NewBuyersOnly || !t.ask.Joining || t.tagged(PaidBuyers) == NotIn
}

func (t *trial) instant() bool {
	return !t.ask.Joining && t.activity.InstantTag != "" && t.tagged(t.activity.InstantTag) == In
}
