/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the pass, and with it the order of everything: read, judge, compare, publish. */

#include <errno.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "../dbus/bus.h"
#include "basic/clock.h"
#include "basic/log.h"
#include "manager.h"
#include "transitions.h"

/* A few passes in a row run at once, as the events of one module's loading need them; a storm has
 * to wait. */
#define PASS_INTERVAL_USEC (500 * USEC_PER_MSEC)
#define PASS_BURST 3U

static int on_pass_due(sd_event_source *source, void *userdata);
static int on_vms_changed(sd_event_source *source, void *userdata);

/* Adds a source that runs once each time it is enabled, in its turn with whatever else there is. */
static int add_deferred(sd_event *event, sd_event_handler_t handler, void *userdata, sd_event_source **ret) {
        int r;

        r = sd_event_add_defer(event, ret, handler, userdata);
        if (r < 0)
                return r;

        r = sd_event_source_set_enabled(*ret, SD_EVENT_OFF);
        if (r < 0)
                return r;

        return sd_event_source_set_ratelimit(*ret, PASS_INTERVAL_USEC, PASS_BURST);
}

static int set_up_event_loop(Manager *manager) {
        int r;

        r = sd_event_new(&manager->event);
        if (r < 0)
                return r;

        r = sd_event_set_signal_exit(manager->event, true);
        if (r < 0)
                return r;

        r = sd_event_set_watchdog(manager->event, true);
        if (r < 0)
                return r;

        r = add_deferred(manager->event, on_pass_due, manager, &manager->pass_source);
        if (r < 0)
                return r;

        return add_deferred(manager->event, on_vms_changed, manager, &manager->vms_source);
}

int manager_new(const Options *options, Manager **ret) {
        _cleanup_(manager_freep) Manager *manager = NULL;
        int r;

        manager = calloc(1, sizeof(Manager));
        if (!manager)
                return log_oom();
        manager->vms.own_pid = getpid();

        r = root_new(options->root, &manager->root);
        if (r < 0)
                return log_error_errno(r, "Failed to open the root directory %s: %m", options->root);

        r = set_up_event_loop(manager);
        if (r < 0)
                return log_error_errno(r, "Failed to set up the event loop: %m");

        *ret = TAKE_PTR(manager);
        return 0;
}

Manager *manager_free(Manager *manager) {
        if (!manager)
                return NULL;

        for (size_t i = 0; i < manager->n_rechecks; i++)
                sd_bus_message_unref(manager->rechecks[i]);

        unit_watch_free(manager->unit_watch);
        udev_watch_free(manager->udev_watch);
        sd_event_source_disable_unref(manager->vms_source);
        sd_event_source_disable_unref(manager->pass_source);
        sd_bus_flush_close_unref(manager->bus);
        sd_event_unref(manager->event);

        verdict_free(manager->verdict);
        facts_done(&manager->facts);
        root_free(manager->root);
        free(manager);
        return NULL;
}

int manager_connect_bus(Manager *manager, const Options *options) {
        return bus_connect(manager, options->bus_address);
}

/* What arrives until then, and while the rate limit holds it back, is dealt with together. */
static void enable_deferred(sd_event_source *source) {
        int r;

        r = sd_event_source_set_enabled(source, SD_EVENT_ONESHOT);
        if (r < 0)
                (void) log_error_errno(r, "Failed to schedule what an event asked for: %m");
}

void manager_mark_dirty(Manager *manager, SourceMask sources) {
        manager->dirty |= sources;
        enable_deferred(manager->pass_source);
}

static void on_uevent(const Uevent *uevent, void *userdata) {
        Manager *manager = userdata;
        bool vms_changed = false;

        if (uevent->kind != UEVENT_VM)
                manager_mark_dirty(manager, uevent->dirty);

        /* The events are this machine's, and a snapshot is of another one. */
        if (uevent->kind == UEVENT_VM && manager->root->live)
                vms_changed = vm_count_update(&manager->vms, &uevent->vm);
        if (uevent->kind == UEVENT_KVM_GONE && manager->root->live)
                vms_changed = vm_count_reset(&manager->vms);

        if (vms_changed)
                enable_deferred(manager->vms_source);
}

static void on_units(const UnitStates *states, void *userdata) {
        Manager *manager = userdata;
        bool was_known = manager->facts.units.states.known;

        manager->facts.units.states = *states;
        manager_mark_dirty(manager, SOURCE_MASK(SOURCE_UNITS));
        if (states->known != was_known)
                bus_publish_features(manager);
}

/* Without events the verdict is still right when somebody asks for a new one, which is better than none. */
int manager_start_watching(Manager *manager) {
        int r;

        r = udev_watch_new(manager->event, on_uevent, manager, &manager->udev_watch);
        if (r < 0)
                (void) log_warning_errno(r,
                                         "Failed to listen to device events, changes will go unnoticed: %m");

        r = manager->root->live ? unit_watch_new(manager->bus, on_units, manager, &manager->unit_watch) : 0;
        if (r < 0)
                (void) log_warning_errno(r,
                                         "Failed to watch systemd's units, their state stays unknown: %m");

        return 0;
}

static int run_pass(Manager *manager) {
        const TopologyFacts *topology = &manager->facts.topology, *old_topology = topology;
        _cleanup_(topology_facts_done) TopologyFacts replaced = {};
        _cleanup_(verdict_freep) Verdict *old = NULL;
        Verdict *fresh;
        int r;

        if (manager->dirty & SOURCE_MASK(SOURCE_TOPOLOGY)) {
                replaced = facts_take_topology(&manager->facts);
                old_topology = &replaced;
        }

        r = facts_read(&manager->facts, manager->root, manager->dirty);
        if (r < 0)
                return r;

        r = verdict_new(&manager->facts, manager->verdict, now_usec(CLOCK_REALTIME), &fresh);
        if (r < 0)
                return r;

        log_debug("Read the sources 0x%x again.", manager->dirty);
        manager->dirty = 0;
        manager->last_check_usec = now_usec(CLOCK_REALTIME);
        old = manager->verdict;
        manager->verdict = fresh;

        if (!verdict_equal(old, fresh) || !topology_facts_equal(old_topology, topology)) {
                manager->generation++;
                transitions_log(old, fresh, manager->generation);
                if (old)
                        bus_publish(manager, old, old_topology);
        }

        return 0;
}

static void answer_rechecks(Manager *manager) {
        for (size_t i = 0; i < manager->n_rechecks; i++) {
                bus_answer_recheck(manager->rechecks[i]);
                manager->rechecks[i] = sd_bus_message_unref(manager->rechecks[i]);
        }

        manager->n_rechecks = 0;
}

static void notify_status(const Manager *manager) {
        _cleanup_free_ char *words = NULL;

        if (verdict_in_words(manager->verdict, &words) >= 0)
                (void) sd_notifyf(/* unset_environment= */ false, "STATUS=%s", words);
}

static int on_pass_due(sd_event_source *source, void *userdata) {
        Manager *manager = userdata;
        int r;

        (void) source;

        r = run_pass(manager);
        if (r < 0) {
                /* What was dirty still is, and is read with the next pass. */
                (void) log_error_errno(r, "Failed to check the machine: %m");
                enable_deferred(manager->pass_source);
                return 0;
        }

        notify_status(manager);
        answer_rechecks(manager);
        return 0;
}

static int on_vms_changed(sd_event_source *source, void *userdata) {
        Manager *manager = userdata;

        (void) source;

        bus_publish_active_vms(manager);
        manager->announced_vms = manager->vms;
        return 0;
}

/* The probe's own events tell how many virtual machines there are; udevd's copies of them come later.
 * Without KVM there is none. */
static void count_first_vms(Manager *manager) {
        if (manager->udev_watch)
                udev_watch_drain(manager->udev_watch);
        if (manager->root->live && manager->facts.devices.devices[DEVICE_KVM].registered == TRISTATE_NO)
                (void) vm_count_reset(&manager->vms);

        manager->announced_vms = manager->vms;
}

int manager_first_pass(Manager *manager) {
        int r;

        manager->dirty = SOURCE_MASK_ALL;
        r = run_pass(manager);
        if (r < 0)
                return log_error_errno(r, "Failed to check the machine: %m");

        count_first_vms(manager);

        (void) sd_notify(/* unset_environment= */ false, "READY=1");
        notify_status(manager);
        return 0;
}

int manager_recheck(Manager *manager, sd_bus_message *call) {
        if (manager->n_rechecks >= MANAGER_RECHECKS_MAX)
                return -EBUSY;

        manager->rechecks[manager->n_rechecks++] = sd_bus_message_ref(call);
        manager_mark_dirty(manager, SOURCE_MASK_ALL);
        return 0;
}

void manager_features(const Manager *manager, const char *ret[MANAGER_FEATURES_MAX + 1]) {
        size_t n = 0;

        if (manager->root->live)
                ret[n++] = "kvm-probe";
        if (manager->udev_watch)
                ret[n++] = streq(udev_watch_origin(manager->udev_watch), "udev") ? "udev-events"
                                                                                 : "kernel-events";

        if (manager->vms.known)
                ret[n++] = "active-vms";

        if (manager->facts.units.states.known)
                ret[n++] = "unit-events";

        ret[n] = NULL;
}
