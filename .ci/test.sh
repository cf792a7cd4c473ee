#!/usr/bin/env bash
# What `make test` runs. Every stage runs even after one has failed; the table at the end says how long each took.
# Exit 0 only when all passed. With CI=true a skipped stage or test is a failure.
# shellcheck disable=SC2317 # the functions are called through stage and trap
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.." || exit
mkdir -p .run

# Two runs in one tree would share servers that the first one to finish stops.
if command -v flock >/dev/null 2>&1; then
	exec 9>.run/test.lock
	flock -n 9 || { echo "waiting for the other make test in this tree"; flock 9; }
fi

table=""
failed=0

stage() { # NAME COMMAND...
	local name=$1 began=$SECONDS result=ok status=0
	shift
	printf '\n== %s\n' "$name"
	"$@" 9>&- || status=$?
	if [ "$status" = 77 ] && [ "${CI:-}" != true ]; then
		result=skipped
	elif [ "$status" != 0 ]; then
		result=FAILED
		failed=1
	fi
	table+=$(printf '%-10s %5d s  %s' "$name" $((SECONDS - began)) "$result")$'\n'
}

# The mark tells servers that a killed run left behind from those that `make services` started for somebody.
services() {
	local mark=.run/services/for-test
	if ! .ci/services.sh status || [ -f "$mark" ]; then ours=yes; fi
	.ci/services.sh up && eval "$(.ci/services.sh env)" || return
	[ "$ours" = no ] || touch "$mark"
}

# programs installs what tests call beside the servers; where that is not possible those tests are skipped, which CI counts.
programs() {
	command -v promtool >/dev/null 2>&1 || .ci/install.sh prometheus
	command -v nginx >/dev/null 2>&1 || [ -x /usr/sbin/nginx ] || .ci/install.sh nginx-light
}

# Skips are invisible without -v, and a skipped suite looks like a passed one: so ask for the events and count.
race() {
	command -v "${CC:-cc}" >/dev/null 2>&1 || .ci/install.sh gcc libc6-dev # the race detector is linked by a C compiler
	go test -C .ci/tools ./testreport || return
	# shellcheck disable=SC2086 # a list of flags, from the Makefile
	go test $RACE -timeout 15m -json ./... | go run -C .ci/tools ./testreport
}

finish() {
	[ "$ours" = no ] || .ci/services.sh down
	printf '\n%s' "$table"
}

ours=no
trap finish EXIT
trap 'exit 130' INT TERM

stage services services
stage programs programs
stage lint make --no-print-directory lint
stage vet make --no-print-directory vet
stage go race
stage simulate go test -count 1 -timeout 10m -v ./infrastructure/simulation
stage drift make --no-print-directory drift
stage browser .ci/browser.sh
exit "$failed"
