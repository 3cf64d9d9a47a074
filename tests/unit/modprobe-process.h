/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Runs the program virtready-modprobe with something as its standard input, in an /etc of its own. A step
 * that fails ends the test. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "daemon/basic/cleanup.h"

/* Allowed, and on no kernel but that of another architecture. */
#ifdef __powerpc__
#define FOREIGN_MODULE "kvm_intel"
#else
#define FOREIGN_MODULE "kvm_hv"
#endif

/* Allowed, and loaded as far as the program can see. */
#define LIVE_MODULE "kvm_amd"

/* How it ended. */
typedef struct ModprobeProcess {
        int status;      /* its exit status, or a signal's number, negative */
        char *output;    /* what it wrote to standard error and output, to be freed with g_free() */
        char answer[80]; /* the packet that the peer's end has, "" when there is none */
} ModprobeProcess;

/* Hides the machine's /etc, modules and modprobe.d(5) from this process and its children, which must have
 * one thread: in their place there is an empty /etc/modules-load.d, and one module, LIVE_MODULE. Tells
 * whether that could be done. */
bool modprobe_process_hide_machine(void);

/* How many entries /etc/modules-load.d has. */
unsigned modprobe_process_count_files(void);

/* Makes a connection. */
void modprobe_process_connect(int ret_ends[static 2]);

/* Runs the program with STANDARD_INPUT, a descriptor that is closed here, and the NULL-terminated ARGUMENTS.
 * Reads the answer from PEER unless that is negative. It has ended by itself within ten seconds, or the test
 * fails. */
ModprobeProcess modprobe_process_run(int standard_input, int peer, const char *const *arguments);
void modprobe_process_done(ModprobeProcess *process);

#define _cleanup_process_ _cleanup_(modprobe_process_done)

/* Runs the program with one packet waiting for it. */
ModprobeProcess modprobe_process_ask(const void *request, size_t size);

/* The same, and asserts what comes of it. */
void modprobe_process_assert(const void *request, size_t size, const char *answer, int status,
                             const char *output);
void modprobe_process_assert_text(const char *request, const char *answer, int status, const char *output);
