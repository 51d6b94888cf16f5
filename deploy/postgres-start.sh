#!/bin/sh
# Entry point of both PostgreSQL containers: lays out certificate and passwords, makes a standby by
# cloning, then hands over to the image's own entry point. Runs as root, which drops to postgres.
#   postgres-start.sh HOST OTHER_HOST primary|standby ARGUMENTS OF THE SERVER ...
set -eu
host=$1 other=$2 role=$3
shift 3
dir=/run/aktenlauf
install -d -o postgres -g postgres -m 700 "$dir"
chown postgres:postgres "$(dirname "$PGDATA")"
install -o postgres -g postgres -m 600 "/secrets/$host.pem" "$dir/server.pem"
install -o postgres -g postgres -m 600 "/secrets/$host.key" "$dir/server.key"
install -o postgres -g postgres -m 600 /secrets/ca.pem "$dir/ca.pem"
printf '*:*:*:replikation:%s\n' "$(cat /secrets/db-replikation)" > "$dir/pgpass"
chown postgres:postgres "$dir/pgpass"
chmod 600 "$dir/pgpass"
link="host=$other port=5432 user=replikation sslmode=verify-full sslrootcert=$dir/ca.pem"

if [ ! -s "$PGDATA/PG_VERSION" ] && [ "$role" = standby ]; then
    # Beside its place, and moved there when it is whole and knows that it is a standby: half a
    # clone must never start as a server of its own.
    until gosu postgres env PGPASSFILE="$dir/pgpass" \
        pg_basebackup -d "$link" -D "$PGDATA.new" -X stream -S "${host#db-}" -c fast; do
        echo "$other is not ready; trying again" >&2
        rm -rf "$PGDATA.new"
        sleep 3
    done
    gosu postgres touch "$PGDATA.new/standby.signal"
    sync
    mv -T "$PGDATA.new" "$PGDATA"
elif [ ! -s "$PGDATA/PG_VERSION" ]; then
    for name in aktenlauf replikation rewind; do
        install -o postgres -g postgres -m 600 "/secrets/db-$name" "$dir/db-$name"
    done
    echo "psql -v ON_ERROR_STOP=1 -U postgres -v dir=$dir -f /etc/aktenlauf/postgres-init.sql" \
        > /docker-entrypoint-initdb.d/10-aktenlauf.sh
fi

exec docker-entrypoint.sh postgres \
    -c config_file=/etc/aktenlauf/postgresql.conf -c hba_file=/etc/aktenlauf/pg_hba.conf \
    -c ssl_cert_file="$dir/server.pem" -c ssl_key_file="$dir/server.key" \
    -c cluster_name="${host#db-}" -c synchronous_standby_names="FIRST 1 (${other#db-})" \
    -c primary_conninfo="$link passfile=$dir/pgpass" -c primary_slot_name="${host#db-}" "$@"
