/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Each program maps the libraries that it needs, and not those of the others: only virtready-modprobe can
 * load modules, and it links little else. */

#include <glib.h>

#include "daemon/basic/macro.h"

/* What the dynamic loader finds for a program, which does not run (ld.so(8), LD_TRACE_LOADED_OBJECTS). */
static char *libraries_of(const char *variable) {
        const char *argv[] = { g_getenv(variable), NULL };
        g_auto(GStrv) environment = g_environ_setenv(g_get_environ(), "LD_TRACE_LOADED_OBJECTS", "1", TRUE);
        g_autoptr(GError) error = NULL;
        char *output = NULL;

        (void) g_spawn_sync(NULL, (char **) argv, environment, G_SPAWN_DEFAULT, NULL, NULL, &output, NULL,
                            NULL, &error);
        g_assert_no_error(error);
        g_assert_nonnull(strstr(output, "libc.so"));
        return output;
}

static void assert_maps(const char *libraries, const char *name, bool mapped) {
        if ((strstr(libraries, name) != NULL) != mapped)
                g_error("%s %s:\n%s", mapped ? "This is missing:" : "This should not be there:", name,
                        libraries);
}

static void test_modprobe(void) {
        static const char *const others[] = { "libsystemd.so", "libudev.so",    "libjson-c.so",
                                              "libacl.so",     "libarchive.so", "libglib-2.0.so" };
        g_autofree char *libraries = libraries_of("VIRTREADY_MODPROBE");

        assert_maps(libraries, "libkmod.so", true);
        FOREACH_ELEMENT(other, others)
                assert_maps(libraries, *other, false);
}

static void test_daemon(void) {
        g_autofree char *libraries = libraries_of("VIRTREADYD");

        assert_maps(libraries, "libsystemd.so", true);
        assert_maps(libraries, "libkmod.so", false);
        assert_maps(libraries, "libarchive.so", false);
        assert_maps(libraries, "libvirt.so", false);
        assert_maps(libraries, "libxml2.so", false);
}

static void test_client(void) {
        g_autofree char *libraries = libraries_of("VIRTREADYCTL");

        assert_maps(libraries, "libarchive.so", true);
        assert_maps(libraries, "libkmod.so", false);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/libraries/modprobe", test_modprobe);
        g_test_add_func("/libraries/daemon", test_daemon);
        g_test_add_func("/libraries/client", test_client);

        return g_test_run();
}
