/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Whether one process may use the device nodes: what kvm.access says of everybody, said of the one who
 * asks. */
#pragma once

#include "../facts/owner.h"
#include "verdict.h"

/* Who asks. Without HAS_GROUPS it is not known which groups the process has, without HAS_UID nothing is. */
typedef struct AccessCaller {
        bool has_uid;
        bool has_groups;
        uid_t uid;           /* the effective one */
        const gid_t *groups; /* the process's own group and the supplementary ones */
        size_t n_groups;
        const Account *account; /* what the account files say of the user */
} AccessCaller;

/* Tells whether CALLER may open a device for reading and writing. The algorithm is that of acl(5), "ACCESS
 * CHECK ALGORITHM", as the kernel has it: fs/namei.c, acl_permission_check(), and fs/posix_acl.c,
 * posix_acl_permission(). Like them it knows nothing of security modules and of the device rules of control
 * groups. Of capabilities nobody tells: the user root counts as one who has CAP_DAC_OVERRIDE, and everybody
 * else as one who has not (capabilities(7)). The result belongs to no check; it passes where the caller may,
 * and is to be given to finding_done(). Returns -ENOMEM, with nothing to be freed, or 0. */
int access_judge(const Facts *facts, DeviceId id, const AccessCaller *caller, CheckResult *ret);

/* A number that is another one when access_judge() could answer anybody otherwise; and when it could about
 * one device, who has which groups aside. */
uint64_t access_stamp(const Facts *facts);
uint64_t access_device_stamp(const Facts *facts, DeviceId id);

/* All reasons that it can give, NULL-terminated; an id may have several, with other remedies. */
const Reason *const *access_reasons(void);
