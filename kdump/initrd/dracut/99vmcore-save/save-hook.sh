#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-only
# Sourced by dracut at several moments; the first that can, saves. kdump-service ends the boot.

# Whichever of dracut's ways of setting up networks it was: a route of IPv4, or a default one of IPv6, that is not lo's.
kdump_has_network()
{
	while read -r kdump_device _; do
		case $kdump_device in
		Iface | lo | '') ;;
		*) return 0 ;;
		esac
	done </proc/net/route
	[ -e /proc/net/ipv6_route ] || return 1
	while read -r kdump_to kdump_bits _ _ _ _ _ _ _ kdump_device; do
		case $kdump_to/$kdump_bits/$kdump_device in
		*/lo) ;;
		00000000000000000000000000000000/00/*) return 0 ;;
		esac
	done </proc/net/ipv6_route
	return 1
}

# A network target waits for that, or for dracut to say so, or for the end of dracut's patience.
kdump_is_time()
{
	[ -e /proc/vmcore ] || return 1
	[ ! -e /run/kdump/begun ] || return 1
	[ -e /etc/kdump.network ] || return 0
	case ${job-} in
	*/initqueue/settled/*) kdump_has_network ;;
	*) return 0 ;;
	esac
}

kdump_save()
{
	mkdir -p /run/kdump
	: >/run/kdump/begun
	kdump-service save </dev/null >/dev/console 2>&1
	kdump_code=$?
	# A program that was ended by a signal, or could not be started, has not done what the configuration says.
	if [ "$kdump_code" -ge 126 ]; then
		echo "kdump: kdump-service ended with $kdump_code; the machine is started again" >/dev/console
		# Not waited for: the disk may be what hangs.
		sync &
		sleep 5
		echo b >/proc/sysrq-trigger
	fi
}

if kdump_is_time; then
	kdump_save
fi
