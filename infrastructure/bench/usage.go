package bench

import (
	"bytes"
	"cmp"
	"fmt"
	"os"
	"strconv"
	"time"
)

// usage is what the processes at work have used so far. Nil parts are not known: there is no /proc, the process is on
// another machine, or it is part of the server.
type usage struct {
	server, database, client *time.Duration
}

// tick is the unit of processor time in /proc on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// processorTime is what a process has used of all processors, nil when that cannot be known.
func processorTime(pid int) *time.Duration {
	if pid == 0 {
		return nil
	}
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return nil
	}
	// The name, in parentheses, may hold anything. After it comes field 3; 14 and 15 are user and system time.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return nil
	}
	user, _ := strconv.ParseInt(string(fields[11]), 10, 64) // the kernel writes numbers
	system, _ := strconv.ParseInt(string(fields[12]), 10, 64)
	used := time.Duration(user+system) * tick
	return &used
}

// together adds what two processes have used.
func together(a, b *time.Duration) *time.Duration {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	sum := *a + *b
	return &sum
}

// megabytes that a process holds in memory, 0 when that cannot be known.
func megabytes(pid int) int64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	_, rest, _ := bytes.Cut(status, []byte("VmRSS:"))
	fields := bytes.Fields(rest)
	if len(fields) == 0 {
		return 0
	}
	kilobytes, _ := strconv.ParseInt(string(fields[0]), 10, 64) // the kernel writes numbers
	return kilobytes / 1024
}

// Split is processor time per answered request, in microseconds, of each side. Nil is not known; an embedded database
// is part of the server.
type Split struct {
	Server   *float64 `json:"server_us"`
	Database *float64 `json:"database_us"`
	Client   *float64 `json:"client_us"`
}

func split(before, after usage, requests uint64) Split {
	each := func(from, to *time.Duration) *float64 {
		if from == nil || to == nil || requests == 0 {
			return nil
		}
		used := float64((*to - *from).Microseconds()) / float64(requests)
		return &used
	}
	return Split{each(before.server, after.server), each(before.database, after.database), each(before.client, after.client)}
}
