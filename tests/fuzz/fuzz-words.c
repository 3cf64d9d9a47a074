/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Single lines: the kernel's command line, releases, what uname prints, numbers. */

#include <errno.h>
#include <limits.h>
#include <stdio.h>

#include "../../daemon/basic/words.h"
#include "../../daemon/facts/cpu.h"
#include "../../daemon/facts/kernel.h"
#include "../../daemon/facts/machine-name.h"
#include "../../daemon/facts/module.h"
#include "../../daemon/facts/values.h"
#include "fuzz.h"

/* What is found must be there, and stays found with more before it. */
static void run_command_line(const char *line) {
        static const char *const keys[] = { "cgroup_disable", "module_blacklist", "modprobe.blacklist" };
        static const char *const items[] = { "memory", "kvm_intel", "cpu" };

        FOREACH_ELEMENT(key, keys)
                FOREACH_ELEMENT(item, items) {
                        bool found = command_line_lists(line, *key, *item);
                        _cleanup_free_ char *longer = NULL;

                        fuzz_assert(!found || strstr(line, *item));
                        fuzz_assert(asprintf(&longer, "quiet %s=%s %s", *key, *item, line) >= 0);
                        fuzz_assert(command_line_lists(longer, *key, *item));
                        fuzz_assert(asprintf((free(longer), &longer), "quiet %s", line) >= 0);
                        fuzz_assert(command_line_lists(longer, *key, *item) == found);
                }
}

static void run_words(const char *line) {
        _cleanup_free_ char *copy = NULL;
        char *saved = NULL;

        copy = strdup(line);
        fuzz_assert(copy);
        for (const char *word = strtok_r(copy, " \t\n", &saved); word;
             word = strtok_r(NULL, " \t\n", &saved))
                fuzz_assert(words_contain(line, word));

        fuzz_assert(!words_contain(line, "no such word"));
}

static void run_names(const char *line) {
        _cleanup_free_ char *copy = NULL;
        const char *machine;
        int id;

        copy = strdup(line);
        fuzz_assert(copy);

        machine = machine_from_release(line);
        fuzz_assert(!machine || architecture_from_machine(machine) != ARCHITECTURE_OTHER);

        machine = machine_from_uname(copy);
        fuzz_assert(!machine || architecture_from_machine(machine) != ARCHITECTURE_OTHER);
        fuzz_assert(!machine || strstr(line, machine));

        id = module_from_name(line, strlen(line));
        fuzz_assert(id < 0 || kernel_name_equal(line, module_to_string((ModuleId) id), strlen(line)));
}

/* A number is printed as it was, but for zeroes before it. */
static void run_numbers(const char *line) {
        char again[32];
        const char *rest;
        uint64_t value;
        int r;

        r = parse_unsigned(line, &value, &rest);
        fuzz_assert(r == 0 || r == -EINVAL || r == -ERANGE);
        if (r < 0)
                return;

        (void) snprintf(again, sizeof(again), "%llu", (unsigned long long) value);
        line += strspn(line, "0");
        fuzz_assert((size_t) (rest - line) == strspn(line, "0123456789"));
        fuzz_assert(rest == line ? value == 0 : strncmp(line, again, strlen(again)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
        _cleanup_free_ char *text = fuzz_text(data, size);

        if (text) {
                run_command_line(text);
                run_words(text);
                run_names(text);
                run_numbers(text);
        }

        return 0;
}
