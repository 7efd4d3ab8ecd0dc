#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# Runs libvirt's daemons in namespaces of their own, with their files under directory $1: nothing that the machine's
# own libvirt has is seen or touched, and with the first process here everything ends, domains too.
# The connection is qemu+unix:///system?socket=$1/run/libvirt/libvirt-sock
set -eu
directory=$1
# /var/lock is /run/lock, where libvirt locks a channel that it opens.
for part in etc lib cache log run run/lock; do mkdir -p "$directory/$part"; done

# The domains run as whoever runs this, with no help from a cgroup manager or a security module, which a container may
# not have.
cat >"$directory/etc/qemu.conf" <<CONF
user = "+0"
group = "+0"
dynamic_ownership = 0
security_driver = "none"
cgroup_controllers = []
namespaces = []
CONF
cat >"$directory/etc/libvirtd.conf" <<CONF
auth_unix_ro = "none"
auth_unix_rw = "none"
CONF

# A user's namespace (unshare --map-root-user) is not enough: libvirt sets the supplementary groups of QEMU.
[ "$(id -u)" = 0 ] || { echo "a private libvirt needs root" >&2; exit 1; }
# /run as a whole: the daemons find no D-Bus there, hence no systemd and no firewall to talk to. tini reaps the orphans
# that libvirt waits for; without that every start of a domain takes a minute. A libvirtd that is ended by SIGTERM is
# started anew, as its service would.
exec unshare --mount --pid --fork --kill-child --mount-proc sh -eu -c '
  for part in etc var/lib var/cache var/log; do mount --bind "$1/${part##*/}" "/$part/libvirt"; done
  mount --bind "$1/run" /run
  exec tini -- sh -c "virtlogd & while libvirtd; do :; done"' sh "$directory"
