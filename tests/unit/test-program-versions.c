/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Programs that tell their version, hang, print nonsense or too much, and are replaced; and whose file
 * others could have written. */

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <sys/stat.h>

#include "children.h"
#include "daemon/program-versions.h"
#include "tree.h"

typedef struct Fixture {
        char *tree;
        sd_event *event;
        ProgramVersions *versions;
        ProgramFacts facts;
        unsigned calls; /* of the handler */
        bool more;      /* what it was told last */
} Fixture;

static void on_told(const ProgramVersion *told, bool more, void *userdata) {
        Fixture *fixture = userdata;

        memcpy(fixture->facts.told, told, sizeof(fixture->facts.told));
        fixture->calls++;
        fixture->more = more;
}

static void set_up(Fixture *fixture, const void *data) {
        (void) data;

        children_block_signal();
        fixture->tree = tree_new();
        g_assert_cmpint(sd_event_new(&fixture->event), >=, 0);
        g_assert_cmpint(
                program_versions_new(fixture->event, 2 * USEC_PER_SEC, on_told, fixture, &fixture->versions),
                ==, 0);
}

static void tear_down(Fixture *fixture, const void *data) {
        (void) data;

        program_versions_free(fixture->versions);
        wait_for_children(fixture->event);
        sd_event_unref(fixture->event);
        tree_free(fixture->tree);
}

static void look_at(Fixture *fixture, Program program) {
        _cleanup_(root_freep) Root *root = tree_root("/");
        ProgramFacts *facts = &fixture->facts;

        facts->identity[program] = (ProgramIdentity){};
        facts->installed[program] =
                program_file_read(root, facts->path[program] + 1, &facts->identity[program]);
}

/* Installs a program that notes each run in the file "runs" beside it, and then does what SCRIPT says. */
static void install(Fixture *fixture, Program program, const char *script) {
        g_autofree char *name = g_strdup_printf("bin/%s", program_to_string(program)),
                        *path = g_build_filename(fixture->tree, name, NULL),
                        *text = g_strdup_printf("#!/bin/sh\necho \"%s $*\" >>%s/runs\n%s\n",
                                                program_to_string(program), fixture->tree, script);

        (void) g_unlink(path);
        tree_file(fixture->tree, name, text);
        g_assert_cmpint(g_chmod(path, 0755), ==, 0);
        g_assert_cmpuint(strlen(path), <, PROGRAM_PATH_MAX);
        g_strlcpy(fixture->facts.path[program], path, PROGRAM_PATH_MAX);
        look_at(fixture, program);
        g_assert_cmpint(fixture->facts.installed[program], ==, TRISTATE_YES);
}

static char *runs(const Fixture *fixture) {
        g_autofree char *path = g_build_filename(fixture->tree, "runs", NULL);
        char *text;

        return g_file_get_contents(path, &text, NULL, NULL) ? text : g_strdup("");
}

#define assert_runs(fixture, expected)                  \
        do {                                            \
                g_autofree char *_runs = runs(fixture); \
                g_assert_cmpstr(_runs, ==, (expected)); \
        } while (0)

/* Until nothing runs any more. What a program has printed may be read after its end, and then comes the next
 * one. */
static void wait_for_programs(Fixture *fixture) {
        do {
                wait_for_children(fixture->event);
                while (sd_event_run(fixture->event, 0) > 0)
                        ;
        } while (has_children());
}

static void ask(Fixture *fixture) {
        program_versions_ask(fixture->versions, &fixture->facts);
        wait_for_programs(fixture);
}

static const char *told(const Fixture *fixture, Program program) {
        const ProgramVersion *version = &fixture->facts.told[program];

        return program_identity_equal(&version->identity, &fixture->facts.identity[program]) ? version->text
                                                                                             : "";
}

#define skip_unless_root()                                                            \
        do {                                                                          \
                if (geteuid() != 0) {                                                 \
                        g_test_skip("only root can make a program that root trusts"); \
                        return;                                                       \
                }                                                                     \
        } while (0)

/* One after the other, once each, and nothing is run for its own sake. */
static void test_asks(Fixture *fixture, const void *data) {
        (void) data;

        skip_unless_root();
        install(fixture, PROGRAM_QEMU, "echo 'QEMU emulator version 7.2.22 (Debian)'");
        install(fixture, PROGRAM_LIBVIRTD, "sleep 0.2; echo '/usr/sbin/libvirtd (libvirt) 9.0.0'");
        install(fixture, PROGRAM_VIRT_INSTALL, "echo 4.1.0");
        install(fixture, PROGRAM_BRIDGE, "echo bridge utility, 6.1.0");
        install(fixture, PROGRAM_IP, "echo ip utility, iproute2-6.1.0, libbpf 1.1.2");

        ask(fixture);
        g_assert_cmpuint(fixture->calls, ==, 3);
        g_assert_false(fixture->more);
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "7.2.22");
        g_assert_cmpstr(told(fixture, PROGRAM_LIBVIRTD), ==, "9.0.0");
        g_assert_cmpstr(told(fixture, PROGRAM_IP), ==, "6.1.0");
        g_assert_cmpstr(told(fixture, PROGRAM_VIRT_INSTALL), ==, "");
        assert_runs(fixture, "qemu --version\nlibvirtd --version\nip -V\n");

        for (unsigned i = 0; i < 3; i++)
                ask(fixture);
        g_assert_cmpuint(fixture->calls, ==, 3);
        assert_runs(fixture, "qemu --version\nlibvirtd --version\nip -V\n");
}

/* Each of these leaves its own version unknown, and the one after it is asked all the same. */
static void test_no_answer(Fixture *fixture, const void *data) {
        static const char *const scripts[] = {
                "exec sleep 1000",
                "kill -STOP $$",
                "kill -SEGV $$",
                "exec cat /dev/zero",
                "echo 'QEMU emulator version 7.2'; exit 1",
                "echo 'QEMU emulator version 7.2'; exec head -c 1000000 /dev/zero",
                "echo version 7.2",
                "echo 'QEMU emulator version' >&2",
                "head -c 3000 /dev/urandom",
                "true",
        };

        (void) data;

        skip_unless_root();
        FOREACH_ELEMENT(script, scripts) {
                unsigned calls = fixture->calls;

                g_test_message("%s", *script);
                install(fixture, PROGRAM_QEMU, *script);
                install(fixture, PROGRAM_VIRT_VIEWER, "echo virt-viewer version 11.0");
                ask(fixture);
                g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "");
                g_assert_cmpstr(told(fixture, PROGRAM_VIRT_VIEWER), ==, "11.0");
                g_assert_cmpuint(fixture->calls, ==, calls + 1);
                g_assert_false(fixture->more);
        }
}

/* What others have told is not kept back by one that hangs, and that one is not asked again. */
static void test_hangs_last(Fixture *fixture, const void *data) {
        (void) data;

        skip_unless_root();
        install(fixture, PROGRAM_QEMU, "echo QEMU emulator version 7.2");
        install(fixture, PROGRAM_BRCTL, "exec sleep 1000");
        program_versions_ask(fixture->versions, &fixture->facts);
        while (fixture->calls == 0)
                g_assert_cmpint(sd_event_run(fixture->event, 20 * USEC_PER_SEC), >, 0);
        g_assert_true(fixture->more);
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "7.2");
        ask(fixture);
        ask(fixture);
        assert_runs(fixture, "qemu --version\nbrctl --version\n");
}

/* It is asked again, once; what the former has told does not count for it. */
static void test_replaced(Fixture *fixture, const void *data) {
        (void) data;

        skip_unless_root();
        install(fixture, PROGRAM_QEMU, "echo QEMU emulator version 7.2");
        ask(fixture);
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "7.2");
        install(fixture, PROGRAM_QEMU, "echo QEMU emulator version 8.0");
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "");
        ask(fixture);
        ask(fixture);
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "8.0");
        assert_runs(fixture, "qemu --version\nqemu --version\n");
}

/* While the former is still at it. */
static void test_replaced_meanwhile(Fixture *fixture, const void *data) {
        (void) data;

        skip_unless_root();
        install(fixture, PROGRAM_QEMU, "sleep 0.3; echo QEMU emulator version 7.2");
        program_versions_ask(fixture->versions, &fixture->facts);
        install(fixture, PROGRAM_QEMU, "echo QEMU emulator version 8.0");
        ask(fixture);
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "8.0");
        g_assert_cmpuint(fixture->calls, ==, 2);
}

/* It goes before anybody has asked it, and comes back as another. */
static void test_gone(Fixture *fixture, const void *data) {
        (void) data;

        skip_unless_root();
        install(fixture, PROGRAM_QEMU, "echo QEMU emulator version 7.2");
        g_assert_cmpint(g_unlink(fixture->facts.path[PROGRAM_QEMU]), ==, 0);
        ask(fixture);
        g_assert_cmpuint(fixture->calls, ==, 0);
        look_at(fixture, PROGRAM_QEMU);
        g_assert_cmpint(fixture->facts.installed[PROGRAM_QEMU], ==, TRISTATE_NO);
        ask(fixture);
        install(fixture, PROGRAM_QEMU, "echo QEMU emulator version 8.0");
        ask(fixture);
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "8.0");
}

/* The program and all directories above it belong to root, and nobody else may write to them. */
static void test_untrusted(Fixture *fixture, const void *data) {
        static const struct {
                const char *path;
                uid_t owner;
                mode_t mode;
                bool runs;
        } cases[] = {
                { "bin/qemu", 0, 0755, true },   { "bin/qemu", 65534, 0755, false },
                { "bin/qemu", 0, 0775, false },  { "bin/qemu", 0, 0757, false },
                { "bin/qemu", 0, 01757, false }, { "bin", 65534, 0755, false },
                { "bin", 0, 0775, false },       { "bin", 0, 0777, false },
                { "bin", 0, 01777, true },       { ".", 65534, 0755, false },
                { ".", 0, 0777, false },
        };

        (void) data;

        skip_unless_root();
        FOREACH_ELEMENT(c, cases) {
                g_autofree char *path = g_build_filename(fixture->tree, c->path, NULL);
                struct stat before;

                g_test_message("%s %u %o", c->path, c->owner, c->mode);
                install(fixture, PROGRAM_QEMU, "echo QEMU emulator version 7.2");
                g_assert_cmpint(stat(path, &before), ==, 0);
                g_assert_cmpint(chown(path, c->owner, 0), ==, 0);
                g_assert_cmpint(chmod(path, c->mode), ==, 0);
                ask(fixture);
                g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, c->runs ? "7.2" : "");
                g_assert_cmpint(chown(path, before.st_uid, before.st_gid), ==, 0);
                g_assert_cmpint(chmod(path, before.st_mode & 07777), ==, 0);
        }
}

/* Where a link leads to is what has to be trusted, and so is the way there. */
static void test_link(Fixture *fixture, const void *data) {
        g_autofree char *link = g_build_filename(fixture->tree, "link", NULL),
                        *elsewhere = g_build_filename(fixture->tree, "elsewhere", NULL);
        char *path = fixture->facts.path[PROGRAM_QEMU];

        (void) data;

        skip_unless_root();
        install(fixture, PROGRAM_QEMU, "echo QEMU emulator version 7.2");
        g_assert_cmpint(symlink("bin/qemu", link), ==, 0);
        g_strlcpy(path, link, PROGRAM_PATH_MAX);
        ask(fixture);
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "7.2");

        install(fixture, PROGRAM_QEMU, "echo QEMU emulator version 8.0");
        g_assert_cmpint(g_mkdir(elsewhere, 0777), ==, 0);
        g_assert_cmpint(chmod(elsewhere, 0777), ==, 0);
        g_strlcpy(path, link, PROGRAM_PATH_MAX);
        g_assert_cmpint(g_unlink(link), ==, 0);
        g_assert_cmpint(symlink("elsewhere/qemu", link), ==, 0);
        {
                g_autofree char *from = g_build_filename(fixture->tree, "bin/qemu", NULL),
                                *to = g_build_filename(elsewhere, "qemu", NULL);

                g_assert_cmpint(g_rename(from, to), ==, 0);
        }
        look_at(fixture, PROGRAM_QEMU);
        g_assert_cmpint(fixture->facts.installed[PROGRAM_QEMU], ==, TRISTATE_YES);
        ask(fixture);
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "");
}

/* One file may be many programs, and the name says which: this test is one of those. */
static void test_name(Fixture *fixture, const void *data) {
        g_autofree char *many = g_build_filename(fixture->tree, "many", NULL),
                        *link = g_build_filename(fixture->tree, "bin/qemu", NULL), *contents = NULL;
        gsize size;

        (void) data;

        skip_unless_root();
        g_assert_true(g_file_get_contents("/proc/self/exe", &contents, &size, NULL));
        install(fixture, PROGRAM_QEMU, "true");
        g_assert_true(g_file_set_contents(many, contents, (gssize) size, NULL));
        g_assert_cmpint(g_chmod(many, 0755), ==, 0);
        g_assert_cmpint(g_unlink(link), ==, 0);
        g_assert_cmpint(symlink("../many", link), ==, 0);
        look_at(fixture, PROGRAM_QEMU);
        g_assert_cmpint(fixture->facts.installed[PROGRAM_QEMU], ==, TRISTATE_YES);
        ask(fixture);
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "9.1");
}

/* It speaks English, and has nothing of the daemon's. */
static void test_environment(Fixture *fixture, const void *data) {
        (void) data;

        skip_unless_root();
        g_assert_true(g_setenv("LC_ALL", "de_DE.UTF-8", TRUE));
        g_assert_true(g_setenv("LD_PRELOAD_OF_TEST", "1", TRUE));
        install(fixture, PROGRAM_QEMU, "echo \"QEMU emulator version 7$LC_ALL$LD_PRELOAD_OF_TEST\"");
        ask(fixture);
        g_assert_cmpstr(told(fixture, PROGRAM_QEMU), ==, "7C");
        g_unsetenv("LC_ALL");
}

/* Nobody waits for the program that runs, and it does not outlive this. */
static void test_freed_while_running(Fixture *fixture, const void *data) {
        (void) data;

        skip_unless_root();
        install(fixture, PROGRAM_QEMU, "exec sleep 1000");
        program_versions_ask(fixture->versions, &fixture->facts);
        fixture->versions = program_versions_free(fixture->versions);
        wait_for_programs(fixture);
        g_assert_cmpuint(fixture->calls, ==, 0);
}

int main(int argc, char *argv[]) {
        static const struct {
                const char *name;
                void (*function)(Fixture *fixture, const void *data);
        } cases[] = {
                { "/program-versions/asks", test_asks },
                { "/program-versions/no-answer", test_no_answer },
                { "/program-versions/hangs-last", test_hangs_last },
                { "/program-versions/replaced", test_replaced },
                { "/program-versions/replaced-meanwhile", test_replaced_meanwhile },
                { "/program-versions/gone", test_gone },
                { "/program-versions/untrusted", test_untrusted },
                { "/program-versions/link", test_link },
                { "/program-versions/name", test_name },
                { "/program-versions/environment", test_environment },
                { "/program-versions/freed-while-running", test_freed_while_running },
        };

        if (g_str_has_suffix(argv[0], "/bin/qemu")) {
                puts("QEMU emulator version 9.1");
                return 0;
        }

        g_test_init(&argc, &argv, NULL);

        FOREACH_ELEMENT(c, cases)
                g_test_add(c->name, Fixture, NULL, set_up, c->function, tear_down);

        return g_test_run();
}
