// Package failpoint lets a test kill the process between two steps.
//
// A point is a place on one side of something that leaves the process: a commit, an HTTP call, an answer, a message of
// the outbox. It is named after the use case that gets there, such as mall.HandlePayNotice.commit.after. Points exist
// only in a binary built with the tag failpoint; without it every function here does nothing and the compiler drops it.
//
// There the environment arms them:
//
//	KAITUAN_FAILPOINT=mall.HandlePayNotice.commit.after=kill@2   SIGKILL to itself at the second hit
//	KAITUAN_FAILPOINT=mall.Pay.alipay.after=error@2                loses the second answer
//	KAITUAN_FAILPOINT=http.POST /callbacks/alipay.after=pause:5s   waits there at the first hit
//	KAITUAN_FAILPOINT_LOG=FILE                                     writes the name of every point as it is hit
package failpoint

// Env names the variable that arms a point, EnvLog that which names the log of hits.
const (
	Env    = "KAITUAN_FAILPOINT"
	EnvLog = "KAITUAN_FAILPOINT_LOG"
)
