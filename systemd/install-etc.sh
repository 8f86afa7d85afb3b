#!/bin/sh
# install-etc.sh SYSCONFDIR COUAC_YAML RULE_FILE... - a first configuration, for `meson install`.
#
# What an administrator has in /etc is theirs: a file that is there stays as it is, whatever we would have written today.
set -eu

etc=${DESTDIR:-}$1/couac
install -d -m 0755 "$etc" "$etc/rules"
[ -e "$etc/couac.yaml" ] || install -m 0644 "$2" "$etc/couac.yaml"
# Rules are only put where there are none at all.
shift 2
[ -n "$(ls -A "$etc/rules")" ] || install -m 0644 "$@" "$etc/rules/"
