/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The small parts: line breaks, remedies, spelling, command line. */

#include <errno.h>
#include <pty.h>
#include <sys/ioctl.h>

#include "../../client/choose.h"
#include "../../client/remedy.h"
#include "documents.h"

static char *wrap(unsigned column, unsigned indent, unsigned columns, const char *text,
                  unsigned *ret_column) {
        char *printed = NULL;
        size_t size;
        Output output = { .file = open_memstream(&printed, &size), .utf8 = true, .columns = columns };

        *ret_column = output_wrapped(&output, column, indent, STYLE_BOLD, text);
        g_assert_cmpint(fclose(output.file), ==, 0);
        return printed;
}

static void test_wrap(void) {
        static const struct {
                unsigned column, indent, columns;
                const char *text, *printed;
                unsigned end;
        } cases[] = {
                { 0, 0, 40, "", "", 0 },
                { 5, 2, 40, "   ", "", 5 },
                { 0, 2, 10, "one two three", "one two\n  three", 7 },
                { 2, 2, 9, "one two", "one two", 9 },
                { 2, 2, 8, "one two", "one\n  two", 5 },
                { 0, 0, 5, "incomprehensible", "incomprehensible", 16 },
                { 2, 2, 5, "a incomprehensible b", "a\n  incomprehensible\n  b", 3 },
                { 8, 2, 10, "word", "\n  word", 6 },
                { 0, 0, 6, "é é é é", "é é é\né", 1 },
                { 0, 0, 40, "  two\t \nblanks ", "two blanks", 10 },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                unsigned end;
                char *printed =
                        wrap(cases[i].column, cases[i].indent, cases[i].columns, cases[i].text, &end);

                g_assert_cmpstr(printed, ==, cases[i].printed);
                g_assert_cmpuint(end, ==, cases[i].end);
                free(printed);
        }
}

static void test_width(void) {
        g_assert_cmpuint(output_width(""), ==, 0);
        g_assert_cmpuint(output_width("abc"), ==, 3);
        g_assert_cmpuint(output_width("✓ é"), ==, 3);
        /* Each broken byte is one question mark. */
        g_assert_cmpuint(output_width("\xff\xfe"), ==, 2);
        g_assert_cmpuint(output_width("a\xe2\x9c"), ==, 2);
        g_assert_cmpuint(output_width("\xc3x"), ==, 2);
}

static void test_commands(void) {
        static const struct {
                const char *command;
                bool privileged, is_root;
                const char *line;
        } cases[] = {
                { "modprobe kvm", true, false, "sudo modprobe kvm" },
                { "modprobe kvm", true, true, "modprobe kvm" },
                { "modprobe kvm", false, false, "modprobe kvm" },
                { "", true, false, "" },
                { "a && b", true, false, "sudo sh -c 'a && b'" },
                { "a 'x' | b", true, false, "sudo sh -c 'a '\\''x'\\'' | b'" },
                { "a && b", true, true, "a && b" },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                char *line = NULL;

                g_assert_cmpint(
                        remedy_command(cases[i].command, cases[i].privileged, cases[i].is_root, &line), ==,
                        0);
                g_assert_cmpstr(line, ==, cases[i].line);
                free(line);
        }
}

static void test_phrases(void) {
        static const struct {
                const char *kind, *action, *argument, *phrase;
        } cases[] = {
                { "firmware-setting", "", "SVM Mode", "Enable SVM Mode in the firmware setup." },
                { "kernel-parameter", "remove", "a=b",
                  "Remove a=b from the kernel command line, then restart." },
                { "kernel-parameter", "", "a=b", "Correct the kernel command line: a=b, then restart." },
                { "outer-host", "", "svm", "On the host of this virtual machine: give it svm." },
                { "load-module", "", "kvm", "Load the kernel module kvm." },
                { "unheard-of", "", "thing", "unheard-of: thing" },
                { "", "", "", "unknown: " },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                char *phrase = NULL;

                g_assert_cmpint(remedy_phrase(cases[i].kind, cases[i].action, cases[i].argument, &phrase),
                                ==, 0);
                g_assert_cmpstr(phrase, ==, cases[i].phrase);
                free(phrase);
        }
}

/* No kind that the daemon has may end up without a phrase of its own. */
static void test_every_kind_has_a_phrase(void) {
        for (RemedyKind kind = REMEDY_NONE + 1; kind < _REMEDY_KIND_MAX; kind++) {
                g_autofree char *fallback = g_strdup_printf("%s: X", remedy_kind_to_string(kind));
                char *phrase = NULL;

                g_assert_cmpint(remedy_phrase(remedy_kind_to_string(kind), "", "X", &phrase), ==, 0);
                g_assert_cmpstr(phrase, !=, fallback);
                free(phrase);
        }
}

static void test_distance(void) {
        g_assert_cmpuint(id_distance("", ""), ==, 0);
        g_assert_cmpuint(id_distance("", "abc"), ==, 3);
        g_assert_cmpuint(id_distance("kvm.usable", "kvm.usable"), ==, 0);
        g_assert_cmpuint(id_distance("kvm.usabel", "kvm.usable"), ==, 2);
        g_assert_cmpuint(id_distance("kitten", "sitting"), ==, 3);
}

static int parse(Arguments *ret, ...) G_GNUC_NULL_TERMINATED;
static int parse(Arguments *ret, ...) {
        /* The arguments point into the vector, which must outlive them. */
        static char *argv[16];
        int argc = 0;
        va_list ap;

        argv[argc++] = (char *) "virtreadyctl";
        va_start(ap, ret);
        for (const char *word; (word = va_arg(ap, const char *));)
                argv[argc++] = (char *) word;
        va_end(ap);
        argv[argc] = NULL;

        return arguments_parse(argc, argv, ret);
}

static void test_arguments(void) {
        Arguments a;

        g_assert_cmpint(parse(&a, NULL), ==, 1);
        g_assert_cmpstr(a.verb, ==, "status");
        g_assert_false(a.json);
        g_assert_null(a.profile);
        g_assert_null(a.bus_address);
        g_assert_cmpuint(a.n_operands, ==, 0);

        g_assert_cmpint(parse(&a, "check", "a.b", "--json", "c.d", "--bus=unix:path=/x", NULL), ==, 1);
        g_assert_cmpstr(a.verb, ==, "check");
        g_assert_true(a.json);
        g_assert_cmpstr(a.bus_address, ==, "unix:path=/x");
        g_assert_cmpuint(a.n_operands, ==, 2);
        g_assert_cmpstr(a.operands[0], ==, "a.b");
        g_assert_cmpstr(a.operands[1], ==, "c.d");

        g_assert_cmpint(parse(&a, "--profile", "lxc", "why", NULL), ==, 1);
        g_assert_cmpstr(a.profile, ==, "lxc");
        g_assert_cmpstr(a.verb, ==, "why");

        g_assert_cmpint(parse(&a, "check", "--", "--json", NULL), ==, 1);
        g_assert_false(a.json);
        g_assert_cmpstr(a.operands[0], ==, "--json");

        g_assert_cmpint(parse(&a, "--nonsense", NULL), ==, -EINVAL);
        g_assert_cmpint(parse(&a, "--profile", NULL), ==, -EINVAL);
        g_assert_cmpint(parse(&a, "--profile=", NULL), ==, -EINVAL);
        g_assert_cmpint(parse(&a, "--bus=", NULL), ==, -EINVAL);
        g_assert_cmpint(parse(&a, "--json=yes", NULL), ==, -EINVAL);
}

/* The environment and the terminal decide, and a file is no terminal. */
static void test_detect(void) {
        static const struct {
                const char *no_colour, *term;
                bool terminal, colour;
        } cases[] = {
                { NULL, "xterm", true, true }, { "", "xterm", true, true }, { "1", "xterm", true, false },
                { NULL, "dumb", true, false }, { NULL, NULL, true, true },  { NULL, "xterm", false, false },
        };

        for (size_t i = 0; i < G_N_ELEMENTS(cases); i++) {
                struct winsize size = { .ws_col = 132, .ws_row = 50 };
                _cleanup_(fclosep) FILE *file = NULL;
                _cleanup_close_ int master = -EBADF;
                Output output;
                int slave;

                if (cases[i].terminal) {
                        g_assert_cmpint(openpty(&master, &slave, NULL, NULL, &size), ==, 0);
                        file = fdopen(slave, "w");
                } else
                        file = tmpfile();
                g_assert_nonnull(file);

                g_unsetenv("NO_COLOR");
                g_unsetenv("TERM");
                if (cases[i].no_colour)
                        g_setenv("NO_COLOR", cases[i].no_colour, TRUE);
                if (cases[i].term)
                        g_setenv("TERM", cases[i].term, TRUE);

                output_detect(file, &output);
                g_assert_cmpint(output.colour, ==, cases[i].colour);
                g_assert_cmpuint(output.columns, ==, cases[i].terminal ? 132 : 80);
                g_assert_false(output.utf8);
        }
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/text/wrap", test_wrap);
        g_test_add_func("/text/width", test_width);
        g_test_add_func("/text/commands", test_commands);
        g_test_add_func("/text/phrases", test_phrases);
        g_test_add_func("/text/every-kind", test_every_kind_has_a_phrase);
        g_test_add_func("/text/distance", test_distance);
        g_test_add_func("/text/detect", test_detect);
        g_test_add_func("/text/arguments", test_arguments);

        return g_test_run();
}
