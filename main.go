// Kaituan is a group-buy engine with a small payment mall in front of it. Without arguments it runs everything in
// one process on embedded parts.
package main

import (
	"os"

	"kaituan/infrastructure/app/command"
)

func main() { os.Exit(command.Run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }
