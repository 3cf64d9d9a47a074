/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Writes for terminals. */

#include <langinfo.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "../daemon/basic/macro.h"
#include "../daemon/basic/utf8.h"
#include "output.h"

#define COLUMNS_DEFAULT 80U
#define COLUMNS_MIN 40U /* on a narrower terminal nothing is gained by breaking lines */

/* ECMA-48, 8.3.117 (SGR). */
static const char *const style_table[_STYLE_MAX] = {
        [STYLE_PLAIN] = "",           [STYLE_BOLD] = "\033[1m",     [STYLE_DIM] = "\033[2m",
        [STYLE_GOOD] = "\033[32m",    [STYLE_BAD] = "\033[1;31m",   [STYLE_WARNING] = "\033[33m",
        [STYLE_MINOR] = "\033[2;33m", [STYLE_COMMAND] = "\033[36m",
};

static bool want_colour(int fd) {
        const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");

        return isatty(fd) && isempty(no_colour) && !(term && streq(term, "dumb"));
}

static unsigned terminal_columns(int fd) {
        struct winsize size = {};

        if (ioctl(fd, TIOCGWINSZ, &size) < 0 || size.ws_col == 0)
                return COLUMNS_DEFAULT;

        return size.ws_col < COLUMNS_MIN ? COLUMNS_MIN : size.ws_col;
}

void output_detect(FILE *file, Output *ret) {
        int fd = fileno(file);

        *ret = (Output){
                .file = file,
                .colour = want_colour(fd),
                .utf8 = streq(nl_langinfo(CODESET), "UTF-8"),
                .terminal = isatty(fd),
                .root = geteuid() == 0,
                .columns = terminal_columns(fd),
        };
}

/* Prints the next LENGTH bytes of TEXT. Returns their width. */
static unsigned put_characters(const Output *output, const char *text, size_t length) {
        unsigned width = 0;

        for (const char *p = text; p < text + length; width++) {
                bool showable;
                size_t n = utf8_next(p, &showable);

                if (showable && (n == 1 || output->utf8))
                        fwrite(p, 1, n, output->file);
                else
                        fputc('?', output->file);
                p += n;
        }

        return width;
}

static void begin_style(const Output *output, Style style) {
        if (output->colour)
                fputs(style_table[style], output->file);
}

static void end_style(const Output *output, Style style) {
        if (output->colour && style != STYLE_PLAIN)
                fputs("\033[0m", output->file);
}

unsigned output_text(const Output *output, Style style, const char *text) {
        unsigned width;

        if (isempty(text))
                return 0;

        begin_style(output, style);
        width = put_characters(output, text, strlen(text));
        end_style(output, style);
        return width;
}

static unsigned width_of(const char *text, size_t length) {
        unsigned width = 0;
        bool showable;

        for (const char *p = text; p < text + length; width++)
                p += utf8_next(p, &showable);

        return width;
}

unsigned output_width(const char *text) {
        return width_of(text, strlen(text));
}

void output_blanks(const Output *output, unsigned n) {
        fprintf(output->file, "%*s", (int) n, "");
}

void output_padded(const Output *output, Style style, const char *text, unsigned width) {
        unsigned printed = output_text(output, style, text);

        if (printed < width)
                output_blanks(output, width - printed);
}

unsigned output_wrapped(const Output *output, unsigned column, unsigned indent, Style style,
                        const char *text) {
        static const char blanks[] = " \t\n";
        bool first = true;

        if (text[strspn(text, blanks)] == '\0')
                return column;

        begin_style(output, style);
        for (const char *p = text + strspn(text, blanks); *p != '\0'; p += strspn(p, blanks)) {
                size_t length = strcspn(p, blanks);
                unsigned width = width_of(p, length);

                if (column > indent && column + (first ? 0 : 1) + width > output->columns) {
                        fputc('\n', output->file);
                        output_blanks(output, indent);
                        column = indent;
                } else if (!first) {
                        fputc(' ', output->file);
                        column++;
                }

                column += put_characters(output, p, length);
                p += length;
                first = false;
        }
        end_style(output, style);

        return column;
}

const char *output_check_mark(const Output *output, CheckState state) {
        switch (state) {
        case CHECK_PASS:
                return output->utf8 ? "✓" : "+";
        case CHECK_FAIL:
                return output->utf8 ? "✗" : "x";
        case CHECK_BLOCKED:
                return output->utf8 ? "⊘" : "/";
        case CHECK_NOT_APPLICABLE:
                return output->utf8 ? "–" : "-";
        default:
                return "?";
        }
}

const char *output_profile_mark(const Output *output, ProfileState state) {
        switch (state) {
        case PROFILE_READY:
                return output_check_mark(output, CHECK_PASS);
        case PROFILE_DEGRADED:
                return "!";
        case PROFILE_NOT_READY:
                return output_check_mark(output, CHECK_FAIL);
        case PROFILE_NOT_APPLICABLE:
                return output_check_mark(output, CHECK_NOT_APPLICABLE);
        default:
                return "?";
        }
}

const char *output_arrow(const Output *output) {
        return output->utf8 ? "→" : ">";
}

Style profile_state_style(ProfileState state) {
        switch (state) {
        case PROFILE_READY:
                return STYLE_GOOD;
        case PROFILE_NOT_READY:
                return STYLE_BAD;
        case PROFILE_NOT_APPLICABLE:
                return STYLE_DIM;
        default:
                return STYLE_WARNING;
        }
}
