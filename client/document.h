/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads the JSON document of Manager.Describe, in which any member may be missing or of another type than it
 * should. */
#pragma once

#include <json-c/json.h>
#include <stdint.h>

#include "../daemon/basic/json.h"
#include "../daemon/checks/check.h"
#include "../daemon/checks/profile.h"

typedef struct lh_entry Member;

/* Parses a document. Returns -EBADMSG for what is no JSON object, -ENOMEM or 0. */
int document_parse(const char *text, Json **ret);

/* All of these take NULL, and anything that is not what they expect, as an empty one: they yield NULL, "",
 * false or 0 then; doc_text_or() yields FALLBACK where it would be "". What they return belongs to the
 * document. */
Json *doc_get(Json *object, const char *key);
const char *doc_text(Json *object, const char *key);
const char *doc_text_or(Json *object, const char *key, const char *fallback);
bool doc_flag(Json *object, const char *key);
uint64_t doc_number(Json *object, const char *key);

/* The members of an object, first to last:
 *     for (Member *m = doc_first(object); m; m = doc_next(m)) */
Member *doc_first(Json *object);
Member *doc_next(Member *member);
const char *doc_key(const Member *member);
Json *doc_value(const Member *member);

/* Arrays, and arrays of strings. */
size_t doc_size(Json *array);
Json *doc_at(Json *array, size_t index);
const char *doc_text_at(Json *array, size_t index);
bool doc_lists(Json *array, const char *text);

/* The objects of a document, by id. */
Json *doc_check(Json *document, const char *id);
Json *doc_profile(Json *document, const char *id);
Json *doc_device(Json *document, const char *address);

/* Whether a guest could be given a device: pass, fail or unknown. */
CheckState doc_device_state(Json *device);

/* Whether libvirt is well there: pass (also while it sleeps), fail or unknown. */
CheckState doc_hypervisor_state(Json *hypervisor);

/* Their states. A word that this program does not know counts as unknown. */
CheckState doc_check_state(Json *check);
ProfileState doc_profile_state(Json *profile);

/* The state of a profile that a word is, or that it is unknown. */
ProfileState profile_state_of_word(const char *word);
