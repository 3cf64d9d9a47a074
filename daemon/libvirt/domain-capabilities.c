/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes plain lists of the XML of a domain's capabilities, with the names that libvirt has for them. */

#include <errno.h>
#include <stdio.h>

#include "../basic/macro.h"
#include "domain-capabilities.h"
#include "text.h"
#include "xml.h"

/* All that capabilities_parse() does not know anything of. */
static const char *const members[] = { "firmware",
                                       "loader",
                                       "loader_paths",
                                       "cpu_modes",
                                       "host_model",
                                       "host_model_vendor",
                                       "host_model_features",
                                       "cpu_models",
                                       "memory_backing",
                                       "devices",
                                       "features" };

static bool is_supported(const XmlElement *element) {
        return xml_attribute_is(element, "supported", "yes");
}

/* Adds the text of an element. A number's unit belongs to it. */
static int append_text(Json *array, const XmlElement *element) {
        const char *unit = xml_attribute(element, "unit");
        _cleanup_xml_text_ xmlChar *text = NULL;
        _cleanup_free_ char *with_unit = NULL;

        if (json_object_array_length(array) >= DOMAIN_CAPABILITIES_VALUES_MAX)
                return -E2BIG;

        text = xml_text(element);
        if (!text)
                return -ENOMEM;
        if (!unit || *text == '\0')
                return text_append(array, (const char *) text);
        if (asprintf(&with_unit, "%s %s", (const char *) text, unit) < 0)
                return -ENOMEM;

        return text_append(array, with_unit);
}

static int append_values(Json *array, const XmlElement *parent) {
        int r;

        FOREACH_XML_CHILD(value, parent, "value") {
                r = append_text(array, value);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* Yields the array of this name in OBJECT, which is made where it is not there yet. */
static int get_array(Json *object, const char *name, Json **ret) {
        _cleanup_(json_object_putp) Json *key = NULL;
        int r;

        /* The name is text of the document, too. */
        r = text_new_value(name, &key);
        if (r < 0)
                return r;

        name = json_object_get_string(key);
        if (json_object_object_get_ex(object, name, ret))
                return 0;
        if (json_object_object_length(object) >= (int) DOMAIN_CAPABILITIES_VALUES_MAX)
                return -E2BIG;

        return json_add_container(object, name, json_object_new_array(), ret);
}

static int add_enum(Json *object, const XmlElement *element) {
        const char *name = xml_attribute(element, "name");
        Json *array;
        int r;

        if (isempty(name))
                return 0;

        r = get_array(object, name, &array);
        return r < 0 ? r : append_values(array, element);
}

static int add_texts_below(Json *object, const XmlElement *parent) {
        Json *array;
        int r = 0;

        FOREACH_XML_CHILD(child, parent, NULL) {
                _cleanup_free_ char *name = NULL;

                if (r < 0 || xml_child(child, NULL))
                        continue;
                if (asprintf(&name, "%s.%s", xml_name(parent), xml_name(child)) < 0)
                        return -ENOMEM;
                r = get_array(object, name, &array);
                if (r >= 0)
                        r = append_text(array, child);
        }

        return r;
}

static int add_member(Json *object, const XmlElement *element) {
        Json *array;
        int r;

        if (streq(xml_name(element), "enum"))
                return add_enum(object, element);
        if (xml_child(element, NULL))
                return add_texts_below(object, element);

        r = get_array(object, xml_name(element), &array);
        return r < 0 ? r : append_text(array, element);
}

/* Adds an object with all that is in an element, under its name. */
static int add_element(Json *parent, const XmlElement *element) {
        const char *name = xml_name(element);
        Json *object;
        int r;

        if (strlen(name) > TEXT_VALUE_MAX ||
            json_object_object_length(parent) >= (int) DOMAIN_CAPABILITIES_VALUES_MAX)
                return -E2BIG;

        /* The names of elements have no characters that may not be shown. */
        r = json_add_container(parent, name, json_object_new_object(), &object);
        if (r < 0)
                return r;

        FOREACH_XML_CHILD(child, element, NULL) {
                r = add_member(object, child);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* Adds those elements in PARENT that are supported, and MORE, or null when the document has neither. */
static int add_supported(Json *domain, const char *key, const XmlElement *parent, const XmlElement *more) {
        Json *object;
        int r;

        if (!parent && !is_supported(more))
                return json_add_string(domain, key, NULL);

        r = json_add_container(domain, key, json_object_new_object(), &object);
        if (r < 0)
                return r;

        FOREACH_XML_CHILD(element, parent, NULL) {
                r = is_supported(element) ? add_element(object, element) : 0;
                if (r < 0)
                        return r;
        }

        return is_supported(more) ? add_element(object, more) : 0;
}

/* Adds the enumerations of an element, none where that is not supported, or null when the document does not
 * have it. */
static int add_enums(Json *domain, const char *key, const XmlElement *element) {
        Json *object;
        int r;

        if (!element)
                return json_add_string(domain, key, NULL);

        r = json_add_container(domain, key, json_object_new_object(), &object);
        if (r < 0 || !is_supported(element))
                return r;

        FOREACH_XML_CHILD(child, element, "enum") {
                r = add_enum(object, child);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* --- Emulator, machine, firmware */

static int add_text_of(Json *domain, const char *key, const XmlElement *element) {
        _cleanup_xml_text_ xmlChar *text = NULL;

        /* What the host's capabilities have told stays. */
        if (!element)
                return 0;

        text = xml_text(element);
        return text ? text_add(domain, key, (const char *) text) : -ENOMEM;
}

static int add_identity(Json *domain, const XmlElement *root) {
        static const struct {
                const char *key, *element;
        } table[] = {
                { "arch", "arch" },
                { "virt_type", "domain" },
                { "machine", "machine" },
                { "emulator", "path" },
        };
        uint64_t max;
        int r;

        FOREACH_ELEMENT(row, table) {
                r = add_text_of(domain, row->key, xml_child(root, row->element));
                if (r < 0)
                        return r;
        }

        if (!text_parse_number(xml_attribute(xml_child(root, "vcpu"), "max"), &max))
                return 0;

        return json_add_number(domain, "max_vcpus", true, max);
}

static int add_firmware(Json *domain, const XmlElement *os) {
        const XmlElement *element = xml_child(os, "enum");
        Json *array;
        int r;

        while (element && !xml_attribute_is(element, "name", "firmware"))
                element = xml_next(element, "enum");
        if (!element)
                return json_add_string(domain, "firmware", NULL);

        r = json_add_container(domain, "firmware", json_object_new_array(), &array);
        return r < 0 ? r : append_values(array, element);
}

static int add_loader(Json *domain, const XmlElement *loader) {
        Json *paths;
        int r;

        r = add_enums(domain, "loader", loader);
        if (r < 0)
                return r;
        if (!loader)
                return json_add_string(domain, "loader_paths", NULL);

        r = json_add_container(domain, "loader_paths", json_object_new_array(), &paths);
        return r < 0 || !is_supported(loader) ? r : append_values(paths, loader);
}

/* --- CPUs */

static const XmlElement *find_mode(const XmlElement *cpu, const char *name) {
        FOREACH_XML_CHILD(mode, cpu, "mode")
        if (is_supported(mode) && xml_attribute_is(mode, "name", name))
                return mode;

        return NULL;
}

static int add_modes(Json *domain, const XmlElement *cpu) {
        Json *array;
        int r;

        if (!cpu)
                return json_add_string(domain, "cpu_modes", NULL);

        r = json_add_container(domain, "cpu_modes", json_object_new_array(), &array);
        FOREACH_XML_CHILD(mode, cpu, "mode") {
                const char *name = xml_attribute(mode, "name");

                if (r < 0)
                        break;
                if (is_supported(mode) && name)
                        r = text_append(array, name);
        }

        return r;
}

/* The features by what the model has to do with them: "require", "disable". */
static int add_features(Json *domain, const XmlElement *model) {
        Json *object, *array;
        int r;

        r = json_add_container(domain, "host_model_features", json_object_new_object(), &object);
        FOREACH_XML_CHILD(feature, model, "feature") {
                const char *policy = xml_attribute(feature, "policy"),
                           *name = xml_attribute(feature, "name");

                if (r < 0)
                        break;
                if (!policy || !name)
                        continue;
                r = get_array(object, policy, &array);
                if (r >= 0)
                        r = text_append(array, name);
        }

        return r;
}

static int add_host_model(Json *domain, const XmlElement *model) {
        int r;

        /* Of these the host's capabilities tell nothing. */
        r = json_add_string(domain, "host_model", NULL);
        if (r >= 0)
                r = json_add_string(domain, "host_model_vendor", NULL);
        if (r >= 0)
                r = json_add_string(domain, "host_model_features", NULL);
        if (r < 0 || !model)
                return r;

        r = add_text_of(domain, "host_model", xml_child(model, "model"));
        if (r >= 0)
                r = add_text_of(domain, "host_model_vendor", xml_child(model, "vendor"));

        return r < 0 ? r : add_features(domain, model);
}

static int add_models(Json *domain, const XmlElement *cpu, const XmlElement *custom) {
        Json *array;
        int r;

        if (!cpu)
                return json_add_string(domain, "cpu_models", NULL);

        r = json_add_container(domain, "cpu_models", json_object_new_array(), &array);
        FOREACH_XML_CHILD(model, custom, "model") {
                if (r < 0)
                        break;
                if (xml_attribute_is(model, "usable", "yes"))
                        r = append_text(array, model);
        }

        return r;
}

static int add_cpu(Json *domain, const XmlElement *cpu) {
        int r;

        r = add_modes(domain, cpu);
        if (r >= 0)
                r = add_host_model(domain, find_mode(cpu, "host-model"));

        return r < 0 ? r : add_models(domain, cpu, find_mode(cpu, "custom"));
}

int domain_capabilities_parse(const char *text, Json *domain) {
        _cleanup_(xml_freep) XmlDocument *document = NULL;
        const XmlElement *root;
        int r;

        r = xml_read(text, "domainCapabilities", &document);
        if (r < 0)
                return r;

        root = xml_root(document);
        r = add_identity(domain, root);
        if (r >= 0)
                r = add_firmware(domain, xml_child(root, "os"));
        if (r >= 0)
                r = add_loader(domain, xml_child(xml_child(root, "os"), "loader"));
        if (r >= 0)
                r = add_cpu(domain, xml_child(root, "cpu"));
        if (r >= 0)
                r = add_enums(domain, "memory_backing", xml_child(root, "memoryBacking"));
        if (r >= 0)
                r = add_supported(domain, "devices", xml_child(root, "devices"), NULL);
        if (r >= 0)
                /* libvirt has this one elsewhere. */
                r = add_supported(domain, "features", xml_child(root, "features"),
                                  xml_child(root, "iothreads"));

        return r;
}

int domain_capabilities_add_unknown(Json *domain) {
        int r;

        FOREACH_ELEMENT(member, members) {
                r = json_add_string(domain, *member, NULL);
                if (r < 0)
                        return r;
        }

        return 0;
}
