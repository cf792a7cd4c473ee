#!/usr/bin/env bash
# Gives the tests a MySQL, a Redis and a RabbitMQ, and takes away again only what it gave.
#
#   .ci/services.sh up      start what is missing, wait until it answers, write .run/services.env
#   .ci/services.sh env     print the variables; `eval "$(.ci/services.sh env)"` sets them
#   .ci/services.sh status  exit 0 when everything that `up` started still answers
#   .ci/services.sh down    stop what `up` started and remove its data
#
# Each of the three comes from the first of these that works:
#   1. the server named by KAITUAN_TEST_MYSQL, KAITUAN_TEST_REDIS or KAITUAN_TEST_AMQP;
#   2. a private process on a free loopback port, its data in a temporary directory; on Debian, as root,
#      a missing package is installed first, without starting the system's own service;
#   3. a container, when a docker engine answers; KAITUAN_TEST_CONTAINERS=true skips 2 (MySQL 8 rather than MariaDB).
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
state=$root/.run/services      # dir: the temporary directory; processes: "name pid start"; containers: one name a line
envfile=$root/.run/services.env
all="mysql redis amqp"

# shellcheck source=.ci/services/process.sh
. "$root/.ci/services/process.sh"
# shellcheck source=.ci/services/local.sh
. "$root/.ci/services/local.sh"
# shellcheck source=.ci/services/docker.sh
. "$root/.ci/services/docker.sh"

say() { printf 'services: %s\n' "$*" >&2; }
die() { say "$*"; exit 1; }

variable() { # SERVICE: the environment variable that names it
	case $1 in
	mysql) echo KAITUAN_TEST_MYSQL ;;
	redis) echo KAITUAN_TEST_REDIS ;;
	amqp) echo KAITUAN_TEST_AMQP ;;
	esac
}

address() { # SERVICE PORT: what the tests are told, in the form the client library takes
	case $1 in
	mysql) echo "root:@tcp(127.0.0.1:$2)/" ;;
	redis) echo "127.0.0.1:$2" ;;
	amqp) echo "amqp://guest:guest@127.0.0.1:$2/" ;;
	esac
}

containers_wanted() {
	[ "${KAITUAN_TEST_CONTAINERS:-}" = true ]
}

remember() { # SERVICE ADDRESS
	printf "export %s='%s'\n" "$(variable "$1")" "$2" >>"$envfile"
}

# place SERVICE starts it by the first way that works here.
place() {
	if ! containers_wanted && local_ready "$1"; then
		"local_start_$1"
	elif docker_ready; then
		docker_start "$1"
	else
		die "no way to get $1: set $(variable "$1"), or run as root on Debian, or start a docker engine"
	fi
}

up() {
	if status_quiet; then
		say "already running"
		return
	fi
	down
	mkdir -p "$state"
	: >"$envfile"
	trap 'say "failed; stopping what was started"; show_logs; down' EXIT
	trap 'exit 130' INT TERM
	local service name missing=""
	for service in $all; do
		name=$(variable "$service")
		if [ -n "${!name:-}" ]; then
			remember "$service" "${!name}"
		else
			missing="$missing $service"
		fi
	done
	# shellcheck disable=SC2086 # a list of words
	containers_wanted || local_install $missing
	for service in $missing; do place "$service"; done
	for service in $missing; do await "$service"; done
	trap - EXIT INT TERM
	say "ready; eval \"\$(.ci/services.sh env)\" sets the variables"
}

# await SERVICE waits until it answers its own protocol, at most 90 seconds.
await() {
	local tries=0
	until answers "$1"; do
		tries=$((tries + 1))
		if [ "$tries" -ge 450 ] || ! process_alive "$1"; then
			say "$1 did not start"
			return 1
		fi
		sleep 0.2
	done
}

# answers SERVICE is true when it answers where it was placed.
answers() {
	if docker_has "$1"; then docker_answers "$1"; else local_answers "$1"; fi
}

# started SERVICE is true when an earlier `up` started it.
started() {
	grep -qx "$1" "$state/started" 2>/dev/null
}

# status_quiet is true when `up` ran, was given the same servers as now, and everything it started answers.
status_quiet() {
	[ -f "$envfile" ] && [ -d "$state" ] || return 1
	local service name
	for service in $all; do
		name=$(variable "$service")
		if [ -n "${!name:-}" ]; then
			grep -qxF "export $name='${!name}'" "$envfile" || return 1
		elif ! started "$service"; then
			return 1
		fi
		! started "$service" || { process_alive "$service" && answers "$service"; } || return 1
	done
}

down() {
	docker_stop
	process_stop_all
	if [ -f "$state/dir" ]; then
		local dir
		dir=$(cat "$state/dir")
		case $dir in
		*/kaituan-services.??????) rm -rf "$dir" ;; # only ever a directory that mktemp made for us
		esac
	fi
	rm -rf "$state" "$envfile"
}

case ${1:-} in
up) up ;;
down) down ;;
env) [ -f "$envfile" ] || die "not running: .ci/services.sh up"; cat "$envfile" ;;
status) status_quiet ;;
*) sed -n '2,13s/^# \{0,1\}//p' "$0"; exit 2 ;;
esac
