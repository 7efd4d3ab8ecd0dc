#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs libvirtd as the user that this runs as, with all its files under directory $1 (a short path: sockets are there).
# To be started under "tini -s", so that whatever libvirtd leaves behind, QEMU first, becomes a child of tini. On TERM,
# or when libvirtd ends, all of that is ended by process id.
# The connection is qemu+unix:///session?socket=$1/run/libvirt/libvirt-sock
set -u
export HOME="$1/home" XDG_RUNTIME_DIR="$1/run" XDG_CONFIG_HOME="$1/config" XDG_CACHE_HOME="$1/cache"
cd "$1" && mkdir -p home run config/libvirt cache || exit 1
# QEMU writes its log itself: no virtlogd is needed.
echo 'stdio_handler = "file"' >config/libvirt/qemu.conf
libvirtd &
daemon=$!
trap 'kill -KILL $daemon' TERM
wait $daemon
# tini reaps what was killed as long as this runs.
for try in $(seq 100); do
  left=
  for process in $(cat "/proc/$PPID/task/$PPID/children"); do
    [ "$process" = $$ ] || { kill -KILL "$process" && left=$process; }
  done
  [ -n "$left" ] || break
  sleep 0.02
done
