/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Message ids and fields of what the daemon logs; systemd/virtready.catalog explains the ids to
 * administrators. */
#pragma once

/* A check's or a profile's state is no longer what it was. */
#define JOURNAL_ID_CHECK_CHANGED "8132506c2bc94075a383e7bcc001c818"
#define JOURNAL_ID_PROFILE_CHANGED "e77daa56bdbd4ed5bf91ac57608dd8a4"

/* Somebody whom polkit allowed it has asked for a module. */
#define JOURNAL_ID_MODULE_REQUEST "50448a571c1a4e588cb104968147cf87"

#define JOURNAL_FIELD_MESSAGE_ID "MESSAGE_ID"
#define JOURNAL_FIELD_CHECK "VIRTREADY_CHECK"
#define JOURNAL_FIELD_PROFILE "VIRTREADY_PROFILE"
#define JOURNAL_FIELD_STATE "VIRTREADY_STATE"
#define JOURNAL_FIELD_OLD_STATE "VIRTREADY_OLD_STATE"
#define JOURNAL_FIELD_REASON "VIRTREADY_REASON"
#define JOURNAL_FIELD_GENERATION "VIRTREADY_GENERATION"
#define JOURNAL_FIELD_MODULE "VIRTREADY_MODULE"
#define JOURNAL_FIELD_ACT "VIRTREADY_ACT"
#define JOURNAL_FIELD_OUTCOME "VIRTREADY_OUTCOME"
#define JOURNAL_FIELD_ERRNO "ERRNO" /* the journal's own (systemd.journal-fields(7)) */
#define JOURNAL_FIELD_CALLER "VIRTREADY_CALLER"
#define JOURNAL_FIELD_CALLER_UID "VIRTREADY_CALLER_UID"
