#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
# The other end of the rig's GuestControl in a guest with systemd. One line in, "ID COMMAND"; out, what the command
# printed and then RS, ID, its exit status. The first answer, "ready", comes unasked.
exec </dev/ttyS1 >/dev/ttyS1
stty raw -echo clocal 115200
printf '\036ready 0\n'
while IFS= read -r line; do
  (eval "${line#* }") </dev/null 2>&1
  printf '\036%s %s\n' "${line%% *}" "$?"
done
