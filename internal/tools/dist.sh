#!/usr/bin/env bash
# Makes dist/policypush-<version>-linux-<arch>.tar.gz: the program, jieba's
# dictionary, licences and the README. It runs on a machine without Go.
#
#   VERSION  name of the release; by default what git says
#   DIST     folder of the archive; by default dist/ of the repository
set -euo pipefail
cd "$(dirname "$0")/../.."

GO=${GO:-go}
DIST=${DIST:-dist}
VERSION=${VERSION:-$(git describe --tags --always --dirty 2>/dev/null || echo dev)}
arch=$($GO env GOARCH)
name=policypush-$VERSION-linux-$arch

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/$name/dict" "$DIST"

GOOS=linux CGO_ENABLED=1 $GO build -trimpath -buildvcs=false -ldflags "-s -w -X main.version=$VERSION" -o "$work/$name/policypush" ./cmd/policypush

jieba=$($GO list -m -f '{{.Dir}}' github.com/yanyiwu/gojieba)
install -m 644 "$jieba/deps/cppjieba/dict/jieba.dict.utf8" "$work/$name/dict/"
{
	echo "jieba.dict.utf8 comes with github.com/yanyiwu/gojieba and cppjieba:"
	echo
	cat "$jieba/LICENSE"
	echo
	cat "$jieba/deps/cppjieba/LICENSE"
} >"$work/$name/dict/LICENSE"
install -m 644 LICENSE "$work/$name/"
for f in README.md README.zh-CN.md; do
	if [ -f "$f" ]; then
		install -m 644 "$f" "$work/$name/"
	fi
done

tar -C "$work" --owner=0 --group=0 -czf "$DIST/$name.tar.gz" "$name"
echo "$DIST/$name.tar.gz"
