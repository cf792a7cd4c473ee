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

func element(list string, i int) string { return list + "[" + strconv.Itoa(i) + "]" }

// ValidName says whether a text may be shown as the name of something: UTF-8 of 1 to MaxNameRune characters.
func ValidName(name string) bool {
	n := utf8.RuneCountInString(name)
	return n >= 1 && n <= MaxNameRune && utf8.ValidString(name)
}
