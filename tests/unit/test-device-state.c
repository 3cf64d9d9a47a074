/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What driver, node and module together make of a device, and what devices are called. */

#include <errno.h>
#include <glib.h>

#include "daemon/basic/macro.h"
#include "daemon/facts/device.h"

static void test_states(void) {
        static const struct {
                Tristate registered, has_node;
                ModuleState module;
                DeviceState state;
        } cases[] = {
                { TRISTATE_YES, TRISTATE_YES, MODULE_STATE_LIVE, DEVICE_STATE_LIVE },
                { TRISTATE_YES, TRISTATE_UNKNOWN, MODULE_STATE_UNKNOWN, DEVICE_STATE_LIVE },
                { TRISTATE_YES, TRISTATE_NO, MODULE_STATE_LIVE, DEVICE_STATE_NO_NODE },
                { TRISTATE_UNKNOWN, TRISTATE_YES, MODULE_STATE_LIVE, DEVICE_STATE_UNKNOWN },
                { TRISTATE_NO, TRISTATE_YES, MODULE_STATE_AVAILABLE, DEVICE_STATE_AUTOLOADABLE },
                { TRISTATE_NO, TRISTATE_NO, MODULE_STATE_AVAILABLE, DEVICE_STATE_ABSENT },
                { TRISTATE_NO, TRISTATE_UNKNOWN, MODULE_STATE_AVAILABLE, DEVICE_STATE_UNKNOWN },
                { TRISTATE_NO, TRISTATE_UNKNOWN, MODULE_STATE_NOT_LOADED, DEVICE_STATE_UNKNOWN },
                { TRISTATE_NO, TRISTATE_YES, MODULE_STATE_NOT_LOADED, DEVICE_STATE_UNKNOWN },
                { TRISTATE_NO, TRISTATE_NO, MODULE_STATE_NOT_LOADED, DEVICE_STATE_ABSENT },
                { TRISTATE_NO, TRISTATE_UNKNOWN, MODULE_STATE_GONE, DEVICE_STATE_ABSENT },
                { TRISTATE_NO, TRISTATE_YES, MODULE_STATE_GONE, DEVICE_STATE_ABSENT },
                { TRISTATE_NO, TRISTATE_YES, MODULE_STATE_BLACKLISTED, DEVICE_STATE_ABSENT },
                { TRISTATE_NO, TRISTATE_YES, MODULE_STATE_ABSENT, DEVICE_STATE_ABSENT },
                { TRISTATE_NO, TRISTATE_UNKNOWN, MODULE_STATE_ABSENT, DEVICE_STATE_ABSENT },
                { TRISTATE_NO, TRISTATE_YES, MODULE_STATE_LIVE, DEVICE_STATE_ABSENT },
        };

        FOREACH_ELEMENT(c, cases) {
                const DeviceFacts device = { .registered = c->registered, .has_node = c->has_node };

                g_test_message("case %zu", (size_t) (c - cases));
                g_assert_cmpint(device_state(&device, c->module), ==, c->state);
        }
}

static void test_made_at_start(void) {
        static const struct {
                Tristate registered;
                ModuleState module;
                DeviceState state;
        } cases[] = {
                { TRISTATE_NO, MODULE_STATE_AVAILABLE, DEVICE_STATE_AUTOLOADABLE },
                { TRISTATE_NO, MODULE_STATE_BLACKLISTED, DEVICE_STATE_ABSENT },
                { TRISTATE_NO, MODULE_STATE_ABSENT, DEVICE_STATE_ABSENT },
                { TRISTATE_YES, MODULE_STATE_LIVE, DEVICE_STATE_LIVE },
                { TRISTATE_UNKNOWN, MODULE_STATE_AVAILABLE, DEVICE_STATE_UNKNOWN },
        };

        FOREACH_ELEMENT(c, cases) {
                const DeviceFacts device = { .registered = c->registered,
                                             .has_node = TRISTATE_UNKNOWN,
                                             .made_at_start = true };

                g_test_message("case %zu", (size_t) (c - cases));
                g_assert_cmpint(device_state(&device, c->module), ==, c->state);
        }
}

static void test_names(void) {
        for (DeviceId id = 0; id < _DEVICE_MAX; id++) {
                g_assert_true(g_str_has_prefix(device_path(id), "/dev/"));
                g_assert_cmpint(device_module(id), <, _MODULE_MAX);
        }
        g_assert_cmpint(device_from_misc_name("vhost-vsock"), ==, DEVICE_VHOST_VSOCK);
        g_assert_cmpint(device_from_misc_name("vhost_vsock"), ==, -EINVAL);
        g_assert_cmpint(device_from_misc_name("kvmx"), ==, -EINVAL);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/device-state/states", test_states);
        g_test_add_func("/device-state/made-at-start", test_made_at_start);
        g_test_add_func("/device-state/names", test_names);

        return g_test_run();
}
