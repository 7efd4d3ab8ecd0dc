#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-3-Clause
# Builds the agent for Windows on Linux: Embedded Swift, whose LLVM IR is made Windows', and mingw-w64. The toolchain is
# used as it is.
#
#   build-windows.sh [--test-seam TESTDIR] OUTDIR [x86_64|i686]
#
# The result is OUTDIR/virt-balloon-agent.exe; with --test-seam also TESTDIR/virt-balloon-agent-test.exe, the same but
# for one file of C: it takes device states that tests wrote into the registry, and must not be shipped. The same sources
# and tools give the same bytes, wherever they stand.
# Needs swiftc and clang of the Swift 6.3 toolchain, and Debian's gcc-mingw-w64-x86-64 or gcc-mingw-w64-i686.
#
# Untried: on Windows itself, with its own Swift, the same sources are ordinary Swift; Package.swift has the target.
set -euo pipefail

fail() { printf 'build-windows.sh: %s\n' "$*" >&2; exit 1; }
test_out=
if [[ ${1-} = --test-seam && -n ${2-} ]]; then
  mkdir -p "$2"
  test_out=$(cd "$2" && pwd)
  shift 2
fi
[[ ( $# -eq 1 || $# -eq 2 ) && -n $1 ]] || fail "usage: build-windows.sh [--test-seam TESTDIR] OUTDIR [x86_64|i686]"
machine=${2:-x86_64}
[[ $machine = x86_64 || $machine = i686 ]] || fail "no such architecture: $machine"
gcc=$machine-w64-mingw32-gcc windmc=$machine-w64-mingw32-windmc windres=$machine-w64-mingw32-windres
for tool in swiftc clang "$gcc" "$windmc" "$windres"; do
  command -v "$tool" >/dev/null || fail "$tool is missing"
done

mkdir -p "$1"
out=$(cd "$1" && pwd)
# Relative paths only: what the compilers write down of them is then the same everywhere.
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
program=Sources/virt-balloon-agent-windows
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

features=()
for feature in ExistentialAny InternalImportsByDefault MemberImportVisibility; do
  features+=(-enable-upcoming-feature "$feature")
done
swift=(swiftc -target "$machine-unknown-none-elf" -enable-experimental-feature Embedded -wmo -Osize -swift-version 6
  -package-name virt-balloon "${features[@]}" -warnings-as-errors -parse-as-library -Xcc -ffreestanding
  -file-prefix-map "$PWD=." -file-prefix-map "$work=." -I "$work" -I Sources/CAgentPlatform/include)
sources() { find "$1" -name '*.swift' | LC_ALL=C sort; }

# A module of Embedded Swift carries its code, which the program takes from there.
for module in PCI WindowsPnP AgentProtocol AgentCore AgentWindows; do
  mapfile -t files < <(sources "Sources/$module")
  "${swift[@]}" -module-name "$module" -emit-module -emit-module-path "$work/$module.swiftmodule" "${files[@]}"
done
mapfile -t files < <(sources "$program")
"${swift[@]}" -module-name virt_balloon_agent -emit-ir "${files[@]}" -o "$work/agent.ll"

# What the compiler wrote for a bare machine becomes Windows': the names of the target, the tables by which Windows
# walks a stack, and whom Swift asks for memory (windows/entry.c).
triple=$machine-w64-windows-gnu
layout=$(echo 'int x;' | clang -target "$triple" -S -emit-llvm -x c - -o - | grep '^target datalayout')
sed -E -i -e "s/^target datalayout = .*/$layout/" -e "s/^target triple = .*/target triple = \"$triple\"/" \
  -e 's/^(attributes #[0-9]+ = \{)/\1 uwtable/' \
  -e 's/@posix_memalign\b/@vb_allocate/g' -e 's/@free\b/@vb_release/g' "$work/agent.ll"
clang -target "$triple" -Oz -ffunction-sections -fdata-sections -c -x ir "$work/agent.ll" -o "$work/agent.o"

c=("$gcc" -std=gnu11 -Os -Wall -Wextra -Werror -ffunction-sections -fdata-sections "-ffile-prefix-map=$PWD=."
  -ISources/CAgentPlatform/include)
for file in Sources/CAgentPlatform/windows*.c "$program/windows/entry.c"; do
  "${c[@]}" -c "$file" -o "$work/$(basename "$file" .c).o"
done
version=$(sed -n 's/^ *static let version = "\([0-9]*\.[0-9]*\.[0-9]*\)"$/\1/p' "$program/Program.swift")
[[ -n $version ]] || fail "Program.swift tells no version"
printf '#define VB_VERSION %s,0\n#define VB_VERSION_TEXT "%s"\n' "${version//./,}" "$version" >"$work/version.h"
"$windmc" -r "$work" -h "$work" "$program/windows/messages.mc" 2>/dev/null
"$windres" -I "$work" -I "$program/windows" "$program/windows/agent.rc" "$work/resources.o"

# Nothing of the C library but what every Windows has in msvcrt.dll. A text compared by Unicode's rules would need
# Swift's tables, which there are for ELF only: the linker then tells of _swift_stdlib_*.
link() { # PROGRAM
  "$gcc" -municode -static -s -Wl,--gc-sections,--no-insert-timestamp,--nxcompat,--dynamicbase \
    "$work"/*.o -lcfgmgr32 -lsetupapi -ladvapi32 -o "$work/program.exe"
  mv "$work/program.exe" "$1"
}
link "$out/virt-balloon-agent.exe"
if [[ -n $test_out ]]; then
  "${c[@]}" -DVB_TEST_DEVNODE_STATUS -c Sources/CAgentPlatform/windows_devices.c -o "$work/windows_devices.o"
  link "$test_out/virt-balloon-agent-test.exe"
fi
