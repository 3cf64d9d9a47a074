/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Sorts what can go wrong with libvirt. */

#include <errno.h>
#include <stdio.h>

#include "text.h"
#include "trouble.h"

/* An error of a system call has errno in int1. Only what comes from the transport is about the socket;
 * libvirtd passes errors on that it has itself. */
static HypervisorState state_from_errno(const virError *error) {
        if (error->domain != VIR_FROM_RPC)
                return HYPERVISOR_UNREACHABLE;

        switch (error->int1) {
        case ENOENT:
        case ECONNREFUSED:
                return HYPERVISOR_STOPPED;
        case EACCES:
        case EPERM:
                return HYPERVISOR_DENIED;
        default:
                return HYPERVISOR_UNREACHABLE;
        }
}

HypervisorState libvirt_state_from_error(const virError *error) {
        switch (error ? error->code : VIR_ERR_OK) {
        case VIR_ERR_NO_CONNECT: /* "no connection driver available" */
                return HYPERVISOR_NOT_INSTALLED;
        case VIR_ERR_AUTH_FAILED:
        case VIR_ERR_AUTH_CANCELLED:
        case VIR_ERR_AUTH_UNAVAILABLE:
        case VIR_ERR_ACCESS_DENIED:
                return HYPERVISOR_DENIED;
        case VIR_ERR_SYSTEM_ERROR:
                return state_from_errno(error);
        default:
                return HYPERVISOR_UNREACHABLE;
        }
}

int trouble_note(Trouble *trouble, HypervisorState state, const char *message) {
        char *detail = text_line(message, TROUBLE_DETAIL_MAX);

        if (!detail)
                return -ENOMEM;

        trouble_done(trouble);
        *trouble = (Trouble){ .state = state, .detail = detail };
        return -EIO;
}

int trouble_from_libvirt(Trouble *trouble) {
        const virError *error = virGetLastError();

        if (error && error->code == VIR_ERR_NO_MEMORY)
                return -ENOMEM;

        return trouble_note(trouble, libvirt_state_from_error(error),
                            error && error->message ? error->message
                                                    : "libvirt does not say what went wrong");
}

int trouble_from_answer(Trouble *trouble, const char *what, int r) {
        _cleanup_free_ char *message = NULL;

        if (r == -ENOMEM)
                return r;

        if (asprintf(&message,
                     r == -E2BIG ? "libvirt's answer is too large: %s"
                                 : "libvirt's answer makes no sense: %s",
                     what) < 0)
                return -ENOMEM;

        return trouble_note(trouble, HYPERVISOR_UNREACHABLE, message);
}
