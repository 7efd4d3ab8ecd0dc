#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Prepares the Wine that the Windows agent is tested under, once, in an ignored cache. What is up to date is left alone.
#
#   wine.sh prefix   .cache/guest/wine/prefix: a prefix as Wine makes it, for tests to copy. What it has in common
#                    with Wine's own files is symbolic links, so a copy is small and quick.
#   wine.sh image    and .cache/guest/wine.squashfs: Wine as far as the agent needs it, its libraries, and that prefix,
#                    for a guest to mount
#   wine.sh where    print Wine's folder of programs, and its folder of Windows files
#   wine.sh win32    .cache/guest/wine/win32: Wine's 32-bit Windows files, as far as the agent needs them; a 64-bit Wine
#                    runs 32-bit programs with these ("experimental wow64 mode"), where the whole of wine32 could not be
#                    installed beside newer 64-bit libraries. Needs a network.
#
# VB_CACHE is the cache, as for build.sh.
set -euo pipefail
umask 022

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../../.." && pwd)
cache=${VB_CACHE:-$repo/.cache/guest}
fail() { printf 'wine.sh: %s\n' "$*" >&2; exit 1; }

# Debian's and Ubuntu's wine64 stands outside of PATH; their plain package `wine` would want wine32 too.
programs=/usr/lib/wine
wine=$programs/wine64 server=$programs/wineserver64
windows=/usr/lib/x86_64-linux-gnu/wine/x86_64-windows
unix=/usr/lib/x86_64-linux-gnu/wine/x86_64-unix
for file in "$wine" "$server" "$windows/ntdll.dll" "$unix/ntdll.so"; do
  [[ -e $file ]] || fail "$file is missing: install wine64 (Debian, Ubuntu)"
done
[[ ${1:-} != where ]] || { printf '%s\n%s\n' "$programs" "$windows"; exit 0; }

for tool in cp flock cmp ldd sha256sum; do command -v "$tool" >/dev/null || fail "$tool is missing"; done
mkdir -p "$cache"
exec 9>"$cache/.wine.lock"
flock -w 600 9 || fail "another wine.sh has held $cache/.wine.lock for ten minutes"
work=$(mktemp -d "$cache/.work.XXXXXX")
trap 'rm -rf "$work"' EXIT
is_made_from() { [[ -e $2 && -f $2.from && $(<"$2.from") == "$1" ]]; }
made() { printf '%s' "$1" >"$2.from"; }

# Prints the names of the Windows files $2… in the folder $1, and of all that they import, as far as they are there.
closure() {
  local folder=$1 name
  local -A seen=()
  shift
  local queue=("$@")
  while [[ ${#queue[@]} -gt 0 ]]; do
    name=${queue[0]}
    queue=("${queue[@]:1}")
    [[ -z ${seen[$name]:-} && -e $folder/$name ]] || continue
    seen[$name]=1
    mapfile -t -O "${#queue[@]}" queue < <(objdump -p "$folder/$name" 2>/dev/null \
      | sed -n 's/^[[:space:]]*DLL Name: //p' | tr '[:upper:]' '[:lower:]')
  done
  printf '%s\n' "${!seen[@]}" | LC_ALL=C sort
}

version=$("$wine" --version)
# The number is raised by hand when what is made changes.
which="wine-4 $version $(sha256sum <"$windows/ntdll.dll")"

# Makes a prefix in the folder $1, with Wine's own words in $1.log.
make_prefix() (
  export WINEPREFIX=$1 WINEDEBUG=-all WINEDLLOVERRIDES='mscoree,mshtml=' LC_ALL=C.UTF-8
  unset DISPLAY
  mkdir "$WINEPREFIX"
  # A server of our own, which ends when we say so; its pid is ours to signal. Nothing of it may hold our output or the
  # lock.
  "$server" -f -p 9>&- >/dev/null 2>&1 &
  pid=$!
  # The first program of a prefix has it made.
  status=0
  timeout --kill-after=5 300 "$wine" sc query RpcSs 9>&- </dev/null >"$1.log" 2>&1 || status=$?
  kill -INT "$pid" || true
  wait "$pid" || true
  [[ $status == 0 ]] || { printf 'sc query RpcSs ended with %s\n' "$status" >>"$1.log"; exit 1; }
  [[ -s $WINEPREFIX/system.reg ]] || { printf 'there is no registry\n' >>"$1.log"; exit 1; }
)

prefix=$cache/wine/prefix
if ! is_made_from "$which" "$prefix"; then
  # Wine's services answer each other within fixed times, which a busy machine that reads Wine for the first time may
  # miss: then a new prefix, with all of Wine in memory.
  for attempt in 1 2 3; do
    new=$work/prefix.$attempt
    make_prefix "$new" && break
    printf 'wine.sh: attempt %s at a new prefix failed: %s\n' "$attempt" "$(tail -n 5 "$new.log" | tr '\n' ' ')" >&2
    [[ $attempt != 3 ]] || fail "a new prefix could not be made"
  done

  cd "$new"
  # No use for any of these here.
  rm -rf drive_c/windows/{winsxs,resources,twain_64,Fonts,Installer,mono} drive_c/users/*/[A-Z]* "drive_c/Program Files"*
  while IFS= read -r -d '' file; do
    for own in "$windows/${file##*/}" "/usr/share/wine/nls/${file##*/}"; do
      if [[ -f $own ]] && cmp -s "$file" "$own"; then ln -sf "$own" "$file"; break; fi
    done
  done < <(find drive_c -type f -print0)
  find dosdevices -type l ! -name c: ! -name z: -delete
  cd "$cache"
  mkdir -p "$cache/wine"
  rm -rf "$prefix"
  mv "$new" "$prefix"
  made "$which" "$prefix"
  printf 'wine: %s, %s KiB\n' "$prefix" "$(du -sk "$prefix" | cut -f 1)" >&2
fi

# 32-bit Windows files for the same 64-bit Wine. apt's own lists stay as they are: another architecture there would be a
# change to the machine.
if [[ ${1:-} == win32 ]]; then
  win32=$cache/wine/win32
  is_made_from "$which" "$win32" && exit 0
  state=$work/apt
  mkdir -p "$state/lists/partial" "$state/archives/partial" "$work/deb"
  : >"$state/status"
  options=(-qq -o APT::Architecture=i386 -o APT::Architectures=i386 -o Dir::State="$state" -o Dir::State::lists="$state/lists"
    -o Dir::State::status="$state/status" -o Dir::Cache="$state" -o APT::Sandbox::User=root)
  # One list that cannot be had (a mirror in mid-update) is no reason to fail: what counts is the package.
  apt-get "${options[@]}" update >/dev/null 2>&1 || true
  own=$(dpkg-query -W -f '${Version}' libwine)
  (cd "$work/deb" && apt-get "${options[@]}" download "libwine=$own" >/dev/null) \
    || fail "apt-get could not download libwine $own for i386"
  mkdir -p "$work/win32/i386-windows"
  # What an import table can name of the agent and of the libraries that it uses: everything but the programs would be
  # 550 MB.
  dpkg --fsys-tarfile "$work"/deb/libwine_*.deb | tar -x -C "$work/deb" --wildcards '*/i386-windows/*.dll'
  found=$(find "$work/deb" -type d -name i386-windows)
  closure "$found" ntdll.dll kernel32.dll advapi32.dll setupapi.dll cfgmgr32.dll user32.dll psapi.dll version.dll \
    wevtapi.dll shell32.dll ole32.dll ws2_32.dll newdev.dll userenv.dll wintrust.dll crypt32.dll secur32.dll \
    | while read -r name; do cp "$found/$name" "$work/win32/i386-windows/"; done
  rm -rf "$win32"
  mv "$work/win32" "$win32"
  made "$which" "$win32"
  printf 'wine: %s, %s KiB\n' "$win32" "$(du -sk "$win32" | cut -f 1)" >&2
  exit 0
fi

[[ ${1:-} == image ]] || exit 0

image=$cache/wine.squashfs
is_made_from "$which" "$image" && exit 0
command -v mksquashfs >/dev/null || fail "mksquashfs is missing: install squashfs-tools"
root=$work/root
mkdir -p "$root/wine"
cp -a "$prefix" "$root/wine/prefix"
add() {
  local file
  for file; do
    [[ -e $root$file ]] && continue
    mkdir -p "$root$(dirname "$file")"
    cp -L "$file" "$root$file"
  done
}
# The programs that every Wine starts, those that the rig starts, and what is loaded by name and not by import.
closure "$windows" ntdll.dll wineboot.exe services.exe plugplay.exe svchost.exe rpcss.exe winedevice.exe explorer.exe \
  winemenubuilder.exe start.exe conhost.exe sc.exe spoolsv.exe wevtsvc.dll rsaenh.dll actxprxy.dll propsys.dll apisetschema.dll \
  mountmgr.sys nsiproxy.sys scsiport.sys tdi.sys winebus.sys winehid.sys \
  kernel32.dll advapi32.dll setupapi.dll cfgmgr32.dll psapi.dll version.dll wevtapi.dll tzres.dll newdev.dll wintrust.dll \
  >"$work/names"
while read -r name; do add "$windows/$name"; done <"$work/names"
# The Linux halves of those; ldd names their libraries.
linux=("$wine" "$server")
while read -r name; do [[ -e $unix/${name%.*}.so ]] && linux+=("$unix/${name%.*}.so"); done <"$work/names"
linux+=(/lib/x86_64-linux-gnu/libgcc_s.so.1 "$programs/../x86_64-linux-gnu/libwine.so.1")
for file in "${linux[@]}"; do
  [[ -e $file ]] || continue
  add "$file"
  while read -r library; do add "$library"; done < <(ldd "$file" | sed -n 's/.*[[:space:]]\(\/[^ ]*\) (0x.*/\1/p')
done
mkdir -p "$root/usr/share/wine"
cp -a /usr/share/wine/nls /usr/share/wine/wine.inf "$root/usr/share/wine/"
mksquashfs "$root" "$work/wine.squashfs" -all-root -no-progress -quiet -comp gzip -Xcompression-level 6 >/dev/null
mv "$work/wine.squashfs" "$image"
made "$which" "$image"
printf 'wine: %s, %s bytes\n' "$image" "$(stat -c %s "$image")" >&2
