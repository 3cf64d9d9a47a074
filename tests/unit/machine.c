/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Unpacks fixture machines and has them judged. */

#include <errno.h>
#include <string.h>

#include "machine-topology.h"
#include "machine-units.h"
#include "machine.h"

#define HEADING "=== "
#define MACHINE_SUFFIX ".machine"

/* The user that the scripted probe runs as, as in production. */
#define PROBER "virtready"

typedef struct Section {
        char **words; /* of its heading: what it is, and its arguments */
        char *content;
} Section;

static void section_clear(void *p) {
        Section *section = p;

        g_strfreev(section->words);
        g_free(section->content);
}

static const char *argument(const Section *section, size_t i) {
        if (i >= g_strv_length(section->words))
                g_error("'%s' lacks an argument.", section->words[0]);

        return section->words[i];
}

static bool is_a(const Section *section, const char *kind) {
        return streq(section->words[0], kind);
}

/* Cuts off the blank lines at the end, which are there for the reader. */
static char *join_content(GPtrArray *lines) {
        while (lines->len > 0 && isempty(lines->pdata[lines->len - 1]))
                g_ptr_array_set_size(lines, (int) lines->len - 1);

        /* The last line ends in a newline, too. */
        if (lines->len > 0)
                g_ptr_array_add(lines, (char *) "");
        g_ptr_array_add(lines, NULL);
        return g_strjoinv("\n", (char **) lines->pdata);
}

static GArray *parse_sections(char **lines) {
        GArray *sections = g_array_new(/* zero_terminated= */ false, /* clear= */ true, sizeof(Section));

        g_array_set_clear_func(sections, section_clear);

        while (*lines) {
                g_autoptr(GPtrArray) content = g_ptr_array_new();
                const char *heading = startswith(*lines, HEADING);
                Section section;

                if (!heading) {
                        if (!isempty(*lines) && **lines != '#')
                                g_error("'%s' is before the first section.", *lines);
                        lines++;
                        continue;
                }

                section.words = g_strsplit(heading, " ", -1);
                for (lines++; *lines && !startswith(*lines, HEADING); lines++)
                        g_ptr_array_add(content, *lines);
                section.content = join_content(content);
                g_array_append_val(sections, section);
        }

        return sections;
}

static void unpack_bytes(const char *tree, const Section *section) {
        g_autofree char *text = g_strchomp(g_strdup(section->content));
        g_autoptr(GString) bytes = g_string_new(NULL);

        /* g_strcompress() would end at a zero byte, which is what the escapes are for. */
        for (const char *p = text; *p != '\0';)
                if (*p == '\\' && g_ascii_isdigit(p[1])) {
                        g_string_append_c(bytes,
                                          (char) strtoul((char[]){ p[1], p[2], p[3], '\0' }, NULL, 8));
                        p += 4;
                } else
                        g_string_append_c(bytes, *p++);

        tree_bytes(tree, argument(section, 1), bytes->str, bytes->len);
}

/* Each line has a path and, after a blank, the line that the file has. */
static void unpack_values(const char *tree, const Section *section) {
        g_auto(GStrv) lines = g_strsplit(section->content, "\n", -1);

        for (char **line = lines; *line; line++) {
                g_auto(GStrv) words = g_strsplit(*line, " ", 2);
                g_autofree char *path = NULL, *content = NULL;

                if (isempty(*line))
                        continue;
                if (!words[1])
                        g_error("'%s' has no value after its path.", *line);

                path = g_build_filename(argument(section, 1), words[0], NULL);
                content = g_strconcat(words[1], "\n", NULL);
                tree_file(tree, path, content);
        }
}

/* Returns whether the section describes files. */
static bool unpack(const char *tree, const Section *section) {
        if (is_a(section, "file"))
                tree_file(tree, argument(section, 1), section->content);
        else if (is_a(section, "bytes"))
                unpack_bytes(tree, section);
        else if (is_a(section, "program"))
                tree_program(tree, argument(section, 1));
        else if (is_a(section, "directory"))
                tree_directory(tree, argument(section, 1));
        else if (is_a(section, "link"))
                tree_link(tree, argument(section, 1), argument(section, 2));
        else if (is_a(section, "values"))
                unpack_values(tree, section);
        else if (is_a(section, "topology"))
                machine_topology_unpack(tree, section->words + 1);
        else
                return false;

        return true;
}

static unsigned encryption_from_name(const char *name) {
        static const struct {
                const char *name;
                CpuEncryption encryption;
        } flags[] = {
                { "sev", CPU_ENCRYPTION_SEV },
                { "sev_es", CPU_ENCRYPTION_SEV_ES },
                { "sev_snp", CPU_ENCRYPTION_SEV_SNP },
                { "tme", CPU_ENCRYPTION_TME },
        };

        FOREACH_ELEMENT(flag, flags)
                if (streq(flag->name, name))
                        return flag->encryption;

        g_error("CPUID tells of no '%s'.", name);
}

static void script_cpuid(Facts *facts, const Section *section) {
        const char *name = argument(section, 1);

        for (char **flag = section->words + 2; *flag; flag++)
                facts->cpu.raw_encryption |= encryption_from_name(*flag);

        for (CpuExtension e = 0; e < _CPU_EXTENSION_MAX; e++)
                if (streq(cpu_extension_to_string(e), name)) {
                        facts->cpu.raw = e;
                        facts->cpu.raw_known = true;
                        return;
                }

        g_error("CPUID tells of no '%s'.", name);
}

static int errno_from_name(const char *name) {
        for (int error = 1; error < 256; error++)
                if (g_strcmp0(strerrorname_np(error), name) == 0)
                        return error;

        g_error("There is no error '%s'.", name);
}

static KvmStage stage_from_name(const char *name) {
        static const char *const stages[] = {
                [KVM_STAGE_NONE] = "none",
                [KVM_STAGE_OPEN] = "open",
                [KVM_STAGE_API_VERSION] = "api-version",
                [KVM_STAGE_CREATE_VM] = "create-vm",
                [KVM_STAGE_CREATE_VCPU] = "create-vcpu",
                [KVM_STAGE_RUN] = "run",
                [KVM_STAGE_DONE] = "done",
        };

        for (size_t i = 0; i < ELEMENTSOF(stages); i++)
                if (streq(stages[i], name))
                        return (KvmStage) i;

        g_error("The probe has no stage '%s'.", name);
}

static void script_probe(Facts *facts, const Section *section) {
        KvmFacts *kvm = &facts->kvm;

        kvm_facts_done(kvm);
        kvm->nested = TRISTATE_UNKNOWN;
        kvm->stage = stage_from_name(argument(section, 1));
        if (section->words[2])
                kvm->error = -errno_from_name(section->words[2]);
        if (kvm->stage != KVM_STAGE_NONE)
                kvm->user = strdup(PROBER);
        kvm->user_in_etc = true;
        if (kvm->stage > KVM_STAGE_API_VERSION)
                kvm->api_version = KVM_API_VERSION_EXPECTED;
}

static void script_capability(Facts *facts, const Section *section) {
        const char *name = argument(section, 1), *value = argument(section, 2);

        if (streq(name, "nested")) {
                if (!streq(value, "yes") && !streq(value, "no"))
                        g_error("KVM's capability is neither '%s'.", value);
                facts->kvm.nested = streq(value, "yes") ? TRISTATE_YES : TRISTATE_NO;
        } else if (streq(name, "vm-types"))
                facts->kvm.vm_types = (unsigned) strtoul(value, NULL, 16);
        else
                g_error("KVM has no capability '%s'.", name);
}

static void script_node(Facts *facts, const Section *section) {
        const char *path = argument(section, 1), *mode = argument(section, 2), *user, *group;

        for (DeviceId id = 0; id < _DEVICE_MAX; id++) {
                DeviceFacts *device = &facts->devices.devices[id];

                if (!streq(device_path(id), path))
                        continue;

                if (streq(mode, "none")) {
                        device->has_node = TRISTATE_NO;
                        return;
                }

                user = argument(section, 3);
                group = argument(section, 4);
                device->has_node = TRISTATE_YES;
                device->mode = (mode_t) strtoul(mode, NULL, 8);
                /* Which number it is does not matter, only whether it is root's. */
                device->uid = streq(user, "root") ? 0 : 900;
                device->gid = streq(group, "root") ? 0 : 900;
                device->group_read_write = (device->mode & 0060) == 0060;
                device->user = strdup(user);
                device->group = strdup(group);
                device->group_in_etc = true;
                return;
        }

        g_error("No device is watched at '%s'.", path);
}

static void script_live(Facts *facts) {
        facts->live = true;

        FOREACH_ELEMENT(device, facts->devices.devices)
                if (device->has_node == TRISTATE_UNKNOWN)
                        device->has_node = TRISTATE_NO;

        facts->module_tree.is_gone = !facts->module_tree.has_index;
}

static char **parse_expectations(const char *content) {
        g_auto(GStrv) lines = g_strsplit(content, "\n", -1);
        g_autoptr(GStrvBuilder) builder = g_strv_builder_new();

        for (char **line = lines; *line; line++) {
                g_autoptr(GRegex) blanks = g_regex_new(" +", 0, 0, NULL);
                g_autofree char *single = NULL;

                if (isempty(*line) || **line == '#')
                        continue;

                single = g_regex_replace_literal(blanks, g_strchomp(*line), -1, 0, " ", 0, NULL);
                g_strv_builder_add(builder, single);
        }

        return g_strv_builder_end(builder);
}

static void script(Machine *machine, const Section *section) {
        if (is_a(section, "cpuid"))
                script_cpuid(&machine->facts, section);
        else if (is_a(section, "probe"))
                script_probe(&machine->facts, section);
        else if (is_a(section, "capability"))
                script_capability(&machine->facts, section);
        else if (is_a(section, "node"))
                script_node(&machine->facts, section);
        else if (is_a(section, "unit"))
                machine_unit_script(&machine->facts.units.states, section->words + 1);
        else if (is_a(section, "expect"))
                machine->expected = parse_expectations(section->content);
        else if (!is_a(section, "expect-document") && !is_a(section, "live"))
                g_error("There are no sections of the kind '%s'.", section->words[0]);
}

static void build(Machine *machine, const GArray *sections) {
        g_autoptr(GPtrArray) scripts = g_ptr_array_new();
        _cleanup_(root_freep) Root *root = NULL;
        bool live = false;

        machine->tree = tree_new();
        for (unsigned i = 0; i < sections->len; i++) {
                const Section *section = &g_array_index(sections, Section, i);

                if (!unpack(machine->tree, section))
                        g_ptr_array_add(scripts, (void *) section);
        }

        root = tree_root(machine->tree);
        g_assert_cmpint(facts_read(&machine->facts, root, SOURCE_MASK_ALL), ==, 0);

        for (unsigned i = 0; i < scripts->len; i++) {
                live |= is_a(scripts->pdata[i], "live");
                script(machine, scripts->pdata[i]);
        }

        /* It is concluded from what is scripted, too: from CPUID and KVM's capabilities. */
        g_assert_cmpint(facts_read(&machine->facts, root, SOURCE_MASK(SOURCE_CONFIDENTIAL)), ==, 0);

        /* After all nodes are known. */
        if (live)
                script_live(&machine->facts);
}

static GArray *read_sections(const char *name) {
        g_autofree char *file = g_strconcat(MACHINES_DIRECTORY "/", name, MACHINE_SUFFIX, NULL);
        g_autofree char *text = NULL;
        g_autoptr(GError) error = NULL;
        g_auto(GStrv) lines = NULL;

        (void) g_file_get_contents(file, &text, NULL, &error);
        g_assert_no_error(error);

        lines = g_strsplit(text, "\n", -1);
        return parse_sections(lines);
}

static bool has_section(const GArray *sections, const char *kind) {
        for (unsigned i = 0; i < sections->len; i++)
                if (is_a(&g_array_index(sections, Section, i), kind))
                        return true;

        return false;
}

bool machine_expects_verdict(const char *name) {
        g_autoptr(GArray) sections = read_sections(name);
        bool verdict = has_section(sections, "expect");

        if (verdict == has_section(sections, "expect-document"))
                g_error("%s has to say what to expect, and in one way.", name);

        return verdict;
}

Machine *machine_load(const char *name) {
        g_autoptr(GArray) sections = read_sections(name);
        Machine *machine;

        machine = g_new0(Machine, 1);
        build(machine, sections);
        g_assert_cmpint(verdict_new(&machine->facts, NULL, 0, &machine->verdict), ==, 0);
        return machine;
}

Machine *machine_free(Machine *machine) {
        if (!machine)
                return NULL;

        verdict_free(machine->verdict);
        facts_done(&machine->facts);
        g_strfreev(machine->expected);
        tree_free(machine->tree);
        g_free(machine);
        return NULL;
}

char *machine_document_path(const char *name) {
        return g_strconcat(MACHINES_DIRECTORY "/", name, ".json", NULL);
}

static int compare_names(const void *a, const void *b) {
        return strcmp(*(const char *const *) a, *(const char *const *) b);
}

char **machine_names(void) {
        g_autoptr(GPtrArray) names = g_ptr_array_new();
        g_autoptr(GError) error = NULL;
        g_autoptr(GDir) directory = NULL;
        const char *name;

        directory = g_dir_open(MACHINES_DIRECTORY, 0, &error);
        g_assert_no_error(error);

        while ((name = g_dir_read_name(directory)))
                if (g_str_has_suffix(name, MACHINE_SUFFIX))
                        g_ptr_array_add(names, g_strndup(name, strlen(name) - strlen(MACHINE_SUFFIX)));

        g_ptr_array_sort(names, compare_names);
        g_ptr_array_add(names, NULL);
        return (char **) g_ptr_array_free(g_steal_pointer(&names), /* free_seg= */ false);
}
