/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether something has changed that libvirt's answers depend on. */
#pragma once

#include "checks/verdict.h"

/* Differs, but for a collision, when something has. It is of use within one process alone. */
uint64_t hypervisor_stamp(const Facts *facts, const Verdict *verdict);
