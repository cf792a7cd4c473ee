# shellcheck shell=bash disable=SC2154 # sourced by services.sh, which sets $state
# Processes and containers that `up` started: how they are recorded, recognised and stopped.

# workdir prints the temporary directory of this run, made on first use.
workdir() {
	if [ ! -f "$state/dir" ]; then
		mktemp -d "${TMPDIR:-/tmp}/kaituan-services.XXXXXX" >"$state/dir"
		chmod 755 "$(cat "$state/dir")"
	fi
	cat "$state/dir"
}

# start_time PID prints when the process began, in ticks since boot; a recycled pid has another one.
# A zombie counts as gone: in a container nobody may ever reap it.
start_time() {
	local stat
	stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
	# The second field is the program's name in parentheses and may hold blanks: count behind it.
	# shellcheck disable=SC2086 # split on purpose
	set -- ${stat##*) }
	[ "$1" != Z ] && echo "${20}"
}

# launch NAME PROGRAM... starts it in a process group of its own, its output in NAME.log, and records it.
launch() {
	local name=$1
	shift
	setsid "$@" >>"$(workdir)/$name.log" 2>&1 </dev/null &
	local pid=$!
	echo "$name $pid $(start_time "$pid")" >>"$state/processes"
}

# recorded NAME prints the pid if that very process still runs.
recorded() {
	local name pid start
	while read -r name pid start; do
		if [ "$name" = "$1" ] && [ "$(start_time "$pid")" = "$start" ]; then
			echo "$pid"
		fi
	done < <(cat "$state/processes" 2>/dev/null)
}

# process_alive NAME is false only for a process of ours that has ended; containers speak for themselves.
process_alive() {
	! grep -q "^$1 " "$state/processes" 2>/dev/null || [ -n "$(recorded "$1")" ]
}

# process_stop_all ends every process group that is still ours. Not politely: their data is removed next.
process_stop_all() {
	local name pid start tries=0
	while read -r name pid start; do
		[ "$(start_time "$pid")" != "$start" ] || kill -KILL -- "-$pid" 2>/dev/null || true
	done < <(cat "$state/processes" 2>/dev/null)
	while read -r name pid start; do
		while [ "$(start_time "$pid")" = "$start" ] && [ "$tries" -lt 100 ]; do
			tries=$((tries + 1))
			sleep 0.1
		done
	done < <(cat "$state/processes" 2>/dev/null)
}

# free_port prints a loopback port nobody listens on, below the range the kernel gives to outgoing connections.
free_port() {
	local port tries=0
	while [ "$tries" -lt 200 ]; do
		tries=$((tries + 1))
		port=$((20000 + RANDOM % 12000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
	return 1
}

# show_logs prints the end of every log, for the reader of a failed start.
show_logs() {
	[ -f "$state/dir" ] || return 0
	local log
	for log in "$(cat "$state/dir")"/*.log; do
		[ -s "$log" ] || continue
		echo "--- $log" >&2
		tail -n 20 "$log" >&2
	done
}
