package activity

import (
	"strconv"
	"unicode/utf8"
)

// Fault is one thing wrong with what an operator or partner entered.
type Fault struct {
	Param  string // the field, as named on the wire
	Detail string // what would be right
}

type faults []Fault

func (f *faults) require(ok bool, param, detail string) {
	if !ok {
		*f = append(*f, Fault{Param: param, Detail: detail})
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

// ValidName says whether a text may be shown as the name of something: UTF-8 of 1 to MaxNameRune characters.
func ValidName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 1 && n <= MaxNameRune && utf8.ValidString(name)
}
