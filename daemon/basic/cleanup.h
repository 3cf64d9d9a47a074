/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Every scope-bound release in the project: a resource is acquired into a variable marked _cleanup_. */
#pragma once

#include <dirent.h>
#include <errno.h>
#include <json-c/json.h>
#include <libudev.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/acl.h>
#include <unistd.h>

#define _cleanup_(function) __attribute__((cleanup(function)))

/* Defines FUNCTIONp(), which hands a pointer variable's value to FUNCTION() unless it is NULL. */
#define DEFINE_POINTER_CLEANUP(type, function)    \
        static inline void function##p(type *p) { \
                if (*p)                           \
                        (void) function(*p);      \
        }                                         \
        struct cleanup_needs_a_semicolon

static inline void freep(void *p) {
        free(*(void **) p);
}

/* Closes a descriptor unless it is negative; errno survives. Always returns -EBADF. */
int safe_close(int fd);

static inline void closep(int *fd) {
        (void) safe_close(*fd);
}

DEFINE_POINTER_CLEANUP(DIR *, closedir);
DEFINE_POINTER_CLEANUP(FILE *, fclose);
DEFINE_POINTER_CLEANUP(acl_t, acl_free);
DEFINE_POINTER_CLEANUP(struct json_object *, json_object_put);
DEFINE_POINTER_CLEANUP(struct json_tokener *, json_tokener_free);
DEFINE_POINTER_CLEANUP(struct udev *, udev_unref);
DEFINE_POINTER_CLEANUP(struct udev_device *, udev_device_unref);
DEFINE_POINTER_CLEANUP(struct udev_monitor *, udev_monitor_unref);

#define _cleanup_free_ _cleanup_(freep)
#define _cleanup_close_ _cleanup_(closep)

/* Hands a resource out of its scope: yields the value and leaves nothing behind to clean up. */
#define TAKE_PTR(pointer)                            \
        ({                                           \
                typeof(pointer) *_slot = &(pointer); \
                typeof(pointer) _taken = *_slot;     \
                *_slot = NULL;                       \
                _taken;                              \
        })

#define TAKE_FD(fd)                  \
        ({                           \
                int *_slot = &(fd);  \
                int _taken = *_slot; \
                *_slot = -EBADF;     \
                _taken;              \
        })
