package edge

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
)

// quickFields is how many fields of a struct the quick way can tell apart.
const quickFields = 32

// quick reads a body that is as it should be, which nearly all are, in one pass over its bytes. Whatever it does not know
// or like it leaves to strict, which says what is wrong; so it takes only what strict takes, and makes the same of it.
type quick struct {
	text []byte
	at   int
}

// whole reads one value and nothing behind it.
func (q *quick) whole(v reflect.Value) bool {
	q.space()
	if !q.value(v) {
		return false
	}
	q.space()
	return q.at == len(q.text)
}

func (q *quick) value(v reflect.Value) bool {
	into := v.Addr().Interface()
	if custom, ok := into.(json.Unmarshaler); ok {
		from := q.at
		_, ok := q.quoted()
		return ok && custom.UnmarshalJSON(q.text[from:q.at]) == nil
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return q.value(v.Elem())
	case reflect.Struct:
		return q.object(v)
	case reflect.Slice:
		return q.array(v)
	case reflect.String:
		text, ok := q.quoted()
		v.SetString(string(text))
		return ok && listed(into)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		n, ok := q.integer()
		if !ok || v.OverflowInt(n) {
			return false
		}
		v.SetInt(n)
		return listed(into)
	case reflect.Bool:
		flag, ok := q.flag()
		v.SetBool(flag)
		return ok
	default:
		return false
	}
}

// listed says whether a value of an enumeration is one of it.
func listed(value any) bool {
	enum, ok := value.(interface{ Valid() bool })
	return !ok || enum.Valid()
}

func (q *quick) object(v reflect.Value) bool {
	t := v.Type()
	n := t.NumField()
	if n > quickFields || !q.take('{') {
		return false
	}
	var names [quickFields]string
	required, seen := uint32(0), uint32(0) // a bit for each field
	for i := range n {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		names[i] = name
		if !strings.Contains(options, "omitempty") {
			required |= 1 << i
		}
	}
	for {
		if q.space(); q.take('}') {
			return required&^seen == 0
		}
		if seen != 0 && !q.between(',') {
			return false
		}
		name, ok := q.quoted()
		i := indexOf(names[:n], name)
		if !ok || i < 0 || seen&(1<<i) != 0 || !q.between(':') || !q.value(v.Field(i)) {
			return false
		}
		seen |= 1 << i
	}
}

func indexOf(names []string, name []byte) int {
	for i, known := range names {
		if known == string(name) {
			return i
		}
	}
	return -1
}

func (q *quick) array(v reflect.Value) bool {
	if !q.take('[') {
		return false
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for n := 0; ; n++ {
		if q.space(); q.take(']') {
			return true
		}
		if n > 0 && !q.between(',') {
			return false
		}
		v.Grow(1)
		v.SetLen(n + 1)
		v.Index(n).SetZero()
		if !q.value(v.Index(n)) {
			return false
		}
	}
}

// quoted reads a text without escapes.
func (q *quick) quoted() ([]byte, bool) {
	if !q.take('"') {
		return nil, false
	}
	from := q.at
	for ; q.at < len(q.text); q.at++ {
		switch c := q.text[q.at]; {
		case c == '"':
			q.at++
			return q.text[from : q.at-1], true
		case c == '\\' || c < ' ':
			return nil, false
		}
	}
	return nil, false
}

// integer reads a number without fraction or exponent that surely fits.
func (q *quick) integer() (int64, bool) {
	negative := q.take('-')
	from, n := q.at, int64(0)
	for ; q.at < len(q.text) && q.text[q.at] >= '0' && q.text[q.at] <= '9'; q.at++ {
		if n > math.MaxInt64/10-1 {
			return 0, false
		}
		n = n*10 + int64(q.text[q.at]-'0')
	}
	digits := q.text[from:q.at]
	if len(digits) == 0 || len(digits) > 1 && digits[0] == '0' {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

func (q *quick) flag() (value, ok bool) {
	rest := q.text[q.at:]
	switch {
	case len(rest) >= 4 && string(rest[:4]) == "true":
		q.at += 4
		return true, true
	case len(rest) >= 5 && string(rest[:5]) == "false":
		q.at += 5
		return false, true
	}
	return false, false
}

// between reads what separates two parts, and the space around it.
func (q *quick) between(c byte) bool {
	q.space()
	ok := q.take(c)
	q.space()
	return ok
}

func (q *quick) take(c byte) bool {
	if q.at < len(q.text) && q.text[q.at] == c {
		q.at++
		return true
	}
	return false
}

func (q *quick) space() {
	for q.at < len(q.text) {
		switch q.text[q.at] {
		case ' ', '\t', '\n', '\r':
			q.at++
		default:
			return
		}
	}
}
