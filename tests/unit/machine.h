/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Fixture machines: one text file holds a machine's files, and what is to be said of it. */
#pragma once

#include "daemon/checks/verdict.h"
#include "tree.h"

/* A file tests/machines/NAME.machine begins with comments (#), and then has sections, whose headings begin
 * with "===". These are the machine's files; they are unpacked into a temporary directory and read from
 * there by the code that ships:
 *
 *     === file PATH                 what follows is its content, without the blank lines at its end
 *     === bytes PATH                likewise, with octal escapes such as \000
 *     === program PATH              a file that everybody may execute
 *     === directory PATH            an empty one
 *     === link PATH TARGET          a symbolic link
 *     === values DIRECTORY          a file on each line, as is usual in sys: its path below the directory, a
 *                                   blank, and the one line that it has
 *     === topology KEY=VALUE…       sys/devices/system/cpu and node of a machine that is too large to be
 *                                   written out (machine-topology.h)
 *
 * SCRIPTED FACTS stand in for what only a live machine can show: no processor is asked, no device is opened
 * and no guest runs. They are written into the facts after reading, as the code for a live machine would
 * have set them. They show what is concluded from such a fact, not that the fact is found:
 *
 *     === cpuid vmx|svm|none [FLAG…]
 *                                   what CPUID says, also of sev, sev_es, sev_snp and tme
 *     === probe STAGE [ERRNO]       where the probe of KVM ended (none, open, api-version, create-vm,
 *                                   create-vcpu, run, done), run by the user "virtready"; without ERRNO it
 *                                   was no system call that failed
 *     === capability nested yes|no  what KVM says of nesting; capabilities come after the probe
 *     === capability vm-types MASK  the types of virtual machine that KVM lists, such as 0x1d
 *     === node PATH MODE USER GROUP a device node, such as /dev/kvm 0660 root kvm
 *     === node PATH none            there is none, as a copy of /dev can show that has others
 *     === unit NAME ACTIVITY [LOAD] what systemd says of a unit that it has loaded (machine-units.h)
 *     === live                      evidence is that of a live machine, where a node, or a list of the
 *                                   modules, that is not there is known not to be there
 *
 * The last section lists what the verdict must be; whatever it does not list must pass, be ready, or not be:
 *
 *     === expect
 *     CHECK STATE REASON [EVIDENCE]
 *     profile PROFILE STATE
 *     root-causes PROFILE CHECK…
 *     remedy CHECK KIND ARGUMENT
 *
 * A machine that is about its host, and not about what can be done with that, has instead
 *
 *     === expect-document           nothing but the document below is compared
 *
 * Each machine has a file tests/machines/NAME.json as well, with what the document of Describe must contain
 * (contains.h): the host, and whatever else the machine is about. */
typedef struct Machine {
        char *tree;
        Facts facts;
        Verdict *verdict;
        char **expected; /* the lines under "expect", with single spaces between words; NULL-terminated */
} Machine;

/* Reads the file NAME.machine, unpacks and judges it. A mistake in the file ends the test. */
Machine *machine_load(const char *name);
Machine *machine_free(Machine *machine);
DEFINE_POINTER_CLEANUP(Machine *, machine_free);

/* Whether its file lists what the verdict must be; if not, nothing but its document is compared. */
bool machine_expects_verdict(const char *name);

/* Where the document is that is expected of a machine. */
char *machine_document_path(const char *name);

/* The names of all fixture machines, sorted, NULL-terminated; to be freed with g_strfreev(). */
char **machine_names(void);
