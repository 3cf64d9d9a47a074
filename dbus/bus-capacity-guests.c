/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts into words what is not known of the guests that run. */

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>

#include "bus-capacity-guests.h"

Hypervisor *bus_capacity_hypervisor(const Manager *manager) {
        return manager->libvirt_uri ? hypervisors_get(manager->hypervisors, 0)
                                    : hypervisors_find(manager->hypervisors, "qemu");
}

int bus_capacity_explain_unasked(Json *view, char **ret) {
        static const struct {
                HypervisorState state;
                const char *sentence;
        } sentences[] = {
                { HYPERVISOR_STOPPED, "Which guests run is not known, for libvirt is stopped." },
                { HYPERVISOR_DORMANT,
                  "Which guests run is not known, for libvirt sleeps and is not woken." },
                { HYPERVISOR_NOT_INSTALLED, "Which guests run is not known, for libvirt is not installed." },
        };
        const char *state = json_object_get_string(json_object_object_get(view, "state")),
                   *detail = json_object_get_string(json_object_object_get(view, "detail"));

        FOREACH_ELEMENT(s, sentences)
                if (state && streq(state, hypervisor_state_to_string(s->state))) {
                        *ret = strdup(s->sentence);
                        return *ret ? 0 : -ENOMEM;
                }

        /* It starts, or systemd has not said anything of it yet. */
        if (asprintf(ret, "Which guests run is not known: %s",
                     detail ? detail : "systemd has not said that libvirt runs.") < 0) {
                *ret = NULL;
                return -ENOMEM;
        }

        return 0;
}

/* What libvirt has said may end without a full stop. */
static const char *separator(const char *detail) {
        size_t n = strlen(detail);

        return n == 0 ? "" : strchr(".!?", detail[n - 1]) ? " " : ". ";
}

static int explain_known(const GuestUsage *guests, const VmCount *vms, const char *detail, char **ret) {
        if (detail)
                return asprintf(ret, "%s%sThe kernel counts no virtual machine.", detail, separator(detail));
        if (vms->known && vms->active > guests->count)
                return asprintf(ret,
                                "The kernel counts %" PRIu32
                                " virtual machine%s, and libvirt knows of %" PRIu64
                                ": the vCPUs of the others are not counted, and their memory as the host's.",
                                vms->active, vms->active == 1 ? "" : "s", guests->count);
        if (guests->count > 0 && !guests->resident_known)
                return asprintf(
                        ret,
                        "QEMU does not say how much of their memory the guests have already, so that it "
                        "counts as theirs and as the host's.");

        *ret = NULL;
        return 0;
}

static int explain_unknown(const VmCount *vms, const char *detail, char **ret) {
        if (!vms->known || vms->active == 0)
                return asprintf(ret, "%s", detail);

        return asprintf(ret,
                        "%s%sThe kernel counts %" PRIu32
                        " virtual machine%s: vCPUs are not counted, and memory as the host's.",
                        detail, separator(detail), vms->active, vms->active == 1 ? "" : "s");
}

/* Virtual machines that somebody else has started take vCPUs that nobody counts. */
int bus_capacity_explain_guests(const GuestUsage *guests, const VmCount *vms, const char *detail,
                                char **ret) {
        char *text;
        int r;

        r = guests->known ? explain_known(guests, vms, detail, &text)
                          : explain_unknown(vms, detail ? detail : "", &text);
        if (r < 0)
                return -ENOMEM;

        *ret = text;
        return 0;
}
