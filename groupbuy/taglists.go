package groupbuy

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"hash"
	"io"
	"slices"
	"strconv"

	"kaituan/groupbuy/activity"
	"kaituan/groupbuy/crowd"
	"kaituan/groupbuy/partner"
)

// ListEdit says what a list does to a manual tag.
type ListEdit string

// The edits.
const (
	ListAdd     ListEdit = "add"
	ListRemove  ListEdit = "remove"
	ListReplace ListEdit = "replace"
)

// keeps says whether a buyer belongs to the tag after the edit.
func (edit ListEdit) keeps(member, listed bool) bool {
	switch edit {
	case ListRemove:
		return member && !listed
	case ListReplace:
		return listed
	}
	return member || listed
}

// MaxListed bounds one list of buyers.
const MaxListed = 1_000_000

// ListMembers changes who belongs to a manual tag, all at once. It sorts buyers in place. Errors: CodeTagNotFound,
// CodeTagNotManual, CodeTagBusy while another list or job is at work, CodeInvalid.
func (e *Engine) ListMembers(ctx context.Context, id activity.TagID, edit ListEdit, buyers []activity.Buyer) (crowd.Job, error) {
	list, err := sortedList(buyers)
	if err != nil {
		return crowd.Job{}, err
	}
	tag, err := e.Tag(ctx, id)
	if err != nil {
		return crowd.Job{}, err
	}
	if tag.Kind != crowd.Manual { // which never changes
		return crowd.Job{}, &Error{Code: CodeTagNotManual}
	}
	change, err := e.listChange(ctx, tag, edit, list)
	if err != nil {
		return crowd.Job{}, err
	}
	job, err := e.queueTag(ctx, id, crowd.ByList, func(tx Tx, now crowd.Tag, job crowd.Job) error {
		if now.Generation != tag.Generation { // another list was faster; the change would not be what is audited
			return &Error{Code: CodeTagBusy}
		}
		change.Job = job.ID
		return e.audit(tx, actionTagListed, string(id), membersBefore{tag.Members}, change)
	})
	if err != nil {
		return crowd.Job{}, err
	}
	return e.work(ctx, job, func(ctx context.Context, w *tagWriter) error {
		return e.eachListed(ctx, tag, list, func(b activity.Buyer, member, listed bool) error {
			if !edit.keeps(member, listed) {
				return nil
			}
			return w.add(ctx, tag.Partner, b)
		})
	})
}

func sortedList(buyers []activity.Buyer) ([]activity.Buyer, error) {
	if len(buyers) > MaxListed {
		return nil, invalid("buyers", "want at most 1000000 buyers at once")
	}
	for i, b := range buyers {
		if !partner.ValidID(string(b)) {
			return nil, invalid("buyers["+strconv.Itoa(i)+"]", "want 1 to 64 of A-Z a-z 0-9 _ . -")
		}
	}
	slices.Sort(buyers)
	return slices.Compact(buyers), nil
}

// eachListed hands out the members of a tag and the buyers of a sorted list, each once and in order.
func (e *Engine) eachListed(ctx context.Context, tag crowd.Tag, list []activity.Buyer, use func(b activity.Buyer, member, listed bool) error) error {
	if tag.Generation > 0 {
		err := e.Crowds.Members(ctx, tag.ID, tag.Generation, func(c crowd.Chunk) error {
			for _, b := range c.Buyers {
				for ; len(list) > 0 && list[0] < b; list = list[1:] {
					if err := use(list[0], false, true); err != nil {
						return err
					}
				}
				both := len(list) > 0 && list[0] == b
				if both {
					list = list[1:]
				}
				if err := use(b, true, both); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for _, b := range list {
		if err := use(b, false, true); err != nil {
			return err
		}
	}
	return nil
}

// membersBefore and membersAfter are how the audit tells of a list.
type membersBefore struct{ Members int64 }

type membersAfter struct {
	Job     crowd.JobID
	Edit    ListEdit
	Members int64
	Added   someBuyers
	Removed someBuyers
}

// someBuyers names up to maxListed buyers; of more it has the count and the fingerprint. They may be more than one
// would keep in memory.
type someBuyers struct {
	Count       int64
	Buyers      []activity.Buyer
	Fingerprint string // SHA-256 in hex of the sorted buyers, each with a line feed behind

	all hash.Hash
}

func (s *someBuyers) add(b activity.Buyer) {
	s.Count++
	if s.Count <= maxListed {
		s.Buyers = append(s.Buyers, b)
	}
	_, _ = io.WriteString(s.all, string(b)+"\n") // a hash never fails
}

func (s *someBuyers) end() {
	if s.Count > maxListed {
		s.Buyers, s.Fingerprint = nil, "sha256:"+hex.EncodeToString(s.all.Sum(nil))
	}
	s.all = nil
}

// listChange is what an edit will do to the generation that the tag has now.
func (e *Engine) listChange(ctx context.Context, tag crowd.Tag, edit ListEdit, list []activity.Buyer) (membersAfter, error) {
	change := membersAfter{Edit: edit, Added: someBuyers{all: sha256.New()}, Removed: someBuyers{all: sha256.New()}}
	err := e.eachListed(ctx, tag, list, func(b activity.Buyer, member, listed bool) error {
		kept := edit.keeps(member, listed)
		if kept {
			change.Members++
		}
		switch {
		case kept && !member:
			change.Added.add(b)
		case member && !kept:
			change.Removed.add(b)
		}
		return nil
	})
	change.Added.end()
	change.Removed.end()
	return change, err
}
