// Package groupbuyapi answers api/openapi/groupbuy.yaml with the engine's use cases: partners sign their calls,
// operators carry a token.
package groupbuyapi

//go:generate go tool -modfile=../../.ci/tools/go.mod oapi-codegen -config generate.yaml ../openapi/groupbuy.yaml
