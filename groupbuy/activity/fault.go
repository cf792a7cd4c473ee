package activity

import (
	"fmt"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"kaituan/money"
)

// Fault is one thing wrong with what an operator or partner entered.
type Fault struct {
	Param  string // the field, as named on the wire
	Value  string // what it is, where that is short; empty when it was left open
	Detail string // what would be right
}

type faults []Fault

func (f *faults) require(ok bool, param, detail string) {
	if !ok {
		*f = append(*f, Fault{Param: param, Detail: detail})
	}
}

// got is require for a field whose value says more than its name.
func (f *faults) got(ok bool, param string, value any, detail string) {
	if !ok {
		*f = append(*f, Fault{Param: param, Value: shown(value), Detail: detail})
	}
}

// shown prints a value as it is on the wire.
func shown(value any) string {
	switch v := value.(type) {
	case money.Fen:
		return strconv.FormatInt(int64(v), 10)
	case time.Duration:
		return strconv.FormatInt(int64(v/time.Second), 10)
	case time.Time:
		if v.IsZero() {
			return ""
		}
		return stamp(v)
	default:
		return fmt.Sprint(v)
	}
}

// maxAlike bounds how many faults of one kind are told one by one. A list may have thousands of bad entries, an
// activity a million SKUs.
const maxAlike = 20

// alike collects faults of one kind: the first ones, then how many more there are.
type alike struct {
	faults
	more int
}

func (f *alike) require(ok bool, param, detail string) {
	if !ok && len(f.faults) == maxAlike {
		f.more++
		return
	}
	f.faults.require(ok, param, detail)
}

// all returns the faults; param is what those that are only counted are told under.
func (f *alike) all(param string) []Fault {
	f.faults.require(f.more == 0, param, "the same goes for "+strconv.Itoa(f.more)+" more")
	return f.faults
}

func element(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// ValidName says whether a text may be shown as the name of something: UTF-8 of 1 to MaxNameRune characters, not only
// blanks and without control characters.
func ValidName(name string) bool {
	return utf8.ValidString(name) && utf8.RuneCountInString(name) <= MaxNameRune &&
		strings.TrimSpace(name) != "" && !strings.ContainsFunc(name, unicode.IsControl)
}
