/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The manager holds all state of the daemon and owns the pass: dirty sources in, one verdict out. */
#pragma once

#include <systemd/sd-bus.h>
#include <systemd/sd-event.h>

#include "../policy/polkit.h"
#include "checks/verdict.h"
#include "deferred.h"
#include "facts/facts.h"
#include "hypervisors.h"
#include "node-wait.h"
#include "options.h"
#include "program-versions.h"
#include "tidy.h"
#include "watch/mount-watch.h"
#include "watch/path-watch.h"
#include "watch/udev-watch.h"
#include "watch/unit-watch.h"
#include "watch/vm-count.h"

/* What has been made public, for a new pass to be compared with. */
typedef struct PublishedState {
        const Verdict *verdict; /* with its devices */
        const TopologyFacts *topology;
        uint64_t access_stamp;
} PublishedState;

/* So many calls of Recheck may wait for the next pass: of one caller, and in all. There is room beside them
 * for calls that have changed something. */
#define MANAGER_RECHECKS_PER_CALLER_MAX 16U
#define MANAGER_RECHECKS_MAX 1024U
#define MANAGER_WAITING_MAX (MANAGER_RECHECKS_MAX + 64U)

typedef struct Manager {
        sd_event *event;
        sd_event_source *exit_source;
        Tidy *tidy;

        const char *bus_address; /* NULL: the system bus */
        const char *modprobe_socket;
        const char *libvirt_uri; /* NULL: not given */
        const char *libvirt_helper;
        sd_bus *bus;
        bool bus_connected;                /* else the bus is gone, and nobody can be told anything */
        sd_event_source *bus_retry_source; /* then tries to connect again */
        uint64_t bus_retry_usec;

        Root *root;
        Facts facts;
        Verdict *verdict;
        uint64_t generation;      /* counts the passes that changed something */
        uint64_t access_stamp;    /* checks/access.h */
        uint64_t last_check_usec; /* when the last pass ran (CLOCK_REALTIME) */

        /* Each is NULL where it could not be set up. */
        UdevWatch *udev_watch;
        PathWatch *path_watch;
        MountWatch *mount_watch;
        UnitWatch *unit_watch; /* NULL also without a bus, and on a snapshot */

        Hypervisors *hypervisors;
        bool systemd_is_absent; /* nobody has its name on the bus, nor was the system started with it */
        uint32_t announced;     /* units of which systemd has announced something since the last pass */
        ProgramVersions *program_versions; /* NULL on a snapshot, whose programs are not run */

        SourceMask dirty;
        Deferred *pass;        /* runs the next one; scheduled while something is dirty */
        NodeWait *node_wait;   /* then is what it may wait for */
        sd_event_source *soon; /* schedules it */

        VmCount vms;
        VmCount announced_vms; /* what the bus has been told of it */
        Deferred *vms_news;    /* announces it; scheduled when it has changed */

        sd_bus_message *waiting[MANAGER_WAITING_MAX]; /* calls to answer after the next pass */
        size_t n_waiting;
        Polkit *polkit;                              /* calls that wait for its decision */
        struct WaitingCall *waiting_calls;           /* those that wait for the bus, libvirt or a helper */
        sd_bus_slot *callers_watch;                  /* while there are some: tells who leaves the bus */
        struct CapacityQuestion *capacity_questions; /* what virtready-libvirt was asked for them */
} Manager;

int manager_new(const Options *options, Manager **ret);
Manager *manager_free(Manager *manager);
DEFINE_POINTER_CLEANUP(Manager *, manager_free);

/* The steps of starting up, in order. Each logs why it failed. */
int manager_connect_bus(Manager *manager);
void manager_start_watching(Manager *manager);
int manager_first_pass(Manager *manager);

/* Marks sources as outdated. A pass reads them again as soon as the event loop gets to it; when passes
 * follow one another too fast, as soon as the rate limit permits. */
void manager_mark_dirty(Manager *manager, SourceMask sources);

/* The same, but a pass is due MANAGER_SOON_USEC later, unless something else asks for one before. */
#define MANAGER_SOON_USEC USEC_PER_SEC
void manager_mark_dirty_soon(Manager *manager, SourceMask sources);

/* What the manager does when it has got a bus, and when it has lost it: systemd is asked over it. */
void manager_watch_units(Manager *manager);
void manager_forget_units(Manager *manager);

/* Tells the list of hypervisors what is known now, and of which units systemd has announced something. */
void manager_update_hypervisors(Manager *manager);

/* Once there is a verdict, asks the programs for their versions that have not been asked yet. */
int manager_prepare_versions(Manager *manager);
void manager_ask_versions(Manager *manager);

/* Announces the number of virtual machines, in its turn. */
void manager_vms_changed(Manager *manager);

/* Between these two the first pass probes, so that the number of virtual machines is known from the start.
 * The events that tell it are the caller's to free. */
void manager_begin_counting_vms(Manager *manager, UdevWatch **ret_events);
void manager_count_first_vms(Manager *manager, UdevWatch *events);

/* Everything is read again, and CALL, which has no results, is answered when that is done. */
void manager_answer_after_pass(Manager *manager, sd_bus_message *call);

/* The same for a call that changes nothing, of which no more than MANAGER_RECHECKS_MAX may wait; NULL:
 * nobody does. systemd is asked again, too. */
void manager_recheck(Manager *manager, sd_bus_message *call);

/* Whether events come from udevd: when one is there, udevd is done with its device. */
bool manager_hears_udevd(const Manager *manager);

/* What this daemon could set up on this machine, NULL-terminated, at most MANAGER_FEATURES_MAX words. */
#define MANAGER_FEATURES_MAX 8U
void manager_features(const Manager *manager, const char *ret[MANAGER_FEATURES_MAX + 1]);
