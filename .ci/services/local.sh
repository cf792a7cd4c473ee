# shellcheck shell=bash disable=SC2154 # sourced by services.sh, which sets $state
# The three servers as private processes: loopback only, free ports, nothing of the system's own touched.

# local_program SERVICE prints the server's program, nothing when it is not installed.
local_program() {
	local candidates program
	case $1 in
	mysql) candidates="mariadbd /usr/sbin/mariadbd" ;;
	redis) candidates="redis-server" ;;
	# Debian's wrapper in /usr/sbin insists on the rabbitmq user and on /var; the script behind it does not.
	amqp) candidates="/usr/lib/rabbitmq/bin/rabbitmq-server" ;;
	esac
	for program in $candidates; do
		if command -v "$program" 2>/dev/null; then return; fi
	done
	return 0
}

# local_ready SERVICE is true when it can run as a process here.
local_ready() {
	[ "$(uname)" = Linux ] && [ -n "$(local_program "$1")" ]
}

# local_install SERVICE... installs the packages that are missing, where that is possible.
local_install() {
	local service packages=""
	for service in "$@"; do
		local_ready "$service" && continue
		case $service in
		mysql) packages="$packages mariadb-server" ;;
		redis) packages="$packages redis-server" ;;
		amqp) packages="$packages rabbitmq-server" ;;
		esac
	done
	# shellcheck disable=SC2086 # a list of words
	[ -z "$packages" ] || "$root/.ci/install.sh" $packages || true # containers may still serve
}

# placed SERVICE PORT records that it runs there.
placed() {
	echo "$2" >"$state/$1.port"
	echo "$1" >>"$state/started"
	remember "$1" "$(address "$1" "$2")"
}

local_start_mysql() {
	local dir port
	dir=$(workdir)/mysql
	port=$(free_port)
	mkdir -p "$dir"
	# --no-defaults: the machine's own my.cnf must not leak in. "normal": root without a password, on loopback only.
	mariadb-install-db --no-defaults --user="$(id -un)" --datadir="$dir/data" --skip-test-db \
		--auth-root-authentication-method=normal --skip-name-resolve >"$(workdir)/mysql-install.log" 2>&1
	launch mysql "$(local_program mysql)" --no-defaults --user="$(id -un)" --datadir="$dir/data" \
		--socket="$dir/mysql.sock" --pid-file="$dir/mysql.pid" --port="$port" --bind-address=127.0.0.1 \
		--skip-name-resolve --skip-log-bin --max-connections=500 \
		--innodb-flush-log-at-trx-commit=1 --character-set-server=utf8mb4 --collation-server=utf8mb4_general_ci
	placed mysql "$port"
}

local_start_redis() {
	local dir port
	dir=$(workdir)/redis
	port=$(free_port)
	mkdir -p "$dir"
	launch redis "$(local_program redis)" --bind 127.0.0.1 --port "$port" --dir "$dir" --save "" --appendonly no
	placed redis "$port"
}

local_start_amqp() {
	local dir port epmd
	dir=$(workdir)/rabbitmq
	port=$(free_port)
	epmd=$(free_port)
	mkdir -p "$dir/log" "$dir/mnesia"
	echo '[].' >"$dir/enabled_plugins"
	: >"$dir/rabbitmq.conf"
	# A name server of our own: one that the broker starts by itself would outlive it.
	launch epmd epmd -port "$epmd" -address 127.0.0.1
	launch amqp env HOME="$dir" ERL_EPMD_PORT="$epmd" ERL_EPMD_ADDRESS=127.0.0.1 \
		RABBITMQ_NODENAME="kaituan-test@localhost" RABBITMQ_NODE_IP_ADDRESS=127.0.0.1 RABBITMQ_NODE_PORT="$port" \
		RABBITMQ_DIST_PORT="$(free_port)" RABBITMQ_MNESIA_BASE="$dir/mnesia" RABBITMQ_LOG_BASE="$dir/log" \
		RABBITMQ_PID_FILE="$dir/rabbitmq.pid" RABBITMQ_ENABLED_PLUGINS_FILE="$dir/enabled_plugins" \
		RABBITMQ_CONFIG_FILE="$dir/rabbitmq.conf" RABBITMQ_CONF_ENV_FILE=/dev/null \
		RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS="-kernel inet_dist_use_interface {127,0,0,1}" \
		"$(local_program amqp)"
	placed amqp "$port"
}

# talk PORT REQUEST prints the first four bytes of the answer, within two seconds.
talk() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	timeout 2 bash -c 'exec 3<>"/dev/tcp/127.0.0.1/$1" && printf "$2" >&3 && head -c 4 <&3 | tr -d "\000"' - "$1" "$2" 2>/dev/null
}

# local_answers SERVICE asks a question in its own protocol.
local_answers() {
	local port
	port=$(cat "$state/$1.port" 2>/dev/null) || return 1
	case $1 in
	mysql) mariadb --no-defaults --protocol=tcp -h127.0.0.1 -P"$port" -uroot -e 'SELECT 1' >/dev/null 2>&1 ;;
	redis) [ "$(talk "$port" 'PING\r\n')" = "+PON" ] ;;
	amqp) [ -n "$(talk "$port" 'AMQP\000\000\011\001')" ] ;;
	esac
}
