-- Roles and database, once, on the primary, as superuser, before a standby exists. DIR holds the
-- three passwords that secrets.sh makes, readable by who runs this:
--   psql -v ON_ERROR_STOP=1 -v dir=DIR -f postgres-init.sql
\set aktenlauf `cat :'dir'/db-aktenlauf`
\set replikation `cat :'dir'/db-replikation`
\set rewind `cat :'dir'/db-rewind`
-- Nothing here waits for a standby, which could not be there yet.
SET synchronous_commit = local;
CREATE ROLE aktenlauf LOGIN PASSWORD :'aktenlauf';
CREATE ROLE replikation LOGIN REPLICATION PASSWORD :'replikation';
CREATE ROLE rewind LOGIN PASSWORD :'rewind';
-- For reports; `ALTER ROLE bericht PASSWORD ...` before it is used.
CREATE ROLE bericht LOGIN;
CREATE DATABASE aktenlauf OWNER aktenlauf ENCODING 'UTF8' TEMPLATE template0;
-- What pg_rewind calls; elsewhere it needs no right.
GRANT EXECUTE ON FUNCTION pg_catalog.pg_ls_dir(text, boolean, boolean) TO rewind;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_stat_file(text, boolean) TO rewind;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text) TO rewind;
GRANT EXECUTE ON FUNCTION pg_catalog.pg_read_binary_file(text, bigint, bigint, boolean) TO rewind;
-- The standby's slot. It keeps WAL from the first connection on.
SELECT pg_create_physical_replication_slot('stadthaus');
