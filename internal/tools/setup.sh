#!/usr/bin/env bash
# Installs what the tests use and is not there yet: Debian or Ubuntu packages (as root) and the node packages of internal/e2e.
# Where that is impossible it says what is missing and fails: no test is skipped for want of a program.
set -euo pipefail
cd "$(dirname "$0")/../.."
missing=()
need() { # PACKAGE PROGRAM…: the package is missed when none of the programs is there
	local package=$1 program
	shift
	for program in "$@"; do
		if command -v "$program" >/dev/null 2>&1 || compgen -G "$program" >/dev/null; then return; fi
	done
	missing+=("$package")
}
need g++ g++
need redis-server redis-server
need postgresql '/usr/lib/postgresql/*/bin/postgres' postgres
need kannel bearerbox /usr/sbin/bearerbox
need kannel-extras /usr/lib/kannel/test/fakesmsc
need chromium chromium chromium-browser google-chrome
need fonts-noto-cjk '/usr/share/fonts/opentype/noto/NotoSansCJK*'
need poppler-utils pdftotext
need python3-dkim /usr/lib/python3/dist-packages/dkim
need python3-nacl /usr/lib/python3/dist-packages/nacl
need exim4-daemon-light exim4 /usr/sbin/exim4
need nodejs node
need npm npm
if [ ${#missing[@]} -gt 0 ]; then
	if ! command -v apt-get >/dev/null 2>&1; then
		echo "make setup: 缺少 ${missing[*]}，这台机器没有 apt-get，请手工安装后再试" >&2
		exit 1
	fi
	if [ "$(id -u)" -ne 0 ]; then
		echo "make setup: 缺少 ${missing[*]}，请以 root 运行: apt-get install -y ${missing[*]}" >&2
		exit 1
	fi
	echo "make setup: 安装 ${missing[*]}"
	export DEBIAN_FRONTEND=noninteractive
	apt-get update -qq
	apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
fi
if [ -f internal/e2e/package-lock.json ] && ! (cd internal/e2e && [ -d node_modules ] && npm ls >/dev/null 2>&1); then
	(cd internal/e2e && npm ci --no-audit --no-fund --silent)
fi
