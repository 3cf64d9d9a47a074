/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The objects behind the API, one file each; bus.c puts them on the bus. */
#pragma once

#include "bus.h"

/* Each adds its objects and their interfaces. */
int bus_add_manager(Manager *manager);
int bus_add_checks(Manager *manager);
int bus_add_profiles(Manager *manager);
int bus_add_devices(Manager *manager);
int bus_add_host(Manager *manager);
int bus_add_hypervisors(Manager *manager);

/* The method CheckAccess of the Manager. */
int bus_check_access(sd_bus_message *message, void *userdata, sd_bus_error *error);

/* The method EstimateCapacity of the Manager. */
int bus_estimate_capacity(sd_bus_message *message, void *userdata, sd_bus_error *error);

/* The methods LoadModule and PersistModule. */
int bus_load_module(sd_bus_message *message, void *userdata, sd_bus_error *error);
int bus_persist_module(sd_bus_message *message, void *userdata, sd_bus_error *error);

/* Each announces which properties differ from OLD; nothing when none does. */
int bus_emit_manager(Manager *manager, const Verdict *old);
int bus_emit_check(Manager *manager, const CheckResult *old, const CheckResult *fresh);
int bus_emit_profile(Manager *manager, const ProfileResult *old, const ProfileResult *fresh);
int bus_emit_devices(Manager *manager, const Verdict *old); /* also those that came and went */
int bus_emit_host(Manager *manager, const TopologyFacts *old);
int bus_emit_hypervisor(Manager *manager, const Hypervisor *hypervisor, Json *old, Json *fresh);

/* Emits the signal AccessChanged. */
int bus_emit_access_changed(Manager *manager);

/* Emits the signal Changed for the checks that differ from OLD. */
int bus_emit_changed(Manager *manager, const Verdict *old);
