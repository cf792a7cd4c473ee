package edge

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gin-gonic/gin"

	"kaituan/api/problem"
)

// Decode reads the body, one JSON value, into a struct of a generated model. It refuses what the specification
// does not know: unknown and repeated fields, another spelling of a name, null, missing required fields (those
// without omitempty), values of another type, values outside an enumeration, anything behind the value.
// Errors: *problem.Problem, *http.MaxBytesError.
func Decode(c *gin.Context, into any) error {
	body, err := readBody(c)
	if err != nil {
		return fmt.Errorf("edge: read body: %w", err)
	}
	if len(body) > 0 && !isJSON(c.GetHeader("Content-Type")) {
		return &problem.Problem{Code: problem.UnsupportedMedia}
	}
	return Unmarshal(body, into)
}

func isJSON(contentType string) bool {
	const media = "application/json"
	if contentType == media {
		return true
	}
	told, _, err := mime.ParseMediaType(contentType)
	return err == nil && told == media
}

// NoBody refuses a body where none is wanted. An empty object is let pass, because many clients send one.
func NoBody(c *gin.Context) error {
	body, err := readBody(c)
	if err != nil {
		return fmt.Errorf("edge: read body: %w", err)
	}
	if len(body) == 0 {
		return nil
	}
	return Unmarshal(body, &struct{}{})
}

// Unmarshal is Decode for a body that is already read.
func Unmarshal(body []byte, into any) error {
	if !utf8.Valid(body) {
		return malformed("", "the body is not UTF-8")
	}
	value := reflect.ValueOf(into).Elem()
	if (&quick{text: body}).whole(value) {
		return nil
	}
	value.SetZero()
	d := newStrict(body)
	if err := d.value(value, ""); err != nil {
		return whole(body, err)
	}
	if _, err := d.json.Token(); !errors.Is(err, io.EOF) {
		return malformed("", "something follows the JSON value")
	}
	return nil
}

// whole prefers to say that a body is no JSON, further on, over what is wrong with its content: half a body has no
// fields to speak of.
func whole(body []byte, content error) error {
	told, ok := errors.AsType[*problem.Problem](content)
	if !ok || told.Code == problem.MalformedJSON || json.Valid(body) {
		return content
	}
	d := newStrict(body)
	for open := 0; ; {
		token, err := d.json.Token()
		if err != nil {
			return d.broken(err)
		}
		switch token {
		case json.Delim('{'), json.Delim('['):
			open++
		case json.Delim('}'), json.Delim(']'):
			open--
		}
		if open == 0 {
			return content // the value is whole; something follows it
		}
	}
}

type strict struct{ json *json.Decoder }

func newStrict(body []byte) strict { return strict{json.NewDecoder(bytes.NewReader(body))} }

func (d strict) value(v reflect.Value, path string) error {
	if _, custom := v.Addr().Interface().(json.Unmarshaler); custom {
		return d.scalar(v, path)
	}
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return d.value(v.Elem(), path)
	case reflect.Struct:
		return d.object(v, path)
	case reflect.Slice:
		return d.array(v, path)
	default:
		return d.scalar(v, path)
	}
}

func (d strict) object(v reflect.Value, path string) error {
	if err := d.open('{', "object", path); err != nil {
		return err
	}
	fields := fieldsOf(v.Type())
	seen := make([]bool, v.NumField())
	for d.json.More() {
		token, err := d.json.Token()
		if err != nil {
			return d.broken(err)
		}
		name, _ := token.(string)
		at := join(path, name)
		index, known := fields[name]
		switch {
		case !known:
			return &problem.Problem{Code: problem.UnknownField, Param: at, Detail: "is not a field of this request"}
		case seen[index]:
			return malformed(at, "is given twice")
		}
		seen[index] = true
		if err := d.value(v.Field(index), at); err != nil {
			return err
		}
	}
	if _, err := d.json.Token(); err != nil {
		return d.broken(err)
	}
	return missing(v.Type(), seen, path)
}

func (d strict) array(v reflect.Value, path string) error {
	if err := d.open('[', "array", path); err != nil {
		return err
	}
	v.Set(reflect.MakeSlice(v.Type(), 0, 0))
	for i := 0; d.json.More(); i++ {
		element := reflect.New(v.Type().Elem()).Elem()
		if err := d.value(element, path+"["+strconv.Itoa(i)+"]"); err != nil {
			return err
		}
		v.Set(reflect.Append(v, element))
	}
	if _, err := d.json.Token(); err != nil {
		return d.broken(err)
	}
	return nil
}

func (d strict) scalar(v reflect.Value, path string) error {
	var raw json.RawMessage
	if err := d.json.Decode(&raw); err != nil {
		return d.broken(err)
	}
	if string(raw) == "null" {
		return malformed(path, "null is not a value here; leave the field out")
	}
	var wrongType *json.UnmarshalTypeError
	switch err := json.Unmarshal(raw, v.Addr().Interface()); {
	case errors.As(err, &wrongType):
		return malformed(path, "want "+kindName(v.Kind())+", not "+wrongType.Value)
	case err != nil:
		return malformed(path, err.Error())
	}
	if enum, ok := v.Interface().(interface{ Valid() bool }); ok && !enum.Valid() {
		return &problem.Problem{Code: problem.Invalid, Param: path, Detail: "is not one of the values that the specification lists"}
	}
	return nil
}

func (d strict) open(want json.Delim, kind, path string) error {
	token, err := d.json.Token()
	switch {
	case err != nil:
		return d.broken(err)
	case token == nil && path != "":
		return malformed(path, "null is not a value here; leave the field out")
	case token != want:
		return malformed(path, "want "+kind+", not "+tokenName(token))
	}
	return nil
}

func (d strict) broken(err error) error {
	switch {
	case errors.Is(err, io.EOF) && d.json.InputOffset() == 0:
		return malformed("", "the body is empty")
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return malformed("", "the body ends in the middle of a value")
	}
	return malformed("", "the JSON is broken at byte "+strconv.FormatInt(d.json.InputOffset(), 10))
}

func malformed(param, detail string) error {
	return &problem.Problem{Code: problem.MalformedJSON, Param: param, Detail: detail}
}

func fieldsOf(t reflect.Type) map[string]int {
	fields := make(map[string]int, t.NumField())
	for i := range t.NumField() {
		name, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		fields[name] = i
	}
	return fields
}

func missing(t reflect.Type, seen []bool, path string) error {
	for i := range t.NumField() {
		name, options, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
		if !seen[i] && !strings.Contains(options, "omitempty") {
			return &problem.Problem{Code: problem.Invalid, Param: join(path, name), Detail: "is required"}
		}
	}
	return nil
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "string"
	case reflect.Bool:
		return "boolean"
	case reflect.Struct:
		return "instant"
	default:
		return "integer"
	}
}

func tokenName(token json.Token) string {
	switch token := token.(type) {
	case nil:
		return "null"
	case string:
		return "string"
	case bool:
		return "boolean"
	case json.Delim:
		if token == '{' {
			return "object"
		}
		return "array"
	default:
		return "number"
	}
}
