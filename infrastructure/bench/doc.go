// Package bench measures a running system over its public HTTP interface and says how its figures compare with those
// that the same machine reaches without it: an empty HTTP handler, and single-row commits of the same database.
//
// The driver shares the machine with what it measures, so it speaks HTTP/1.1 by hand over connections that stay open;
// its own share of the processor is in the report.
package bench
