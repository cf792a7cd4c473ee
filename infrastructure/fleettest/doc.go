// Package fleettest runs the system as it runs in production: two processes of each role on one MySQL server behind nginx
// with TLS, with the file that docker-compose.yml mounts. It takes them down in turn while people buy. It holds tests
// only; make fleet runs the long form.
package fleettest
