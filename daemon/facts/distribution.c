/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Reads os-release. */

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../basic/macro.h"
#include "distribution.h"

#define OS_RELEASE_MAX (64U * 1024U)

static Distribution distribution_from_id(const char *id) {
        static const struct {
                const char *id;
                Distribution distribution;
        } ids[] = {
                { "alpine", DISTRIBUTION_ALPINE },      { "arch", DISTRIBUTION_ARCH },
                { "centos", DISTRIBUTION_RHEL },        { "debian", DISTRIBUTION_DEBIAN },
                { "fedora", DISTRIBUTION_FEDORA },      { "opensuse", DISTRIBUTION_SUSE },
                { "opensuse-leap", DISTRIBUTION_SUSE }, { "opensuse-tumbleweed", DISTRIBUTION_SUSE },
                { "rhel", DISTRIBUTION_RHEL },          { "sles", DISTRIBUTION_SUSE },
                { "suse", DISTRIBUTION_SUSE },          { "ubuntu", DISTRIBUTION_UBUNTU },
        };

        FOREACH_ELEMENT(i, ids)
                if (streq(i->id, id))
                        return i->distribution;

        return DISTRIBUTION_UNKNOWN;
}

/* ID_LIKE begins with the closest relative. */
static Distribution distribution_from_words(char *words) {
        Distribution distribution = DISTRIBUTION_UNKNOWN;
        char *saved = NULL;

        for (char *word = strtok_r(words, " ", &saved); word && distribution == DISTRIBUTION_UNKNOWN;
             word = strtok_r(NULL, " ", &saved))
                distribution = distribution_from_id(word);

        return distribution;
}

/* A value is written as a shell would read it: quotes go, and so does a backslash before another character,
 * except within single quotes. */
static void unquote(char *value) {
        char *end = value, quote = '\0';

        for (const char *p = value; *p != '\0'; p++) {
                if (quote == '\0' && (*p == '"' || *p == '\''))
                        quote = *p;
                else if (quote != '\0' && *p == quote)
                        quote = '\0';
                else if (*p == '\\' && quote != '\'' && p[1] != '\0')
                        *end++ = *++p;
                else
                        *end++ = *p;
        }

        *end = '\0';
}

int distribution_facts_parse(char *text, DistributionFacts *distribution) {
        char *cursor = text, *line, *id = NULL, *id_like = NULL, *name = NULL, *pretty_name = NULL,
             *ostree_version = NULL;
        const struct {
                const char *key;
                char **value;
        } keys[] = {
                { "ID=", &id },
                { "ID_LIKE=", &id_like },
                { "NAME=", &name },
                { "OSTREE_VERSION=", &ostree_version },
                { "PRETTY_NAME=", &pretty_name },
        };

        while ((line = strsep(&cursor, "\n")))
                FOREACH_ELEMENT(key, keys)
                        if (startswith(line, key->key)) {
                                *key->value = line + strlen(key->key);
                                unquote(*key->value);
                        }

        if (id)
                distribution->id = distribution_from_id(id);
        if (id_like && distribution->id == DISTRIBUTION_UNKNOWN) {
                distribution->id = distribution_from_words(id_like);
                distribution->derived = distribution->id != DISTRIBUTION_UNKNOWN;
        }

        distribution->ostree = !isempty(ostree_version);

        if (isempty(pretty_name))
                pretty_name = name;
        if (isempty(pretty_name))
                return 0;

        distribution->name = strdup(pretty_name);
        return distribution->name ? 0 : -ENOMEM;
}

int distribution_facts_read(const Root *root, DistributionFacts *facts) {
        DistributionFacts distribution = {};
        _cleanup_free_ char *text = NULL;
        int r;

        r = root_read(root, "etc/os-release", OS_RELEASE_MAX, &text);
        if (r < 0 && r != -ENOMEM)
                r = root_read(root, "usr/lib/os-release", OS_RELEASE_MAX, &text);
        if (r >= 0)
                r = distribution_facts_parse(text, &distribution);
        if (r == -ENOMEM)
                return r;

        distribution.ostree = distribution.ostree || root_exists(root, "run/ostree-booted") > 0;
        distribution.rpm_ostree = distribution.ostree && root_exists(root, "usr/bin/rpm-ostree") > 0;

        distribution_facts_done(facts);
        *facts = distribution;
        return 0;
}

void distribution_facts_done(DistributionFacts *distribution) {
        free(distribution->name);
        *distribution = (DistributionFacts){};
}
