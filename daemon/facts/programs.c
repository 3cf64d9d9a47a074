/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks for programs by their usual names in the usual directories. */

#include <errno.h>
#include <stdio.h>

#include "../basic/hash.h"
#include "../basic/macro.h"
#include "programs.h"

static const char *const program_table[_PROGRAM_MAX] = {
        [PROGRAM_QEMU] = "QEMU",           [PROGRAM_LIBVIRTD] = "libvirtd",
        [PROGRAM_VIRTLXCD] = "virtlxcd",   [PROGRAM_VIRTPROXYD] = "virtproxyd",
        [PROGRAM_VIRTQEMUD] = "virtqemud",
};
DEFINE_STRING_TABLE(program, Program);

/* The search for one program. */
typedef struct Search {
        const Root *root;
        Tristate found; /* so far */
        char *path;     /* of PROGRAM_PATH_MAX bytes */
        uint64_t *identity;
} Search;

static uint64_t identify(const struct stat *st) {
        uint64_t hash = hash_number(HASH_BEGIN, st->st_dev);

        hash = hash_number(hash, st->st_ino);
        hash = hash_number(hash, (uint64_t) st->st_size);
        hash = hash_number(hash, (uint64_t) st->st_mtim.tv_sec);
        return hash_number(hash, (uint64_t) st->st_mtim.tv_nsec);
}

static Tristate is_program(const Root *root, const char *path, uint64_t *ret_identity) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        fd = root_open_path(root, path, &st);
        if (fd >= 0) {
                *ret_identity = identify(&st);
                return S_ISREG(st.st_mode) && (st.st_mode & 0111) ? TRISTATE_YES : TRISTATE_NO;
        }
        if (fd == -ENOTDIR)
                return TRISTATE_NO;
        if (fd != -ENOENT)
                return TRISTATE_UNKNOWN;

        /* What a link in a snapshot leads to may only not have been copied. */
        return root->live || root_exists(root, path) == 0 ? TRISTATE_NO : TRISTATE_UNKNOWN;
}

static void look_at(Search *search, const char *directory, const char *name) {
        char path[PROGRAM_PATH_MAX - 1]; /* less the slash before it */
        uint64_t identity = 0;
        Tristate found;

        if (search->found == TRISTATE_YES)
                return;

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        found = is_program(search->root, path, &identity);
        if (found == TRISTATE_NO)
                return;

        search->found = found;
        *search->identity = identity;
        if (found == TRISTATE_YES)
                snprintf(search->path, PROGRAM_PATH_MAX, "/%s", path);
}

static void require_directory(Search *search, const char *directory) {
        if (search->found == TRISTATE_NO && !root_knows_directory(search->root, directory))
                search->found = TRISTATE_UNKNOWN;
}

static const char *emulator_name(const CpuFacts *cpu) {
        switch (cpu->architecture) {
        case ARCHITECTURE_X86:
                return cpu->machine && startswith(cpu->machine, "i") ? "qemu-system-i386"
                                                                     : "qemu-system-x86_64";
        case ARCHITECTURE_ARM:
                return "qemu-system-arm";
        case ARCHITECTURE_ARM64:
                return "qemu-system-aarch64";
        case ARCHITECTURE_LOONGARCH:
                return "qemu-system-loongarch64";
        case ARCHITECTURE_PPC64:
                return "qemu-system-ppc64";
        case ARCHITECTURE_RISCV:
                return "qemu-system-riscv64";
        case ARCHITECTURE_S390X:
                return "qemu-system-s390x";
        default:
                return NULL;
        }
}

static const char *const directories[] = { "usr/bin", "usr/local/bin", "run/current-system/sw/bin" };

/* Only RHEL has the emulator in libexec alone, and "kvm" is a name that Debian has for that of x86. */
static void search_emulator(Search *search, Distribution distribution, Architecture architecture,
                            const char *name) {
        const char *const names[] = { name, "qemu-kvm" };

        FOREACH_ELEMENT(n, names)
                FOREACH_ELEMENT(directory, directories)
                        if (*n)
                                look_at(search, *directory, *n);
        look_at(search, "usr/libexec", "qemu-kvm");
        if (architecture == ARCHITECTURE_X86)
                look_at(search, "usr/bin", "kvm");

        require_directory(search, "usr/bin");
        if (distribution == DISTRIBUTION_RHEL || distribution == DISTRIBUTION_UNKNOWN)
                require_directory(search, "usr/libexec");

        /* It could have the name of an architecture that is not known here. */
        if (!name && search->found == TRISTATE_NO)
                search->found = TRISTATE_UNKNOWN;
}

static void search_daemon(Search *search, const char *name) {
        look_at(search, "usr/sbin", name);
        FOREACH_ELEMENT(directory, directories)
                look_at(search, *directory, name);
        look_at(search, "usr/local/sbin", name);

        require_directory(search, "usr/bin");
        require_directory(search, "usr/sbin");
}

void program_facts_read(const Root *root, const DistributionFacts *distribution, const CpuFacts *cpu,
                        ProgramFacts *facts) {
        ProgramFacts programs = { .emulator = emulator_name(cpu) };

        for (Program program = 0; program < _PROGRAM_MAX; program++) {
                Search search = { .root = root,
                                  .found = TRISTATE_NO,
                                  .path = programs.path[program],
                                  .identity = &programs.identity[program] };

                if (program == PROGRAM_QEMU)
                        search_emulator(&search, distribution->id, cpu->architecture, programs.emulator);
                else
                        search_daemon(&search, program_to_string(program));
                programs.installed[program] = search.found;
        }

        *facts = programs;
}
