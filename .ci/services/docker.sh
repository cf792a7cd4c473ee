# shellcheck shell=bash disable=SC2154 # sourced by services.sh, which sets $state
# The three servers as containers, on ports of docker's choosing, published on loopback only.

docker_ready() {
	command -v docker >/dev/null 2>&1 && docker info >/dev/null 2>&1
}

# docker_name SERVICE prints the container that `up` started for it, nothing when there is none.
docker_name() {
	grep "^kaituan-test-$1-" "$state/containers" 2>/dev/null || true
}

docker_has() {
	[ -n "$(docker_name "$1")" ]
}

docker_start() {
	local name="kaituan-test-$1-$$" image port options=""
	case $1 in
	mysql) image=mysql:8.4 port=3306 options="-e MYSQL_ALLOW_EMPTY_PASSWORD=yes" ;;
	redis) image=redis:7 port=6379 ;;
	amqp) image=rabbitmq:3 port=5672 ;; # this image lets guest in from outside the container
	esac
	# shellcheck disable=SC2086 # a list of words
	docker run -d --rm --name "$name" -p "127.0.0.1::$port" $options "$image" >/dev/null
	echo "$name" >>"$state/containers"
	placed "$1" "$(docker port "$name" "$port/tcp" | head -n 1 | sed 's/.*://')"
}

docker_answers() {
	local name
	name=$(docker_name "$1")
	case $1 in
	# Over TCP: while the image initialises, a first server answers on the socket alone.
	mysql) docker exec "$name" mysql --protocol=tcp -h127.0.0.1 -uroot -e 'SELECT 1' >/dev/null 2>&1 ;;
	redis) [ "$(docker exec "$name" redis-cli ping 2>/dev/null)" = PONG ] ;;
	amqp) docker exec "$name" rabbitmq-diagnostics -q check_port_connectivity >/dev/null 2>&1 ;;
	esac
}

docker_stop() {
	[ -f "$state/containers" ] || return 0
	local name
	while read -r name; do
		docker rm -f -v "$name" >/dev/null 2>&1 </dev/null || true
	done <"$state/containers"
}
