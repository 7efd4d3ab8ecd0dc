#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds the agent as one static program for any Linux of this architecture: Embedded Swift and musl.
#
#   build-static.sh OUTDIR
#
# The result is OUTDIR/virt-balloon-agent. The same sources and tools give the same bytes, wherever they stand.
# Needs swiftc (6.3), musl-gcc (Debian's musl-tools and linux-libc-dev) and objcopy (binutils).
set -euo pipefail

fail() { printf 'build-static.sh: %s\n' "$*" >&2; exit 1; }
[[ $# -eq 1 && -n $1 ]] || fail "usage: build-static.sh OUTDIR"
for tool in swiftc musl-gcc objcopy; do
  command -v "$tool" >/dev/null || fail "$tool is missing"
done

mkdir -p "$1"
out=$(cd "$1" && pwd)
# Relative paths only: what the compilers write down of them is then the same everywhere.
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
machine=$(uname -m)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

features=()
for feature in ExistentialAny InternalImportsByDefault MemberImportVisibility; do
  features+=(-enable-upcoming-feature "$feature")
done
swift=(swiftc -target "$machine-unknown-none-elf" -enable-experimental-feature Embedded -wmo -Osize -swift-version 6
  -package-name virt-balloon "${features[@]}" -warnings-as-errors -parse-as-library -Xcc -ffreestanding
  -file-prefix-map "$PWD=." -file-prefix-map "$work=." -I "$work" -I Sources/CAgentPlatform/include)
sources() { find "Sources/$1" -name '*.swift' | LC_ALL=C sort; }

# A module of Embedded Swift carries its code, which the program takes from there.
for module in PCI AgentProtocol AgentCore AgentLinux; do
  mapfile -t files < <(sources "$module")
  "${swift[@]}" -module-name "$module" -emit-module -emit-module-path "$work/$module.swiftmodule" "${files[@]}"
done
mapfile -t files < <(sources virt-balloon-agent)
"${swift[@]}" -module-name virt_balloon_agent -c "${files[@]}" -o "$work/agent.o"
# A digest of the command line, this run's folder included.
objcopy --remove-section .swift_modhash "$work/agent.o"

c=(musl-gcc -std=gnu11 -Os -Wall -Wextra -Werror -ffunction-sections -fdata-sections -fno-asynchronous-unwind-tables
  "-ffile-prefix-map=$PWD=." -ISources/CAgentPlatform/include)
# musl-gcc does not look where the kernel's headers are; they are copied, not the C library's beside them.
headers=/usr/include
multiarch=$(gcc -print-multiarch 2>/dev/null || true)
mkdir "$work/linux"
ln -s "$headers/linux" "$headers/asm-generic" "$work/linux/"
if [[ -d $headers/$multiarch/asm ]]; then ln -s "$headers/$multiarch/asm" "$work/linux/"; fi
"${c[@]}" -idirafter "$work/linux" -c Sources/CAgentPlatform/posix.c -o "$work/posix.o"
"${c[@]}" -c Sources/virt-balloon-agent/static/entry.c -o "$work/entry.o"

# Swift's tables for comparing texts by Unicode's rules; the linker takes what is used.
tables=$(dirname "$(dirname "$(readlink -f "$(command -v swiftc)")")")
tables=$tables/lib/swift/embedded/$machine-unknown-linux-gnu/libswiftUnicodeDataTables.a
[[ -f $tables ]] || tables=
musl-gcc -static -s -Wl,--gc-sections,--build-id=none "$work"/{agent,posix,entry}.o ${tables:+"$tables"} \
  -o "$work/virt-balloon-agent"
mv "$work/virt-balloon-agent" "$out/virt-balloon-agent"
