/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Has virtready-modprobe do what the daemon may not, without waiting for it. */
#pragma once

#include <systemd/sd-event.h>

#include "basic/cleanup.h"
#include "basic/clock.h"
#include "modprobe/protocol.h"

/* Where systemd listens for it (virtready-modprobe.socket). */
#define LOADER_SOCKET "/run/virtready/modprobe"

/* Loading a module may take a while, but none takes this long. */
#define LOADER_TIMEOUT_USEC (30 * USEC_PER_SEC)

/* One request that is under way. */
typedef struct Loader Loader;

/* Called once, from the event loop, unless the loader is freed before; it may free the loader. RESULT is 0,
 * with the ANSWER, or -ETIMEDOUT, -ECONNRESET when the helper has hung up, -EBADMSG when its answer makes no
 * sense, or another error of recv(2). */
typedef void (*LoaderHandler)(int result, const ModprobeAnswer *answer, void *userdata);

/* Sends REQUEST to the helper at PATH and waits for its answer, TIMEOUT_USEC at most. Errors: those of
 * connect(2), such as -ENOENT, -ECONNREFUSED and -EACCES, -EAGAIN when too many others wait there, and
 * -ENAMETOOLONG. */
int loader_new(sd_event *event, const char *path, const ModprobeRequest *request, uint64_t timeout_usec,
               LoaderHandler handler, void *userdata, Loader **ret);

/* Hangs up; what the helper has begun it ends. */
Loader *loader_free(Loader *loader);
DEFINE_POINTER_CLEANUP(Loader *, loader_free);
