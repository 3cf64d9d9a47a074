/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses each value once, into the type that the daemon takes. */

#include <errno.h>

#include "../daemon/basic/log.h"
#include "fit-options.h"
#include "size.h"

typedef enum Kind {
        KIND_NUMBER,
        KIND_SIZE,
        KIND_RATIO,
        KIND_TEXT,
} Kind;

static const struct {
        const char *name;
        const char *key;
        Kind kind;
        bool may_be_zero;
} table[FIT_N_OPTIONS] = {
        [FIT_INDEX(FIT_VCPUS)] = { "--vcpus", "vcpus", KIND_NUMBER, false },
        [FIT_INDEX(FIT_MEMORY)] = { "--memory", "memory_bytes", KIND_SIZE, false },
        [FIT_INDEX(FIT_DISK)] = { "--disk", "disk_bytes", KIND_SIZE, true },
        [FIT_INDEX(FIT_COUNT)] = { "--count", "count", KIND_NUMBER, false },
        [FIT_INDEX(FIT_PRESET)] = { "--preset", "preset", KIND_TEXT, false },
        [FIT_INDEX(FIT_CPU_RATIO)] = { "--cpu-ratio", "cpu_ratio", KIND_RATIO, false },
        [FIT_INDEX(FIT_MEMORY_RATIO)] = { "--memory-ratio", "memory_ratio", KIND_RATIO, false },
        [FIT_INDEX(FIT_DISK_RATIO)] = { "--disk-ratio", "disk_ratio", KIND_RATIO, false },
        [FIT_INDEX(FIT_RESERVE_CPUS)] = { "--reserve-cpus", "reserve_cpus", KIND_NUMBER, true },
        [FIT_INDEX(FIT_RESERVE_MEMORY)] = { "--reserve-memory", "reserve_memory_bytes", KIND_SIZE, true },
        [FIT_INDEX(FIT_HUGE_PAGES)] = { "--huge-pages", "huge_page_bytes", KIND_SIZE, false },
        [FIT_INDEX(FIT_STORAGE)] = { "--storage", "storage_path", KIND_TEXT, false },
};

static int parse_number(const char *name, const char *text, bool may_be_zero, uint32_t *ret) {
        const char *p = text;
        uint64_t number = 0;

        for (; *p >= '0' && *p <= '9' && number <= UINT32_MAX; p++)
                number = number * 10 + (uint64_t) (*p - '0');

        if (p == text || *p != '\0' || number > UINT32_MAX || (number == 0 && !may_be_zero)) {
                log_error("'%s' is no number for %s, such as 4. Try --help.", text, name);
                return -EINVAL;
        }

        *ret = (uint32_t) number;
        return 0;
}

static int parse_size(const char *name, const char *text, bool may_be_zero, uint64_t *ret) {
        int r = size_parse(text, ret);

        if (r == -ERANGE)
                log_error("'%s' is too large a size for %s. Try --help.", text, name);
        else if (r < 0)
                log_error("'%s' is no size for %s, such as 512M or 8G. Try --help.", text, name);
        else if (*ret == 0 && !may_be_zero) {
                log_error("%s must be more than 0. Try --help.", name);
                return -EINVAL;
        }

        return r < 0 ? -EINVAL : 0;
}

static int parse_ratio(const char *name, const char *text, double *ret) {
        if (decimal_parse(text, ret) < 0 || *ret <= 0 || *ret > 1000) {
                log_error("'%s' is no ratio for %s: more than 0 and at most 1000, such as 4 or 1.5. Try "
                          "--help.",
                          text, name);
                return -EINVAL;
        }

        return 0;
}

bool fit_options_have(int option) {
        return option >= _FIT_OPTION_FIRST && option < _FIT_OPTION_MAX;
}

int fit_options_take(int option, const char *value, FitOptions *options) {
        const unsigned i = FIT_INDEX(option);
        FitValue parsed = {};
        int r = 0;

        if (isempty(value)) {
                log_error("Option '%s' needs a value. Try --help.", table[i].name);
                return -EINVAL;
        }

        switch (table[i].kind) {
        case KIND_NUMBER:
                r = parse_number(table[i].name, value, table[i].may_be_zero, &parsed.u);
                break;
        case KIND_SIZE:
                r = parse_size(table[i].name, value, table[i].may_be_zero, &parsed.t);
                break;
        case KIND_RATIO:
                r = parse_ratio(table[i].name, value, &parsed.d);
                break;
        case KIND_TEXT:
                parsed.s = value;
                break;
        }
        if (r < 0)
                return r;

        options->values[i] = parsed;
        options->given[i] = true;
        if (!options->first)
                options->first = table[i].name;
        return 1;
}

bool fit_options_suffice(const FitOptions *options) {
        return options->given[FIT_INDEX(FIT_VCPUS)] && options->given[FIT_INDEX(FIT_MEMORY)];
}

static int append(sd_bus_message *message, unsigned i, const FitValue *value) {
        const char *key = table[i].key;

        switch (table[i].kind) {
        case KIND_NUMBER:
                return sd_bus_message_append(message, "{sv}", key, "u", value->u);
        case KIND_SIZE:
                return sd_bus_message_append(message, "{sv}", key, "t", value->t);
        case KIND_RATIO:
                return sd_bus_message_append(message, "{sv}", key, "d", value->d);
        default:
                return sd_bus_message_append(message, "{sv}", key, "s", value->s);
        }
}

int fit_options_append(sd_bus_message *message, const FitOptions *options) {
        for (unsigned i = 0; i < FIT_N_OPTIONS; i++) {
                int r = options->given[i] ? append(message, i, &options->values[i]) : 0;

                if (r < 0)
                        return r;
        }

        return 0;
}
