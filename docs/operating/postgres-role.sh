#!/bin/sh
# Runs once, when the database is made: the role that the service connects as, which owns nothing.
set -eu
: "${SERVICE_PASSWORD:?expected the password of the role greenlit, got none}"
psql -v ON_ERROR_STOP=1 --username "$POSTGRES_USER" --dbname "$POSTGRES_DB" --set=password="$SERVICE_PASSWORD" <<'SQL'
CREATE ROLE greenlit LOGIN PASSWORD :'password';
GRANT CONNECT ON DATABASE :"DBNAME" TO greenlit;
SQL
