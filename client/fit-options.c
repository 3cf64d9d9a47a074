/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses each value once, into the type that the daemon takes. */

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "../daemon/basic/log.h"
#include "../daemon/capacity/capacity.h"
#include "../daemon/capacity/validity.h"
#include "fit-options.h"
#include "size.h"

#define MEMORY_MIN (UINT64_C(1) << 20)

/* A number without a unit that is less is hardly one of bytes, and below the other one of GiB. */
#define UNITLESS_MIN (UINT64_C(1) << 20)
#define GIB_MAX 512U

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
                log_error("%s must be from %i to %" PRIu32 ", and not '%s'. Try --help.", name,
                          may_be_zero ? 0 : 1, UINT32_MAX, text);
                return -EINVAL;
        }

        *ret = (uint32_t) number;
        return 0;
}

/* Nobody wants so few bytes: the unit was forgotten. Small numbers are of GiB then, others of MiB. */
static int check_unit(const char *name, const char *text, uint64_t bytes) {
        char size[SIZE_TEXT_MAX];

        if (bytes >= UNITLESS_MIN || text[strspn(text, "0123456789.")] != '\0' ||
            text[strspn(text, "0.")] == '\0')
                return 0;

        log_error("%s=%s is %s; did you mean %s%c? Try --help.", name, text, size_format_given(bytes, size),
                  text, bytes < GIB_MAX ? 'G' : 'M');
        return -EINVAL;
}

static int check_memory(const char *text, uint64_t bytes) {
        if (bytes >= MEMORY_MIN)
                return 0;

        log_error("--memory=%s is too little for a guest: at least 1M. Try --help.", text);
        return -EINVAL;
}

static int check_page(const char *text, uint64_t bytes) {
        if (capacity_page_is_valid(bytes))
                return 0;

        log_error("'%s' is no size of pages for --huge-pages, such as 2M or 1G. Try --help.", text);
        return -EINVAL;
}

static int parse_size(unsigned i, const char *text, uint64_t *ret) {
        const char *name = table[i].name;
        uint64_t bytes;
        int r;

        r = size_parse(text, &bytes);
        if (r == -ERANGE)
                log_error("'%s' is too large a size for %s. Try --help.", text, name);
        else if (r < 0)
                log_error("'%s' is no size for %s, such as 512M or 8G. Try --help.", text, name);
        if (r < 0)
                return -EINVAL;

        /* Of pages neither unit is a good guess. */
        r = i == FIT_INDEX(FIT_HUGE_PAGES) ? 0 : check_unit(name, text, bytes);
        if (r < 0)
                return r;

        if (bytes == 0 && !table[i].may_be_zero) {
                log_error("%s must be more than 0. Try --help.", name);
                return -EINVAL;
        }

        r = i == FIT_INDEX(FIT_MEMORY)       ? check_memory(text, bytes)
            : i == FIT_INDEX(FIT_HUGE_PAGES) ? check_page(text, bytes)
                                             : 0;
        if (r < 0)
                return r;

        *ret = bytes;
        return 0;
}

static int parse_ratio(const char *name, const char *text, double *ret) {
        double ratio;

        /* What the daemon counts in, and not much less: the digits of a decimal do not always add up to it.
         */
        if (decimal_parse(text, &ratio) < 0 || ratio < CAPACITY_RATIO_MIN * (1 - 1e-9) ||
            ratio > CAPACITY_RATIO_MAX) {
                log_error("'%s' is no ratio for %s: at least 0.000001 and at most 1000, such as 4 or 1.5. "
                          "Try --help.",
                          text, name);
                return -EINVAL;
        }

        *ret = ratio < CAPACITY_RATIO_MIN ? CAPACITY_RATIO_MIN : ratio;
        return 0;
}

static int parse_text(unsigned i, const char *text, const char **ret) {
        if (i == FIT_INDEX(FIT_STORAGE) && !capacity_path_is_valid(text)) {
                log_error("--storage must be an absolute path, such as /srv/images. Try --help.");
                return -EINVAL;
        }

        *ret = text;
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
                r = parse_size(i, value, &parsed.t);
                break;
        case KIND_RATIO:
                r = parse_ratio(table[i].name, value, &parsed.d);
                break;
        case KIND_TEXT:
                r = parse_text(i, value, &parsed.s);
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

static bool has(const FitOptions *options, FitOption option) {
        return options->given[FIT_INDEX(option)];
}

bool fit_options_check(const FitOptions *options, const char *verb) {
        static const FitOption of_disks[] = { FIT_STORAGE, FIT_DISK_RATIO };

        if (!has(options, FIT_VCPUS) || !has(options, FIT_MEMORY)) {
                log_error("'%s' needs --vcpus=N and --memory=SIZE. Try --help.", verb);
                return false;
        }

        FOREACH_ELEMENT(option, of_disks)
                if (has(options, *option) && options->values[FIT_INDEX(FIT_DISK)].t == 0) {
                        log_error("%s says nothing without --disk=SIZE. Try --help.",
                                  table[FIT_INDEX(*option)].name);
                        return false;
                }

        return true;
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
