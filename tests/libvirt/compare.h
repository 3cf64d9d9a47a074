/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Holds what virtready-libvirt prints against what virsh prints. */
#pragma once

#include "ask.h"

/* Requires that the program says of the libvirt at URI what virsh says of it, and yields the answer. */
void assert_like_virsh(const char *uri, Answer *answer);
