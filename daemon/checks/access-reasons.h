/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The reasons why a process may use a device node, or may not. What each means is in the description of
 * CheckAccess, dbus/org.virtready1.Manager.xml, and in virtreadyctl(1); they are no check's, so that they
 * have no explanation of their own. Arguments: device, caller, and where the node is known user, group and
 * mode; admitting_group of those that are about one; and join_command, newgrp_command or
 * setfacl_command where there is one to type. */
#pragma once

#include "check.h"

extern const Reason access_root, access_owner, access_acl_user, access_group, access_acl_group,
        access_everybody, access_not_in_group, access_group_not_in_session;

/* By what udev does with the device: it gives it to the group kvm, opens it to everybody, or does neither.
 */
extern const Reason access_root_only, access_root_only_kvm, access_root_only_everybody;

extern const Reason access_owner_denied, access_acl_user_denied, access_group_denied, access_not_admitted,
        access_no_node, access_no_driver, access_unknown;
