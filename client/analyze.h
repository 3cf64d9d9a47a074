/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtreadyctl analyze: the daemon's judgement without a daemon, on the files of another machine. */
#pragma once

#include "arguments.h"
#include "output.h"

/* Reads and judges the machine that the arguments name, and shows it as status does. Returns STATUS_READY
 * once it could be judged, whatever has come out, another ExitStatus after saying why not, or -ENOMEM. */
int analyze_run(const Arguments *arguments, const Output *output);
