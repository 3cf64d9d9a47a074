/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The words of the protocol, and the allow-list. */

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "../basic/macro.h"
#include "protocol.h"

/* The modules that virtual machines and containers are run with. Loading one of them can do no more than
 * that its drivers are there, and those of what it depends on and of what modprobe.d(5) adds to it. */
static const char *const allow_list[] = {
        "fuse",     "kvm",       "kvm_amd",     "kvm_hv", "kvm_intel", "kvm_pr", "tun", "vfio_iommu_type1",
        "vfio_pci", "vhost_net", "vhost_vsock", NULL,
};

static const char *const modprobe_act_table[_MODPROBE_ACT_MAX] = {
        [MODPROBE_LOAD] = "load",
        [MODPROBE_PERSIST] = "persist",
        [MODPROBE_FORGET] = "forget",
};
DEFINE_STRING_TABLE(modprobe_act, ModprobeAct);

static const char *const modprobe_outcome_table[_MODPROBE_OUTCOME_MAX] = {
        [MODPROBE_DONE] = "done",
        [MODPROBE_BAD_REQUEST] = "bad-request",
        [MODPROBE_NOT_ALLOWED] = "not-allowed",
        [MODPROBE_NOT_FOUND] = "not-found",
        [MODPROBE_OVERRIDDEN] = "overridden",
        [MODPROBE_BLACKLISTED] = "blacklisted",
        [MODPROBE_REFUSED] = "refused",
        [MODPROBE_FAILED] = "failed",
};
DEFINE_STRING_TABLE(modprobe_outcome, ModprobeOutcome);

const char *const *modprobe_allow_list(void) {
        return allow_list;
}

static bool is_same_module(const char *a, const char *b) {
        for (; *a != '\0' && (*a == '-' ? '_' : *a) == (*b == '-' ? '_' : *b); a++)
                b++;

        return *a == *b;
}

const char *modprobe_allowed(const char *name) {
        for (const char *const *module = allow_list; *module; module++)
                if (is_same_module(*module, name))
                        return *module;

        return NULL;
}

bool modprobe_name_is_valid(const char *name) {
        size_t length = strspn(name, "abcdefghijklmnopqrstuvwxyz"
                                     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                     "0123456789_-");

        return length > 0 && length <= MODPROBE_NAME_MAX && name[length] == '\0';
}

/* Takes a packet apart. Returns -EBADMSG unless it is two words of printable ASCII. */
static int split(const char *packet, size_t size, char buffer[static MODPROBE_PACKET_MAX + 1],
                 const char **ret_first, const char **ret_second) {
        char *blank;

        if (size > MODPROBE_PACKET_MAX)
                return -EBADMSG;

        for (size_t i = 0; i < size; i++)
                if (packet[i] < ' ' || packet[i] > '~')
                        return -EBADMSG;

        memcpy(buffer, packet, size);
        buffer[size] = '\0';
        blank = strchr(buffer, ' ');
        if (!blank)
                return -EBADMSG;

        *blank = '\0';
        *ret_first = buffer;
        *ret_second = blank + 1;
        return 0;
}

int modprobe_request_parse(const char *packet, size_t size, ModprobeRequest *ret) {
        char buffer[MODPROBE_PACKET_MAX + 1];
        const char *word, *name, *module;
        int r;

        r = split(packet, size, buffer, &word, &name);
        if (r < 0)
                return r;

        for (ModprobeAct act = 0; act < _MODPROBE_ACT_MAX; act++) {
                if (!streq(word, modprobe_act_to_string(act)))
                        continue;
                if (!modprobe_name_is_valid(name))
                        return -EBADMSG;

                module = modprobe_allowed(name);
                if (!module)
                        return -EPERM;

                *ret = (ModprobeRequest){ .act = act, .module = module };
                return 0;
        }

        return -EBADMSG;
}

/* Every word that goes into it is known to be short. */
static size_t format(char ret[static MODPROBE_PACKET_MAX + 1], const char *first, const char *second) {
        return (size_t) snprintf(ret, MODPROBE_PACKET_MAX + 1, "%s %s", first, second);
}

size_t modprobe_request_format(const ModprobeRequest *request, char ret[static MODPROBE_PACKET_MAX + 1]) {
        return format(ret, modprobe_act_to_string(request->act), request->module);
}

size_t modprobe_answer_format(const ModprobeAnswer *answer, char ret[static MODPROBE_PACKET_MAX + 1]) {
        char error[sizeof("-2147483648")];

        snprintf(error, sizeof(error), "%i", answer->error);
        return format(ret, modprobe_outcome_to_string(answer->outcome), error);
}

static bool has_error(ModprobeOutcome outcome) {
        return outcome == MODPROBE_REFUSED || outcome == MODPROBE_FAILED;
}

/* A number from 0 to 4095, as errors of the kernel are (include/linux/err.h: MAX_ERRNO). */
static int parse_error(const char *text, int *ret) {
        int error = 0;

        if (*text == '\0' || strlen(text) > strlen("4095") || text[strspn(text, "0123456789")] != '\0')
                return -EBADMSG;

        for (; *text != '\0'; text++)
                error = error * 10 + (*text - '0');
        if (error > 4095)
                return -EBADMSG;

        *ret = error;
        return 0;
}

int modprobe_answer_parse(const char *packet, size_t size, ModprobeAnswer *ret) {
        char buffer[MODPROBE_PACKET_MAX + 1];
        const char *word, *number;
        int error, r;

        r = split(packet, size, buffer, &word, &number);
        if (r < 0)
                return r;

        r = parse_error(number, &error);
        if (r < 0)
                return r;

        for (ModprobeOutcome outcome = 0; outcome < _MODPROBE_OUTCOME_MAX; outcome++)
                if (streq(word, modprobe_outcome_to_string(outcome)) && has_error(outcome) == (error > 0)) {
                        *ret = (ModprobeAnswer){ .outcome = outcome, .error = error };
                        return 0;
                }

        return -EBADMSG;
}
