/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* EstimateCapacity: how many vCPUs one guest may have, once libvirt has told what QEMU's machines take. */

#include <string.h>

#include "capacity-fixture.h"
#include "dbus/names.h"

#define GUEST(vcpus) "{'vcpus': <uint32 " vcpus ">, 'memory_bytes': <uint64 1048576>}"

/* The second machine takes the most, which is less than any kernel's limit. */
#define DESCRIPTION                                                                                  \
        "{\"state\":\"running\",\"domains\":["                                                       \
        "{\"arch\":\"x86_64\",\"virt_type\":\"kvm\",\"machine\":\"pc-i440fx-7.2\",\"max_vcpus\":1}," \
        "{\"arch\":\"x86_64\",\"virt_type\":\"kvm\",\"machine\":\"pc-q35-7.2\",\"max_vcpus\":2},"    \
        "{\"arch\":\"x86_64\",\"virt_type\":\"qemu\",\"machine\":\"pc-q35-7.2\",\"max_vcpus\":9}]}"

static gboolean has_domains(Fixture *fixture) {
        g_autoptr(GVariant) domains =
                property_get(&fixture->daemon, "/hypervisor/qemu", BUS_INTERFACE_HYPERVISOR, "Domains");

        return g_variant_n_children(domains) > 0;
}

static void test_told(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) enough = NULL, too_many = NULL, vcpus = NULL, exceeded = NULL;
        g_autofree char *limiting = NULL;

        (void) data;

        program_write("/", fixture->helper,
                      "#!/bin/sh\n[ \"$1\" = describe ] && echo '" DESCRIPTION "' || echo '" GUESTS_JSON
                      "'\n");
        start(fixture, "active", "active");
        wait_until(has_domains(fixture));

        enough = estimate(fixture, GUEST("2"));
        vcpus = resource_of(enough, "vcpus");
        g_assert_cmpuint(number_of(vcpus, "total"), ==, 2);
        g_assert_cmpstr(text_of(vcpus, "total_source"), ==, "libvirt, machine pc-q35-7.2");
        g_assert_false(has_key(vcpus, "guests"));

        too_many = estimate(fixture, GUEST("3"));
        exceeded = resource_of(too_many, "vcpus");
        limiting = names_of(too_many, "limiting");
        g_assert_cmpuint(number_of(too_many, "guests"), ==, 0);
        g_assert_cmpuint(number_of(exceeded, "short_by"), ==, 1);
        g_assert_nonnull(strstr(limiting, "vcpus"));
}

/* What nobody has told does not count. */
static void test_not_told(Fixture *fixture, const void *data) {
        g_autoptr(GVariant) answer = NULL, vcpus = NULL;

        (void) data;

        start(fixture, "inactive", "active");
        answer = estimate(fixture, GUEST("3"));
        vcpus = resource_of(answer, "vcpus");
        if (flag_of(vcpus, "known"))
                g_assert_cmpstr(text_of(vcpus, "total_source"), ==, "KVM, KVM_CAP_MAX_VCPUS");
        else
                g_assert_false(has_key(vcpus, "total_source"));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add("/estimate-capacity-vcpus/told", Fixture, NULL, set_up, test_told, tear_down);
        g_test_add("/estimate-capacity-vcpus/not-told", Fixture, NULL, set_up, test_not_told, tear_down);

        return g_test_run();
}
