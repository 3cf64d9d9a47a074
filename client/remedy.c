/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Says what to do, in the words of this program: the document has kinds and arguments only. */

#include <errno.h>
#include <stdio.h>

#include "../daemon/basic/macro.h"
#include "remedy.h"

/* The argument goes between the two halves. A phrase with an action is for that one alone. */
static const struct {
        const char *kind;
        const char *action;
        const char *before;
        const char *after;
} phrases[] = {
        { "add-to-group", NULL, "Add the user to the group ", "." },
        { "boot-kernel", NULL, "Start ", "." },
        { "configuration-file", NULL, "Change the configuration in ", "." },
        { "container-manager", NULL, "In a container: have its manager give it ", "." },
        { "enable-unit", NULL, "Enable the unit ", "." },
        { "firmware-setting", "raise", "Raise ", " in the firmware setup." },
        { "firmware-setting", NULL, "Enable ", " in the firmware setup." },
        { "install-package", NULL, "Install the package ", "." },
        { "install-program", NULL, "Install ", "." },
        { "kernel-parameter", "add", "Add ", " to the kernel command line, then restart." },
        { "kernel-parameter", "remove", "Remove ", " from the kernel command line, then restart." },
        { "kernel-parameter", NULL, "Correct the kernel command line: ", ", then restart." },
        { "load-module", NULL, "Load the kernel module ", "." },
        { "log-in-again", NULL, "Log out and in again, so that the group ", " counts." },
        { "mount", NULL, "Mount ", "." },
        { "outer-host", NULL, "On the host of this virtual machine: give it ", "." },
        { "read-log", NULL, "Look in the kernel's log for ", "." },
        { "read-unit-log", NULL, "Look in the journal for ", "." },
        { "set-permissions", NULL, "Correct the permissions of ", "." },
        { "start-unit", NULL, "Start the unit ", "." },
        { "stop-conflict", NULL, "Stop what uses the kernel module ", ", and unload it." },
        { "sysctl", NULL, "Set the kernel parameter ", "." },
        { "unmask-unit", NULL, "Unmask the unit ", "." },
};

int remedy_phrase(const char *kind, const char *action, const char *argument, char **ret) {
        FOREACH_ELEMENT(phrase, phrases)
                if (streq(phrase->kind, kind) && (!phrase->action || streq(phrase->action, action)))
                        return asprintf(ret, "%s%s%s", phrase->before, argument, phrase->after) < 0 ? -ENOMEM
                                                                                                    : 0;

        return asprintf(ret, "%s: %s", isempty(kind) ? "unknown" : kind, argument) < 0 ? -ENOMEM : 0;
}

/* A shell would run only the first part of a list of commands under sudo. */
static int with_shell(const char *command, char **ret) {
        _cleanup_free_ char *text = NULL;
        size_t size = 0;
        FILE *f;

        f = open_memstream(&text, &size);
        if (!f)
                return -ENOMEM;

        fputs("sudo sh -c '", f);
        for (const char *p = command; *p != '\0'; p++)
                if (*p == '\'')
                        fputs("'\\''", f);
                else
                        fputc(*p, f);
        fputc('\'', f);

        if (fclose(f) != 0)
                return -ENOMEM;

        *ret = TAKE_PTR(text);
        return 0;
}

int remedy_command(const char *command, bool privileged, bool is_root, char **ret) {
        bool sudo = privileged && !is_root && !isempty(command);

        if (sudo && strpbrk(command, "&|;<>$`(){}'\"\\*?~#\n"))
                return with_shell(command, ret);

        return asprintf(ret, "%s%s", sudo ? "sudo " : "", command) < 0 ? -ENOMEM : 0;
}

int remedy_show(const Output *output, unsigned indent, Json *remedy) {
        _cleanup_free_ char *command = NULL, *phrase = NULL;
        int r;

        r = remedy_command(doc_text(remedy, "command"), doc_flag(remedy, "privileged"), output->root,
                           &command);
        if (r < 0)
                return r;

        output_blanks(output, indent);
        indent += output_text(output, STYLE_PLAIN, output_arrow(output)) + 1;
        fputc(' ', output->file);

        if (isempty(command)) {
                r = remedy_phrase(doc_text(remedy, "kind"), doc_text(remedy, "action"),
                                  doc_text(remedy, "argument"), &phrase);
                if (r < 0)
                        return r;
                (void) output_wrapped(output, indent, indent, STYLE_PLAIN, phrase);
        } else
                /* It must stay on one line, so that it can be copied. */
                (void) output_text(output, STYLE_COMMAND, command);

        fputc('\n', output->file);
        return 0;
}
