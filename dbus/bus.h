/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The API on the bus: objects for what the manager knows, signals when it changes. */
#pragma once

#include <systemd/sd-bus.h>

#include "../daemon/manager.h"

/* Connects to the manager's bus, puts the objects there and takes the name. Calls are answered by the event
 * loop, so not before the manager has a verdict. Logs why it failed. When the connection is lost later, it
 * is made again as soon as the bus is back; until then the manager has none. */
int bus_connect(Manager *manager);

bool bus_is_connected(const Manager *manager);

/* Leaves the bus, and comes back: everybody then asks anew, whatever has not reached them. */
void bus_leave(Manager *manager);

/* Announces how what the manager knows differs from the OLD state: the devices that are gone and that are
 * new, one PropertiesChanged for each object that changed, with the values that did, then one Changed. What
 * cannot be sent, and a bus that does not read, makes the daemon leave the bus and come back; without a bus
 * there is nobody to tell. */
void bus_publish(Manager *manager, const PublishedState *old);

/* Announces the number of virtual machines, if it differs from what was announced before. */
void bus_publish_active_vms(Manager *manager);

/* Announces that a hypervisor has come or gone, or which of its properties differ from the OLD view; and
 * answers the calls of Refresh that wait for one of its queries up to NUMBER (daemon/hypervisors.h). */
void bus_publish_hypervisor(Manager *manager, const Hypervisor *hypervisor, Json *old, Json *fresh);
void bus_answer_refreshes(Manager *manager, const Hypervisor *hypervisor, uint64_t number);

/* Announces that CheckAccess may answer somebody otherwise than before. */
void bus_publish_access_changed(Manager *manager);

/* Announces what the daemon could set up, when that has changed. */
void bus_publish_features(Manager *manager);

/* Answers a call that has no results, and whose pass has run. */
void bus_answer(sd_bus_message *call);

/* Forgets the calls that wait for somebody else: the bus, polkit, libvirt, or the helper that loads modules.
 */
void bus_drop_calls(Manager *manager);

/* Forgets what virtready-libvirt was asked for calls that need not be there any more. */
void bus_free_capacity_questions(Manager *manager);
