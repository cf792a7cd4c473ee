package groupbuy

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
	"unicode"

	"kaituan/money"
)

// maxListed is how many elements of a list the audit shows; a longer one is told by its length and hash.
const maxListed = 100

// secretFields are shown by a fingerprint, which tells one secret from another and nothing else. All of them are
// random, or salted hashes.
func secretFields() []string { return []string{"Secret", "Secrets", "PasswordHash", "Recovery"} }

// portrait is a domain value as the audit shows it: JSON with the fields' names in snake case and their units, what
// is zero left out, secrets masked. nil has no portrait. A new field shows up by itself.
func portrait(value any) (string, error) {
	if value == nil {
		return "", nil
	}
	text, err := json.Marshal(portraitOf(reflect.ValueOf(value)))
	if err != nil {
		return "", fmt.Errorf("groupbuy: portray %T: %w", value, err)
	}
	return string(text), nil
}

func portraitOf(v reflect.Value) any {
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		return portraitOf(v.Elem())
	case reflect.Struct:
		if at, ok := v.Interface().(time.Time); ok {
			return at.UTC().Format("2006-01-02T15:04:05.000Z")
		}
		return portraitOfStruct(v)
	case reflect.Slice:
		return portraitOfList(v)
	case reflect.String:
		return v.String()
	case reflect.Int64:
		if d, ok := v.Interface().(time.Duration); ok {
			return d.Milliseconds()
		}
	}
	return v.Interface()
}

func portraitOfStruct(v reflect.Value) map[string]any {
	fields := make(map[string]any, v.NumField())
	for i := range v.NumField() {
		field := v.Type().Field(i)
		if !field.IsExported() || v.Field(i).IsZero() {
			continue
		}
		if slices.Contains(secretFields(), field.Name) {
			fields[nameOf(field)] = fingerprint(fmt.Sprint(v.Field(i).Interface()))
			continue
		}
		fields[nameOf(field)] = portraitOf(v.Field(i))
	}
	return fields
}

func portraitOfList(v reflect.Value) any {
	list := make([]any, v.Len())
	for i := range list {
		list[i] = portraitOf(v.Index(i))
	}
	if len(list) <= maxListed {
		return list
	}
	return map[string]any{"count": len(list), "fingerprint": fingerprint(fmt.Sprint(list...))}
}

// nameOf is a field's name in snake case with its unit: StartsAt starts_at, Price price_fen, TeamTTL team_ttl_ms.
func nameOf(field reflect.StructField) string {
	name := snake(field.Name)
	switch field.Type {
	case reflect.TypeFor[money.Fen]():
		return strings.TrimSuffix(name, "_fen") + "_fen"
	case reflect.TypeFor[time.Duration]():
		return name + "_ms"
	}
	return name
}

func snake(name string) string {
	var out strings.Builder
	runes := []rune(name)
	for i, r := range runes {
		begins := i > 0 && unicode.IsUpper(r) && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1]) && unicode.IsUpper(runes[i-1]))
		if begins {
			out.WriteByte('_')
		}
		out.WriteRune(unicode.ToLower(r))
	}
	return out.String()
}

func fingerprint(secret string) string {
	sum := sha256.Sum256([]byte(secret))
	return "sha256:" + hex.EncodeToString(sum[:4])
}
