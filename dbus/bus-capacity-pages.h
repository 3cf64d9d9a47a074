/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What is said where the kernel has no huge pages of the size that is asked for. */
#pragma once

#include "../daemon/capacity/inputs.h"

/* Makes the sentence with the sizes that there are. Yields NULL where there is nothing to say. Returns
 * -ENOMEM or 0. */
int bus_capacity_explain_pages(const CapacityInputs *inputs, char **ret);
