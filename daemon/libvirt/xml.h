/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads XML with libxml2 in a way that nothing in it can abuse: no network, no files, no entities, no DTD,
 * and bounds for all that makes a document large. */
#pragma once

#include <libxml/tree.h>

#include "../basic/cleanup.h"

/* Bytes of a document; libvirt itself sends no longer text (REMOTE_STRING_MAX in its remote_protocol.x). */
#define XML_SIZE_MAX (4U * 1024 * 1024)
/* How often "<" and "=" may stand in one, which bounds its elements and attributes. The capabilities of a
 * host with 2048 CPUs and all of QEMU's programs have about 50,000. */
#define XML_MARKS_MAX 200000U
/* How deep elements are in each other. */
#define XML_DEPTH_MAX 32U

typedef xmlDoc XmlDocument;
typedef xmlNode XmlElement;

static inline XmlDocument *xml_free(XmlDocument *document) {
        xmlFreeDoc(document);
        return NULL;
}
DEFINE_POINTER_CLEANUP(XmlDocument *, xml_free);

static inline void xml_textp(xmlChar **text) {
        if (*text)
                xmlFree(*text);
}
#define _cleanup_xml_text_ _cleanup_(xml_textp)

/* Reads a document whose root element is called ROOT. Errors: -E2BIG when it is beyond one of the bounds
 * above, -EBADMSG when it is not well-formed, has a DTD or another root, and -ENOMEM. */
int xml_read(const char *text, const char *root, XmlDocument **ret);

/* The root element of a document that was read. */
const XmlElement *xml_root(const XmlDocument *document);

/* The first element of this name in PARENT, and the next one beside ELEMENT; of any name with NULL. Both may
 * be NULL, and lead to NULL. */
const XmlElement *xml_child(const XmlElement *parent, const char *name);
const XmlElement *xml_next(const XmlElement *element, const char *name);

#define FOREACH_XML_CHILD(child, parent, name)                                     \
        for (const XmlElement *child = xml_child((parent), (name)); child != NULL; \
             child = xml_next(child, (name)))

/* The name of an element, in which prefixes of namespaces do not count. */
const char *xml_name(const XmlElement *element);

/* The value of an attribute, which the document owns, or NULL. */
const char *xml_attribute(const XmlElement *element, const char *name);

/* Tells whether ELEMENT, which may be NULL, has an attribute with this value. */
bool xml_attribute_is(const XmlElement *element, const char *name, const char *value);

/* Yields the text in ELEMENT; NULL means that memory is short. */
xmlChar *xml_text(const XmlElement *element);
