/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads what the kernel says of itself and what its packager left beside it. */

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "gzip.h"
#include "kernel.h"
#include "module.h"

#define BLANKS " \t\n"

static const char *const kernel_option_table[_KERNEL_OPTION_MAX] = {
        [KERNEL_OPTION_AMD_IOMMU] = "AMD_IOMMU",
        [KERNEL_OPTION_CGROUP_BPF] = "CGROUP_BPF",
        [KERNEL_OPTION_INTEL_IOMMU] = "INTEL_IOMMU",
        [KERNEL_OPTION_INTEL_IOMMU_DEFAULT_ON] = "INTEL_IOMMU_DEFAULT_ON",
        [KERNEL_OPTION_INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF] = "INTEL_IOMMU_DEFAULT_ON_INTGPU_OFF",
        [KERNEL_OPTION_IPC_NS] = "IPC_NS",
        [KERNEL_OPTION_KVM] = "KVM",
        [KERNEL_OPTION_MODULES] = "MODULES",
        [KERNEL_OPTION_NET_NS] = "NET_NS",
        [KERNEL_OPTION_PID_NS] = "PID_NS",
        [KERNEL_OPTION_S390_IOMMU] = "S390_IOMMU",
        [KERNEL_OPTION_SPAPR_TCE_IOMMU] = "SPAPR_TCE_IOMMU",
        [KERNEL_OPTION_USER_NS] = "USER_NS",
        [KERNEL_OPTION_UTS_NS] = "UTS_NS",
        [KERNEL_OPTION_VFIO_PCI] = "VFIO_PCI",
        [KERNEL_OPTION_VIRTIO_IOMMU] = "VIRTIO_IOMMU",
};
DEFINE_STRING_TABLE(kernel_option, KernelOption);

bool kernel_name_equal(const char *a, const char *b, size_t n) {
        for (size_t i = 0; i < n; i++) {
                char x = a[i] == '-' ? '_' : a[i];
                char y = b[i] == '-' ? '_' : b[i];

                if (x != y)
                        return false;
                if (x == '\0')
                        return true;
        }

        return true;
}

/* Yields the last ITEM in the comma-separated LIST, or NULL. */
static const char *last_in_list(const char *list, size_t length, const char *item) {
        const char *found = NULL;
        size_t n = strlen(item);

        while (length > 0) {
                const char *comma = memchr(list, ',', length);
                size_t word = comma ? (size_t) (comma - list) : length;

                if (word == n && memcmp(list, item, n) == 0)
                        found = list;

                list += word + (comma ? 1 : 0);
                length -= word + (comma ? 1 : 0);
        }

        return found;
}

/* Yields the next word of a command line that is for the kernel and gives KEY a value, and its length; NULL
 * at the end. What follows "--" is for init. */
static const char *next_of(const char **cursor, const char *key, size_t *ret_length) {
        size_t n = strlen(key);

        while (*cursor && **cursor != '\0') {
                const char *word = *cursor + strspn(*cursor, BLANKS);
                size_t length = strcspn(word, BLANKS);

                if (length == 2 && startswith(word, "--"))
                        break;

                *cursor = word + length;
                if (length > n && word[n] == '=' && kernel_name_equal(word, key, n)) {
                        *ret_length = length;
                        return word;
                }
        }

        return NULL;
}

bool command_line_has_word(const char *command_line, const char *key) {
        const char *cursor = command_line;
        size_t n = strlen(key);

        while (cursor && *cursor != '\0') {
                const char *word = cursor + strspn(cursor, BLANKS);
                size_t length = strcspn(word, BLANKS);

                if (length == 2 && startswith(word, "--"))
                        break;
                if (length == n && kernel_name_equal(word, key, n))
                        return true;
                cursor = word + length;
        }

        return false;
}

/* Yields the last ITEM of all in the lists that KEY is given, or NULL. */
static const char *last_on_command_line(const char *command_line, const char *key, const char *item) {
        const char *found = NULL, *word;
        size_t length, n = strlen(key) + 1;

        while ((word = next_of(&command_line, key, &length))) {
                const char *last = last_in_list(word + n, length - n, item);

                if (last)
                        found = last;
        }

        return found;
}

bool command_line_lists(const char *command_line, const char *key, const char *item) {
        return last_on_command_line(command_line, key, item);
}

Tristate command_line_switch(const char *command_line, const char *key, const char *on, const char *off) {
        const char *last_on = last_on_command_line(command_line, key, on),
                   *last_off = last_on_command_line(command_line, key, off);

        if (!last_on && !last_off)
                return TRISTATE_UNKNOWN;

        return !last_off || (last_on && last_on > last_off) ? TRISTATE_YES : TRISTATE_NO;
}

/* lib/kstrtox.c: kstrtobool() */
static Tristate parse_bool(const char *value) {
        switch (value[0]) {
        case 'y':
        case 'Y':
        case 't':
        case 'T':
        case '1':
                return TRISTATE_YES;
        case 'n':
        case 'N':
        case 'f':
        case 'F':
        case '0':
                return TRISTATE_NO;
        case 'o':
        case 'O':
                return value[1] == 'n' || value[1] == 'N'   ? TRISTATE_YES
                       : value[1] == 'f' || value[1] == 'F' ? TRISTATE_NO
                                                            : TRISTATE_UNKNOWN;
        default:
                return TRISTATE_UNKNOWN;
        }
}

Tristate command_line_bool(const char *command_line, const char *key, size_t size, char *ret_word) {
        Tristate found = TRISTATE_UNKNOWN;
        size_t length, n = strlen(key) + 1;
        const char *word;

        while ((word = next_of(&command_line, key, &length))) {
                Tristate value = parse_bool(word + n);

                if (value == TRISTATE_UNKNOWN || length >= size)
                        continue;

                found = value;
                memcpy(ret_word, word, length);
                ret_word[length] = '\0';
        }

        return found;
}

Tristate kernel_at_least(const KernelFacts *kernel, unsigned version, unsigned patchlevel,
                         unsigned sublevel) {
        const unsigned wanted[] = { version, patchlevel, sublevel };

        if (kernel->version[0] == 0)
                return TRISTATE_UNKNOWN;

        for (size_t i = 0; i < ELEMENTSOF(wanted); i++)
                if (kernel->version[i] != wanted[i])
                        return kernel->version[i] > wanted[i] ? TRISTATE_YES : TRISTATE_NO;

        return TRISTATE_YES;
}

/* Red Hat and those who build upon it mark their releases ("4.18.0-553.el8_10.x86_64"), SUSE has numbers of
 * its own in those of its enterprise kernels ("5.14.21-150500.55.7-default"). Both put years of newer
 * kernels' work under an old number. */
static bool takes_work_back(const char *release) {
        const char *mark = release ? strstr(release, ".el") : NULL,
                   *dash = release ? strchr(release, '-') : NULL;

        if (mark && isdigit((unsigned char) mark[sizeof(".el") - 1]))
                return true;
        if (!dash || strspn(dash + 1, "0123456789") < 2)
                return false;

        return dash[1 + strspn(dash + 1, "0123456789")] == '.' && strstr(dash, "-default");
}

Tristate kernel_has(const KernelFacts *kernel, unsigned version, unsigned patchlevel, unsigned sublevel) {
        Tristate recent = kernel_at_least(kernel, version, patchlevel, sublevel);

        return recent == TRISTATE_NO && takes_work_back(kernel->release) ? TRISTATE_UNKNOWN : recent;
}

static void parse_option_line(KernelFacts *kernel, const char *line) {
        const char *name = startswith(line, "CONFIG_");

        if (!name)
                return;

        for (size_t i = 0; i < _KERNEL_OPTION_MAX; i++) {
                const char *value = startswith(name, kernel_option_table[i]);

                if (value && (streq(value, "=y") || streq(value, "=m")))
                        kernel->options[i] = TRISTATE_YES;
        }
}

/* An option that a configuration does not set is off: kconfig writes it as a comment or leaves it out. Every
 * configuration sets something; a text that does not is no evidence. Returns whether it is one. */
static bool parse_config(KernelFacts *kernel, char *text) {
        char *cursor = text, *line;

        if (!strstr(text, "\nCONFIG_"))
                return false;

        for (size_t i = 0; i < _KERNEL_OPTION_MAX; i++)
                kernel->options[i] = TRISTATE_NO;

        while ((line = strsep(&cursor, "\n")))
                parse_option_line(kernel, line);

        return true;
}

/* Distributions put it beside the kernel, or into the module tree. Returns whether a file has been one. */
static int read_config_file(const Root *root, KernelFacts *kernel) {
        _cleanup_free_ char *path = NULL, *beside = NULL, *in_tree = NULL;
        int r;

        if (!kernel->release)
                return false;
        if (asprintf(&path, "boot/config-%s", kernel->release) < 0) {
                path = NULL;
                return -ENOMEM;
        }

        r = root_read(root, path, ROOT_FILE_MAX, &beside);
        if (r == -ENOMEM)
                return r;
        if (r >= 0 && parse_config(kernel, beside))
                return true;

        r = module_tree_read(root, kernel->release, "config", &in_tree);
        if (r < 0)
                return r == -ENOMEM ? r : false;

        return parse_config(kernel, in_tree);
}

/* Some kernels show what they were built with (kernel/configs.c, CONFIG_IKCONFIG_PROC). Returns whether this
 * one has. */
static int read_config_gz(const Root *root, KernelFacts *kernel) {
        _cleanup_(fclosep) FILE *file = NULL;
        _cleanup_free_ char *text = NULL;
        int r;

        r = root_fopen(root, "proc/config.gz", ROOT_FILE_MAX, &file);
        if (r < 0)
                return r == -ENOMEM ? r : false;

        r = gzip_read(file, ROOT_FILE_MAX, &text);
        if (r < 0)
                return r == -ENOMEM ? r : false;

        return parse_config(kernel, text);
}

/* What the running kernel says of itself comes before what lies beside it under its name. */
static int read_config(const Root *root, KernelFacts *kernel) {
        int r;

        r = read_config_gz(root, kernel);
        return r != 0 ? r : read_config_file(root, kernel);
}

static void parse_version(KernelFacts *kernel) {
        const char *p = kernel->release;

        for (size_t i = 0; i < ELEMENTSOF(kernel->version); i++) {
                char *end;

                kernel->version[i] = (unsigned) strtoul(p, &end, 10);
                if (*end != '.')
                        break;
                p = end + 1;
        }
}

/* Every release begins with the version, and has at most 64 characters (include/uapi/linux/utsname.h:
 * __NEW_UTS_LEN). It becomes part of paths and of lines to type: one with other characters than those of
 * versions is none. */
static bool is_release(const char *text) {
        static const char characters[] =
                "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-_~";

        return text && isdigit((unsigned char) text[0]) && strlen(text) <= 64 &&
               text[strspn(text, characters)] == '\0';
}

/* Yields the third word of a line, if it is a release. */
static int copy_release(char *line, char **ret) {
        char *saved = NULL, *word;

        word = strtok_r(line, " ", &saved);
        for (unsigned i = 0; i < 2 && word; i++)
                word = strtok_r(NULL, " ", &saved);
        if (!is_release(word))
                return -ENODATA;

        *ret = strdup(word);
        return *ret ? 0 : -ENOMEM;
}

/* Both "Linux version 6.1.0 (…" and the output of "uname -a" (POSIX, uname) stand in for a file that is not
 * there. */
static int read_release(const Root *root, char **ret) {
        static const char *const places[] = { "proc/version", ROOT_SOS_UNAME };
        _cleanup_free_ char *release = NULL;
        int r;

        r = root_read_line(root, "proc/sys/kernel/osrelease", &release);
        if (r == -ENOMEM)
                return r;
        if (is_release(release)) {
                *ret = TAKE_PTR(release);
                return 0;
        }

        FOREACH_ELEMENT(place, places) {
                _cleanup_free_ char *line = NULL;

                r = root_read_line(root, *place, &line);
                if (r >= 0)
                        r = copy_release(line, ret);
                if (r >= 0 || r == -ENOMEM)
                        return r;
        }

        return 0;
}

int kernel_facts_read(const Root *root, KernelFacts *facts) {
        KernelFacts kernel = {};
        int r;

        for (size_t i = 0; i < _KERNEL_OPTION_MAX; i++)
                kernel.options[i] = TRISTATE_UNKNOWN;

        r = read_release(root, &kernel.release);
        if (r < 0)
                goto fail;
        if (kernel.release)
                parse_version(&kernel);

        r = root_read_line(root, "proc/cmdline", &kernel.command_line);
        if (r == -ENOMEM)
                goto fail;

        r = read_config(root, &kernel);
        if (r < 0)
                goto fail;

        kernel_facts_done(facts);
        *facts = kernel;
        return 0;

fail:
        kernel_facts_done(&kernel);
        return r;
}

void kernel_facts_done(KernelFacts *kernel) {
        free(kernel->release);
        free(kernel->command_line);
        *kernel = (KernelFacts){};
}
