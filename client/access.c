/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Lists the devices, each with a mark, and under one that may not be used why that is and what helps. */

#include <errno.h>

#include "../daemon/basic/macro.h"
#include "access.h"
#include "exit-status.h"
#include "explain.h"
#include "json-output.h"
#include "service.h"

#define INDENT 2U
#define KVM "/dev/kvm"

/* A word that this program does not know says no more than that the answer is no. */
static CheckState device_state_of(Json *device) {
        const char *reason = doc_text(device, "reason");

        if (doc_flag(device, "allowed"))
                return CHECK_PASS;
        if (isempty(reason) || streq(reason, "unknown"))
                return CHECK_UNKNOWN;

        return streq(reason, "no-driver") ? CHECK_NOT_APPLICABLE : CHECK_FAIL;
}

static Style style_of(CheckState state) {
        switch (state) {
        case CHECK_PASS:
                return STYLE_GOOD;
        case CHECK_FAIL:
                return STYLE_BAD;
        case CHECK_NOT_APPLICABLE:
                return STYLE_DIM;
        default:
                return STYLE_WARNING;
        }
}

static int show_device(const Output *output, Json *device, unsigned width) {
        CheckState state = device_state_of(device);

        (void) output_text(output, style_of(state), output_check_mark(output, state));
        fputc(' ', output->file);
        output_padded(output, STYLE_PLAIN, doc_text(device, "device"), width + 2);
        (void) output_text(output, STYLE_DIM, doc_text_or(device, "reason", "unknown"));
        fputc('\n', output->file);

        /* Of what is possible there is no more to say, and a missing driver is the report's business. */
        return state == CHECK_PASS || state == CHECK_NOT_APPLICABLE
                       ? 0
                       : explain_check(output, INDENT, STYLE_PLAIN, device);
}

static int show_devices(const Output *output, Json *devices) {
        unsigned width = 0;
        int r;

        for (size_t i = 0; i < doc_size(devices); i++)
                if (output_width(doc_text(doc_at(devices, i), "device")) > width)
                        width = output_width(doc_text(doc_at(devices, i), "device"));

        for (size_t i = 0; i < doc_size(devices); i++) {
                r = show_device(output, doc_at(devices, i), width);
                if (r < 0)
                        return r;
        }

        return 0;
}

/* Scripts want to know whether virtual machines can be run, which takes KVM. */
static ExitStatus exit_status_of(Json *devices) {
        for (size_t i = 0; i < doc_size(devices); i++) {
                if (!streq(doc_text(doc_at(devices, i), "device"), KVM))
                        continue;

                switch (device_state_of(doc_at(devices, i))) {
                case CHECK_PASS:
                        return STATUS_READY;
                case CHECK_UNKNOWN:
                        return STATUS_UNKNOWN;
                default:
                        return STATUS_NOT_READY;
                }
        }

        return STATUS_UNKNOWN;
}

int access_show(const Arguments *arguments, const Output *output, Json *answer) {
        Json *devices = doc_get(answer, "devices");
        int r;

        r = arguments->json ? json_print(output->file, answer) : show_devices(output, devices);
        return r < 0 ? r : (int) exit_status_of(devices);
}

int access_run(const Arguments *arguments, const Output *output, sd_bus *bus) {
        _cleanup_(json_object_putp) Json *answer = NULL;
        Json *devices;
        int r;

        answer = json_object_new_object();
        if (!answer)
                return -ENOMEM;

        r = service_check_access(bus, &devices);
        if (r != 0)
                return r;

        r = json_add(answer, "devices", devices);
        if (r < 0)
                return r;

        return access_show(arguments, output, answer);
}
