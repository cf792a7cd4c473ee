// Package mallwire holds the JSON of mall.yaml, shared by server and client.
package mallwire

//go:generate go tool -modfile=../../.ci/tools/go.mod oapi-codegen -config generate.yaml ../openapi/mall.yaml
