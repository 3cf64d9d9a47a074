/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Formats events. */

#include <errno.h>
#include <inttypes.h>
#include <time.h>

#include "../daemon/basic/clock.h"
#include "../daemon/basic/macro.h"
#include "device-name.h"
#include "explain.h"
#include "json-output.h"
#include "report.h"

static int finish_line(const Reporter *reporter) {
        return fflush(reporter->output->file) != 0 ? -errno : 0;
}

static void begin_line(const Reporter *reporter, Style style, const char *mark) {
        time_t now = (time_t) (now_usec(CLOCK_REALTIME) / USEC_PER_SEC);
        char text[64] = "";
        struct tm local;

        if (localtime_r(&now, &local))
                (void) strftime(text, sizeof(text), "%b %d %T", &local);

        (void) output_text(reporter->output, STYLE_DIM, text);
        fputc(' ', reporter->output->file);
        (void) output_text(reporter->output, style, mark);
        fputc(' ', reporter->output->file);
}

static int end_line(const Reporter *reporter) {
        fputc('\n', reporter->output->file);
        return finish_line(reporter);
}

static int new_event(const char *name, Json **ret) {
        _cleanup_(json_object_putp) Json *event = NULL;
        int r;

        event = json_object_new_object();
        if (!event)
                return -ENOMEM;

        r = json_add_string(event, "event", name);
        if (r < 0)
                return r;

        r = json_add(event, "time_usec", json_object_new_uint64(now_usec(CLOCK_REALTIME)));
        if (r < 0)
                return r;

        *ret = TAKE_PTR(event);
        return 0;
}

static int print_event(const Reporter *reporter, Json *event) {
        int r;

        r = json_print_line(reporter->output->file, event);
        return r < 0 ? r : finish_line(reporter);
}

static void put_object(const Reporter *reporter, Style style, const char *id, const char *state,
                       const char *detail) {
        const Output *output = reporter->output;

        (void) output_text(output, STYLE_BOLD, id);
        fputc(' ', output->file);
        (void) output_text(output, style, isempty(state) ? "unknown" : state);
        if (!isempty(detail)) {
                fputs(": ", output->file);
                (void) output_text(output, STYLE_PLAIN, detail);
        }
}

static int put_profile(const Reporter *reporter, Json *document, const char *id) {
        Json *profile = doc_profile(document, id), *causes = doc_get(profile, "root_causes");
        ProfileState state = doc_profile_state(profile);
        Style style = profile_state_style(state);
        const Output *output = reporter->output;

        begin_line(reporter, style, output_profile_mark(output, state));
        put_object(reporter, style, id, doc_text(profile, "state"), NULL);
        for (size_t i = 0; i < doc_size(causes); i++) {
                fputs(i == 0 ? ": because of " : ", ", output->file);
                (void) output_text(output, STYLE_PLAIN, doc_text_at(causes, i));
        }

        return end_line(reporter);
}

static int print_state(const Reporter *reporter, Json *document, const char *id, int64_t active_vms) {
        _cleanup_(json_object_putp) Json *event = NULL;
        Json *profile = doc_profile(document, id);
        int r;

        r = new_event("state", &event);
        if (r < 0)
                return r;

        r = json_add_string(event, "profile", id);
        if (r < 0)
                return r;

        r = json_add_string(event, "state", profile ? doc_text(profile, "state") : "unknown");
        if (r < 0)
                return r;

        if (active_vms >= 0) {
                r = json_add(event, "active_vms", json_object_new_int64(active_vms));
                if (r < 0)
                        return r;
        }

        r = json_add(event, "document", json_object_get(document));
        return r < 0 ? r : print_event(reporter, event);
}

int report_state(const Reporter *reporter, Json *document, const char *id, int64_t active_vms) {
        int r;

        if (reporter->json)
                return print_state(reporter, document, id, active_vms);

        r = put_profile(reporter, document, id);
        if (r < 0 || active_vms < 0)
                return r;

        return report_active_vms(reporter, (uint64_t) active_vms);
}

static int print_object(const Reporter *reporter, const char *kind, const char *id, Json *object,
                        const char *old_state) {
        _cleanup_(json_object_putp) Json *event = NULL;
        int r;

        r = new_event(kind, &event);
        if (r < 0)
                return r;

        r = json_add_string(event, "id", id);
        if (r < 0)
                return r;

        r = json_add_string(event, "old_state", isempty(old_state) ? "unknown" : old_state);
        if (r < 0)
                return r;

        r = json_add_members(event, object);
        return r < 0 ? r : print_event(reporter, event);
}

int report_check(const Reporter *reporter, Json *document, const char *id, const char *old_state) {
        Json *check = doc_check(document, id);
        Style style = check_style(document, id);

        if (reporter->json)
                return print_object(reporter, "check", id, check, old_state);

        begin_line(reporter, style, output_check_mark(reporter->output, doc_check_state(check)));
        put_object(reporter, style, id, doc_text(check, "state"), doc_text(check, "detail"));
        return end_line(reporter);
}

int report_profile(const Reporter *reporter, Json *document, const char *id, const char *old_state) {
        if (reporter->json)
                return print_object(reporter, "profile", id, doc_profile(document, id), old_state);

        return put_profile(reporter, document, id);
}

static int print_device(const Reporter *reporter, const char *address, Json *before, Json *device) {
        _cleanup_(json_object_putp) Json *event = NULL;
        int r;

        r = new_event("device", &event);
        if (r < 0)
                return r;

        r = json_add_string(event, "id", address);
        if (r < 0)
                return r;

        r = json_add_string(event, "change", !device ? "removed" : !before ? "added" : "changed");
        if (r < 0)
                return r;

        r = json_add_members(event, device);
        return r < 0 ? r : print_event(reporter, event);
}

int report_device(const Reporter *reporter, const char *address, Json *before, Json *device) {
        const Output *output = reporter->output;
        CheckState state = doc_device_state(device);
        _cleanup_free_ char *name = NULL;
        int r;

        if (reporter->json)
                return print_device(reporter, address, before, device);

        r = device_name(device ? device : before, &name);
        if (r < 0)
                return r;

        begin_line(reporter, device ? device_style(device) : STYLE_PLAIN,
                   device ? output_check_mark(output, state) : " ");
        (void) output_text(output, STYLE_BOLD, address);
        (void) output_text(output, STYLE_PLAIN,
                           !device   ? " removed: "
                           : !before ? " added: "
                                     : " changed: ");
        (void) output_text(output, STYLE_PLAIN, name);
        if (device) {
                fputs(", ", output->file);
                (void) output_text(output, device_style(device), doc_text(device, "reason"));
                fputs(": ", output->file);
                (void) output_text(output, STYLE_PLAIN, doc_text(device, "detail"));
        }

        return end_line(reporter);
}

int report_hypervisor(const Reporter *reporter, const char *id, Json *before, Json *hypervisor) {
        static const Style styles[] = {
                [CHECK_UNKNOWN] = STYLE_WARNING,
                [CHECK_PASS] = STYLE_GOOD,
                [CHECK_FAIL] = STYLE_BAD,
        };
        CheckState state = doc_hypervisor_state(hypervisor);
        const Output *output = reporter->output;

        if (reporter->json)
                return print_object(reporter, "hypervisor", id, hypervisor, doc_text(before, "state"));

        begin_line(reporter, hypervisor ? styles[state] : STYLE_PLAIN,
                   hypervisor ? output_check_mark(output, state) : " ");
        (void) output_text(output, STYLE_PLAIN, "hypervisor ");
        if (hypervisor)
                put_object(reporter, styles[state], id, doc_text(hypervisor, "state"),
                           doc_text(hypervisor, "detail"));
        else {
                (void) output_text(output, STYLE_BOLD, id);
                (void) output_text(output, STYLE_PLAIN, " removed");
        }

        return end_line(reporter);
}

int report_active_vms(const Reporter *reporter, uint64_t count) {
        _cleanup_(json_object_putp) Json *event = NULL;
        int r;

        if (!reporter->json) {
                begin_line(reporter, STYLE_PLAIN, " ");
                if (count == 0)
                        fputs("no virtual machine runs", reporter->output->file);
                else
                        fprintf(reporter->output->file, "%" PRIu64 " virtual machine%s", count,
                                count == 1 ? " runs" : "s run");
                return end_line(reporter);
        }

        r = new_event("active-vms", &event);
        if (r < 0)
                return r;

        r = json_add(event, "active_vms", json_object_new_uint64(count));
        return r < 0 ? r : print_event(reporter, event);
}

int report_access(const Reporter *reporter) {
        _cleanup_(json_object_putp) Json *event = NULL;
        int r;

        if (!reporter->json) {
                begin_line(reporter, STYLE_PLAIN, " ");
                fputs("access to devices may have changed, see 'virtreadyctl access'",
                      reporter->output->file);
                return end_line(reporter);
        }

        r = new_event("access", &event);
        return r < 0 ? r : print_event(reporter, event);
}

int report_service(const Reporter *reporter, bool available) {
        _cleanup_(json_object_putp) Json *event = NULL;
        int r;

        if (!reporter->json) {
                begin_line(reporter, STYLE_WARNING, available ? " " : "!");
                fputs(available ? "virtreadyd is back on the bus" : "virtreadyd has left the bus",
                      reporter->output->file);
                return end_line(reporter);
        }

        r = new_event("service", &event);
        if (r < 0)
                return r;

        r = json_add(event, "available", json_object_new_boolean(available));
        return r < 0 ? r : print_event(reporter, event);
}

/* The times tell nothing here: they are those of another process. */
static bool differs(Json *old, Json *fresh) {
        for (Member *m = doc_first(fresh); m; m = doc_next(m))
                if (!streq(doc_key(m), "since_usec") && !streq(doc_key(m), "reason_since_usec") &&
                    !json_object_equal(doc_get(old, doc_key(m)), doc_value(m)))
                        return true;

        return false;
}

static int report_different_devices(const Reporter *reporter, Json *old, Json *fresh) {
        int r;

        for (Member *m = doc_first(old); m; m = doc_next(m)) {
                r = doc_get(fresh, doc_key(m)) ? 0 : report_device(reporter, doc_key(m), doc_value(m), NULL);
                if (r < 0)
                        return r;
        }

        for (Member *m = doc_first(fresh); m; m = doc_next(m)) {
                Json *before = doc_get(old, doc_key(m));

                r = json_object_equal(before, doc_value(m))
                            ? 0
                            : report_device(reporter, doc_key(m), before, doc_value(m));
                if (r < 0)
                        return r;
        }

        return 0;
}

/* What of the rest is new is for those who ask what guests may have. */
static int report_different_hypervisors(const Reporter *reporter, Json *old, Json *fresh) {
        int r;

        for (Member *m = doc_first(old); m; m = doc_next(m)) {
                r = doc_get(fresh, doc_key(m)) ? 0
                                               : report_hypervisor(reporter, doc_key(m), doc_value(m), NULL);
                if (r < 0)
                        return r;
        }

        for (Member *m = doc_first(fresh); m; m = doc_next(m)) {
                Json *before = doc_get(old, doc_key(m));

                r = before && streq(doc_text(before, "state"), doc_text(doc_value(m), "state"))
                            ? 0
                            : report_hypervisor(reporter, doc_key(m), before, doc_value(m));
                if (r < 0)
                        return r;
        }

        return 0;
}

int report_differences(const Reporter *reporter, Json *old, Json *fresh) {
        static const struct {
                const char *section;
                int (*report)(const Reporter *reporter, Json *document, const char *id,
                              const char *old_state);
        } sections[] = {
                { "checks", report_check },
                { "profiles", report_profile },
        };
        int r;

        FOREACH_ELEMENT(s, sections)
                for (Member *m = doc_first(doc_get(fresh, s->section)); m; m = doc_next(m)) {
                        Json *before = doc_get(doc_get(old, s->section), doc_key(m));

                        if (!differs(before, doc_value(m)))
                                continue;

                        r = s->report(reporter, fresh, doc_key(m), doc_text(before, "state"));
                        if (r < 0)
                                return r;
                }

        r = report_different_devices(reporter, doc_get(old, "devices"), doc_get(fresh, "devices"));
        return r < 0 ? r
                     : report_different_hypervisors(reporter, doc_get(old, "hypervisors"),
                                                    doc_get(fresh, "hypervisors"));
}
