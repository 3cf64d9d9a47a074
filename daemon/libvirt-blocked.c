/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* libvirt tells what libvirt and QEMU were built to do; a table says which checks each of it takes. */

#include <errno.h>

#include "libvirt-answer.h"
#include "libvirt-blocked.h"

typedef struct Requirement {
        const char *key;     /* what is blocked */
        const char *section; /* the object that declares it; NULL: the domain's "virt_type" does */
        const char *element; /* in the section */
        const char *list;    /* of the element; NULL: that it is there is enough */
        const char *value;   /* in that list */
        const char *const *checks;
} Requirement;

#define CHECKS(...) ((const char *const[]){ __VA_ARGS__, NULL })

/* What libvirt calls these is in its docs/formatdomaincaps.rst. */
static const Requirement requirements[] = {
        { .key = "virt_type", .value = "kvm", .checks = CHECKS("kvm.usable") },
        /* src/lxc/lxc_container.c: lxcContainerAvailable(); the one of the network is for some guests only.
         */
        { .key = "virt_type",
          .value = "lxc",
          .checks = CHECKS("namespace.ipc", "namespace.mnt", "namespace.pid", "namespace.uts") },
        /* VFIO is the one way that is left to give a guest a PCI device (src/hypervisor/virhostdev.c). */
        { .key = "devices.hostdev",
          .section = "devices",
          .element = "hostdev",
          .list = "subsysType",
          .value = "pci",
          .checks = CHECKS("iommu.enabled", "vfio.pci") },
        { .key = "devices.vsock",
          .section = "devices",
          .element = "vsock",
          .checks = CHECKS("vsock.vhost_vsock") },
        { .key = "features.sev",
          .section = "features",
          .element = "sev",
          .checks = CHECKS("confidential.sev") },
        { .key = "features.tdx",
          .section = "features",
          .element = "tdx",
          .checks = CHECKS("confidential.tdx") },
        { .key = "features.s390-pv",
          .section = "features",
          .element = "s390-pv",
          .checks = CHECKS("confidential.secure_execution") },
        { .key = "features.launchSecurity",
          .section = "features",
          .element = "launchSecurity",
          .list = "sectype",
          .value = "sev",
          .checks = CHECKS("confidential.sev") },
        { .key = "features.launchSecurity",
          .section = "features",
          .element = "launchSecurity",
          .list = "sectype",
          .value = "sev-snp",
          .checks = CHECKS("confidential.sev_snp") },
        { .key = "features.launchSecurity",
          .section = "features",
          .element = "launchSecurity",
          .list = "sectype",
          .value = "tdx",
          .checks = CHECKS("confidential.tdx") },
        { .key = "features.launchSecurity",
          .section = "features",
          .element = "launchSecurity",
          .list = "sectype",
          .value = "s390-pv",
          .checks = CHECKS("confidential.secure_execution") },
};

static bool has_value(Json *array, const char *value) {
        for (size_t i = 0; array && i < json_object_array_length(array); i++)
                if (streq(json_object_get_string(json_object_array_get_idx(array, i)), value))
                        return true;

        return false;
}

static bool declares(Json *domain, const Requirement *requirement) {
        Json *element;

        if (!requirement->section)
                return streq(json_object_get_string(libvirt_answer_get(domain, requirement->key)),
                             requirement->value);

        element = libvirt_answer_get(libvirt_answer_get(domain, requirement->section), requirement->element);
        if (!element || !requirement->list)
                return element;

        return has_value(libvirt_answer_get(element, requirement->list), requirement->value);
}

static bool does_not_hold(const Verdict *verdict, const char *id) {
        ssize_t index = catalogue_find(id);
        CheckState state;

        if (index < 0)
                return false;

        state = verdict->checks[index].state;
        return state == CHECK_FAIL || state == CHECK_BLOCKED;
}

static int add_id(Json *blocked, const char *key, const char *id) {
        Json *ids = libvirt_answer_get(blocked, key);
        int r;

        r = ids ? 0 : json_add_container(blocked, key, json_object_new_array(), &ids);
        if (r < 0)
                return r;

        return has_value(ids, id) ? 0 : json_append(ids, json_object_new_string(id));
}

int libvirt_blocked_new(Json *domain, const Verdict *verdict, Json **ret) {
        _cleanup_(json_object_putp) Json *blocked = json_object_new_object();
        int r;

        if (!blocked)
                return -ENOMEM;

        FOREACH_ELEMENT(requirement, requirements) {
                if (!declares(domain, requirement))
                        continue;

                for (const char *const *id = requirement->checks; *id; id++) {
                        r = does_not_hold(verdict, *id) ? add_id(blocked, requirement->key, *id) : 0;
                        if (r < 0)
                                return r;
                }
        }

        *ret = TAKE_PTR(blocked);
        return 0;
}
