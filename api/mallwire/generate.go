package mallwire

//go:generate go tool -modfile=../../.ci/tools/go.mod oapi-codegen -config generate.yaml ../openapi/mall.yaml
