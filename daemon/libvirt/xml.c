/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads XML, and gives up early. */

#include <errno.h>
#include <libxml/parser.h>

#include "../basic/macro.h"
#include "xml.h"

/* What begins a DTD (https://www.w3.org/TR/xml/#NT-doctypedecl). It is looked for beforehand, so that
 * libxml2 never sees one; a document that only mentions it is refused, too, and libvirt writes none. */
#define DOCTYPE "<!DOCTYPE"

DEFINE_POINTER_CLEANUP(xmlParserCtxt *, xmlFreeParserCtxt);

/* The tree of a document takes much more memory than its text, up to a node for every few bytes. All
 * elements begin with one of these characters, and all attributes have the other. */
static size_t count_marks(const char *text) {
        size_t n = 0;

        for (const char *p = text; *p; p++)
                n += *p == '<' || *p == '=';

        return n;
}

/* Yields the node after NODE in the order of the document, without recursion. */
static const xmlNode *next_node(const xmlNode *node, const xmlNode *root, unsigned *depth) {
        if (node->type == XML_ELEMENT_NODE && node->children) {
                (*depth)++;
                return node->children;
        }

        for (; node != root; node = node->parent, (*depth)--)
                if (node->next)
                        return node->next;

        return NULL;
}

static bool is_too_deep(const xmlNode *root) {
        unsigned depth = 1;

        for (const xmlNode *node = root; node; node = next_node(node, root, &depth))
                if (node->type == XML_ELEMENT_NODE && depth > XML_DEPTH_MAX)
                        return true;

        return false;
}

static int check(const XmlDocument *document, const char *name) {
        const xmlNode *root = xml_root(document);

        /* There cannot be one. */
        if (document->intSubset || document->extSubset)
                return -EBADMSG;
        if (!root || !streq(xml_name(root), name))
                return -EBADMSG;

        return is_too_deep(root) ? -E2BIG : 0;
}

/* Its own bounds, such as for how deep a document is, are stricter than ours or without use to us. */
static int error_of(xmlParserCtxt *parser) {
        const xmlError *error = xmlCtxtGetLastError(parser);

        return error && error->code == XML_ERR_NO_MEMORY ? -ENOMEM : -EBADMSG;
}

int xml_read(const char *text, const char *root, XmlDocument **ret) {
        _cleanup_(xmlFreeParserCtxtp) xmlParserCtxt *parser = NULL;
        _cleanup_(xml_freep) XmlDocument *document = NULL;
        size_t size = strlen(text);
        int r;

        if (size > XML_SIZE_MAX || count_marks(text) > XML_MARKS_MAX)
                return -E2BIG;
        if (strstr(text, DOCTYPE))
                return -EBADMSG;

        parser = xmlNewParserCtxt();
        if (!parser)
                return -ENOMEM;

        /* The encoding that a document declares is ignored: in another one what was looked for above could
         * be written in another way. */
        document = xmlCtxtReadMemory(parser, text, (int) size, NULL, "UTF-8",
                                     XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING |
                                             XML_PARSE_NOCDATA | XML_PARSE_IGNORE_ENC);
        if (!document)
                return error_of(parser);

        r = check(document, root);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(document);
        return 0;
}

const XmlElement *xml_root(const XmlDocument *document) {
        return xmlDocGetRootElement(document);
}

static const XmlElement *find(const xmlNode *node, const char *name) {
        for (; node; node = node->next)
                if (node->type == XML_ELEMENT_NODE && (!name || streq(xml_name(node), name)))
                        return node;

        return NULL;
}

const XmlElement *xml_child(const XmlElement *parent, const char *name) {
        return parent ? find(parent->children, name) : NULL;
}

const XmlElement *xml_next(const XmlElement *element, const char *name) {
        return element ? find(element->next, name) : NULL;
}

const char *xml_name(const XmlElement *element) {
        return (const char *) element->name;
}

/* Without a DTD the value is one text, or nothing where it is empty. */
const char *xml_attribute(const XmlElement *element, const char *name) {
        const xmlAttr *attribute = element ? element->properties : NULL;

        for (; attribute; attribute = attribute->next)
                if (streq((const char *) attribute->name, name))
                        return attribute->children && attribute->children->content
                                       ? (const char *) attribute->children->content
                                       : "";

        return NULL;
}

bool xml_attribute_is(const XmlElement *element, const char *name, const char *value) {
        const char *found = xml_attribute(element, name);

        return found && streq(found, value);
}

xmlChar *xml_text(const XmlElement *element) {
        return xmlNodeGetContent(element);
}
