// Package problem is the one table from error code to wire: HTTP status and text in both languages of every code of
// every domain, and the writer of application/problem+json (RFC 9457). docs/errors.md is the same table for people.
package problem

import (
	"maps"
	"slices"
)

// Code names a problem for programs. It is stable, lower snake, and unique over all domains.
type Code string

// Text is what a person reads in one language.
type Text struct {
	Title  string // what happened
	Detail string // what to do; replaced by what a domain says about the very case
}

// Row is what the wire knows of one code.
type Row struct {
	Status int // HTTP
	ZH, EN Text
}

// Domain is the part of the table that one domain fills.
type Domain struct {
	Name string
	Rows map[Code]Row
}

// Domains returns the whole table in the order of docs/errors.md.
func Domains() []Domain {
	return []Domain{
		{"General", general},
		{"Signature", signature},
		{"Engine", groupbuy},
		{"Mall", mall},
	}
}

// Codes returns the domain's codes in alphabetical order.
func (d Domain) Codes() []Code { return slices.Sorted(maps.Keys(d.Rows)) }

// Lookup returns the row of a code.
func Lookup(code Code) (Row, bool) {
	for _, domain := range Domains() {
		if row, ok := domain.Rows[code]; ok {
			return row, true
		}
	}
	return Row{}, false
}

func (r Row) text(lang Language) Text {
	if lang == English {
		return r.EN
	}
	return r.ZH
}
