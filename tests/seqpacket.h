/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sockets as the one that the daemon reaches virtready-modprobe at. */
#pragma once

/* Yields a descriptor that listens for packets at PATH, which there must not be yet; up to about BACKLOG
 * connections wait to be accepted. */
int seqpacket_listen(const char *path, int backlog);
