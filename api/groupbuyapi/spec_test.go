package groupbuyapi_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	wire "kaituan/api/groupbuywire"
)

func TestSpec_IsValid(t *testing.T) {
	spec, _ := loadSpec(t)
	require.NoError(t, spec.Validate(t.Context()))
}

func TestRouter_ServesTheSpecificationAndNothingElse(t *testing.T) {
	w := newWorld(t)
	parameter := regexp.MustCompile(`:([a-z_]+)`)
	var served, written []string
	for _, route := range w.router.Routes() {
		served = append(served, route.Method+" "+parameter.ReplaceAllString(route.Path, "{$1}"))
	}
	for path, item := range w.spec.Paths.Map() {
		for method := range item.Operations() {
			written = append(written, method+" "+path)
		}
	}
	require.ElementsMatch(t, written, served)
}

// Every route wants the credential that its security says, whatever else is wrong with the call.
func TestRouter_WantsTheCredentialOfTheSpecification(t *testing.T) {
	w := newWorld(t)
	eachOperation(w.spec, func(method, path string, operation *openapi3.Operation) {
		code := "signature_missing"
		if operation.Security != nil {
			code = "unauthenticated"
		}
		if operation.Security != nil && len(*operation.Security) == 0 { // nobody is signed in before signing in
			return
		}
		r := request{method: method, path: fill(operation, path, w.spec), edit: func(r *http.Request) { r.Header.Del("Authorization") }}
		w.call(r).refused(401, code)
	})
}

// Every example of the specification is sent; it may be refused by a rule, but not as malformed.
func TestExamples_AreUnderstood(t *testing.T) {
	w := newWorld(t)
	sent := 0
	eachOperation(w.spec, func(method, path string, operation *openapi3.Operation) {
		body, _ := example(operation)
		a := w.call(request{method: method, path: fill(operation, path, w.spec), body: body, media: mediaOf(operation)})
		if a.Code >= 400 {
			p := into[wire.Problem](a, a.Code)
			refusals := map[bool][]int{false: {404, 409, 422}, true: {401}}
			require.Contains(t, refusals[operation.OperationID == "signInOperator"], a.Code, "%s: %s %s", operation.OperationID, p.Code, p.Detail)
		}
		sent++
	})
	require.Equal(t, len(w.router.Routes()), sent)
}

// An operation that takes no body does not pretend to have read one.
func TestBodies_ThatNobodyWantsAreRefused(t *testing.T) {
	w := newWorld(t)
	tried := 0
	eachOperation(w.spec, func(method, path string, operation *openapi3.Operation) {
		if method != http.MethodPost || operation.RequestBody != nil {
			return
		}
		p := w.call(request{method: method, path: fill(operation, path, w.spec), body: m{"force": true}}).refused(400, "unknown_field")
		require.Equal(t, "force", p.Param, operation.OperationID)
		tried++
	})
	require.Greater(t, tried, 5)
}

// With the database gone every operation that needs it says so, and what nodes keep in memory goes on.
func TestDatabaseGone_IsToldByEveryOperation(t *testing.T) {
	w := newWorld(t)
	w.get(partnerSide + "/activities").ok(200) // reads keys and prices into memory
	require.NoError(t, w.db.Close())
	inMemory := map[string]int{"listActivities": 200, "createTrial": 200, "getOwnOperator": 200, "getSecondFactor": 200, "signOutOperator": 204}
	eachOperation(w.spec, func(method, path string, operation *openapi3.Operation) {
		body, _ := example(operation)
		a := w.call(request{method: method, path: fill(operation, path, w.spec), body: body, media: mediaOf(operation)})
		if status, ok := inMemory[operation.OperationID]; ok {
			a.ok(status)
			return
		}
		require.GreaterOrEqual(t, a.Code, 500, operation.OperationID)
		require.Contains(t, []string{"internal", "unavailable"}, into[wire.Problem](a, a.Code).Code, operation.OperationID)
		require.NotContains(t, a.Body.String(), "database is closed")
	})
}

// Whatever the specification forbids in a body is refused, with the field's name, and never breaks the server.
func TestBounds_OfEveryBodyAreEnforced(t *testing.T) {
	w := newWorld(t)
	tried := 0
	eachOperation(w.spec, func(method, path string, operation *openapi3.Operation) {
		body, schema := example(operation)
		if body == nil || mediaOf(operation) != "" {
			return
		}
		target := fill(operation, path, w.spec)
		for _, bad := range spoil(schema, body, "") {
			name := fmt.Sprintf("%s %s: %s", operation.OperationID, bad.param, bad.why)
			a := w.call(request{method: method, path: target, body: bad.body})
			var p wire.Problem
			require.NoError(t, json.Unmarshal(a.Body.Bytes(), &p), name)
			// A list is told by its name or by the entry at fault.
			if a.Code != http.StatusBadRequest || !strings.HasPrefix(p.Param, bad.param) {
				t.Errorf("%s: %d %s about %q", name, a.Code, p.Code, p.Param)
			}
			tried++
		}
	})
	require.Greater(t, tried, 150, "the test found little to spoil")
}

func eachOperation(spec *openapi3.T, do func(method, path string, operation *openapi3.Operation)) {
	for _, path := range slices.Sorted(maps.Keys(spec.Paths.Map())) {
		operations := spec.Paths.Value(path).Operations()
		for _, method := range slices.Sorted(maps.Keys(operations)) {
			do(method, path, operations[method])
		}
	}
}

// fill puts the examples of the path parameters into a path, and those of the required others behind it.
func fill(operation *openapi3.Operation, path string, spec *openapi3.T) string {
	for _, p := range append(spec.Paths.Value(path).Parameters, operation.Parameters...) {
		if p.Value.In == openapi3.ParameterInPath {
			path = strings.ReplaceAll(path, "{"+p.Value.Name+"}", fmt.Sprint(p.Value.Example))
		}
	}
	separator := "?"
	for _, p := range operation.Parameters {
		if p.Value.In == openapi3.ParameterInQuery && p.Value.Required {
			path += separator + p.Value.Name + "=" + fmt.Sprint(p.Value.Example)
			separator = "&"
		}
	}
	return path
}

func example(operation *openapi3.Operation) (any, *openapi3.Schema) {
	if operation.RequestBody == nil {
		return nil, nil
	}
	for _, media := range operation.RequestBody.Value.Content { // there is one
		if names := slices.Sorted(maps.Keys(media.Examples)); len(names) > 0 { // several: the first by name
			return media.Examples[names[0]].Value.Value, media.Schema.Value
		}
		return media.Example, media.Schema.Value
	}
	return nil, nil
}

// mediaOf returns the type of a body that is not JSON.
func mediaOf(operation *openapi3.Operation) string {
	if operation.RequestBody == nil {
		return ""
	}
	for name := range operation.RequestBody.Value.Content {
		if name != "application/json" {
			return name
		}
	}
	return ""
}

// spoiled is a body with one thing wrong.
type spoiled struct {
	param, why string
	body       any
}

// spoil returns the body with each of its schema's rules broken once.
func spoil(schema *openapi3.Schema, body any, path string) []spoiled {
	switch {
	case schema.Type.Is("object"):
		return spoilObject(schema, body.(map[string]any), path)
	case schema.Type.Is("array"):
		return spoilArray(schema, body.([]any), path)
	default:
		return spoilScalar(schema, path)
	}
}

func spoilObject(schema *openapi3.Schema, body map[string]any, path string) []spoiled {
	out := []spoiled{{joined(path, "surprise"), "unknown field", with(body, "surprise", 1)}}
	for _, name := range schema.Required {
		out = append(out, spoiled{joined(path, name), "missing", without(body, name)})
	}
	for name, property := range schema.Properties {
		value, given := body[name]
		if !given {
			value = sample(whole(property.Value))
		}
		inner := spoil(whole(property.Value), value, joined(path, name))
		inner = append(inner, spoiled{joined(path, name), "null", nil})
		for _, bad := range inner {
			out = append(out, spoiled{bad.param, bad.why, with(body, name, bad.body)})
		}
	}
	return out
}

func spoilArray(schema *openapi3.Schema, body []any, path string) []spoiled {
	out := []spoiled{{path, "not an array", "text"}}
	if schema.MinItems > 0 {
		out = append(out, spoiled{path, "empty", []any{}})
	}
	entry := sample(whole(schema.Items.Value))
	if len(body) > 0 {
		entry = body[0]
	}
	if schema.MaxItems != nil {
		out = append(out, spoiled{path, "too many", slices.Repeat([]any{entry}, int(*schema.MaxItems)+1)})
	}
	for _, bad := range spoil(whole(schema.Items.Value), entry, path+"[0]") {
		out = append(out, spoiled{bad.param, bad.why, []any{bad.body}})
	}
	return out
}

func spoilScalar(schema *openapi3.Schema, path string) []spoiled {
	var out []spoiled
	add := func(why string, value any) { out = append(out, spoiled{path, why, value}) }
	switch {
	case schema.Type.Is("integer"):
		add("not a number", "text")
		add("a fraction", 1.5)
		if schema.Min != nil {
			add("too small", int64(*schema.Min)-1)
		}
		if schema.Max != nil {
			add("too large", int64(*schema.Max)+1)
		}
	case schema.Type.Is("boolean"):
		add("not a boolean", "true")
	default:
		add("not a text", 1)
		if schema.MinLength > 0 || schema.Pattern != "" || schema.Enum != nil || schema.Format == "date-time" {
			add("empty", "")
		}
		if schema.MaxLength != nil {
			add("too long", strings.Repeat("x", int(*schema.MaxLength)+1))
		}
		if schema.Pattern != "" || schema.Enum != nil {
			add("impossible", "no way")
		}
	}
	return out
}

// whole merges an allOf of one schema with what stands beside it.
func whole(schema *openapi3.Schema) *openapi3.Schema {
	if len(schema.AllOf) != 1 {
		return schema
	}
	merged := *schema.AllOf[0].Value
	if schema.Min != nil {
		merged.Min = schema.Min
	}
	if schema.Max != nil {
		merged.Max = schema.Max
	}
	return &merged
}

// sample is a value that a schema allows.
func sample(schema *openapi3.Schema) any {
	switch {
	case schema.Type.Is("object"):
		out := map[string]any{}
		for _, name := range schema.Required {
			out[name] = sample(whole(schema.Properties[name].Value))
		}
		return out
	case schema.Type.Is("array"):
		return []any{sample(whole(schema.Items.Value))}
	case schema.Type.Is("integer"):
		return 1
	case schema.Type.Is("boolean"):
		return true
	case schema.Enum != nil:
		return schema.Enum[0]
	case schema.Format == "date-time":
		return "2026-11-20T08:00:00.000Z"
	default:
		return "x"
	}
}

func joined(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}

func without(body map[string]any, name string) map[string]any {
	out := maps.Clone(body)
	delete(out, name)
	return out
}

// The published documents are of the same table as the answers: a client may rely on either.
func TestProblem_HasTheMembersOfTheSpecification(t *testing.T) {
	w := newWorld(t)
	a := w.get(partnerSide + "/seats/ord_1")
	var members map[string]any
	require.NoError(t, json.Unmarshal(a.Body.Bytes(), &members))
	require.Equal(t, []string{"code", "detail", "request_id", "status", "title", "type"}, slices.Sorted(maps.Keys(members)))
	require.Equal(t, "/docs/errors#seat_not_found", members["type"])
}
