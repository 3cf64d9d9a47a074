/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses and writes the lines. */

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../basic/macro.h"
#include "protocol.h"

#define NO_WORD "-"

static const char *const domcapabilities_outcome_table[_DOMCAPABILITIES_OUTCOME_MAX] = {
        [DOMCAPABILITIES_READY] = "ready",
        [DOMCAPABILITIES_DONE] = "done",
        [DOMCAPABILITIES_UNSUPPORTED] = "unsupported",
        [DOMCAPABILITIES_FAILED] = "failed",
        [DOMCAPABILITIES_OTHER_URI] = "other-uri",
        [DOMCAPABILITIES_BAD_REQUEST] = "bad-request",
};
DEFINE_STRING_TABLE(domcapabilities_outcome, DomcapabilitiesOutcome);

/* In the names of architectures, types and machines, and in addresses: nothing that would be a path, an
 * option or a line of its own. */
static bool is_word(const char *word, const char *others) {
        static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
        const char *p = word;

        if (strspn(word, letters) == 0)
                return false;

        while (*p != '\0' && (strchr(letters, *p) || strchr(others, *p)))
                p++;

        return *p == '\0';
}

bool domcapabilities_can_ask(const char *uri) {
        return is_word(uri, ":/+?=&.,_-@%");
}

static bool is_request(const DomcapabilitiesRequest *request) {
        return domcapabilities_can_ask(request->uri) && is_word(request->arch, "_-") &&
               is_word(request->virt_type, "_-") && (!request->machine || is_word(request->machine, "._+-"));
}

int domcapabilities_request_parse(char *line, DomcapabilitiesRequest *ret) {
        char *words[4], *cursor = line;

        FOREACH_ELEMENT(word, words) {
                *word = strsep(&cursor, " ");
                if (isempty(*word))
                        return -EBADMSG;
        }
        if (cursor)
                return -EBADMSG;

        const DomcapabilitiesRequest request = {
                .uri = words[0],
                .arch = words[1],
                .virt_type = words[2],
                .machine = streq(words[3], NO_WORD) ? NULL : words[3],
        };
        if (!is_request(&request))
                return -EBADMSG;

        *ret = request;
        return 0;
}

int domcapabilities_request_format(const DomcapabilitiesRequest *request,
                                   char ret[static DOMCAPABILITIES_LINE_MAX]) {
        int n;

        if (!is_request(request))
                return -EINVAL;

        n = snprintf(ret, DOMCAPABILITIES_LINE_MAX, "%s %s %s %s\n", request->uri, request->arch,
                     request->virt_type, request->machine ? request->machine : NO_WORD);
        return n < (int) DOMCAPABILITIES_LINE_MAX ? n : -EINVAL;
}

int domcapabilities_answer_parse(const char *line, DomcapabilitiesAnswer *ret) {
        const char *blank = strchr(line, ' ');
        unsigned long size;
        char *end;

        if (!blank || blank[1] < '0' || blank[1] > '9')
                return -EBADMSG;

        errno = 0;
        size = strtoul(blank + 1, &end, 10);
        if (errno != 0 || *end != '\0' || size > DOMCAPABILITIES_TEXT_MAX)
                return -EBADMSG;

        for (DomcapabilitiesOutcome outcome = 0; outcome < _DOMCAPABILITIES_OUTCOME_MAX; outcome++) {
                const char *word = domcapabilities_outcome_table[outcome];

                if (strlen(word) == (size_t) (blank - line) && startswith(line, word)) {
                        *ret = (DomcapabilitiesAnswer){ .outcome = outcome, .size = size };
                        return 0;
                }
        }

        return -EBADMSG;
}

int domcapabilities_answer_format(const DomcapabilitiesAnswer *answer,
                                  char ret[static DOMCAPABILITIES_LINE_MAX]) {
        return snprintf(ret, DOMCAPABILITIES_LINE_MAX, "%s %zu\n",
                        domcapabilities_outcome_to_string(answer->outcome), answer->size);
}
