/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What libvirt declares of a domain that this host cannot do now. */
#pragma once

#include "basic/json.h"
#include "checks/verdict.h"

/* Compares what a DOMAIN of an answer (libvirt-answer.h) declares with VERDICT. Yields an object whose keys
 * are those of the domain, "devices.hostdev" for what is in one of its objects, with an array of the ids of
 * the checks that fail or are blocked in each. Returns -ENOMEM or 0. */
int libvirt_blocked_new(Json *domain, const Verdict *verdict, Json **ret);
