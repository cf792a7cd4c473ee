// Package mallclient is the Go client of mall.yaml, generated. Signing in gives a token; send it along with a
// RequestEditorFn that sets Authorization: Bearer.
package mallclient

//go:generate go tool -modfile=../../.ci/tools/go.mod oapi-codegen -config generate.yaml ../openapi/mall.yaml
