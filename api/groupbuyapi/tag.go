package groupbuyapi

import (
	"net/http"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
)

// ListTags lists crowd tags.
func (a *API) ListTags(c *gin.Context, params wire.ListTagsParams) {
	before, limit, err := pageOf(params.Cursor, params.Limit)
	if err != nil {
		fail(c, err)
		return
	}
	q := groupbuy.TagQuery{Before: activity.TagID(before), Limit: limit + 1}
	if q.Partner, err = optionalID[partner.ID]("partner_id", params.PartnerID); err != nil {
		fail(c, err)
		return
	}
	if q.Kind, err = enumOf[crowd.Kind]("kind", params.Kind); err != nil {
		fail(c, err)
		return
	}
	if params.Q != nil {
		if q.Name = *params.Q; !validName(q.Name) {
			fail(c, invalid("q", wantName))
			return
		}
	}
	tags, err := a.engine.Tags(c.Request.Context(), q)
	if err != nil {
		fail(c, err)
		return
	}
	tags, more := cut(tags, limit)
	page := wire.TagPage{Items: each(tags, wholeTagWire), HasMore: more}
	if more {
		page.NextCursor = cursorAfter(string(tags[limit-1].ID))
	}
	c.JSON(http.StatusOK, page)
}

// CreateTag makes a tag.
func (a *API) CreateTag(c *gin.Context) {
	var in wire.TagInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	tag := crowd.Tag{Name: in.Name, Kind: crowd.Kind(in.Kind)}
	var err error
	if tag.Partner, err = optionalID[partner.ID]("partner_id", in.PartnerID); err != nil {
		fail(c, err)
		return
	}
	if in.Rule != nil {
		if tag.Rule, err = ruleOf(*in.Rule); err != nil {
			fail(c, err)
			return
		}
	}
	if in.Schedule != nil {
		if tag.Schedule, err = scheduleOf(*in.Schedule); err != nil {
			fail(c, err)
			return
		}
	}
	if tag, err = a.as(c).CreateTag(c.Request.Context(), tag); err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusCreated, wholeTagWire(tag))
}

// GetTag returns one tag.
func (a *API) GetTag(c *gin.Context, id wire.TagIDPath) {
	tag, err := a.engine.Tag(c.Request.Context(), activity.TagID(id))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wholeTagWire(tag))
}

// ChangeTag changes name, rule or schedule.
func (a *API) ChangeTag(c *gin.Context, id wire.TagIDPath) {
	var in wire.TagChange
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	change, err := tagChangeOf(in)
	if err != nil {
		fail(c, err)
		return
	}
	tag, err := a.as(c).ChangeTag(c.Request.Context(), activity.TagID(id), change)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wholeTagWire(tag))
}

func tagChangeOf(in wire.TagChange) (groupbuy.TagChange, error) {
	change := groupbuy.TagChange{Name: in.Name}
	if in.Rule != nil {
		rule, err := ruleOf(*in.Rule)
		if err != nil {
			return change, err
		}
		change.Rule = &rule
	}
	if in.Schedule != nil {
		schedule, err := scheduleOf(*in.Schedule)
		if err != nil {
			return change, err
		}
		change.Schedule = &schedule
	}
	return change, nil
}

// ruleOf reads a rule. What a window's zero values stand for in the domain is refused here when it was written out.
func ruleOf(in wire.TagRule) (crowd.Rule, error) {
	rule := crowd.Rule{Match: crowd.Match(in.Match)}
	for i, c := range in.Conditions {
		at := "rule.conditions[" + strconv.Itoa(i) + "]."
		condition := crowd.Condition{
			Measure: crowd.Measure(c.Measure), AtLeast: c.AtLeast, Window: crowd.Window{From: c.From.Time, To: c.To.Time},
		}
		if c.Days != nil {
			if condition.Window.Days = *c.Days; *c.Days < 1 {
				return rule, invalid(at+"days", "want 1 to 3650 days, not "+strconv.Itoa(*c.Days))
			}
		}
		rule.Conditions = append(rule.Conditions, condition)
	}
	return rule, nil
}

func scheduleOf(in wire.TagSchedule) (crowd.Schedule, error) {
	var s crowd.Schedule
	if in.DailyAt != nil {
		at, err := time.Parse("15:04", *in.DailyAt)
		if err != nil || at.Format("15:04") != *in.DailyAt {
			return s, invalid("schedule.daily_at", "want hh:mm from 00:00 to 23:59, in UTC+8")
		}
		s.Daily, s.Minute = true, at.Hour()*60+at.Minute()
	}
	if in.EveryMinutes != nil {
		if *in.EveryMinutes < 10 || *in.EveryMinutes > 43200 {
			return s, invalid("schedule.every_minutes", "want 10 to 43200 minutes, not "+strconv.FormatInt(*in.EveryMinutes, 10))
		}
		s.Every = time.Duration(*in.EveryMinutes) * time.Minute
	}
	return s, nil
}

func wholeTagWire(t crowd.Tag) wire.Tag {
	out := wire.Tag{
		TagID: string(t.ID), PartnerID: string(t.Partner), Name: t.Name, Kind: wire.TagKind(t.Kind), BuiltIn: t.ID == activity.PaidBuyers,
		NextRunAt: instant.Of(t.NextRunAt), Generation: int64(t.Generation), Members: t.Members, BuiltAt: instant.Of(t.BuiltAt),
		JobID: string(t.Job), CreatedAt: instant.Of(t.CreatedAt), UpdatedAt: instant.Of(t.UpdatedAt),
	}
	if t.Kind == crowd.Ruled {
		out.Rule = &wire.TagRule{Match: wire.TagMatch(t.Rule.Match), Conditions: each(t.Rule.Conditions, conditionWire)}
	}
	switch {
	case t.Schedule.Daily:
		at := time.Time{}.Add(time.Duration(t.Schedule.Minute) * time.Minute).Format("15:04")
		out.Schedule = &wire.TagSchedule{DailyAt: &at}
	case t.Schedule.Every > 0:
		minutes := int64(t.Schedule.Every / time.Minute)
		out.Schedule = &wire.TagSchedule{EveryMinutes: &minutes}
	}
	return out
}

func conditionWire(c crowd.Condition) wire.TagCondition {
	out := wire.TagCondition{
		Measure: wire.TagMeasure(c.Measure), AtLeast: c.AtLeast, From: instant.Of(c.Window.From), To: instant.Of(c.Window.To),
	}
	if c.Window.Days > 0 {
		out.Days = &c.Window.Days
	}
	return out
}
