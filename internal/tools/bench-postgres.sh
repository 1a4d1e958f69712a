#!/usr/bin/env bash
# Asks PostgreSQL the questions of `policypush bench audience` and prints how
# many times longer than the index it takes. Both answer in the same minutes on
# the same machine. Two designs of the table: an index for each column, and one
# array of tags a person with a GIN index; the better one counts. The database
# only counts who meets the criteria for sure, half of what the index answers.
#
#   PROFILES  how many enterprises; by default 1000000
#   PGBIN     folder of initdb and postgres; by default that of Debian
#   GO        the go command
#   PROGRAM   a policypush that is built already
#
# PostgreSQL refuses to run as root: then it runs as the user postgres.
set -euo pipefail
cd "$(dirname "$0")/../.."

GO=${GO:-go}
PROFILES=${PROFILES:-1000000}
PGBIN=${PGBIN:-$(ls -d /usr/lib/postgresql/*/bin | sort -V | tail -1)}
work=$(mktemp -d)
program=${PROGRAM:-}
if [ -z "$program" ]; then
	program=$work/policypush
	$GO build -o "$program" ./cmd/policypush
fi

server=()
if [ "$(id -u)" = 0 ]; then
	server=(runuser -u postgres --)
	chown postgres "$work"
fi
stop() {
	"${server[@]}" "$PGBIN/pg_ctl" -D "$work/db" -m immediate -w stop >/dev/null 2>&1 || true
	rm -rf "$work"
}
trap stop EXIT

"$program" bench audience --profiles "$PROFILES" --roaring=false --measures 0 --keywords 0 --sql "$work" >"$work/index.txt"
grep -q '与逐个扫描结果一致 | 是' "$work/index.txt"

cd "$work"
"${server[@]}" "$PGBIN/initdb" -D "$work/db" -A trust -U bench -E UTF8 --locale=C >/dev/null
cat >>"$work/db/postgresql.conf" <<-END
	listen_addresses = ''
	unix_socket_directories = '$work'
	shared_buffers = 2GB
	work_mem = 256MB
	maintenance_work_mem = 512MB
	max_wal_size = 8GB
	fsync = off
	synchronous_commit = off
	jit = off
	max_parallel_workers_per_gather = 2
END
"${server[@]}" "$PGBIN/pg_ctl" -D "$work/db" -l "$work/log" -w start >/dev/null
ask() { "$PGBIN/psql" -h "$work" -U bench -d postgres -qXAt -v ON_ERROR_STOP=1 "$@"; }

ask <<-END
	CREATE EXTENSION intarray;
	CREATE UNLOGGED TABLE people (id int, kind smallint, city text, county text, town text, section text, division text, class text,
		size text, taxpayer text, registration text, staff bigint, revenue bigint, assets bigint, founded int,
		attributes text[], themes text[], words int[], wants_all boolean, paused boolean, tags int[]);
	\copy people FROM '$work/people.tsv'
	CREATE INDEX ON people (city);
	CREATE INDEX ON people (county);
	CREATE INDEX ON people (town);
	CREATE INDEX ON people (division);
	CREATE INDEX ON people (class);
	CREATE INDEX ON people (size);
	CREATE INDEX ON people (revenue);
	CREATE INDEX ON people (founded);
	CREATE INDEX ON people USING gin (attributes);
	CREATE INDEX ON people USING gin (themes);
	CREATE INDEX ON people USING gin (tags gin__int_ops);
	VACUUM ANALYZE people;
END

# took prints how many it counted and the median of the milliseconds.
took() {
	local where=$1 n
	n=$(ask -c "SELECT count(*) FROM people WHERE $where")
	for _ in 1 2 3; do
		ask -c "EXPLAIN (ANALYZE, TIMING OFF) SELECT count(*) FROM people WHERE $where" | sed -n 's/^Execution Time: \(.*\) ms$/\1/p'
	done | sort -n | sed -n "2s/^/$n /p"
}

echo "| 条件 | 索引 | 按列 | 按标签 | 倍数 |"
echo "| --- | ---: | ---: | ---: | ---: |"
while IFS=$'\t' read -r name likely us columns tags; do
	read -r n byColumns <<<"$(took "$columns")"
	read -r m byTags <<<"$(took "$tags")"
	if [ "$n" != "$likely" ] || [ "$m" != "$likely" ]; then
		echo "$name: the index counts $likely, the columns $n, the tags $m" >&2
		exit 1
	fi
	awk -v name="$name" -v us="$us" -v a="$byColumns" -v b="$byTags" 'BEGIN {
		best = a < b ? a : b
		printf "| %s | %.1f µs | %.1f ms | %.1f ms | %.0f× |\n", name, us, a, b, best * 1000 / us
	}'
done <"$work/questions.tsv" | tee "$work/table.txt"
grep -o '[0-9]*× |$' "$work/table.txt" | tr -dc '0-9\n' | sort -n | awk '{ r[NR] = $1 } END { printf "\n最小 %d×，中位 %d×\n", r[1], r[int((NR + 1) / 2)] }'
