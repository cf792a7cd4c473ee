package groupbuyapi

import (
	"bytes"
	"encoding/csv"
	"errors"
	"io"
	"net/http"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"kaituan/api/edge"
	wire "kaituan/api/groupbuywire"
	"kaituan/api/instant"
	"kaituan/api/problem"
	"kaituan/groupbuy"
	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
)

// ListTagJobs lists a tag's jobs.
func (a *API) ListTagJobs(c *gin.Context, id wire.TagIDPath, params wire.ListTagJobsParams) {
	before, limit, err := pageOf(params.Cursor, params.Limit)
	if err != nil {
		fail(c, err)
		return
	}
	jobs, err := a.engine.TagJobs(c.Request.Context(), groupbuy.TagJobQuery{Tag: activity.TagID(id), Before: crowd.JobID(before), Limit: limit + 1})
	if err != nil {
		fail(c, err)
		return
	}
	jobs, more := cut(jobs, limit)
	page := wire.TagJobPage{Items: each(jobs, jobWire), HasMore: more}
	if more {
		page.NextCursor = cursorAfter(string(jobs[limit-1].ID))
	}
	c.JSON(http.StatusOK, page)
}

// RunTag asks for a job now.
func (a *API) RunTag(c *gin.Context, id wire.TagIDPath) {
	if err := edge.NoBody(c); err != nil {
		fail(c, err)
		return
	}
	job, err := a.as(c).RunTag(c.Request.Context(), activity.TagID(id))
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusAccepted, jobWire(job))
}

// ListTagSizes lists a tag's sizes over time.
func (a *API) ListTagSizes(c *gin.Context, id wire.TagIDPath, params wire.ListTagSizesParams) {
	limit, err := limitOf(params.Limit)
	if err != nil {
		fail(c, err)
		return
	}
	builds, err := a.engine.TagBuilds(c.Request.Context(), activity.TagID(id), limit)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.TagSizeList{Items: each(builds, sizeWire)})
}

// ListTagMembers changes a manual tag by a list.
func (a *API) ListTagMembers(c *gin.Context, id wire.TagIDPath) {
	var in wire.TagMembersInput
	if err := edge.Decode(c, &in); err != nil {
		fail(c, err)
		return
	}
	if n := len(in.Buyers); n < 1 || n > maxListedAtOnce {
		fail(c, invalid("buyers", "want 1 to 10000 buyers, not "+strconv.Itoa(n)))
		return
	}
	buyers := each(in.Buyers, func(b wire.PartnerID) activity.Buyer { return activity.Buyer(b) })
	job, err := a.as(c).ListMembers(c.Request.Context(), activity.TagID(id), groupbuy.ListEdit(in.Edit), buyers)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, jobWire(job))
}

// maxListedAtOnce bounds a list in JSON; files may be longer.
const maxListedAtOnce = 10_000

// ExportTagMembers writes every member as CSV. The status is sent before the last member is read: a copy that could
// not be finished ends without the final chunk, which every client sees.
func (a *API) ExportTagMembers(c *gin.Context, id wire.TagIDPath) {
	begun := false
	begin := func() {
		begun = true
		c.Header("Content-Type", "text/csv; charset=utf-8")
		c.Header("Content-Disposition", `attachment; filename="`+id+`.csv"`)
		c.Status(http.StatusOK)
		_, _ = io.WriteString(c.Writer, "partner_id,buyer_id\n") // the caller is gone; the next write tells
	}
	var row []byte
	err := a.engine.EachTagMember(c.Request.Context(), activity.TagID(id), func(p partner.ID, b activity.Buyer) error {
		if !begun {
			begin()
		}
		row = append(append(append(append(row[:0], p...), ','), b...), '\n') // identifiers need no quotes
		_, err := c.Writer.Write(row)
		return err
	})
	switch {
	case err != nil && begun:
		_ = c.Error(err)
		panic(http.ErrAbortHandler)
	case err != nil:
		fail(c, err)
	case !begun:
		begin()
	}
}

// UploadTagMembers changes a manual tag by a file.
func (a *API) UploadTagMembers(c *gin.Context, id wire.TagIDPath, params wire.UploadTagMembersParams) {
	edit, err := enumOf[groupbuy.ListEdit]("edit", params.Edit)
	if err == nil {
		err = wantMedia(c, "text/csv")
	}
	if err != nil {
		fail(c, err)
		return
	}
	if edit == "" {
		edit = groupbuy.ListAdd
	}
	tag, err := a.engine.Tag(c.Request.Context(), activity.TagID(id))
	if err != nil {
		fail(c, err)
		return
	}
	edge.AllowBody(c, maxBulkBody)
	file := &memberFile{partner: tag.Partner, refused: &refusals{}}
	if err := file.read(newLines(c.Request.Body)); err != nil {
		fail(c, err)
		return
	}
	taken := len(file.buyers)
	if edit == groupbuy.ListReplace {
		if err := file.replaces(); err != nil {
			fail(c, err)
			return
		}
	}
	job, err := a.as(c).ListMembers(c.Request.Context(), tag.ID, edit, file.buyers)
	if err != nil {
		fail(c, err)
		return
	}
	c.JSON(http.StatusOK, wire.TagUpload{
		Job: jobWire(job), Lines: taken + file.refused.count, Taken: taken, Refused: file.refused.count,
		Errors: file.refused.told(c.GetHeader("Accept-Language")),
	})
}

// memberFile is a CSV of buyers on its way in.
type memberFile struct {
	partner partner.ID
	columns int
	buyer   int // column
	owner   int // column of partner_id; -1: none
	buyers  []activity.Buyer
	refused *refusals
}

func (f *memberFile) read(in *lines) error {
	header, tooLong, err := in.next()
	if err != nil && !errors.Is(err, io.EOF) {
		return bulkUnreadable(err)
	}
	if err != nil || tooLong || !f.header(header) {
		return &problem.Problem{Code: problem.Invalid, Param: "buyer_id", Detail: "want UTF-8 with a first line that names the column buyer_id"}
	}
	for {
		line, tooLong, err := in.next()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return bulkUnreadable(err)
		case tooLong:
			f.refused.add(in.number, activity.Fault{Detail: "want at most " + strconv.Itoa(maxLine) + " bytes on a line"})
			continue
		}
		buyer, fault := f.line(line)
		if fault.Detail != "" {
			f.refused.add(in.number, fault)
			continue
		}
		if len(f.buyers) == groupbuy.MaxListed {
			return &problem.Problem{Code: problem.BodyTooLarge, Detail: "want at most 1000000 buyers at once"}
		}
		f.buyers = append(f.buyers, buyer)
	}
}

// replaces refuses a file that would throw out members because of lines that nobody could read.
func (f *memberFile) replaces() error {
	switch {
	case f.refused.count > 0:
		return f.refused.problem(len(f.buyers) + f.refused.count)
	case len(f.buyers) == 0:
		return &problem.Problem{Code: problem.LinesRefused, Detail: "want at least one buyer in place of the members"}
	}
	return nil
}

func (f *memberFile) header(line []byte) bool {
	names, err := fields(line)
	if err != nil || !utf8.Valid(line) {
		return false
	}
	f.columns, f.buyer, f.owner = len(names), slices.Index(names, "buyer_id"), slices.Index(names, "partner_id")
	return f.buyer >= 0
}

func (f *memberFile) line(line []byte) (activity.Buyer, activity.Fault) {
	values, err := fields(line)
	switch {
	case err != nil:
		return "", activity.Fault{Detail: "is not a line of CSV"}
	case len(values) != f.columns:
		return "", activity.Fault{Detail: "want " + strconv.Itoa(f.columns) + " fields, not " + strconv.Itoa(len(values))}
	case !partner.ValidID(values[f.buyer]):
		return "", activity.Fault{Param: "buyer_id", Detail: wantID}
	case f.owner >= 0 && values[f.owner] != string(f.partner):
		return "", activity.Fault{Param: "partner_id", Detail: "want the tag's partner " + string(f.partner)}
	}
	return activity.Buyer(values[f.buyer]), activity.Fault{}
}

// fields splits one line: a broken quote must not swallow the lines after it.
func fields(line []byte) ([]string, error) {
	return csv.NewReader(bytes.NewReader(line)).Read()
}

func jobWire(j crowd.Job) wire.TagJob {
	return wire.TagJob{
		JobID: string(j.ID), TagID: string(j.Tag), Cause: wire.TagJobCause(j.Cause), Status: wire.TagJobStatus(j.Status),
		Generation: int64(j.Generation), FactsRead: j.FactsRead, Members: j.Members,
		QueuedAt: instant.Of(j.QueuedAt), StartedAt: instant.Of(j.StartedAt), EndedAt: instant.Of(j.EndedAt), Error: j.Error,
	}
}

func sizeWire(b crowd.Build) wire.TagSize {
	return wire.TagSize{Generation: int64(b.Generation), Members: b.Members, BuiltAt: instant.Of(b.BuiltAt), JobID: string(b.Job)}
}
