/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What keeps libvirt from answering, in a word and in its own words. */
#pragma once

#include <libvirt/virterror.h>

#include "../basic/cleanup.h"
#include "../libvirt-answer.h"

/* Of a message no more bytes are told. */
#define TROUBLE_DETAIL_MAX 1024U

/* Sorts an error by its code and its source (libvirt/virterror.h). */
HypervisorState libvirt_state_from_error(const virError *error);

typedef struct Trouble {
        HypervisorState state;
        char *detail; /* one line, or NULL: there is none */
} Trouble;

static inline void trouble_done(Trouble *trouble) {
        free(trouble->detail);
        trouble->detail = NULL;
}
#define _cleanup_trouble_ _cleanup_(trouble_done)

/* Takes note of a state and a message, which becomes one line, in the place of what there was before.
 * Returns -EIO, or -ENOMEM. So do the others. */
int trouble_note(Trouble *trouble, HypervisorState state, const char *message);

/* Takes note of the last error that libvirt has reported to this thread, in the place of what there was
 * before. Returns -EIO, or -ENOMEM. */
int trouble_from_libvirt(Trouble *trouble);

/* Takes note that WHAT, "the capabilities of the host", could not be used: R is -EBADMSG or -E2BIG, as the
 * parsers have it. Returns -EIO, or -ENOMEM, also when that is what R is. */
int trouble_from_answer(Trouble *trouble, const char *what, int r);
