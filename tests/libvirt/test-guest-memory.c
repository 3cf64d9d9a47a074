/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* How much of a guest's memory is in huge pages, by the XML that libvirt has of it. */

#include <errno.h>
#include <glib.h>

#include "daemon/basic/macro.h"
#include "daemon/libvirt/guest-memory.h"
#include "daemon/libvirt/xml.h"

#define MIB (UINT64_C(1024) * 1024)

#define DOMAIN(backing, more)                                                                        \
        "<domain><memory unit='KiB'>1048576</memory><memoryBacking>" backing "</memoryBacking>" more \
        "</domain>"
#define CELLS                                                  \
        "<cpu><numa><cell id='0' memory='262144' unit='KiB'/>" \
        "<cell id='1' memory='262144' unit='KiB'/>"            \
        "<cell id='5' memory='524288' unit='KiB'/></numa></cpu>"
#define PAGE(kib, more) "<page size='" kib "' unit='KiB'" more "/>"
#define DEVICE(model, source, node)                                                                \
        "<devices><memory model='" model "'>" source "<target><size unit='KiB'>131072</size>" node \
        "</target></memory></devices>"

static void test_sums(void) {
        static const struct {
                const char *xml;
                uint64_t mib, page_bytes; /* 0: 4096 */
        } cases[] = {
                { "<domain><memory>1048576</memory></domain>", 0, 0 },
                { DOMAIN("", ""), 0, 0 },
                { DOMAIN("<source type='memfd'/><locked/>", CELLS), 0, 0 },
                { DOMAIN("<hugepages/>", ""), 1024, 0 },
                { DOMAIN("<hugepages/>", CELLS), 1024, 0 },
                { DOMAIN("<hugepages>" PAGE("2048", "") "</hugepages>", ""), 1024, 0 },
                /* Pages of the ordinary size are no huge ones. */
                { DOMAIN("<hugepages>" PAGE("4", "") "</hugepages>", ""), 0, 0 },
                { DOMAIN("<hugepages>" PAGE("64", "") "</hugepages>", ""), 0, 65536 },
                { DOMAIN("<hugepages>" PAGE("64", "") "</hugepages>", ""), 1024, 0 },
                /* Those of a node go before those of all. */
                { DOMAIN("<hugepages>" PAGE("2048", " nodeset='0'") "</hugepages>", CELLS), 256, 0 },
                { DOMAIN("<hugepages>" PAGE("2048", " nodeset='1,5'") "</hugepages>", CELLS), 768, 0 },
                { DOMAIN("<hugepages>" PAGE("2048", " nodeset='0-4,7-9'") "</hugepages>", CELLS), 512, 0 },
                { DOMAIN("<hugepages>" PAGE("2048", "") PAGE("4", " nodeset='5'") "</hugepages>", CELLS),
                  512, 0 },
                { DOMAIN("<hugepages>" PAGE("4", " nodeset='5'") PAGE("2048", "") "</hugepages>", CELLS),
                  512, 0 },
                { DOMAIN("<hugepages>" PAGE("4", "") PAGE("1048576", " nodeset='0-1'") "</hugepages>",
                         CELLS),
                  512, 0 },
                { DOMAIN("<hugepages>" PAGE("2048", " nodeset='7'") "</hugepages>", ""), 0, 0 },
                /* Memory that was plugged in has pages of its own, or those of its node. */
                { DOMAIN("", DEVICE("dimm", "<source><pagesize unit='KiB'>2048</pagesize></source>", "")),
                  128, 0 },
                { DOMAIN("<hugepages/>",
                         CELLS DEVICE("dimm", "<source><pagesize unit='KiB'>4</pagesize></source>", "")),
                  1024, 0 },
                { DOMAIN("<hugepages>" PAGE("2048", " nodeset='1'") "</hugepages>",
                         CELLS DEVICE("dimm", "", "<node>1</node>")),
                  384, 0 },
                { DOMAIN("<hugepages>" PAGE("2048", " nodeset='1'") "</hugepages>",
                         CELLS DEVICE("dimm", "", "<node>0</node>")),
                  256, 0 },
                { DOMAIN("<hugepages/>", DEVICE("nvdimm", "", "<node>0</node>")), 896, 0 },
                { DOMAIN("<hugepages/>", DEVICE("virtio-mem", "", "<node>0</node>")), 896, 0 },
                /* What is more than a number can be. */
                { "<domain><memory>18446744073709551615</memory><memoryBacking><hugepages/></memoryBacking>"
                  "</domain>",
                  UINT64_MAX, 0 },
        };

        FOREACH_ELEMENT(c, cases) {
                uint64_t found = 1, expected = c->mib == UINT64_MAX ? UINT64_MAX : c->mib * MIB;

                g_test_message("%s", c->xml);
                g_assert_cmpint(guest_memory_parse(c->xml, c->page_bytes ? c->page_bytes : 4096, &found), ==,
                                0);
                g_assert_cmpuint(found, ==, expected);
        }
}

static void test_refused(void) {
        static const char *const cases[] = {
                "",
                "<capabilities/>",
                "<domain/>",
                "<domain><memory>x</memory></domain>",
                "<domain><memory unit='MiB'>1</memory></domain>",
                "<domain><memory>99999999999999999999</memory></domain>",
                DOMAIN("<hugepages><page/></hugepages>", ""),
                DOMAIN("<hugepages>" PAGE("-1", "") "</hugepages>", ""),
                DOMAIN("<hugepages>" PAGE("2048", " nodeset=''") "</hugepages>", ""),
                DOMAIN("<hugepages>" PAGE("2048", " nodeset='1-'") "</hugepages>", ""),
                DOMAIN("<hugepages>" PAGE("2048", " nodeset='1,'") "</hugepages>", ""),
                DOMAIN("<hugepages>" PAGE("2048", " nodeset='0-1;2'") "</hugepages>", ""),
                DOMAIN("<hugepages>" PAGE("2048", " nodeset='^1'") "</hugepages>", ""),
                DOMAIN("", "<cpu><numa><cell memory='1'/></numa></cpu>"),
                DOMAIN("", "<cpu><numa><cell id='0'/></numa></cpu>"),
                DOMAIN("", "<devices><memory model='dimm'/></devices>"),
                DOMAIN("", DEVICE("dimm", "<source><pagesize/></source>", "")),
                DOMAIN("", DEVICE("dimm", "", "<node>x</node>")),
                "<!DOCTYPE domain><domain><memory>1</memory></domain>",
        };

        FOREACH_ELEMENT(c, cases) {
                uint64_t found = 7;

                g_test_message("%s", *c);
                g_assert_cmpint(guest_memory_parse(*c, 4096, &found), ==, -EBADMSG);
                g_assert_cmpuint(found, ==, 7);
        }
}

/* What is over a bound is refused at once, whoever wrote it. */
static void test_bounds(void) {
        g_autoptr(GString) xml = g_string_new("<domain><memory>1</memory><devices>");
        uint64_t found = 7;

        for (unsigned i = 0; i < XML_MARKS_MAX; i++)
                g_string_append(xml, "<memory/>");
        g_string_append(xml, "</devices></domain>");
        g_assert_cmpint(guest_memory_parse(xml->str, 4096, &found), ==, -E2BIG);
        g_assert_cmpuint(found, ==, 7);
}

int main(int argc, char *argv[]) {
        g_test_init(&argc, &argv, NULL);

        g_test_add_func("/libvirt/guest-memory/sums", test_sums);
        g_test_add_func("/libvirt/guest-memory/refused", test_refused);
        g_test_add_func("/libvirt/guest-memory/bounds", test_bounds);

        return g_test_run();
}
