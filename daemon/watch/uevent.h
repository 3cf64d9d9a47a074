/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a kernel event means for the facts. */
#pragma once

#include <libudev.h>

#include "../facts/facts.h"
#include "vm-count.h"

typedef enum UeventKind {
        UEVENT_IRRELEVANT,
        UEVENT_DIRTY,    /* facts are outdated */
        UEVENT_VM,       /* a virtual machine came or went; no fact changes with it */
        UEVENT_KVM_GONE, /* facts are outdated, and no virtual machine is left */
        UEVENT_LOST,     /* the kernel had to drop some: all facts are outdated */
} UeventKind;

typedef struct Uevent {
        UeventKind kind;
        SourceMask dirty;
        bool more_follows; /* the next event is soon to come, most likely, and tells what becomes of it */
        VmEvent vm;
} Uevent;

/* The sources that are outdated when the module comes or goes, or the device that it brings. */
SourceMask uevent_sources_of_module(ModuleId id);

/* The sources that are outdated when the node got other permissions, or another node is in its place. */
SourceMask uevent_sources_of_node(DeviceId id);

/* Tells what the event that DEVICE carries means. It looks at the event alone, not at the system. */
Uevent uevent_classify(struct udev_device *device);
