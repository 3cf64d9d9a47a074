/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes tar archives, also such as no tar(1) would write. A step that fails ends the test. */
#pragma once

#include <archive.h>
#include <archive_entry.h>
#include <gio/gio.h>

typedef struct Pack {
        char *path;
        struct archive *archive;
} Pack;

/* Begins an archive at PATH, compressed with FILTER (ARCHIVE_FILTER_…). */
void pack_open(Pack *pack, const char *path, int filter);

/* Ends it. */
void pack_close(Pack *pack);

void pack_file(const Pack *pack, const char *name, const char *content);
void pack_link(const Pack *pack, const char *name, const char *target);

/* A directory, a FIFO, a device node, … (AE_IF…). */
void pack_node(const Pack *pack, const char *name, unsigned type);
void pack_hard_link(const Pack *pack, const char *name, const char *target);

/* A file of SIZE zeroes. */
void pack_zeroes(const Pack *pack, const char *name, guint64 size);

/* The files of machine_fill() and more, as 'sos report' lays them out below the directory TOP. */
void pack_machine(const Pack *pack, const char *top);

/* Writes a file that gzip unpacks to HEAD once and BODY N times; the file itself is small. */
void write_gzip(const char *path, const GByteArray *head, const GByteArray *body, guint n);

/* The header of a member (POSIX pax, ustar Interchange Format), one block. */
GByteArray *tar_header(const char *name, guint64 size);
