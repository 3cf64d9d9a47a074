/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the files of units say. */

#include "daemon/facts/units.h"
#include "tree.h"

#define SERVICE UNIT_LIBVIRTD_SERVICE
#define NAME "libvirtd.service"

static UnitFacts read_units(const char *tree) {
        _cleanup_(root_freep) Root *root = tree_root(tree);
        UnitFacts facts = {};

        unit_facts_read(root, &facts);
        return facts;
}

/* Its directories, without any of the units. */
static char *empty_system(void) {
        char *tree = tree_new();

        tree_directory(tree, "etc/systemd/system/multi-user.target.wants");
        tree_file(tree, "usr/lib/systemd/system/cron.service", "[Service]\n");
        return tree;
}

static void test_nothing(void) {
        _cleanup_tree_ char *tree = empty_system();
        UnitFacts facts = read_units(tree);

        for (UnitId id = 0; id < _UNIT_MAX; id++) {
                g_assert_cmpint(facts.present[id], ==, TRISTATE_NO);
                g_assert_cmpint(facts.masked[id], ==, TRISTATE_NO);
                g_assert_cmpint(facts.enabled[id], ==, TRISTATE_NO);
        }
        g_assert_false(facts.states.known);
}

/* A copy without the directories tells nothing; with one of them, as much as that. */
static void test_incomplete(void) {
        _cleanup_tree_ char *none = tree_new(), *etc = tree_new(), *lib = tree_new(), *file = tree_new();

        g_assert_cmpint(read_units(none).present[SERVICE], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(read_units(none).masked[SERVICE], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(read_units(none).enabled[SERVICE], ==, TRISTATE_UNKNOWN);

        tree_directory(etc, "etc/systemd/system");
        g_assert_cmpint(read_units(etc).present[SERVICE], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(read_units(etc).masked[SERVICE], ==, TRISTATE_NO);
        g_assert_cmpint(read_units(etc).enabled[SERVICE], ==, TRISTATE_NO);

        tree_file(lib, "lib/systemd/system/" NAME, "[Unit]\n");
        g_assert_cmpint(read_units(lib).present[SERVICE], ==, TRISTATE_YES);
        g_assert_cmpint(read_units(lib).present[UNIT_LIBVIRTD_SOCKET], ==, TRISTATE_NO);
        g_assert_cmpint(read_units(lib).masked[SERVICE], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(read_units(lib).masked[UNIT_LIBVIRTD_SOCKET], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(read_units(lib).enabled[SERVICE], ==, TRISTATE_UNKNOWN);

        tree_file(file, "etc/systemd/system", "");
        tree_file(file, "usr/lib/systemd/system", "");
        g_assert_cmpint(read_units(file).present[SERVICE], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(read_units(file).enabled[SERVICE], ==, TRISTATE_UNKNOWN);
}

/* The other socket of each: there with its file, and not when that is a mask. */
static void test_read_only(void) {
        static const char name[] = "usr/lib/systemd/system/libvirtd-ro.socket";
        _cleanup_tree_ char *tree = empty_system();

        for (UnitId id = 0; id < _UNIT_MAX; id++)
                g_assert_cmpint(!unit_read_only_socket(id), ==, id % 2 == 0);
        g_assert_false(read_units(tree).has_read_only[UNIT_LIBVIRTD_SOCKET]);
        tree_file(tree, name, "[Socket]\n");
        for (UnitId id = 0; id < _UNIT_MAX; id++)
                g_assert_cmpint(read_units(tree).has_read_only[id], ==, id == UNIT_LIBVIRTD_SOCKET);
        tree_link(tree, "etc/systemd/system/libvirtd-ro.socket", "/dev/null");
        g_assert_false(read_units(tree).has_read_only[UNIT_LIBVIRTD_SOCKET]);
}

static void test_directories(void) {
        static const char *const directories[] = {
                "etc/systemd/system",     "run/systemd/system", "usr/local/lib/systemd/system",
                "usr/lib/systemd/system", "lib/systemd/system",
        };

        FOREACH_ELEMENT(directory, directories)
                for (UnitId id = 0; id < _UNIT_MAX; id++) {
                        g_autofree char *path = g_build_filename(*directory, unit_to_string(id), NULL);
                        _cleanup_tree_ char *tree = empty_system();
                        UnitFacts facts;

                        tree_file(tree, path, "[Unit]\nDescription=libvirt\n");
                        facts = read_units(tree);
                        for (UnitId other = 0; other < _UNIT_MAX; other++)
                                g_assert_cmpint(facts.present[other], ==, other == id);
                        g_assert_cmpint(facts.masked[id], ==, TRISTATE_NO);
                }
}

/* What another file hides is still installed. */
static void test_masks(void) {
        static const struct {
                const char *directory, *target; /* no target: an empty file */
                Tristate masked;
                UnitMask mask;
        } cases[] = {
                { "etc/systemd/system", "/dev/null", TRISTATE_YES, UNIT_MASK_ADMINISTRATOR },
                { "etc/systemd/system", "../../../dev/null", TRISTATE_YES, UNIT_MASK_ADMINISTRATOR },
                { "etc/systemd/system", NULL, TRISTATE_YES, UNIT_MASK_ADMINISTRATOR },
                { "run/systemd/system", "/dev/null", TRISTATE_YES, UNIT_MASK_RUNTIME },
                { "run/systemd/system", NULL, TRISTATE_YES, UNIT_MASK_RUNTIME },
                { "usr/local/lib/systemd/system", "/dev/null", TRISTATE_YES, UNIT_MASK_VENDOR },
                { "etc/systemd/system", "/etc/systemd/system/mine.service", TRISTATE_NO, UNIT_MASK_NONE },
                { "etc/systemd/system", "/nix/store/unit-libvirtd.service/" NAME, TRISTATE_NO,
                  UNIT_MASK_NONE },
                { "lib/systemd/system", "/dev/null", TRISTATE_NO,
                  UNIT_MASK_NONE }, /* the other one comes first */
        };

        FOREACH_ELEMENT(c, cases)
                for (unsigned has_null = 0; has_null < 2; has_null++) {
                        g_autofree char *path = g_build_filename(c->directory, NAME, NULL);
                        _cleanup_tree_ char *tree = empty_system();
                        UnitFacts facts;

                        g_test_message("%s in %s", c->target ? c->target : "an empty file", c->directory);
                        if (has_null)
                                tree_file(tree, "dev/null", "");
                        tree_file(tree, "etc/systemd/system/mine.service", "[Service]\n");
                        tree_file(tree, "usr/lib/systemd/system/" NAME, "[Service]\n");
                        if (c->target)
                                tree_link(tree, path, c->target);
                        else
                                tree_file(tree, path, "");

                        facts = read_units(tree);
                        g_assert_cmpint(facts.masked[SERVICE], ==, c->masked);
                        g_assert_cmpint(facts.mask[SERVICE], ==, c->mask);
                        g_assert_cmpint(facts.present[SERVICE], ==, TRISTATE_YES);
                        g_assert_cmpint(facts.masked[UNIT_LIBVIRTD_SOCKET], ==, TRISTATE_NO);
                }
}

/* The mask that counts is the first one, and it is read anew each time. */
static void test_mask_that_counts(void) {
        _cleanup_tree_ char *tree = empty_system();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        UnitFacts facts = {};

        tree_link(tree, "usr/lib/systemd/system/" NAME, "/dev/null");
        unit_facts_read(root, &facts);
        g_assert_cmpint(facts.mask[SERVICE], ==, UNIT_MASK_VENDOR);
        tree_link(tree, "run/systemd/system/" NAME, "/dev/null");
        unit_facts_read(root, &facts);
        g_assert_cmpint(facts.mask[SERVICE], ==, UNIT_MASK_RUNTIME);
        tree_file(tree, "etc/systemd/system/" NAME, "[Unit]\n");
        unit_facts_read(root, &facts);
        g_assert_cmpint(facts.masked[SERVICE], ==, TRISTATE_NO);
        g_assert_cmpint(facts.mask[SERVICE], ==, UNIT_MASK_NONE);
}

/* A mask alone makes no unit. */
static void test_mask_alone(void) {
        _cleanup_tree_ char *tree = empty_system();
        UnitFacts facts;

        tree_link(tree, "etc/systemd/system/" NAME, "/dev/null");
        facts = read_units(tree);
        g_assert_cmpint(facts.masked[SERVICE], ==, TRISTATE_YES);
        g_assert_cmpint(facts.present[SERVICE], ==, TRISTATE_NO);
}

static void test_enabled(void) {
        static const struct {
                const char *path;
                UnitId id;
        } cases[] = {
                { "multi-user.target.wants/" NAME, SERVICE },
                { "sockets.target.wants/libvirtd.socket", UNIT_LIBVIRTD_SOCKET },
                { "machines.target.requires/virtqemud.service", UNIT_VIRTQEMUD_SERVICE },
                { "a.service.b.wants/virtqemud.socket", UNIT_VIRTQEMUD_SOCKET },
                { "multi-user.target.wants/libvirtd.service.old", _UNIT_MAX },
                { "multi-user.target.wanted/" NAME, _UNIT_MAX },
                { "wants/" NAME, _UNIT_MAX },
                { "below/multi-user.target.wants/" NAME, _UNIT_MAX },
        };

        FOREACH_ELEMENT(c, cases) {
                g_autofree char *path = g_build_filename("etc/systemd/system", c->path, NULL);
                _cleanup_tree_ char *tree = empty_system();
                UnitFacts facts;

                g_test_message("%s", c->path);
                tree_link(tree, path, "/lib/systemd/system/of-no-matter");
                facts = read_units(tree);
                for (UnitId id = 0; id < _UNIT_MAX; id++)
                        g_assert_cmpint(facts.enabled[id], ==, id == c->id);
        }
}

/* The reader waits for nothing, and takes nothing for a unit that is none. */
static void test_hostile(void) {
        for (unsigned i = 0; i < 4; i++) {
                _cleanup_tree_ char *tree = empty_system();
                const char *path = "usr/lib/systemd/system/" NAME;

                switch (i) {
                case 0:
                        tree_fifo(tree, path);
                        break;
                case 1:
                        tree_directory(tree, path);
                        break;
                case 2:
                        tree_link(tree, path, NAME);
                        break;
                default:
                        tree_link(tree, path, "/etc/systemd/system");
                        break;
                }
                tree_fifo(tree, "etc/systemd/system/odd.wants");
                tree_link(tree, "etc/systemd/system/loop.wants", "loop.wants");
                g_assert_cmpint(read_units(tree).present[SERVICE], ==, TRISTATE_UNKNOWN);
                g_assert_cmpint(read_units(tree).masked[SERVICE], ==, TRISTATE_UNKNOWN);
        }
}

/* A link that leads in a circle may hide one that counts. */
static void test_circle_of_wants(void) {
        _cleanup_tree_ char *tree = empty_system();

        tree_link(tree, "etc/systemd/system/loop.wants", "loop.wants");
        g_assert_cmpint(read_units(tree).enabled[SERVICE], ==, TRISTATE_UNKNOWN);
        tree_link(tree, "etc/systemd/system/other.wants/" NAME, "x");
        g_assert_cmpint(read_units(tree).enabled[SERVICE], ==, TRISTATE_YES);
}

/* Nothing leads out of the tree. */
static void test_outside(void) {
        _cleanup_tree_ char *outside = tree_new(), *tree = tree_new();
        g_autofree char *system = g_build_filename(outside, "system", NULL);

        tree_file(outside, "system/" NAME, "[Unit]\n");
        tree_link(tree, "usr/lib/systemd/system", system);
        tree_link(tree, "etc/systemd/system", "/../../../../../../../../etc/systemd/system");
        g_assert_cmpint(read_units(tree).present[SERVICE], ==, TRISTATE_UNKNOWN);
        g_assert_cmpint(read_units(tree).enabled[SERVICE], ==, TRISTATE_UNKNOWN);
}

/* Very many directories end when the work of the pass does, and then nothing is certain. */
static void test_too_much(void) {
        _cleanup_tree_ char *tree = empty_system();
        _cleanup_(root_freep) Root *root = NULL;
        UnitFacts facts = {};

        for (unsigned i = 0; i < 100; i++) {
                g_autofree char *path = g_strdup_printf("etc/systemd/system/%u.wants", i);

                tree_directory(tree, path);
        }

        root = tree_root(tree);
        root->snapshot->work = 100U * ROOT_WORK_OPEN;
        unit_facts_read(root, &facts);
        g_assert_cmpint(facts.enabled[SERVICE], ==, TRISTATE_UNKNOWN);
}

/* What systemd has said is not read, and outlives reading. */
static void test_states_stay(void) {
        _cleanup_tree_ char *tree = empty_system();
        _cleanup_(root_freep) Root *root = tree_root(tree);
        UnitFacts facts = { .states = { .known = true, .activity = { [SERVICE] = UNIT_ACTIVITY_ACTIVE } } };
        UnitStates before = facts.states;

        unit_facts_read(root, &facts);
        g_assert_true(unit_states_equal(&facts.states, &before));
}

static void test_words(void) {
        for (UnitActivity activity = 0; activity < _UNIT_ACTIVITY_MAX; activity++)
                g_assert_cmpint(unit_activity_from_string(unit_activity_to_string(activity)), ==, activity);
        g_assert_cmpint(unit_activity_from_string("Active"), ==, UNIT_ACTIVITY_UNKNOWN);
        g_assert_cmpint(unit_activity_from_string(""), ==, UNIT_ACTIVITY_UNKNOWN);

        g_assert_cmpint(unit_load_from_string("loaded"), ==, UNIT_LOAD_LOADED);
        g_assert_cmpint(unit_load_from_string("masked"), ==, UNIT_LOAD_MASKED);
        g_assert_cmpint(unit_load_from_string("not-found"), ==, UNIT_LOAD_BAD);
        g_assert_cmpint(unit_load_from_string(""), ==, UNIT_LOAD_BAD);
}

static void test_equal(void) {
        UnitStates a = { .known = true }, b = a;

        g_assert_true(unit_states_equal(&a, &b));
        b.file_changes++;
        g_assert_false(unit_states_equal(&a, &b));
        b = a;
        b.activity[_UNIT_MAX - 1] = UNIT_ACTIVITY_FAILED;
        g_assert_false(unit_states_equal(&a, &b));
        b = a;
        b.load[0] = UNIT_LOAD_MASKED;
        g_assert_false(unit_states_equal(&a, &b));
        b = a;
        b.known = false;
        g_assert_false(unit_states_equal(&a, &b));
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/units/nothing", test_nothing);
        g_test_add_func("/units/incomplete", test_incomplete);
        g_test_add_func("/units/directories", test_directories);
        g_test_add_func("/units/read-only", test_read_only);
        g_test_add_func("/units/masks", test_masks);
        g_test_add_func("/units/mask-that-counts", test_mask_that_counts);
        g_test_add_func("/units/mask-alone", test_mask_alone);
        g_test_add_func("/units/enabled", test_enabled);
        g_test_add_func("/units/hostile", test_hostile);
        g_test_add_func("/units/circle-of-wants", test_circle_of_wants);
        g_test_add_func("/units/outside", test_outside);
        g_test_add_func("/units/too-much", test_too_much);
        g_test_add_func("/units/states-stay", test_states_stay);
        g_test_add_func("/units/words", test_words);
        g_test_add_func("/units/equal", test_equal);

        return g_test_run();
}
