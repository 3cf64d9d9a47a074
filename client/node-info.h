/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What "virsh nodeinfo" prints, as fields. */
#pragma once

#include "document.h"
#include "output.h"

/* Whether any of it is known. */
bool node_info_is_known(Json *node_info);

/* Prints what is known of NODE_INFO, of which any member may be missing. */
void node_info_fields(const Output *output, Json *node_info);
