/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Looks for programs by their usual names in the usual directories. */

#include <errno.h>
#include <stdio.h>

#include "../basic/macro.h"
#include "programs.h"

/* Who looks for a program where. */
typedef enum Place {
        PLACE_BIN,  /* programs of users */
        PLACE_SBIN, /* those of administrators, and daemons */
        PLACE_ROOT, /* those that a system may need before /usr is there; most have made that a link */
} Place;

/* virt-install and virt-manager have their version in a file, and bridge has called itself "0.0" for years:
 * that of ip is the one of iproute2. */
static const struct {
        const char *name;
        Place place;
        ProgramQuestion question;
} programs[_PROGRAM_MAX] = {
        [PROGRAM_QEMU] = { "qemu", PLACE_BIN, { "--version", "emulator version " } },
        [PROGRAM_LIBVIRTD] = { "libvirtd", PLACE_SBIN, { "--version", "(libvirt) " } },
        [PROGRAM_VIRTLXCD] = { "virtlxcd", PLACE_SBIN, { "--version", "(libvirt) " } },
        [PROGRAM_VIRTPROXYD] = { "virtproxyd", PLACE_SBIN, { "--version", "(libvirt) " } },
        [PROGRAM_VIRTQEMUD] = { "virtqemud", PLACE_SBIN, { "--version", "(libvirt) " } },
        [PROGRAM_VIRT_INSTALL] = { "virt-install", PLACE_BIN, {} },
        [PROGRAM_VIRT_VIEWER] = { "virt-viewer", PLACE_BIN, { "--version", "virt-viewer version " } },
        [PROGRAM_REMOTE_VIEWER] = { "remote-viewer", PLACE_BIN, { "--version", "remote-viewer version " } },
        [PROGRAM_VIRT_MANAGER] = { "virt-manager", PLACE_BIN, {} },
        [PROGRAM_IP] = { "ip", PLACE_ROOT, { "-V", "iproute2-" } },
        [PROGRAM_BRIDGE] = { "bridge", PLACE_ROOT, {} },
        [PROGRAM_BRCTL] = { "brctl", PLACE_ROOT, { "--version", "bridge-utils, " } },
};

const char *program_to_string(Program program) {
        return program >= 0 && program < _PROGRAM_MAX ? programs[program].name : NULL;
}

ProgramQuestion program_question(Program program) {
        return programs[program].question;
}

/* The search for one program. */
typedef struct Search {
        const Root *root;
        Tristate found; /* so far */
        char *path;     /* of PROGRAM_PATH_MAX bytes */
        ProgramIdentity *identity;
} Search;

static void look_at(Search *search, const char *directory, const char *name) {
        char path[PROGRAM_PATH_MAX - 1]; /* less the slash before it */
        Tristate found;

        if (search->found == TRISTATE_YES)
                return;

        snprintf(path, sizeof(path), "%s/%s", directory, name);
        found = program_file_read(search->root, path, search->identity);
        if (found == TRISTATE_NO)
                return;

        search->found = found;
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

static void search_others(Search *search, const char *name, Place place) {
        if (place != PLACE_BIN)
                look_at(search, "usr/sbin", name);
        FOREACH_ELEMENT(directory, directories)
                look_at(search, *directory, name);
        if (place != PLACE_BIN)
                look_at(search, "usr/local/sbin", name);
        if (place == PLACE_ROOT) {
                look_at(search, "sbin", name);
                look_at(search, "bin", name);
        }

        require_directory(search, "usr/bin");
        if (place != PLACE_BIN)
                require_directory(search, "usr/sbin");
        if (place == PLACE_ROOT) {
                require_directory(search, "sbin");
                require_directory(search, "bin");
        }
}

static void find_version(const Root *root, Program program, ProgramFacts *facts) {
        const ProgramVersion *told = &facts->told[program];

        if (facts->installed[program] != TRISTATE_YES)
                return;

        if (program == PROGRAM_VIRT_INSTALL || program == PROGRAM_VIRT_MANAGER)
                program_version_read(root, facts->path[program], facts->version[program]);
        else if (program_identity_equal(&told->identity, &facts->identity[program]))
                memcpy(facts->version[program], told->text, sizeof(told->text));
}

static void read_emulators(const Root *root, ProgramFacts *facts) {
        const char *architecture = facts->emulator ? startswith(facts->emulator, "qemu-system-") : NULL;

        emulator_facts_read(root, directories, ELEMENTSOF(directories), &facts->emulators);
        if (architecture && facts->installed[PROGRAM_QEMU] == TRISTATE_YES)
                emulator_facts_add(&facts->emulators, architecture, facts->path[PROGRAM_QEMU]);
}

void program_facts_read(const Root *root, const DistributionFacts *distribution, const CpuFacts *cpu,
                        ProgramFacts *facts) {
        const char *emulator = emulator_name(cpu);

        facts->emulator = emulator;
        for (Program program = 0; program < _PROGRAM_MAX; program++) {
                Search search = { .root = root,
                                  .found = TRISTATE_NO,
                                  .path = facts->path[program],
                                  .identity = &facts->identity[program] };

                facts->path[program][0] = '\0';
                facts->version[program][0] = '\0';
                facts->identity[program] = (ProgramIdentity){};
                if (program == PROGRAM_QEMU)
                        search_emulator(&search, distribution->id, cpu->architecture, emulator);
                else
                        search_others(&search, programs[program].name, programs[program].place);
                facts->installed[program] = search.found;
                find_version(root, program, facts);
        }

        read_emulators(root, facts);
}
