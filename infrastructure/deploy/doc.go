// Package deploy holds what runs the system in production: Prometheus with its alerts, Grafana, nginx, Kubernetes. Its
// tests hold these files to the program and to docs.
package deploy
