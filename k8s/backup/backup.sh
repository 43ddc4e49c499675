#!/usr/bin/env bash
# Copies everything that cannot be made anew into a directory: the databases, their keystores, the put-aside events of NATS where
# the `nats` program is there, and the secrets. A directory with a MANIFEST is complete; one without was interrupted.
#
#   POSTGRES_URL=postgres://postgres:…@host:5432 k8s/backup/backup.sh DIRECTORY
#
# POSTGRES_URL       a role that reads every database
# NAMESPACE          of the installation, to copy its secrets with kubectl; or
# SECRETS_DIRECTORY  a directory whose files are the secrets
# NATS_URL           with the credentials of an administrator in the context of `nats`; optional
set -euo pipefail
umask 077

target=${1:?give the directory to write to}
: "${POSTGRES_URL:?say where PostgreSQL is}"
databases=(relais_auth relais_messaging relais_alerting)
[ ! -e "$target" ] || { echo "$target is there already: give a new directory" >&2; exit 1; }
mkdir -p "$target"

# A keystore after its database: keys that were made in between open nothing yet, keys that are missing open nothing any more.
for database in "${databases[@]}"; do
  for name in "$database" "${database}_keys"; do
    pg_dump --format=custom --file="$target/$name.dump" "${POSTGRES_URL%/}/$name"
  done
done

if [ -n "${SECRETS_DIRECTORY:-}" ]; then
  mkdir "$target/secrets"
  cp -p "$SECRETS_DIRECTORY"/*.json "$target/secrets/"
elif [ -n "${NAMESPACE:-}" ]; then
  kubectl get secrets --namespace "$NAMESPACE" --selector app.kubernetes.io/managed-by=relais-bootstrap --output yaml >"$target/secrets.yaml"
else
  echo "the secrets are not copied: set NAMESPACE or SECRETS_DIRECTORY, or have them safe elsewhere" >&2
fi

if [ -n "${NATS_URL:-}" ] && command -v nats >/dev/null; then
  nats --server "$NATS_URL" stream backup DEAD "$target/stream-DEAD" >&2
fi

manifest=$(cd "$target" && find . -type f -print0 | sort -z | xargs -0 sha256sum)
printf '%s\n' "$manifest" >"$target/MANIFEST"
echo "backed up to $target: $(wc -l <"$target/MANIFEST") files"
