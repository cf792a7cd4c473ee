// Package groupbuywire has the models of api/openapi/groupbuy.yaml, for its server and its clients.
package groupbuywire

//go:generate go tool -modfile=../../.ci/tools/go.mod oapi-codegen -config generate.yaml ../openapi/groupbuy.yaml
