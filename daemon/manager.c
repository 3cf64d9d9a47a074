/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Owns the pass, and with it the order of everything: read, judge, compare, publish. */

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <systemd/sd-daemon.h>

#include "../dbus/bus.h"
#include "basic/clock.h"
#include "basic/log.h"
#include "checks/access.h"
#include "manager.h"
#include "transitions.h"

static void run_due_pass(void *userdata);
static void announce_vms(void *userdata);

/* sd-bus would wait here until the bus has read everything (systemd, src/libsystemd/sd-bus/sd-bus.c:
 * quit_callback()), and a bus that does not read would keep us from ending. What it reads is sent already.
 */
static int on_end(sd_event_source *source, void *userdata) {
        Manager *manager = userdata;

        (void) source;

        return manager->bus ? sd_bus_detach_event(manager->bus) : 0;
}

static void on_hypervisor_changed(const Hypervisor *hypervisor, Json *old, Json *fresh, void *userdata) {
        bus_publish_hypervisor(userdata, hypervisor, old, fresh);
}

static void on_hypervisor_answered(const Hypervisor *hypervisor, uint64_t number, void *userdata) {
        bus_answer_refreshes(userdata, hypervisor, number);
}

static void on_tidy(void *userdata) {
        Manager *manager = userdata;

        hypervisors_pack(manager->hypervisors);
}

static int set_up_hypervisors(Manager *manager, const Options *options) {
        const HypervisorsOptions settings = {
                .helper = options->libvirt_helper,
                .uri = options->libvirt_uri,
                .live = manager->root->live,
        };
        const HypervisorsHandlers handlers = { .changed = on_hypervisor_changed,
                                               .answered = on_hypervisor_answered };

        return hypervisors_new(manager->event, &settings, &handlers, manager, &manager->hypervisors);
}

static void schedule_pass(void *userdata) {
        Manager *manager = userdata;

        deferred_schedule(manager->pass);
}

static int on_soon(sd_event_source *source, uint64_t usec, void *userdata) {
        (void) source, (void) usec;

        schedule_pass(userdata);
        return 0;
}

/* The event loop takes note of what children come to (daemon/child.h). */
static int block_sigchld(void) {
        sigset_t child;

        sigemptyset(&child);
        sigaddset(&child, SIGCHLD);
        return sigprocmask(SIG_BLOCK, &child, NULL) < 0 ? -errno : 0;
}

static int set_up_event_loop(Manager *manager) {
        int r;

        r = block_sigchld();
        if (r < 0)
                return r;

        r = sd_event_new(&manager->event);
        if (r < 0)
                return r;

        r = sd_event_set_signal_exit(manager->event, true);
        if (r < 0)
                return r;

        r = sd_event_set_watchdog(manager->event, true);
        if (r < 0)
                return r;

        r = sd_event_add_exit(manager->event, &manager->exit_source, on_end, manager);
        if (r < 0)
                return r;

        r = sd_event_source_set_priority(manager->exit_source, SD_EVENT_PRIORITY_IMPORTANT);
        if (r < 0)
                return r;

        r = deferred_new(manager->event, run_due_pass, manager, &manager->pass);
        if (r < 0)
                return r;

        r = sd_event_add_time(manager->event, &manager->soon, CLOCK_MONOTONIC, 0, USEC_PER_MSEC, on_soon,
                              manager);
        if (r < 0)
                return r;

        r = sd_event_source_set_enabled(manager->soon, SD_EVENT_OFF);
        if (r < 0)
                return r;

        r = node_wait_new(manager->event, schedule_pass, manager, &manager->node_wait);
        if (r < 0)
                return r;

        r = tidy_new(manager->event, on_tidy, manager, &manager->tidy);
        if (r < 0)
                return r;

        return deferred_new(manager->event, announce_vms, manager, &manager->vms_news);
}

int manager_new(const Options *options, Manager **ret) {
        _cleanup_(manager_freep) Manager *manager = NULL;
        int r;

        manager = calloc(1, sizeof(Manager));
        if (!manager)
                return log_oom();
        manager->bus_address = options->bus_address;
        manager->modprobe_socket = options->modprobe_socket;
        manager->libvirt_uri = options->libvirt_uri;
        manager->libvirt_helper = options->libvirt_helper;
        manager->vms.own_pid = getpid();

        r = root_new(options->root, &manager->root);
        if (r < 0)
                return log_error_errno(r, "Failed to open the root directory %s: %m", options->root);

        r = polkit_new(&manager->polkit);
        if (r < 0)
                return log_oom();

        r = set_up_event_loop(manager);
        if (r < 0)
                return log_error_errno(r, "Failed to set up the event loop: %m");

        r = set_up_hypervisors(manager, options);
        if (r < 0)
                return log_error_errno(r, "Failed to set up the list of hypervisors: %m");

        r = manager_prepare_versions(manager);
        if (r < 0)
                return log_oom();

        *ret = TAKE_PTR(manager);
        return 0;
}

Manager *manager_free(Manager *manager) {
        if (!manager)
                return NULL;

        for (size_t i = 0; i < manager->n_waiting; i++)
                sd_bus_message_unref(manager->waiting[i]);

        bus_drop_calls(manager);
        bus_free_capacity_questions(manager);
        polkit_free(manager->polkit);
        hypervisors_free(manager->hypervisors);
        unit_watch_free(manager->unit_watch);
        mount_watch_free(manager->mount_watch);
        path_watch_free(manager->path_watch);
        udev_watch_free(manager->udev_watch);
        program_versions_free(manager->program_versions);
        deferred_free(manager->vms_news);
        sd_event_source_disable_unref(manager->soon);
        node_wait_free(manager->node_wait);
        deferred_free(manager->pass);
        sd_event_source_disable_unref(manager->bus_retry_source);
        sd_bus_close_unref(manager->bus);
        tidy_free(manager->tidy);
        sd_event_source_disable_unref(manager->exit_source);
        sd_event_unref(manager->event);

        verdict_free(manager->verdict);
        facts_done(&manager->facts);
        root_free(manager->root);
        free(manager);
        return NULL;
}

int manager_connect_bus(Manager *manager) {
        return bus_connect(manager);
}

void manager_vms_changed(Manager *manager) {
        deferred_schedule(manager->vms_news);
}

void manager_mark_dirty(Manager *manager, SourceMask sources) {
        manager->dirty |= sources;
        deferred_schedule(manager->pass);
}

void manager_mark_dirty_soon(Manager *manager, SourceMask sources) {
        int r;

        manager->dirty |= sources;
        r = sd_event_source_set_time_relative(manager->soon, MANAGER_SOON_USEC);
        if (r >= 0)
                r = sd_event_source_set_enabled(manager->soon, SD_EVENT_ONESHOT);
        if (r < 0)
                schedule_pass(manager);
}

static int run_pass(Manager *manager) {
        PublishedState old = {
                .verdict = manager->verdict,
                .topology = &manager->facts.topology,
                .access_stamp = manager->access_stamp,
        };
        _cleanup_(topology_facts_done) TopologyFacts old_topology = {};
        _cleanup_(verdict_freep) Verdict *old_verdict = NULL;
        Verdict *fresh;
        int r;

        if (manager->dirty & SOURCE_MASK(SOURCE_TOPOLOGY)) {
                old_topology = facts_take_topology(&manager->facts);
                old.topology = &old_topology;
        }

        r = facts_read(&manager->facts, manager->root, manager->dirty);
        if (r >= 0)
                r = verdict_new(&manager->facts, manager->verdict, now_usec(CLOCK_REALTIME), &fresh);
        if (r < 0) {
                if (old.topology == &old_topology)
                        facts_put_topology(&manager->facts, &old_topology);
                return r;
        }

        log_debug("Read the sources 0x%x again.", manager->dirty);
        manager->dirty = 0;
        (void) sd_event_source_set_enabled(manager->soon, SD_EVENT_OFF);
        manager->last_check_usec = now_usec(CLOCK_REALTIME);
        old_verdict = manager->verdict;
        manager->verdict = fresh;

        manager->access_stamp = access_stamp(&manager->facts);

        if (!verdict_equal(old.verdict, fresh) ||
            !topology_facts_equal(old.topology, &manager->facts.topology)) {
                manager->generation++;
                /* Who waits for the news comes before who keeps them. */
                if (old.verdict)
                        bus_publish(manager, &old);
                transitions_log(old.verdict, fresh, manager->generation);
        } else if (old.access_stamp != manager->access_stamp)
                bus_publish_access_changed(manager);
        manager_update_hypervisors(manager);

        return 0;
}

static void answer_waiting(Manager *manager) {
        for (size_t i = 0; i < manager->n_waiting; i++) {
                bus_answer(manager->waiting[i]);
                manager->waiting[i] = sd_bus_message_unref(manager->waiting[i]);
        }

        manager->n_waiting = 0;
}

static void notify_status(const Manager *manager) {
        _cleanup_free_ char *words = NULL;

        if (verdict_in_words(manager->verdict, &words) >= 0)
                (void) sd_notifyf(/* unset_environment= */ false, "STATUS=%s", words);
}

static void run_due_pass(void *userdata) {
        Manager *manager = userdata;
        int r;

        /* That a new node is for root alone would be a wrong cause, and its end more news. */
        if ((manager->dirty & SOURCE_MASK(SOURCE_DEVICES)) && manager_hears_udevd(manager) &&
            node_wait_begin(manager->node_wait, manager->root, &manager->facts.devices))
                return;

        r = run_pass(manager);
        if (r < 0) {
                /* What was dirty still is, and is read with the next pass. */
                (void) log_error_errno(r, "Failed to check the machine: %m");
                deferred_schedule(manager->pass);
                return;
        }

        notify_status(manager);
        answer_waiting(manager);
        manager_ask_versions(manager);
}

static void announce_vms(void *userdata) {
        Manager *manager = userdata;

        bus_publish_active_vms(manager);
        manager->announced_vms = manager->vms;
}

int manager_first_pass(Manager *manager) {
        _cleanup_(udev_watch_freep) UdevWatch *first_events = NULL;
        int r;

        manager_begin_counting_vms(manager, &first_events);
        manager->dirty = SOURCE_MASK_ALL;
        r = run_pass(manager);
        if (r < 0)
                return log_error_errno(r, "Failed to check the machine: %m");
        manager_count_first_vms(manager, first_events);

        (void) sd_notify(/* unset_environment= */ false, "READY=1");
        notify_status(manager);
        manager_ask_versions(manager);
        return 0;
}

static void keep_waiting(Manager *manager, sd_bus_message *call) {
        manager->waiting[manager->n_waiting++] = sd_bus_message_ref(call);
}

/* With no room left the pass is still run, and the answer comes before it. */
void manager_answer_after_pass(Manager *manager, sd_bus_message *call) {
        manager_mark_dirty(manager, SOURCE_MASK_ALL);
        if (manager->n_waiting < MANAGER_WAITING_MAX)
                keep_waiting(manager, call);
        else
                bus_answer(call);
}

void manager_recheck(Manager *manager, sd_bus_message *call) {
        if (call)
                keep_waiting(manager, call);
        manager_mark_dirty(manager, SOURCE_MASK_ALL);
        if (manager->unit_watch)
                unit_watch_refresh(manager->unit_watch);
        hypervisors_recheck(manager->hypervisors);
}
