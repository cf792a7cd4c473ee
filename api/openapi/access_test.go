package openapi_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/stretchr/testify/require"

	"kaituan/api/openapi"
)

var update = flag.Bool("update", false, "write docs/access.md again")

const document = "../../docs/access.md"

// docs/access.md is the table of who may call what, as the specifications say it. That the servers do as the
// specifications say is tested beside them, by calling every route as everybody.
func TestAccess_IsThatOfTheSpecifications(t *testing.T) {
	want := access(t)
	if *update {
		require.NoError(t, os.WriteFile(document, want, 0o600))
	}
	got, err := os.ReadFile(document)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "run: go test ./api/openapi -update")
}

func access(t *testing.T) []byte {
	t.Helper()
	var text bytes.Buffer
	text.WriteString(`# Who may call what

A route that is not listed does not exist, and one without a permission denies everybody. An object of somebody else is
as good as none: 404. A caller without the credential gets 401, an operator whose role is too low 403.

This page is written from the specifications in ` + "`api/openapi`" + `: ` + "`go test ./api/openapi -update`" + `.
`)
	for _, name := range []string{"groupbuy", "mall"} {
		file, err := openapi.Spec(name)
		require.NoError(t, err)
		spec, err := openapi3.NewLoader().LoadFromData(file)
		require.NoError(t, err)
		fmt.Fprintf(&text, "\n## %s\n\n| route | who |\n| --- | --- |\n", spec.Info.Title)
		for _, row := range rows(t, spec) {
			text.WriteString(row)
		}
	}
	return text.Bytes()
}

func rows(t *testing.T, spec *openapi3.T) (all []string) {
	t.Helper()
	for path, item := range spec.Paths.Map() {
		for method, operation := range item.Operations() {
			all = append(all, fmt.Sprintf("| `%s %s` | %s |\n", method, path, who(t, spec, operation)))
		}
	}
	// By path, and the methods of one in the order of their names.
	slices.SortFunc(all, func(a, b string) int {
		pathOf := func(row string) string { return strings.Trim(strings.Fields(row)[2], "`") + " " + row }
		return strings.Compare(pathOf(a), pathOf(b))
	})
	return all
}

func who(t *testing.T, spec *openapi3.T, operation *openapi3.Operation) string {
	t.Helper()
	required := spec.Security
	if operation.Security != nil {
		required = *operation.Security
	}
	names := map[string]string{
		"signature": "partners, signed", "session": "buyers", "bearer": "buyers", "webhook": "the engine, signed", "wechat": "WeChat, signed",
		"operator": "operators", "desk": "operators",
	}
	var callers []string
	for _, alternative := range required {
		if len(alternative) == 0 {
			callers = append(callers, "everybody")
		}
		for scheme := range alternative {
			require.Contains(t, names, scheme, operation.OperationID)
			callers = append(callers, names[scheme])
		}
	}
	if len(callers) == 0 {
		if strings.HasPrefix(operation.OperationID, "receive") {
			return "the sender, whose signature is part of what is sent"
		}
		return "everybody"
	}
	if least, ok := operation.Extensions["x-role"]; ok {
		return fmt.Sprintf("operators: %s", atLeast(t, fmt.Sprint(least)))
	}
	slices.Sort(callers)
	return strings.Join(slices.Compact(callers), ", ")
}

func atLeast(t *testing.T, role string) string {
	t.Helper()
	roles := []string{"viewer", "operator", "admin"}
	require.Contains(t, roles, role)
	return strings.Join(roles[slices.Index(roles, role):], ", ")
}
