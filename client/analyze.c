/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Makes the document that the daemon would answer with, and shows it. */

#include <errno.h>

#include "../daemon/basic/clock.h"
#include "../daemon/basic/log.h"
#include "../daemon/describe.h"
#include "analyze.h"
#include "exit-status.h"
#include "show.h"
#include "sosreport.h"

static int complain_about_root(const char *path, int error) {
        switch (error) {
        case -ENOENT:
                log_error("There is no directory %s.\nCheck the path that --root gives.", path);
                break;
        case -ENOTDIR:
                log_error("%s is not a directory.\nIf it is an archive of sos(1), judge it with: "
                          "--sosreport=%s",
                          path, path);
                break;
        case -EACCES:
                log_error("This user may not enter %s.\nTry again as another user.", path);
                break;
        case -EOPNOTSUPP:
                log_error("This kernel cannot keep what is read below %s: it has no openat2(2).\n"
                          "Try again on Linux 5.6 or later.",
                          path);
                break;
        default:
                (void) log_error_errno(error, "Failed to open %s: %m", path);
        }

        return STATUS_UNKNOWN;
}

static bool has_directory(const Root *root, const char *path) {
        _cleanup_close_ int fd = -EBADF;
        struct stat st;

        fd = root_open_path(root, path, &st);
        return fd >= 0 && S_ISDIR(st.st_mode);
}

/* Judges what is below ROOT, as the daemon does in its first pass. */
static int judge(const Root *root, Json **ret) {
        _cleanup_(verdict_freep) Verdict *verdict = NULL;
        _cleanup_(current_facts_done) CurrentFacts current = {};
        _cleanup_(facts_done) Facts facts = {};
        _cleanup_free_ char *text = NULL;
        int r;

        r = facts_read(&facts, root, SOURCE_MASK_ALL);
        if (r < 0)
                return r;

        r = current_facts_read(&current, &facts, root);
        if (r < 0)
                return r;

        r = verdict_new(&facts, NULL, now_usec(CLOCK_REALTIME), &verdict);
        if (r < 0)
                return r;

        r = describe(&facts, &current, verdict, NULL, &text);
        if (r < 0)
                return r;

        return document_parse(text, ret);
}

/* What the reader of a report full of question marks wants to know. */
static void warn_of_what_is_unread(const Root *root, const char *path) {
        const char *denied = root_denied(root);

        if (denied)
                log_warning("This user may not read all of %s, such as %s.\n"
                            "What that would tell is unknown; try again as another user.",
                            path, denied);
        if (root_was_cut_short(root))
                log_warning("There is more in %s than the largest machine has.\n"
                            "It was not read to its end, and the rest is unknown.",
                            path);
}

static int analyze_directory(const char *path, Json **ret, bool *ret_live) {
        _cleanup_(root_freep) Root *root = NULL;
        int r;

        r = root_new(path, &root);
        if (r < 0)
                return complain_about_root(path, r);

        if (!has_directory(root, "proc") && !has_directory(root, "sys")) {
                log_error("There is neither a directory proc nor a directory sys in %s.\n"
                          "Give the directory that /proc and /sys of the other machine were copied into.",
                          path);
                return STATUS_UNKNOWN;
        }

        *ret_live = root->live;
        r = judge(root, ret);
        if (r >= 0)
                warn_of_what_is_unread(root, path);

        return r;
}

static int analyze_sosreport(const char *file, Json **ret) {
        _cleanup_(scratch_freep) Scratch *scratch = NULL;
        _cleanup_(root_freep) Root *root = NULL;
        int r;

        r = scratch_new(&scratch);
        if (r < 0) {
                (void) log_error_errno(r, "Failed to make a temporary directory: %m\n"
                                          "Set TMPDIR to a directory that this user may write to.");
                return STATUS_UNKNOWN;
        }

        r = sosreport_unpack(file, scratch);
        if (r != 0)
                return r;

        r = root_new(scratch->path, &root);
        if (r < 0)
                return complain_about_root(scratch->path, r);

        if (!has_directory(root, "proc") && !has_directory(root, "sys")) {
                log_error("%s holds nothing of /proc and /sys.\n"
                          "Give the archive that 'sos report' has written on the other machine.",
                          file);
                return STATUS_UNKNOWN;
        }

        r = judge(root, ret);
        if (r >= 0)
                warn_of_what_is_unread(root, file);

        return r;
}

int analyze_run(const Arguments *arguments, const Output *output) {
        _cleanup_(json_object_putp) Json *document = NULL;
        Output there = *output;
        bool live = false;
        int r;

        if (arguments->sosreport)
                r = analyze_sosreport(arguments->sosreport, &document);
        else
                r = analyze_directory(arguments->root, &document, &live);
        if (r != 0)
                return r;

        /* Whoever is root here need not be root there. */
        there.root = output->root && live;
        r = status_show(arguments, &there, document);

        return r < 0 || r == STATUS_USAGE ? r : (int) STATUS_READY;
}
