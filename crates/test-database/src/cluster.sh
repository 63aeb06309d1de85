# A PostgreSQL cluster for the tests of one process. Each line that is read is a command, each line
# that is written answers one. When there is nothing more to read the process has ended, in whatever
# way, and everything is removed.
set -eu
bin="$1"
# A Ctrl-C is for the tests, and so is that nobody reads an answer: the end of the input ends this.
trap '' INT TERM HUP PIPE
cd /
# Sockets have short names: not below a long TMPDIR.
folder="$(mktemp -d /tmp/cubit-postgres-XXXXXX)"

stop() { "$bin/pg_ctl" -D "$folder/data" -m immediate -w stop >/dev/null 2>&1; }
start() {
    "$bin/pg_ctl" -D "$folder/data" -l "$folder/log" -w -t 60 start </dev/null >/dev/null ||
        { cat "$folder/log" >&2; exit 1; }
}
finish() {
    stop || true
    rm -rf "$folder"
}
trap finish EXIT

# Text is ordered by the rules of a language unless a column says otherwise, as in many a real
# database: what relies on another order shows here.
"$bin/initdb" -D "$folder/data" -U cubit -A trust -N -E UTF8 --no-locale \
    --locale-provider=icu --icu-locale=en-US >/dev/null
cat >>"$folder/data/postgresql.conf" <<CONFIGURATION
listen_addresses = ''
unix_socket_directories = '$folder'
max_connections = 300
fsync = on
CONFIGURATION
start
echo "$folder"

while read -r command name; do
    case "$command" in
    create) "$bin/createdb" -h "$folder" -U cubit "$name" ;;
    stop) stop ;;
    start) start ;;
    *) exit 1 ;;
    esac
    echo done
done
