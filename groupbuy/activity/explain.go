package activity

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Verdict is what one rule says about one buyer.
type Verdict struct {
	Rule   string // the Reason that it would refuse with, or the field that it prices by
	OK     bool   // it lets the buyer in, or applies to the buyer
	Value  string // what was looked at: the buyer's bucket, tags, channel, the price
	Detail string // what the rule wants
}

// Explain lists what every check of an activity says about a buyer, in the order they are made. Of goods or an
// activity that do not exist it says just that.
func (s *Snapshot) Explain(ask Ask, id ID, now time.Time) []Verdict {
	q, found := s.item(ask)
	if !found {
		return []Verdict{{Rule: string(ReasonGoodsNotFound), Value: string(ask.Item.Goods) + "/" + string(ask.Item.SKU), Detail: "want goods and a SKU that the partner registered"}}
	}
	a := s.covering(ask, id)
	if a == nil {
		return []Verdict{{Rule: string(ReasonNoActivity), Value: string(id), Detail: "want an activity over these goods that is not a draft"}}
	}
	t := &trial{snapshot: s, activity: a, ask: &ask, original: q.Original, now: now}
	var verdicts []Verdict
	for _, check := range checks() {
		value, detail := t.shows(check)
		verdicts = append(verdicts, Verdict{Rule: string(check), OK: t.passes(check), Value: value, Detail: detail})
	}
	return verdicts
}

func (t *trial) shows(check Reason) (value, detail string) {
	switch check {
	case ReasonDowngraded:
		return t.showDowngraded()
	case ReasonRolledOut:
		return t.showRollout()
	case ReasonChannelBlocked:
		return t.showChannel()
	case ReasonBuyerDenied:
		return t.showLists()
	case ReasonActivityNotOpen:
		return t.showTime()
	case ReasonAudience:
		return t.showAudience()
	case ReasonNoPrice:
		return t.showPrice()
	case ReasonNewBuyersOnly:
		return t.showNewBuyers()
	default:
		return "", ""
	}
}

// ExplainPrice lists every way to a price that the activity of a quote has, and whether it applies to the buyer.
func (s *Snapshot) ExplainPrice(ask Ask, q Quote, now time.Time) []Verdict {
	t := &trial{snapshot: s, activity: q.Activity, ask: &ask, original: q.Original, now: now}
	var verdicts []Verdict
	for i := range t.activity.Rules {
		rule := &t.activity.Rules[i]
		detail := "for everybody"
		if rule.Tag != "" {
			detail = "for members of " + string(rule.Tag) + "; the buyer is " + t.tagged(rule.Tag).String()
		}
		if i == q.Rule {
			detail = "the lowest that applies, " + detail
		}
		offered := t.activity.prices(rule.Plan, q.Original)
		value := "no price"
		if offered {
			value = rule.Plan.PayPrice(q.Original).String()
		}
		verdicts = append(verdicts, Verdict{Rule: element("rules", i), OK: offered && t.applies(rule), Value: value, Detail: detail})
	}
	if t.activity.LeaderDiscount > 0 {
		verdicts = append(verdicts, Verdict{Rule: "leader_discount_fen", OK: !t.ask.Joining, Value: q.LeaderDiscount.String(), Detail: "for the seat that opens a team"})
	}
	if tag := t.activity.InstantTag; tag != "" {
		verdicts = append(verdicts, Verdict{Rule: "instant_tag", OK: q.Instant, Value: t.standing(tag), Detail: "a member who opens a team fills it alone"})
	}
	return verdicts
}

// String is how a membership is shown to operators.
func (m Membership) String() string {
	switch m {
	case In:
		return "in"
	case NotIn:
		return "not in"
	default:
		return "never built"
	}
}

func (t *trial) standing(tag TagID) string { return string(tag) + ": " + t.tagged(tag).String() }

func (t *trial) showDowngraded() (value, detail string) {
	return strconv.FormatBool(t.snapshot.settings.Downgraded), "the switch that turns every group-buy off"
}

func (t *trial) showRollout() (value, detail string) {
	value = fmt.Sprintf("activity %d, global %d", t.bucket(string(t.activity.ID)), t.bucket(globalSalt))
	return value, fmt.Sprintf("want a bucket below %d of the activity and below %d of all",
		t.activity.RolloutPercent*buckets/everybody, t.snapshot.settings.RolloutPercent*buckets/everybody)
}

func (t *trial) showChannel() (value, detail string) {
	wanted, blocked := "every channel", "none"
	if len(t.activity.Channels) > 0 {
		wanted = joined(t.activity.Channels)
	}
	if len(t.activity.BlockedChannels) > 0 {
		blocked = joined(t.activity.BlockedChannels)
	}
	return string(t.ask.Item.Channel), "is for " + wanted + "; blocked: " + blocked
}

func joined(list []Channel) string {
	texts := make([]string, len(list))
	for i, c := range list {
		texts[i] = string(c)
	}
	return strings.Join(texts, ", ")
}

func (t *trial) showLists() (value, detail string) {
	return string(t.ask.Buyer), fmt.Sprintf("%d buyers are allowed (0: all), %d are denied", len(t.activity.AllowBuyers), len(t.activity.DenyBuyers))
}

func (t *trial) showTime() (value, detail string) {
	a := t.activity
	return string(a.Status) + " at " + stamp(t.now), "teams are opened while it is published, from " + stamp(a.StartsAt) + " to " + stamp(a.EndsAt)
}

func stamp(at time.Time) string { return at.UTC().Format("2006-01-02T15:04:05.000Z") }

func (t *trial) showAudience() (value, detail string) {
	var tags []string
	for _, tag := range []TagID{t.activity.Audience.See, t.activity.Audience.Join} {
		if tag != "" {
			tags = append(tags, t.standing(tag))
		}
	}
	if len(tags) == 0 {
		return "", "is for everybody"
	}
	return strings.Join(tags, ", "), "want a member of every tag named"
}

func (t *trial) showPrice() (value, detail string) {
	return t.original.String(), "want a rule for the buyer, and every tier, to leave at least 1 fen of the original price, less the leader discount"
}

func (t *trial) showNewBuyers() (value, detail string) {
	switch {
	case !t.activity.NewBuyersOnly:
		return "", "is for everybody"
	case !t.ask.Joining:
		return "", "anybody may open a team"
	default:
		return t.standing(PaidBuyers), "want a joiner without a paid order"
	}
}
