/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Puts together what systemd says of a hypervisor's service, what libvirt has answered, and the verdict. */

#include <errno.h>
#include <stdio.h>

#include "hypervisor-view.h"
#include "libvirt-blocked.h"

const HypervisorField hypervisor_fields[] = {
        { { .key = "uri", .signature = "s" }, "Uri" },
        { { .key = "state", .signature = "s" }, "State", .announced = true },
        { { .key = "detail", .signature = "s" }, "Detail", .announced = true },
        { { .key = "library_version", .signature = "s" }, "LibraryVersion", .announced = true },
        { { .key = "daemon_version", .signature = "s" }, "DaemonVersion", .announced = true },
        { { .key = "type", .signature = "s" }, "HypervisorType", .announced = true },
        { { .key = "version", .signature = "s" }, "HypervisorVersion", .announced = true },
        { { .key = "node_info", .signature = "a{sv}", .members = libvirt_node_fields },
          "NodeInfo",
          .announced = true },
        { { .key = "max_vcpus", .signature = "a{su}" }, "MaxVcpus", .announced = true },
        { { .key = "kernel_max_vcpus", .signature = "u" }, "KernelMaxVcpus", .announced = true },
        { { .key = "domains", .signature = "aa{sv}", .members = libvirt_domain_fields },
          "Domains",
          .announced = true },
        /* It moves with each answer, also where that has nothing new. */
        { { .key = "answered_usec", .signature = "t" }, "AnsweredUSec" },
        {},
};

/* Members that are not copied from the answer. */
static const char *const own_keys[] = { "uri",     "state",        "detail", "kernel_max_vcpus",
                                        "domains", "answered_usec" };

/* A sentence with the unit's name in it. */
static const struct {
        HypervisorState state;
        const char *before, *after;
        bool unit;
} services[_LIBVIRT_SERVICE_STATE_MAX] = {
        [LIBVIRT_SERVICE_NOT_TOLD] = { HYPERVISOR_UNKNOWN, "systemd has not said whether libvirt runs.",
                                       "" },
        [LIBVIRT_SERVICE_NOT_SHOWN] = { HYPERVISOR_UNKNOWN, "Files do not show whether libvirt runs.", "" },
        [LIBVIRT_SERVICE_NOT_INSTALLED] = { HYPERVISOR_NOT_INSTALLED,
                                            "No service of libvirt is installed that has this driver.", "" },
        [LIBVIRT_SERVICE_MASKED] = { HYPERVISOR_STOPPED, "", " is masked, so that nothing can start it.",
                                     .unit = true },
        [LIBVIRT_SERVICE_STOPPED] = { HYPERVISOR_STOPPED, "Neither ", " nor its socket is active.",
                                      .unit = true },
        [LIBVIRT_SERVICE_FAILED] = { HYPERVISOR_STOPPED, "",
                                     " has failed. The journal has what it has logged.", .unit = true },
        [LIBVIRT_SERVICE_STARTING] = { HYPERVISOR_UNKNOWN, "", " is starting.", .unit = true },
        [LIBVIRT_SERVICE_DORMANT] = { HYPERVISOR_DORMANT, "",
                                      " listens, and starts libvirt when somebody connects.", .unit = true },
        [LIBVIRT_SERVICE_RUNNING] = { HYPERVISOR_RUNNING, NULL, NULL },
};

/* Where nobody listens though the service runs, that is no stopped libvirt. */
static HypervisorState answered_state(const HypervisorParts *parts) {
        HypervisorState state = libvirt_answer_state(parts->answer);
        bool runs = parts->service && parts->service->state == LIBVIRT_SERVICE_RUNNING;

        return state == HYPERVISOR_STOPPED && runs ? HYPERVISOR_UNREACHABLE : state;
}

static int add_state(Json *view, const HypervisorParts *parts) {
        HypervisorState state = HYPERVISOR_UNKNOWN;
        char detail[160] = "libvirt has not been asked yet.";
        const char *answer_detail = NULL;
        int r;

        if (parts->answer && parts->answer_is_current) {
                state = answered_state(parts);
                answer_detail = json_object_get_string(libvirt_answer_get(parts->answer, "detail"));
                detail[0] = '\0';
        } else if (parts->service) {
                LibvirtServiceState service = parts->service->state;

                state = services[service].state;
                snprintf(detail, sizeof(detail), "%s%s%s",
                         services[service].before ? services[service].before : "",
                         services[service].unit ? unit_to_string(parts->service->unit) : "",
                         services[service].after ? services[service].after : "");
        }

        r = json_add_string(view, "state", hypervisor_state_to_string(state));
        if (r < 0)
                return r;

        return json_add_string(view, "detail",
                               answer_detail     ? answer_detail
                               : isempty(detail) ? NULL
                                                 : detail);
}

/* Adds a reference to what the answer has, or null. */
static int share(Json *object, Json *answer, const char *key) {
        Json *value = answer ? libvirt_answer_get(answer, key) : NULL;

        return value ? json_add(object, key, json_object_get(value)) : json_add_string(object, key, NULL);
}

static int append_domain(Json *domains, Json *domain, const Verdict *verdict) {
        _cleanup_(json_object_putp) Json *blocked = NULL;
        Json *object;
        int r;

        r = json_append_object(domains, &object);
        if (r < 0)
                return r;

        for (const AnswerField *field = libvirt_domain_fields; field->key; field++) {
                r = streq(field->key, LIBVIRT_BLOCKED_BY) ? 0 : share(object, domain, field->key);
                if (r < 0)
                        return r;
        }

        r = libvirt_blocked_new(domain, verdict, &blocked);
        if (r < 0)
                return r;

        return json_add(object, LIBVIRT_BLOCKED_BY, TAKE_PTR(blocked));
}

static int add_domains(Json *view, Json *answer, const Verdict *verdict) {
        Json *domains, *answered = answer ? libvirt_answer_get(answer, "domains") : NULL;
        int r;

        r = json_add_container(view, "domains", json_object_new_array(), &domains);
        for (size_t i = 0; r >= 0 && answered && i < json_object_array_length(answered); i++)
                r = append_domain(domains, json_object_array_get_idx(answered, i), verdict);

        return r;
}

static bool is_own_key(const char *key) {
        FOREACH_ELEMENT(own, own_keys)
                if (streq(*own, key))
                        return true;

        return false;
}

static int fill(Json *view, const HypervisorParts *parts, const Facts *facts, const Verdict *verdict) {
        unsigned max_vcpus = facts->kvm.limits.max_vcpus;
        int r;

        r = json_add_string(view, "uri", parts->uri);
        if (r < 0)
                return r;

        r = add_state(view, parts);
        if (r < 0)
                return r;

        for (const HypervisorField *field = hypervisor_fields; field->field.key; field++) {
                r = is_own_key(field->field.key) ? 0 : share(view, parts->answer, field->field.key);
                if (r < 0)
                        return r;
        }

        r = json_add_number(view, "kernel_max_vcpus", max_vcpus > 0, max_vcpus);
        if (r < 0)
                return r;

        r = add_domains(view, parts->answer, verdict);
        if (r < 0)
                return r;

        return json_add_number(view, "answered_usec", parts->answered_usec > 0, parts->answered_usec);
}

int hypervisor_view_new(const HypervisorParts *parts, const Facts *facts, const Verdict *verdict,
                        Json **ret) {
        _cleanup_(json_object_putp) Json *view = json_object_new_object();
        int r;

        if (!view)
                return -ENOMEM;

        r = fill(view, parts, facts, verdict);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(view);
        return 0;
}

int hypervisor_id_of_uri(const char *uri, char ret[HYPERVISOR_ID_MAX]) {
        size_t length = strcspn(uri, "+:");

        if (length == 0 || length >= HYPERVISOR_ID_MAX || uri[length] == '\0' ||
            strspn(uri, "abcdefghijklmnopqrstuvwxyz0123456789") != length)
                return -EINVAL;

        memcpy(ret, uri, length);
        ret[length] = '\0';
        return 0;
}

const char *libvirt_driver_uri(LibvirtDriver driver) {
        static const char *const uris[_LIBVIRT_DRIVER_MAX] = {
                [LIBVIRT_DRIVER_QEMU] = "qemu:///system",
                [LIBVIRT_DRIVER_LXC] = "lxc:///system",
        };

        return uris[driver];
}

bool hypervisor_is_shown(const Facts *facts, LibvirtDriver driver) {
        return driver == LIBVIRT_DRIVER_QEMU ||
               libvirt_is_installed(facts, &libvirt_lxc_flavours[0]) == TRISTATE_YES;
}

static int describe_unasked(const Facts *facts, const Verdict *verdict, LibvirtDriver driver, Json *object) {
        LibvirtService service = libvirt_service(facts, driver);
        const HypervisorParts parts = { .uri = libvirt_driver_uri(driver), .service = &service };
        char id[HYPERVISOR_ID_MAX];
        Json *view;
        int r;

        r = hypervisor_id_of_uri(parts.uri, id);
        if (r < 0)
                return r;

        r = hypervisor_view_new(&parts, facts, verdict, &view);
        if (r < 0)
                return r;

        return json_add(object, id, view);
}

int hypervisors_describe_unasked(const Facts *facts, const Verdict *verdict, Json *object) {
        for (LibvirtDriver driver = 0; driver < _LIBVIRT_DRIVER_MAX; driver++) {
                int r;

                r = hypervisor_is_shown(facts, driver) ? describe_unasked(facts, verdict, driver, object)
                                                       : 0;
                if (r < 0)
                        return r;
        }

        return 0;
}
