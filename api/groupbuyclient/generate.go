// Package groupbuyclient calls the engine over api/openapi/groupbuy.yaml, in another process or in the same one, and
// gives the mall its port to it.
package groupbuyclient

//go:generate go tool -modfile=../../.ci/tools/go.mod oapi-codegen -config generate.yaml ../openapi/groupbuy.yaml
