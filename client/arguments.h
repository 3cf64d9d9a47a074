/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The command line of virtreadyctl. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "fit-options.h"
#include "time-span.h"

/* The profile that is spoken of where none is named; the daemon's summary is about the same one. */
#define PROFILE_ID_DEFAULT "qemu"

typedef struct Arguments {
        bool json;
        const char *profile;     /* NULL: not given */
        const char *bus_address; /* NULL: the system bus */
        const char *root;        /* of the machine to analyse; NULL: not given */
        const char *sosreport;   /* the archive to analyse; NULL: not given */
        const char *timeout;     /* how long to wait, as it was given; NULL: not given */
        uint64_t timeout_usec;   /* the same; TIME_SPAN_INFINITE: for ever */
        bool no_ask_password;
        bool refresh;   /* have libvirt asked first */
        FitOptions fit; /* those of "fit" alone */
        const char *verb;
        const char *const *operands; /* what follows the verb */
        size_t n_operands;
} Arguments;

/* Parses the command line, in which options may stand anywhere; prints help, the version or a complaint. The
 * result points into ARGV, which is put in another order. Returns 1 to go on, 0 when all is done, or
 * -EINVAL. */
int arguments_parse(int argc, char *argv[], Arguments *ret);
