/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds in the XML of a guest which pages its memory is in. */

#include <errno.h>
#include <stdlib.h>

#include "../basic/macro.h"
#include "../basic/saturated.h"
#include "guest-memory.h"
#include "text.h"
#include "xml.h"

/* What says where the memory of a guest is. */
typedef struct Backing {
        const XmlElement *pages; /* "hugepages", or NULL */
        uint64_t page_bytes;     /* of an ordinary page */
} Backing;

/* Libvirt writes all sizes in KiB, whatever it was given. A missing unit is that, too. */
static int parse_size(const char *number, const char *unit, uint64_t *ret) {
        uint64_t kib;

        if (!text_parse_number(number, &kib) || (unit && !streq(unit, "KiB")))
                return -EBADMSG;

        *ret = multiply_saturated(kib, 1024);
        return 0;
}

static int read_size(const XmlElement *element, uint64_t *ret) {
        _cleanup_xml_text_ xmlChar *text = NULL;

        if (!element)
                return -EBADMSG;

        text = xml_text(element);
        return text ? parse_size((const char *) text, xml_attribute(element, "unit"), ret) : -ENOMEM;
}

static int read_attribute(const XmlElement *element, const char *name, uint64_t *ret) {
        return parse_size(xml_attribute(element, name), xml_attribute(element, "unit"), ret);
}

/* Yields a number, and where the text goes on. */
static bool take_number(const char **p, uint64_t *ret) {
        char *end;

        if (**p < '0' || **p > '9')
                return false;

        *ret = strtoull(*p, &end, 10);
        *p = end;
        return true;
}

/* Returns whether a list such as "0-2,5" has the node (src/util/virbitmap.c: virBitmapFormat()). */
static int list_has(const char *list, uint64_t node) {
        bool found = false;
        uint64_t first, last;

        for (const char *p = list;; p++) {
                if (!take_number(&p, &first))
                        return -EBADMSG;
                last = first;
                if (*p == '-') {
                        p++;
                        if (!take_number(&p, &last))
                                return -EBADMSG;
                }
                found = found || (node >= first && node <= last);
                if (*p == '\0')
                        return found;
                if (*p != ',')
                        return -EBADMSG;
        }
}

/* Returns whether the memory of a node is in huge pages: in those that are for it, or in those that are for
 * all. Without a size these are the host's default. */
static int node_is_huge(const Backing *backing, uint64_t node) {
        bool any = false, huge = false;
        const char *list;
        uint64_t size;
        int r;

        FOREACH_XML_CHILD(page, backing->pages, "page") {
                any = true;
                r = read_attribute(page, "size", &size);
                if (r < 0)
                        return r;

                list = xml_attribute(page, "nodeset");
                r = list ? list_has(list, node) : 0;
                if (r < 0)
                        return r;
                if (r > 0)
                        return size != backing->page_bytes;
                if (!list)
                        huge = size != backing->page_bytes;
        }

        return backing->pages && (huge || !any);
}

/* A device has pages of its own, or those of its node. */
static int device_is_huge(const Backing *backing, const XmlElement *device) {
        const XmlElement *own = xml_child(xml_child(device, "source"), "pagesize"),
                         *of_node = xml_child(xml_child(device, "target"), "node");
        _cleanup_xml_text_ xmlChar *text = NULL;
        uint64_t size, node;
        int r;

        if (own) {
                r = read_size(own, &size);
                return r < 0 ? r : size != backing->page_bytes;
        }
        if (!of_node)
                return false;

        text = xml_text(of_node);
        if (!text)
                return -ENOMEM;

        return text_parse_number((const char *) text, &node) ? node_is_huge(backing, node) : -EBADMSG;
}

/* Yields what devices have together, and what of that is in huge pages. */
static int add_devices(const Backing *backing, const XmlElement *root, uint64_t *total, uint64_t *huge) {
        uint64_t size;
        int r;

        FOREACH_XML_CHILD(device, xml_child(root, "devices"), "memory") {
                r = read_size(xml_child(xml_child(device, "target"), "size"), &size);
                if (r < 0)
                        return r;
                *total = add_saturated(*total, size);

                r = xml_attribute_is(device, "model", "dimm") ? device_is_huge(backing, device) : 0;
                if (r < 0)
                        return r;
                if (r > 0)
                        *huge = add_saturated(*huge, size);
        }

        return 0;
}

static int add_cells(const Backing *backing, const XmlElement *numa, uint64_t *huge) {
        uint64_t node, size;
        int r;

        FOREACH_XML_CHILD(cell, numa, "cell") {
                if (!text_parse_number(xml_attribute(cell, "id"), &node))
                        return -EBADMSG;
                r = read_attribute(cell, "memory", &size);
                if (r >= 0)
                        r = node_is_huge(backing, node);
                if (r < 0)
                        return r;
                if (r > 0)
                        *huge = add_saturated(*huge, size);
        }

        return 0;
}

/* A guest without nodes has one. All its memory is that of its devices, too. */
static int add_memory(const Backing *backing, const XmlElement *root, uint64_t of_devices, uint64_t *huge) {
        uint64_t size;
        int r;

        r = read_size(xml_child(root, "memory"), &size);
        if (r >= 0)
                r = node_is_huge(backing, 0);
        if (r > 0 && size > of_devices)
                *huge = add_saturated(*huge, size - of_devices);

        return r < 0 ? r : 0;
}

int guest_memory_parse(const char *text, uint64_t page_bytes, uint64_t *ret_huge_bytes) {
        _cleanup_(xml_freep) XmlDocument *document = NULL;
        uint64_t of_devices = 0, huge = 0;
        const XmlElement *root, *numa;
        Backing backing;
        int r;

        r = xml_read(text, "domain", &document);
        if (r < 0)
                return r;

        root = xml_root(document);
        numa = xml_child(xml_child(root, "cpu"), "numa");
        backing = (Backing){
                .pages = xml_child(xml_child(root, "memoryBacking"), "hugepages"),
                .page_bytes = page_bytes,
        };

        r = add_devices(&backing, root, &of_devices, &huge);
        if (r < 0)
                return r;

        r = xml_child(numa, "cell") ? add_cells(&backing, numa, &huge)
                                    : add_memory(&backing, root, of_devices, &huge);
        if (r < 0)
                return r;

        *ret_huge_bytes = huge;
        return 0;
}
