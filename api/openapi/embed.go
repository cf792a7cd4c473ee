// Package openapi holds the specifications of the public interfaces. They are written by hand and come first:
// types, server interface and clients are generated from them, and tests hold the handlers against them.
package openapi

import "embed"

//go:embed *.yaml
var files embed.FS

// Spec returns a specification as it is served: "groupbuy" or "mall". Errors: fs.ErrNotExist for any other name.
func Spec(name string) ([]byte, error) { return files.ReadFile(name + ".yaml") }
