#!/usr/bin/env bash
# Puts a backup into a server whose roles and empty databases are there (the chart's bootstrap job makes them), and the secrets back.
# Nothing of Relais may run meanwhile. Everything is looked at before anything is written.
#
#   POSTGRES_URL=postgres://postgres:…@host:5432 k8s/backup/restore.sh DIRECTORY
#
# POSTGRES_URL       a superuser: it gives every table back to its owner
# SECRETS_DIRECTORY  where the files of secrets go; with NAMESPACE, apply secrets.yaml by hand before the bootstrap job runs
# PARTS              `secrets` or `databases`; both where it is not set
# RESET              `yes` deletes what is in the databases first
set -euo pipefail
umask 077

source=${1:?give the directory of the backup}
parts=${PARTS:-secrets databases}
[ -f "$source/MANIFEST" ] || { echo "$source has no MANIFEST: this backup was interrupted" >&2; exit 1; }
(cd "$source" && sha256sum --quiet --check MANIFEST) || { echo "$source was changed after it was made" >&2; exit 1; }

if [[ $parts == *secrets* ]] && [ -d "$source/secrets" ]; then
  : "${SECRETS_DIRECTORY:?say where the secrets go}"
  mkdir -p "$SECRETS_DIRECTORY"
  cp -p "$source"/secrets/*.json "$SECRETS_DIRECTORY/"
fi

if [[ $parts == *databases* ]]; then
  : "${POSTGRES_URL:?say where PostgreSQL is}"
  for dump in "$source"/*.dump; do
    name=$(basename "$dump" .dump)
    [ "${RESET:-no}" != yes ] || psql --no-psqlrc --quiet --single-transaction --set ON_ERROR_STOP=1 \
      --command 'SET client_min_messages = warning; DROP SCHEMA public CASCADE' \
      --command 'CREATE SCHEMA public AUTHORIZATION pg_database_owner' \
      --command 'GRANT USAGE ON SCHEMA public TO PUBLIC' "${POSTGRES_URL%/}/$name"
    tables=$(psql --no-psqlrc --tuples-only --no-align --command \
      "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'" "${POSTGRES_URL%/}/$name")
    [ "$tables" = 0 ] || { echo "$name is not empty: nothing was restored" >&2; exit 1; }
  done
  for dump in "$source"/*.dump; do
    name=$(basename "$dump" .dump)
    pg_restore --exit-on-error --single-transaction --dbname="${POSTGRES_URL%/}/$name" "$dump"
    psql --no-psqlrc --quiet --command ANALYZE "${POSTGRES_URL%/}/$name"
  done
fi
echo "restored from $source"
