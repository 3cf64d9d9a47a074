/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The API on the bus: objects for what the manager knows, signals when it changes. */
#pragma once

#include <systemd/sd-bus.h>

#include "../daemon/manager.h"

/* Connects to the bus at ADDRESS (NULL: the system bus), puts the objects there and takes the name. Calls
 * are answered by the event loop, so not before the manager has a verdict. Logs why it failed. */
int bus_connect(Manager *manager, const char *address);

/* Announces how the manager's verdict and topology differ from the OLD ones: one PropertiesChanged for each
 * object that changed, with the values that did, then one Changed. What cannot be sent is logged. */
void bus_publish(Manager *manager, const Verdict *old, const TopologyFacts *old_topology);

/* Announces the number of virtual machines, if it differs from what was announced before. */
void bus_publish_active_vms(Manager *manager);

/* Announces what the daemon could set up, when that has changed. */
void bus_publish_features(Manager *manager);

/* Answers a call of Recheck whose pass has run. */
void bus_answer_recheck(sd_bus_message *call);
