/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Commands on accounts, as distributions have them. */

#include <string.h>

#include "account-commands.h"

#define DIGITS "0123456789"

bool name_can_be_typed(const char *name) {
        return !isempty(name) && name[0] != '-' && name[strspn(name, DIGITS)] != '\0' &&
               name[strspn(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-" DIGITS)] == '\0';
}

/* Alpine has busybox' tools, and usermod and newgrp in a package of their own. */
void finding_add_join_command(Finding *finding, const DistributionFacts *distribution, const char *group,
                              bool group_in_etc, const char *user, bool user_in_etc) {
        if (!group_in_etc || !user_in_etc || !name_can_be_typed(group) || !name_can_be_typed(user))
                return;

        if (distribution->id == DISTRIBUTION_ALPINE)
                finding_add_format(finding, "join_command", "addgroup %s %s", user, group);
        else
                finding_add_format(finding, "join_command", "usermod --append --groups %s %s", group, user);
}

void finding_add_newgrp_command(Finding *finding, const DistributionFacts *distribution, const char *group) {
        if (distribution->id != DISTRIBUTION_ALPINE && name_can_be_typed(group))
                finding_add_format(finding, "newgrp_command", "newgrp %s", group);
}

void finding_add_setfacl_command(Finding *finding, const char *user, const char *path) {
        if (name_can_be_typed(user))
                finding_add_format(finding, "setfacl_command", "setfacl --no-mask --modify user:%s:rw %s",
                                   user, path);
}
