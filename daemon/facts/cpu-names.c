/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tables of names. */

#include "cpu-names.h"
#include "../basic/macro.h"

typedef struct Name {
        const char *code;
        const char *name;
} Name;

static const char *find(const Name *names, size_t n, const char *code) {
        if (code)
                FOREACH_ARRAY(name, names, n)
                        if (streq(name->code, code))
                                return name->name;

        return NULL;
}

const char *arm_implementer_name(const char *implementer) {
        static const Name names[] = {
                { "0x41", "ARM" },       { "0x42", "Broadcom" },  { "0x43", "Cavium" },
                { "0x46", "Fujitsu" },   { "0x48", "HiSilicon" }, { "0x4e", "NVIDIA" },
                { "0x50", "APM" },       { "0x51", "Qualcomm" },  { "0x53", "Samsung" },
                { "0x56", "Marvell" },   { "0x61", "Apple" },     { "0x69", "Intel" },
                { "0x6d", "Microsoft" }, { "0x70", "Phytium" },   { "0xc0", "Ampere" },
        };

        return find(names, ELEMENTSOF(names), implementer);
}

static const struct {
        const char *implementer, *part, *name;
} arm_parts[] = {
        { "0x41", "0xb36", "ARM1136" },
        { "0x41", "0xb56", "ARM1156" },
        { "0x41", "0xb76", "ARM1176" },
        { "0x41", "0xc05", "Cortex-A5" },
        { "0x41", "0xc07", "Cortex-A7" },
        { "0x41", "0xc08", "Cortex-A8" },
        { "0x41", "0xc09", "Cortex-A9" },
        { "0x41", "0xc0d", "Cortex-A12" },
        { "0x41", "0xc0e", "Cortex-A17" },
        { "0x41", "0xc0f", "Cortex-A15" },
        { "0x41", "0xd01", "Cortex-A32" },
        { "0x41", "0xd02", "Cortex-A34" },
        { "0x41", "0xd03", "Cortex-A53" },
        { "0x41", "0xd04", "Cortex-A35" },
        { "0x41", "0xd05", "Cortex-A55" },
        { "0x41", "0xd06", "Cortex-A65" },
        { "0x41", "0xd07", "Cortex-A57" },
        { "0x41", "0xd08", "Cortex-A72" },
        { "0x41", "0xd09", "Cortex-A73" },
        { "0x41", "0xd0a", "Cortex-A75" },
        { "0x41", "0xd0b", "Cortex-A76" },
        { "0x41", "0xd0c", "Neoverse-N1" },
        { "0x41", "0xd0d", "Cortex-A77" },
        { "0x41", "0xd0e", "Cortex-A76AE" },
        { "0x41", "0xd40", "Neoverse-V1" },
        { "0x41", "0xd41", "Cortex-A78" },
        { "0x41", "0xd42", "Cortex-A78AE" },
        { "0x41", "0xd43", "Cortex-A65AE" },
        { "0x41", "0xd44", "Cortex-X1" },
        { "0x41", "0xd46", "Cortex-A510" },
        { "0x41", "0xd47", "Cortex-A710" },
        { "0x41", "0xd48", "Cortex-X2" },
        { "0x41", "0xd49", "Neoverse-N2" },
        { "0x41", "0xd4a", "Neoverse-E1" },
        { "0x41", "0xd4b", "Cortex-A78C" },
        { "0x41", "0xd4c", "Cortex-X1C" },
        { "0x41", "0xd4d", "Cortex-A715" },
        { "0x41", "0xd4e", "Cortex-X3" },
        { "0x41", "0xd4f", "Neoverse-V2" },
        { "0x41", "0xd80", "Cortex-A520" },
        { "0x41", "0xd81", "Cortex-A720" },
        { "0x41", "0xd82", "Cortex-X4" },
        { "0x41", "0xd83", "Neoverse-V3AE" },
        { "0x41", "0xd84", "Neoverse-V3" },
        { "0x41", "0xd85", "Cortex-X925" },
        { "0x41", "0xd87", "Cortex-A725" },
        { "0x41", "0xd88", "Cortex-A520AE" },
        { "0x41", "0xd89", "Cortex-A720AE" },
        { "0x41", "0xd8a", "C1-Nano" },
        { "0x41", "0xd8b", "C1-Pro" },
        { "0x41", "0xd8c", "C1-Ultra" },
        { "0x41", "0xd8e", "Neoverse-N3" },
        { "0x41", "0xd8f", "Cortex-A320" },
        { "0x41", "0xd90", "C1-Premium" },
        { "0x42", "0x100", "Brahma-B53" },
        { "0x42", "0x516", "ThunderX2" },
        { "0x43", "0x0a1", "ThunderX" },
        { "0x43", "0x0a2", "ThunderX-81XX" },
        { "0x43", "0x0a3", "ThunderX-83XX" },
        { "0x43", "0x0af", "ThunderX2" },
        { "0x43", "0x0b1", "OcteonTX2-98XX" },
        { "0x43", "0x0b2", "OcteonTX2-96XX" },
        { "0x43", "0x0b3", "OcteonTX2-95XX" },
        { "0x43", "0x0b4", "OcteonTX2-95XXN" },
        { "0x43", "0x0b5", "OcteonTX2-95XXMM" },
        { "0x43", "0x0b6", "OcteonTX2-95XXO" },
        { "0x46", "0x001", "A64FX" },
        { "0x46", "0x003", "MONAKA" },
        { "0x48", "0xd01", "TaiShan-v110" },
        { "0x48", "0xd02", "TaiShan-v120" },
        { "0x48", "0xd06", "HIP12" },
        { "0x48", "0xd40", "Cortex-A76" },
        { "0x4e", "0x003", "Denver-2" },
        { "0x4e", "0x004", "Carmel" },
        { "0x4e", "0x010", "Olympus" },
        { "0x50", "0x000", "X-Gene" },
        { "0x51", "0x001", "Oryon" },
        { "0x51", "0x200", "Kryo" },
        { "0x51", "0x800", "Falkor-v1" },
        { "0x51", "0x801", "Kryo-2XX-Silver" },
        { "0x51", "0x802", "Kryo-3XX-Gold" },
        { "0x51", "0x803", "Kryo-3XX-Silver" },
        { "0x51", "0x804", "Kryo-4XX-Gold" },
        { "0x51", "0x805", "Kryo-4XX-Silver" },
        { "0x51", "0xc00", "Falkor" },
        { "0x51", "0xc01", "Saphira" },
        { "0x53", "0x001", "Exynos-M1" },
        { "0x53", "0x002", "Exynos-M3" },
        { "0x53", "0x003", "Exynos-M4" },
        { "0x53", "0x004", "Exynos-M5" },
        { "0x61", "0x022", "Icestorm-M1" },
        { "0x61", "0x023", "Firestorm-M1" },
        { "0x61", "0x024", "Icestorm-M1-Pro" },
        { "0x61", "0x025", "Firestorm-M1-Pro" },
        { "0x61", "0x028", "Icestorm-M1-Max" },
        { "0x61", "0x029", "Firestorm-M1-Max" },
        { "0x61", "0x032", "Blizzard-M2" },
        { "0x61", "0x033", "Avalanche-M2" },
        { "0x61", "0x034", "Blizzard-M2-Pro" },
        { "0x61", "0x035", "Avalanche-M2-Pro" },
        { "0x61", "0x038", "Blizzard-M2-Max" },
        { "0x61", "0x039", "Avalanche-M2-Max" },
        { "0x6d", "0xd49", "Azure-Cobalt-100" },
        { "0x70", "0x303", "FTC310" },
        { "0x70", "0x660", "FTC660" },
        { "0x70", "0x661", "FTC661" },
        { "0x70", "0x662", "FTC662" },
        { "0x70", "0x663", "FTC663" },
        { "0x70", "0x664", "FTC664" },
        { "0x70", "0x862", "FTC862" },
        { "0xc0", "0xac3", "Ampere-1" },
        { "0xc0", "0xac4", "Ampere-1a" },
};

const char *arm_part_name(const char *implementer, const char *part) {
        if (implementer && part)
                FOREACH_ELEMENT(p, arm_parts)
                        if (streq(p->implementer, implementer) && streq(p->part, part))
                                return p->name;

        return NULL;
}

const char *riscv_vendor_name(const char *mvendorid) {
        static const Name names[] = {
                { "0x29", "Microchip" }, { "0x127", "MIPS" },   { "0x31e", "Andes" },
                { "0x489", "SiFive" },   { "0x5b7", "T-Head" },
        };

        return find(names, ELEMENTSOF(names), mvendorid);
}

const char *s390_machine_name(const char *type) {
        static const Name names[] = {
                { "2097", "z10" },   { "2098", "z10" },   { "2817", "z196" }, { "2818", "z196" },
                { "2827", "zEC12" }, { "2828", "zEC12" }, { "2964", "z13" },  { "2965", "z13" },
                { "3906", "z14" },   { "3907", "z14" },   { "8561", "z15" },  { "8562", "z15" },
                { "3931", "z16" },   { "3932", "z16" },   { "9175", "z17" },  { "9176", "z17" },
        };

        return find(names, ELEMENTSOF(names), type);
}
