/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What the manager does with what the watchers tell, and programs of their versions. */

#include <systemd/sd-daemon.h>

#include "../dbus/bus.h"
#include "basic/log.h"
#include "manager.h"

/* The events are this machine's, and a snapshot is of another one. */
static void count_vms(Manager *manager, const Uevent *uevent) {
        bool changed = false;

        if (!manager->root->live)
                return;

        if (uevent->kind == UEVENT_VM)
                changed = vm_count_update(&manager->vms, &uevent->vm);
        else if (uevent->kind == UEVENT_KVM_GONE)
                changed = vm_count_reset(&manager->vms);
        else if (uevent->kind == UEVENT_LOST)
                vm_count_lose_order(&manager->vms);

        if (changed)
                manager_vms_changed(manager);
}

static void on_uevent(const Uevent *uevent, void *userdata) {
        Manager *manager = userdata;

        /* Where kvm is all there is, as on s390x, nothing follows it. */
        if (uevent->more_follows && module_of_kvm(&manager->facts.cpu) != MODULE_KVM)
                manager_mark_dirty_soon(manager, uevent->dirty);
        else if (uevent->dirty != 0)
                manager_mark_dirty(manager, uevent->dirty);

        count_vms(manager, uevent);
}

static void on_first_uevent(const Uevent *uevent, void *userdata) {
        count_vms(userdata, uevent);
}

static void on_paths_changed(SourceMask dirty, void *userdata) {
        manager_mark_dirty(userdata, dirty);
}

static void on_mounts_changed(SourceMask dirty, void *userdata) {
        Manager *manager = userdata;

        manager_mark_dirty(manager, dirty);
        if (manager->path_watch)
                path_watch_follow_mounts(manager->path_watch);
}

static void on_units(const UnitStates *states, void *userdata) {
        Manager *manager = userdata;
        bool was_known = manager->facts.units.states.known;

        manager->facts.units.states = *states;
        manager->systemd_is_absent = manager->systemd_is_absent && !states->known;
        manager_mark_dirty(manager, SOURCE_MASK(SOURCE_UNITS));
        if (states->known != was_known)
                bus_publish_features(manager);
}

void manager_update_hypervisors(Manager *manager) {
        const HypervisorsNews news = {
                .facts = &manager->facts,
                .verdict = manager->verdict,
                .announced = manager->announced,
                .systemd_is_absent = manager->systemd_is_absent,
        };

        manager->announced = 0;
        hypervisors_update(manager->hypervisors, &news);
}

/* Without systemd no socket starts a service, and connecting to one wakes nobody. The hypervisors are told
 * with the next pass: they do not know of units what the checks do not know yet. */
static void on_unit_news(const UnitNews *news, void *userdata) {
        Manager *manager = userdata;

        manager->systemd_is_absent = news->systemd_is_absent && sd_booted() == 0;
        manager->announced |= news->announced;
        manager_mark_dirty(manager, SOURCE_MASK(SOURCE_UNITS));
}

void manager_watch_units(Manager *manager) {
        int r;

        r = manager->root->live ? unit_watch_new(manager->bus, on_units, manager, &manager->unit_watch) : 0;
        if (r < 0)
                (void) log_warning_errno(r,
                                         "Failed to watch systemd's units, their state stays unknown: %m");
        if (manager->unit_watch)
                unit_watch_set_news_handler(manager->unit_watch, on_unit_news);
}

void manager_forget_units(Manager *manager) {
        manager->unit_watch = unit_watch_free(manager->unit_watch);
        manager->systemd_is_absent = false;
        if (manager->facts.units.states.known)
                on_units(&(UnitStates){}, manager);
}

/* Each tells its own a moment after the one before. That pass is due once, or those who come later would put
 * it off. */
static void on_versions(const ProgramVersion *told, bool more, void *userdata) {
        Manager *manager = userdata;

        memcpy(manager->facts.programs.told, told, sizeof(manager->facts.programs.told));
        if (!more)
                manager_mark_dirty(manager, SOURCE_MASK(SOURCE_PROGRAMS));
        else if (!(manager->dirty & SOURCE_MASK(SOURCE_PROGRAMS)))
                manager_mark_dirty_soon(manager, SOURCE_MASK(SOURCE_PROGRAMS));
}

int manager_prepare_versions(Manager *manager) {
        if (!manager->root->live)
                return 0;

        return program_versions_new(manager->event, PROGRAM_VERSIONS_TIMEOUT_USEC, on_versions, manager,
                                    &manager->program_versions);
}

void manager_ask_versions(Manager *manager) {
        if (manager->program_versions)
                program_versions_ask(manager->program_versions, &manager->facts.programs);
}

static int listen_to_devices(Manager *manager) {
        UdevOrigin origin = udev_find_origin();

        if (origin == UDEV_ORIGIN_KERNEL)
                log_info("udevd does not run; listening to the kernel's own events.");

        return udev_watch_new(manager->event, origin, on_uevent, manager, &manager->udev_watch);
}

/* Without a watcher the verdict is still right when somebody asks for a new one, which is better than none.
 */
void manager_start_watching(Manager *manager) {
        int r;

        r = listen_to_devices(manager);
        if (r < 0)
                (void) log_warning_errno(r,
                                         "Failed to listen to device events, devices and modules will come "
                                         "and go unnoticed: %m");

        r = path_watch_new(manager->event, manager->root, &manager->facts.devices, on_paths_changed, manager,
                           &manager->path_watch);
        if (r < 0)
                (void) log_warning_errno(r,
                                         "Failed to watch files, changed permissions and settings will go "
                                         "unnoticed: %m");

        r = mount_watch_new(manager->event, on_mounts_changed, manager, &manager->mount_watch);
        if (r < 0)
                (void) log_warning_errno(r, "Failed to watch mounts, those of control groups will go "
                                            "unnoticed: %m");
}

/* The kernel's events are there when the probe is done, udevd's copies of them come later. */
void manager_begin_counting_vms(Manager *manager, UdevWatch **ret_events) {
        int r;

        if (!manager->root->live)
                return;

        r = udev_watch_new(NULL, UDEV_ORIGIN_KERNEL, on_first_uevent, manager, ret_events);
        if (r < 0)
                (void) log_debug_errno(r, "Failed to listen to the first events of KVM, ignoring: %m");
}

/* Without KVM there is none. */
void manager_count_first_vms(Manager *manager, UdevWatch *events) {
        if (events)
                udev_watch_drain(events);
        if (manager->root->live && manager->facts.devices.devices[DEVICE_KVM].registered == TRISTATE_NO)
                (void) vm_count_reset(&manager->vms);

        manager->announced_vms = manager->vms;
}

bool manager_hears_udevd(const Manager *manager) {
        return manager->udev_watch && udev_watch_origin(manager->udev_watch) == UDEV_ORIGIN_UDEVD;
}

void manager_features(const Manager *manager, const char *ret[MANAGER_FEATURES_MAX + 1]) {
        size_t n = 0;

        if (manager->root->live)
                ret[n++] = "kvm-probe";
        if (manager->udev_watch)
                ret[n++] = manager_hears_udevd(manager) ? "udev-events" : "kernel-events";
        if (manager->path_watch)
                ret[n++] = "file-events";
        if (manager->mount_watch)
                ret[n++] = "mount-events";
        if (manager->facts.units.states.known)
                ret[n++] = "unit-events";
        if (manager->vms.known)
                ret[n++] = "active-vms";

        ret[n] = NULL;
}
