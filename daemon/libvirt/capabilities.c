/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Finds the guests of the host's own architecture in the XML of its capabilities. */

#include <errno.h>

#include "../basic/macro.h"
#include "capabilities.h"
#include "text.h"
#include "xml.h"

/* One kind of guest, as it is found. */
typedef struct Guest {
        const XmlElement *arch;    /* what holds for all types */
        const XmlElement *domain;  /* what holds for this one, and comes first */
        const XmlElement *machine; /* NULL: the default */
} Guest;

static const char *type_of(const Guest *guest) {
        return xml_attribute(guest->domain, "type");
}

static const char *machine_of(const Guest *guest) {
        return xml_attribute(guest->machine, "canonical");
}

static bool is_same(const Json *found, const char *key, const char *value) {
        const char *string = json_object_get_string(json_object_object_get(found, key));

        return string && value ? streq(string, value) : !string && !value;
}

/* Guests of several kinds, such as with a kernel of their own and without, may be the same to us. */
static bool is_known(const Json *guests, const Guest *guest) {
        size_t n = json_object_array_length(guests);

        for (size_t i = 0; i < n; i++) {
                const Json *found = json_object_array_get_idx(guests, i);

                if (is_same(found, "virt_type", type_of(guest)) &&
                    is_same(found, "machine", machine_of(guest)))
                        return true;
        }

        return false;
}

/* Adds the text of an element, which may be missing. */
static int add_text(Json *object, const char *key, const XmlElement *element) {
        _cleanup_xml_text_ xmlChar *text = NULL;

        if (!element)
                return text_add(object, key, NULL);

        text = xml_text(element);
        return text ? text_add(object, key, (const char *) text) : -ENOMEM;
}

static int add_emulator(Json *object, const Guest *guest) {
        const XmlElement *own = xml_child(guest->domain, "emulator");

        return add_text(object, "emulator", own ? own : xml_child(guest->arch, "emulator"));
}

static int add_max_vcpus(Json *object, const Guest *guest) {
        uint64_t max = 0;
        bool known = text_parse_number(xml_attribute(guest->machine, "maxCpus"), &max);

        return json_add_number(object, "max_vcpus", known, max);
}

static int add_guest(Json *guests, const Guest *guest) {
        Json *object;
        int r;

        if (is_known(guests, guest))
                return 0;
        if (json_object_array_length(guests) >= CAPABILITIES_DOMAINS_MAX)
                return -E2BIG;

        r = json_append_object(guests, &object);
        if (r >= 0)
                r = text_add(object, "arch", xml_attribute(guest->arch, "name"));
        if (r >= 0)
                r = text_add(object, "virt_type", type_of(guest));
        if (r >= 0)
                r = text_add(object, "machine", machine_of(guest));
        if (r >= 0)
                r = add_text(object, "alias", guest->machine);
        if (r >= 0)
                r = add_emulator(object, guest);
        if (r >= 0)
                r = add_max_vcpus(object, guest);

        return r;
}

/* A type may have machines of its own, which then are all that it has. */
static int add_machines(Json *guests, Guest guest) {
        const XmlElement *place = xml_child(guest.domain, "machine") ? guest.domain : guest.arch;
        bool any = false;
        int r = 0;

        FOREACH_XML_CHILD(machine, place, "machine") {
                guest.machine = machine;
                if (r < 0 || !machine_of(&guest))
                        continue;
                r = add_guest(guests, &guest);
                any = true;
        }

        guest.machine = NULL;
        return any ? r : add_guest(guests, &guest);
}

static int add_types(Json *guests, const XmlElement *arch) {
        int r;

        FOREACH_XML_CHILD(domain, arch, "domain") {
                if (isempty(xml_attribute(domain, "type")))
                        continue;
                r = add_machines(guests, (Guest){ .arch = arch, .domain = domain });
                if (r < 0)
                        return r;
        }

        return 0;
}

static int add_guests(Json *guests, const XmlElement *root, const char *host) {
        int r;

        FOREACH_XML_CHILD(guest, root, "guest")
        FOREACH_XML_CHILD(arch, guest, "arch") {
                r = xml_attribute_is(arch, "name", host) ? add_types(guests, arch) : 0;
                if (r < 0)
                        return r;
        }

        return 0;
}

int capabilities_parse(const char *text, Json **ret) {
        _cleanup_(json_object_putp) Json *guests = NULL;
        _cleanup_(xml_freep) XmlDocument *document = NULL;
        _cleanup_xml_text_ xmlChar *host = NULL;
        const XmlElement *arch;
        int r;

        r = xml_read(text, "capabilities", &document);
        if (r < 0)
                return r;

        arch = xml_child(xml_child(xml_child(xml_root(document), "host"), "cpu"), "arch");
        if (!arch)
                return -EBADMSG;

        host = xml_text(arch);
        guests = json_object_new_array();
        if (!host || !guests)
                return -ENOMEM;

        r = add_guests(guests, xml_root(document), (const char *) host);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(guests);
        return 0;
}
