#!/usr/bin/env bash
# Prints the secrets of one installation, made now: infrastructure/deploy/secrets.sh >.env
# docker-compose.yml reads them from .env; `kubectl create secret generic kaituan --from-env-file=.env` makes them a Secret.
set -euo pipefail
umask 077
random() { openssl rand -hex 24; } # letters and digits: they go into addresses
echo "KAITUAN_DB_PASSWORD=$(random)"
echo "KAITUAN_AMQP_PASSWORD=$(random)"
echo "KAITUAN_OPERATOR_TOKEN=$(random)"
echo "KAITUAN_GROUPBUY_KEY_SECRET=$(random)"
echo "KAITUAN_GROUPBUY_WEBHOOK_SECRET=whsec_$(openssl rand -base64 32)"
echo "KAITUAN_GROUPBUY_SEAL_KEYS=$(random)"
echo "GRAFANA_PASSWORD=$(random)"
