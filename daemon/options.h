/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of virtreadyd. */
#pragma once

typedef struct Options {
        const char *root;        /* the directory that facts are read under */
        const char *bus_address; /* NULL: the system bus */
        const char *modprobe_socket;
        const char *libvirt_helper; /* the program that asks libvirt */
        const char *libvirt_uri;    /* what it is asked about; NULL: the system's hypervisors */
} Options;

/* Parses the command line; prints help, the version or a complaint. Returns 1 to go on, 0 when all is done,
 * or -EINVAL. */
int options_parse(int argc, char *argv[], Options *ret);
