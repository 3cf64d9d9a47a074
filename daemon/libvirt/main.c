/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtready-libvirt: asks libvirt one question for virtreadyd, and prints the answer as one JSON document.
 */

#include <errno.h>
#include <getopt.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "../basic/json.h"
#include "../basic/log.h"
#include "../domcapabilities/protocol.h"
#include "config.h"
#include "connection.h"
#include "describe.h"
#include "usage.h"

/* Enough for the longest messages that libvirt takes, 32 MiB, and for all that is made of its XML. */
#define ADDRESS_SPACE_MAX (UINT64_C(512) * 1024 * 1024)

typedef struct Arguments {
        bool describe;
        const char *uri;    /* NULL: none */
        const char *path;   /* NULL: none */
        const char *socket; /* of virtready-domcapabilities; NULL: not given */
} Arguments;

static void print_help(void) {
        puts("virtready-libvirt describe [--domcapabilities-socket=PATH] URI\n"
             "virtready-libvirt usage [--uri=URI] [--storage=PATH]\n"
             "\n"
             "Asks libvirt, for virtreadyd, and prints the answer as JSON.\n"
             "\n"
             "  describe URI      What the libvirt at this URI is, and what guests it can run\n"
             "    --domcapabilities-socket=PATH\n"
             "                    where virtready-domcapabilities listens (default:\n"
             "                    " DOMCAPABILITIES_SOCKET ")\n"
             "  usage             What running guests take, and what is free:\n"
             "    --uri=URI       ask this libvirt about its guests\n"
             "    --storage=PATH  ask the file system that this path is in\n"
             "\n"
             "  -h --help         Show this help\n"
             "     --version      Show the version\n"
             "\n"
             "It waits for libvirt as long as that takes; see virtready-libvirt(8). To see what libvirt "
             "says,\n"
             "use 'virtreadyctl hypervisor'.");
}

static int parse_options(int argc, char *argv[], Arguments *arguments) {
        enum {
                OPTION_VERSION = 0x100,
                OPTION_URI,
                OPTION_STORAGE,
                OPTION_SOCKET,
        };
        static const struct option options[] = { { "help", no_argument, NULL, 'h' },
                                                 { "version", no_argument, NULL, OPTION_VERSION },
                                                 { "uri", required_argument, NULL, OPTION_URI },
                                                 { "storage", required_argument, NULL, OPTION_STORAGE },
                                                 { "domcapabilities-socket", required_argument, NULL,
                                                   OPTION_SOCKET },
                                                 {} };
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case 'h':
                        print_help();
                        return 0;
                case OPTION_VERSION:
                        puts("virtready-libvirt " PROJECT_VERSION);
                        return 0;
                case OPTION_URI:
                        arguments->uri = optarg;
                        break;
                case OPTION_STORAGE:
                        arguments->path = optarg;
                        break;
                case OPTION_SOCKET:
                        arguments->socket = optarg;
                        break;
                default: /* getopt_long() has said what is wrong. */
                        return -EINVAL;
                }

        return 1;
}

static int wrong_usage(const char *message) {
        log_error("%s Try --help.", message);
        return -EINVAL;
}

/* Returns 1 when there is something to do, 0 when that was all, or -EINVAL, having said why. */
static int parse_arguments(int argc, char *argv[], Arguments *ret) {
        Arguments arguments = {};
        int n, r;

        r = parse_options(argc, argv, &arguments);
        if (r <= 0)
                return r;

        n = argc - optind;
        if (n == 0)
                return wrong_usage("virtready-libvirt has to be told what to do.");

        arguments.describe = streq(argv[optind], "describe");
        if (!arguments.describe && !streq(argv[optind], "usage"))
                return wrong_usage("virtready-libvirt knows 'describe' and 'usage' alone.");
        if (arguments.describe && (arguments.uri || arguments.path))
                return wrong_usage("'describe' takes --domcapabilities-socket alone.");
        if (!arguments.describe && arguments.socket)
                return wrong_usage("'usage' does not take --domcapabilities-socket.");
        if (arguments.describe && n != 2)
                return wrong_usage("'describe' needs one URI.");
        if (!arguments.describe && n != 1)
                return wrong_usage("'usage' takes options alone.");

        if (arguments.describe)
                arguments.uri = argv[optind + 1];
        if ((arguments.uri && isempty(arguments.uri)) || (arguments.path && isempty(arguments.path)))
                return wrong_usage("A URI or path is empty.");

        *ret = arguments;
        return 1;
}

/* Neither outlives the one who asked, nor lets libvirt take all memory, nor ends at a connection that broke.
 */
static void restrain(void) {
#if !defined(__SANITIZE_ADDRESS__)
        const struct rlimit limit = { ADDRESS_SPACE_MAX, ADDRESS_SPACE_MAX };

        /* A second thread would keep 64 MiB of that for what it allocates. */
        (void) mallopt(M_ARENA_MAX, 1);
        if (setrlimit(RLIMIT_AS, &limit) < 0)
                (void) log_debug_errno(-errno, "Failed to limit the memory, ignoring: %m");
#endif
        if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
                (void) log_debug_errno(-errno, "Failed to end with the parent, ignoring: %m");
        (void) signal(SIGPIPE, SIG_IGN);
}

static int print(Json *document) {
        const char *text = json_object_to_json_string_ext(document, JSON_C_TO_STRING_PLAIN |
                                                                            JSON_C_TO_STRING_NOSLASHESCAPE);

        if (!text)
                return log_oom();
        if (puts(text) < 0 || fflush(stdout) != 0)
                return log_error_errno(-errno, "Failed to print the answer: %m");

        return 0;
}

static int answer(const Arguments *arguments) {
        _cleanup_(json_object_putp) Json *document = NULL;
        int left, r;

        r = left =
                arguments->describe
                        ? describe(arguments->uri,
                                   arguments->socket ? arguments->socket : DOMCAPABILITIES_SOCKET, &document)
                        : usage(arguments->uri, arguments->path, &document);
        if (r < 0)
                return log_oom();

        r = print(document);
        if (left > 0)
                _exit(r < 0 ? EXIT_FAILURE : EXIT_SUCCESS);

        return r;
}

int main(int argc, char *argv[]) {
        Arguments arguments = {};
        int r;

        r = parse_arguments(argc, argv, &arguments);
        if (r <= 0)
                return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;

        restrain();

        r = connection_prepare();
        if (r < 0) {
                (void) log_error_errno(r, "Failed to prepare libvirt's library: %m");
                return EXIT_FAILURE;
        }

        return answer(&arguments) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
