#!/bin/sh
# Makes the secrets that compose.yaml mounts: run once, as root, in this folder. Nothing that is
# there is overwritten. The certificates are for trying it out: take your city's own authority.
set -eu
umask 077
cd "$(dirname "$0")"
mkdir -p secrets
cd secrets
random() { openssl rand -hex 24; }
for name in postgres aktenlauf replikation rewind; do
    [ -e "db-$name" ] || random > "db-$name"
done
[ -e garage-rpc ] || openssl rand -hex 32 > garage-rpc
[ -e garage-admin ] || random > garage-admin
[ -e s3-key ] || : > s3-key                   # filled in after `garage key create`
[ -e node.toml ] || cp ../node.toml node.toml # the key's ID goes in here

if [ ! -e ca.pem ]; then
    openssl req -x509 -newkey rsa:3072 -nodes -days 3650 -subj '/CN=Aktenlauf Probe-CA' \
        -addext 'basicConstraints=critical,CA:TRUE' -addext 'keyUsage=critical,keyCertSign' \
        -keyout ca.key -out ca.pem 2>/dev/null
fi
for host in db-rathaus db-stadthaus akten.stadt.example; do
    [ -e "$host.pem" ] && continue
    openssl req -newkey rsa:3072 -nodes -subj "/CN=$host" \
        -keyout "$host.key" -out "$host.csr" 2>/dev/null
    printf 'subjectAltName=DNS:%s\nbasicConstraints=CA:FALSE\n' "$host" > "$host.ext"
    openssl x509 -req -in "$host.csr" -CA ca.pem -CAkey ca.key -CAcreateserial -days 825 \
        -extfile "$host.ext" -out "$host.pem" 2>/dev/null
    rm "$host.csr" "$host.ext"
done
# What the node reads, it must own: a key that others may read is refused. 8420: Containerfile.
chmod 755 . && chmod 644 ca.pem node.toml ./*.pem
chown 8420:8420 s3-key db-aktenlauf
echo "made in $(pwd); keep ca.key somewhere else"
