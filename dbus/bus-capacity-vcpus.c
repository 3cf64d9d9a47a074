/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Asks what is known of the hypervisor, and names the smaller number's source. */

#include <errno.h>
#include <stdio.h>

#include "bus-capacity-guests.h"
#include "bus-capacity-vcpus.h"

int bus_capacity_find_vcpus(const Manager *manager, Json **ret_view, MachineVcpus *ret) {
        Hypervisor *hypervisor = manager->root->live ? bus_capacity_hypervisor(manager) : NULL;
        Json *view = NULL;
        int r;

        r = hypervisor ? hypervisor_view(hypervisor, &view) : 0;
        if (r < 0)
                return r;

        *ret = machine_vcpus_find(view);
        *ret_view = view;
        return 0;
}

int bus_capacity_vcpus_source(const Facts *facts, const MachineVcpus *vcpus, char **ret) {
        uint64_t kernel = facts->kvm.limits.max_vcpus;
        char *text = NULL;
        int r = 0;

        if (kernel > 0 && (!vcpus->max.known || kernel <= vcpus->max.value))
                r = asprintf(&text, "KVM, KVM_CAP_MAX_VCPUS");
        else if (vcpus->max.known)
                r = asprintf(&text, "libvirt%s%s", vcpus->machine ? ", machine " : "",
                             vcpus->machine ? vcpus->machine : "");
        if (r < 0)
                return -ENOMEM;

        *ret = text;
        return 0;
}
