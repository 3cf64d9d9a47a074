/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl device: all PCI devices that a guest could be given, or some of them in full. */

#include <inttypes.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "choose.h"
#include "device-name.h"
#include "fields.h"
#include "json-output.h"
#include "objects.h"
#include "show.h"

/* Columns of the list. */
typedef enum Column {
        COLUMN_ADDRESS,
        COLUMN_REASON,
        COLUMN_GROUP,
        COLUMN_DRIVER,
        _COLUMN_MAX,
} Column;

/* The number of a group, or FALLBACK. */
static const char *group_of(Json *device, const char *fallback, char buffer[24]) {
        if (!json_object_is_type(doc_get(device, "iommu_group"), json_type_int))
                return fallback;

        (void) snprintf(buffer, 24, "%" PRIu64, doc_number(device, "iommu_group"));
        return buffer;
}

static const char *column_text(const char *address, Json *device, Column column, char buffer[24]) {
        switch (column) {
        case COLUMN_ADDRESS:
                return address;
        case COLUMN_REASON:
                return doc_text_or(device, "reason", "-");
        case COLUMN_GROUP:
                return group_of(device, "-", buffer);
        default:
                return doc_text_or(device, "driver", "-");
        }
}

static int list_devices(const Output *output, Json *devices) {
        unsigned widths[_COLUMN_MAX] = {};
        char buffer[24];

        for (Member *m = doc_first(devices); m; m = doc_next(m))
                for (Column column = 0; column < _COLUMN_MAX; column++) {
                        unsigned width = output_width(column_text(doc_key(m), doc_value(m), column, buffer));

                        widths[column] = width > widths[column] ? width : widths[column];
                }

        for (Member *m = doc_first(devices); m; m = doc_next(m)) {
                Json *device = doc_value(m);
                _cleanup_free_ char *name = NULL;
                int r;

                r = device_name(device, &name);
                if (r < 0)
                        return r;

                (void) output_text(output, device_style(device),
                                   output_check_mark(output, doc_device_state(device)));
                output_blanks(output, 1);
                for (Column column = 0; column < _COLUMN_MAX; column++)
                        output_padded(output, column == COLUMN_REASON ? device_style(device) : STYLE_PLAIN,
                                      column_text(doc_key(m), device, column, buffer), widths[column] + 2);
                (void) output_text(output, STYLE_DIM, name);
                fputc('\n', output->file);
        }

        return 0;
}

static int list_all(const Arguments *arguments, const Output *output, Json *devices) {
        int r;

        if (arguments->json)
                return json_print_all(output->file, devices);

        if (!json_object_is_type(devices, json_type_object))
                fputs("This virtreadyd knows nothing of devices.\n", output->file);
        else if (!doc_first(devices))
                fputs("There is no PCI device that a guest could be given.\n", output->file);

        r = list_devices(output, devices);
        return r < 0 ? r : (int) STATUS_READY;
}

/* "10de:1b80" */
static void id_field(const Output *output, const char *name, Json *device, const char *vendor,
                     const char *id) {
        char text[24];

        if (!doc_get(device, vendor) || !doc_get(device, id))
                return;

        (void) snprintf(text, sizeof(text), "%04x:%04x", (unsigned) doc_number(device, vendor) & 0xffffU,
                        (unsigned) doc_number(device, id) & 0xffffU);
        field_text(output, name, STYLE_PLAIN, text);
}

static void class_field(const Output *output, Json *device) {
        char text[24];

        if (!doc_get(device, "class"))
                return;

        (void) snprintf(text, sizeof(text), "%06x", (unsigned) doc_number(device, "class") & 0xffffffU);
        field_text(output, "Class", STYLE_PLAIN, text);
}

static const char *assignable_in_words(Json *device) {
        switch (doc_device_state(device)) {
        case CHECK_PASS:
                return "yes";
        case CHECK_FAIL:
                return "no";
        default:
                return "unknown";
        }
}

static int show_whole(const Output *output, Json *document, const char *address) {
        Json *device = doc_device(document, address);
        _cleanup_free_ char *name = NULL;
        char group[24];
        int r;

        r = device_name(device, &name);
        if (r < 0)
                return r;

        (void) output_text(output, STYLE_BOLD, address);
        (void) output_text(output, STYLE_PLAIN, " - ");
        (void) output_text(output, STYLE_PLAIN, name);
        fputc('\n', output->file);

        field_text(output, "Assignable", device_style(device), assignable_in_words(device));
        field_text(output, "Reason", STYLE_PLAIN, doc_text(device, "reason"));
        field_text(output, "Detail", STYLE_PLAIN, doc_text(device, "detail"));
        field_ids(output, "Blocked by", doc_get(device, "blocked_by"));
        field_text(output, "Driver", STYLE_PLAIN, doc_text(device, "driver"));
        field_text(output, "IOMMU group", STYLE_PLAIN, group_of(device, "", group));
        field_ids(output, "Other members", doc_get(device, "other_members"));
        field_text(output, "Kind", STYLE_PLAIN, doc_text(device, "class_name"));
        class_field(output, device);
        id_field(output, "Id", device, "vendor_id", "device_id");
        id_field(output, "Subsystem", device, "subsystem_vendor_id", "subsystem_id");
        return 0;
}

/* Finds a device by its address, which may lack the domain where that is 0: "01:00.0". Yields the key. */
static const char *find_device(Json *devices, const char *address) {
        char whole[32];

        (void) snprintf(whole, sizeof(whole), "0000:%s", address);
        for (Member *m = doc_first(devices); m; m = doc_next(m))
                if (streq(doc_key(m), address) || streq(doc_key(m), whole))
                        return doc_key(m);

        return NULL;
}

static const ObjectKind kind = {
        .name = "device",
        .members = "devices",
        .hint = "'virtreadyctl device' lists all that a guest could be given.",
        .find = find_device,
        .status = device_exit_status,
        .show = show_whole,
};

int device_show(const Arguments *arguments, const Output *output, Json *document) {
        return arguments->n_operands == 0 ? list_all(arguments, output, doc_get(document, "devices"))
                                          : objects_show(&kind, arguments, output, document);
}
