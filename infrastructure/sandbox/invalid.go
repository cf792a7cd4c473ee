package sandbox

import (
	"errors"
	"fmt"
)

// ErrInvalid says that a script or a setting is none that the sandbox takes; an *InvalidField names the field.
var ErrInvalid = errors.New("sandbox: invalid")

// flaw is what is wrong with a field.
type flaw string

// The flaws. What an InvalidField has as detail stands where their words say %s.
const (
	flawRange    flaw = "range"
	flawChoice   flaw = "choice"
	flawMissing  flaw = "missing"
	flawMeans    flaw = "means_nothing"
	flawUnread   flaw = "unreadable"
	flawFull     flaw = "full"
	flawNoNotice flaw = "no_notify_url"
	flawGiven    flaw = "given_by_sandbox"
)

// InvalidField is an ErrInvalid about one field of a script or setting, named as on the wire.
type InvalidField struct {
	Field  string
	flaw   flaw
	detail string
}

// Error names the field.
func (e *InvalidField) Error() string { return ErrInvalid.Error() + " " + e.Field + ": " + e.Why() }

// Why says in English what is wrong with the field.
func (e *InvalidField) Why() string {
	return e.in(map[flaw]string{
		flawRange: "must be %s", flawChoice: "must be one of %s", flawMissing: "is needed", flawMeans: "has no meaning for %s",
		flawUnread: "cannot be read", flawFull: "there are %s scripts already, remove some",
		flawNoNotice: "the order has no notify_url", flawGiven: "is the sandbox's to give",
	})
}

func (e *InvalidField) whyChinese() string {
	return e.in(map[flaw]string{
		flawRange: "应为 %s", flawChoice: "只能是 %s", flawMissing: "必填", flawMeans: "对 %s 没有意义",
		flawUnread: "无法读取", flawFull: "已有 %s 条，请先移除一些",
		flawNoNotice: "该订单没有 notify_url", flawGiven: "由沙箱给出",
	})
}

func (e *InvalidField) in(words map[flaw]string) string {
	if e.detail == "" {
		return words[e.flaw]
	}
	return fmt.Sprintf(words[e.flaw], e.detail)
}

// Unwrap is ErrInvalid.
func (e *InvalidField) Unwrap() error { return ErrInvalid }

// invalidFields takes a joined error apart.
func invalidFields(err error) []*InvalidField {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*InvalidField
		for _, e := range joined.Unwrap() {
			all = append(all, invalidFields(e)...)
		}
		return all
	}
	if one, ok := errors.AsType[*InvalidField](err); ok {
		return []*InvalidField{one}
	}
	return nil
}
