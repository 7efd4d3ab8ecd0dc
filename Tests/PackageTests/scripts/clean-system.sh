#!/usr/bin/env bash
# SPDX-License-Identifier: GPL-3.0-or-later
# A freshly installed Debian or Ubuntu to try packages in, without a compiler, Swift or libvirt. Needs root.
#
#   clean-system.sh prepare SUITE
#   clean-system.sh run SUITE STATE [--bind FOLDER]… -- COMMAND…
#   clean-system.sh pack SUITE STATE FILE
#
# `prepare` installs the suite with debootstrap into .cache/chroots/SUITE, once: Debian from the mirror that apt uses
# here, Ubuntu from the one that debootstrap knows, checked by the keys that Debian has of it.
# `run` runs a command there; whatever it changes goes to the folder STATE, where the next command finds it, and never
# to the suite itself. Each FOLDER is the same folder inside; .build-packages is /packages. `pack`
# writes the system as `run` left it as a squashfs. Every mount is made in a namespace of the command's own, so none is
# left however it ends.
set -euo pipefail
umask 022
PATH=$PATH:/usr/sbin:/sbin

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
repo=$(cd "$here/../../.." && pwd)
cache=$repo/.cache/chroots
fail() { printf 'clean-system.sh: %s\n' "$*" >&2; exit 1; }
[[ $(id -u) == 0 ]] || fail "changing the root folder needs root"

prepare() {
  [[ ! -d $cache/$1 ]] || return 0
  mkdir -p "$cache"
  exec 9>"$cache/.lock"
  flock -w 900 9 || fail "another clean-system.sh has held $cache/.lock for a quarter of an hour"
  install_suite "$1"
}

# With the lock held.
install_suite() {
  [[ ! -d $cache/$1 ]] || return 0
  local mirror options=(--variant=minbase) like
  case $1 in
    # A debootstrap older than a suite has no script of its name, but one that serves.
    xenial | bionic | focal | jammy | noble | questing | resolute)
      mirror= like=gutsy
      ubuntu_keys
      options+=("--keyring=$cache/ubuntu-archive-keyring.gpg")
      ;;
    *)
      mirror=$(apt-get indextargets 'Created-By: Packages' 'Label: Debian' --format '$(REPO_URI)' 2>/dev/null | sort -u \
        | head -n 1)
      like=sid
      [[ -n $mirror ]] || fail "apt has no mirror of Debian here"
      ;;
  esac
  [[ ! -e /usr/share/debootstrap/scripts/$1 ]] || like=$1
  # An interrupted one is begun anew.
  rm -rf "$cache/$1.partial"
  debootstrap "${options[@]}" "$1" "$cache/$1.partial" "$mirror" "/usr/share/debootstrap/scripts/$like" \
    >"$cache/$1.log" 2>&1 || fail "debootstrap could not install $1: $(tail -n 1 "$cache/$1.log")"
  rm -f "$cache/$1.partial"/var/cache/apt/archives/*.deb
  mv "$cache/$1.partial" "$cache/$1"
}

# Ubuntu's keys, as a package of Debian has them: what apt has checked need not be believed unseen.
ubuntu_keys() {
  [[ ! -f $cache/ubuntu-archive-keyring.gpg ]] || return 0
  local work
  install_suite trixie
  work=$(mktemp -d "$cache/.keys.XXXXXX")
  bash "$0" run trixie "$work" -- sh -euc \
    'cd /root && apt-get -qq update && apt-get -qq -o APT::Sandbox::User=root download ubuntu-archive-keyring ubuntu-keyring' \
    >"$work/log" 2>&1 || fail "no keys of Ubuntu: $(tail -n 1 "$work/log")"
  for package in "$work"/upper/root/*.deb; do dpkg -x "$package" "$work/keys"; done
  cp "$work/keys/usr/share/keyrings/ubuntu-archive-keyring.gpg" "$cache/"
  rm -rf "$work"
}

# In the namespace: SUITE STATE.
overlay() {
  mkdir -p "$2"/{upper,work,root}
  mount -t overlay overlay -o "lowerdir=$cache/$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
}

# In the namespace: SUITE STATE FOLDER… -- COMMAND…
enter() {
  local suite=$1 root=$2/root
  overlay "$1" "$2"
  shift 2
  mount --rbind /proc "$root/proc"
  mount --rbind /dev "$root/dev"
  mount -t tmpfs tmpfs "$root/tmp"
  mount -t tmpfs tmpfs "$root/run"
  # What was downloaded once serves the next test.
  mkdir -p "$cache/$suite.archives/partial" "$root/packages" "$repo/.build-packages"
  mount --bind "$cache/$suite.archives" "$root/var/cache/apt/archives"
  mount --bind "$repo/.build-packages" "$root/packages"
  while [[ $1 != -- ]]; do
    mkdir -p "$root/$1"
    mount --bind "$1" "$root/$1"
    shift
  done
  shift
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LC_ALL=C.UTF-8 \
    DEBIAN_FRONTEND=noninteractive chroot "$root" "$@"
}

case ${1-} in
  prepare) prepare "$2" ;;
  run)
    shift
    arguments=("$1" "$2")
    shift 2
    while [[ $1 == --bind ]]; do arguments+=("$2"); shift 2; done
    exec unshare --mount bash "$0" enter "${arguments[@]}" "$@"
    ;;
  enter) shift && enter "$@" ;;
  pack) exec unshare --mount bash "$0" pack-inside "$2" "$3" "$4" ;;
  pack-inside)
    overlay "$2" "$3"
    mksquashfs "$3/root" "$4" -comp zstd -Xcompression-level 3 -noappend -no-xattrs -quiet -no-progress >/dev/null
    ;;
  *) fail "usage: clean-system.sh prepare SUITE | run SUITE STATE [--bind FOLDER]… -- COMMAND… | pack SUITE STATE FILE" ;;
esac
