/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* virtready-domcapabilities: asks libvirt, as root, what a guest may have, which it tells nobody else. */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "../basic/log.h"
#include "../libvirt/connection.h"
#include "../libvirt/text.h"
#include "../libvirt/trouble.h"
#include "config.h"
#include "serve.h"

#define URI_DEFAULT "qemu:///system"

/* Who asks waits less (daemon/libvirt/teller.c); what hangs until then does not come back. */
#define LIFETIME_SECONDS 60U

static void print_help(void) {
        puts("virtready-domcapabilities [OPTION]\n"
             "\n"
             "Asks libvirt what the guests may have that lines on standard input name, and sends its\n"
             "answers.\n"
             "\n"
             "  -h --help     Show this help\n"
             "     --version  Show the version\n"
             "     --uri=URI  Ask this libvirt, and no other (default: " URI_DEFAULT ")\n"
             "\n"
             "It is started by systemd, for virtready-libvirt; see virtready-domcapabilities(8). To see "
             "what\n"
             "guests may have, use 'virtreadyctl hypervisor'.");
}

/* Returns 1 when there are requests to be served; else 0 or -EINVAL. */
static int parse_arguments(int argc, char *argv[], const char **ret_uri) {
        enum {
                OPTION_VERSION = 0x100,
                OPTION_URI,
        };
        static const struct option options[] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, OPTION_VERSION },
                { "uri", required_argument, NULL, OPTION_URI },
                {},
        };
        const char *uri = URI_DEFAULT;
        int c;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case 'h':
                        print_help();
                        return 0;
                case OPTION_VERSION:
                        puts("virtready-domcapabilities " PROJECT_VERSION);
                        return 0;
                case OPTION_URI:
                        uri = optarg;
                        break;
                default: /* getopt_long() has said what is wrong. */
                        return -EINVAL;
                }

        if (optind < argc) {
                log_error("virtready-domcapabilities takes no arguments, but was given '%s'. Try --help.",
                          argv[optind]);
                return -EINVAL;
        }

        *ret_uri = uri;
        return 1;
}

/* What find() works with. */
typedef struct Finder {
        const char *uri;
        virConnect *connection; /* NULL until somebody asks */
} Finder;

static DomcapabilitiesOutcome tell_failure(char **ret_text) {
        _cleanup_(trouble_done) Trouble trouble = {};

        if (virGetLastErrorCode() == VIR_ERR_NO_SUPPORT)
                return DOMCAPABILITIES_UNSUPPORTED;

        if (trouble_from_libvirt(&trouble) == -EIO)
                *ret_text = TAKE_PTR(trouble.detail);

        return DOMCAPABILITIES_FAILED;
}

/* The emulator is libvirt's to choose: to have it run a program of somebody's choice is what it guards this
 * question against (CVE-2019-10167). */
static DomcapabilitiesOutcome find(const DomcapabilitiesRequest *request, char **ret_text, void *userdata) {
        Finder *finder = userdata;
        char *text;

        if (!finder->connection && connection_open(finder->uri, CONNECTION_MANAGE, &finder->connection) < 0)
                return tell_failure(ret_text);

        text = virConnectGetDomainCapabilities(finder->connection, NULL, request->arch, request->machine,
                                               request->virt_type, 0);
        if (!text)
                return tell_failure(ret_text);

        *ret_text = text;
        return DOMCAPABILITIES_DONE;
}

int main(int argc, char *argv[]) {
        Finder finder = {};
        ServeStatus status;
        int r;

        r = parse_arguments(argc, argv, &finder.uri);
        if (r <= 0)
                return r < 0 ? SERVE_USAGE : SERVE_ANSWERED;

        if (!serve_can(STDIN_FILENO)) {
                log_error("Standard input is no connection to take requests from. This program is started "
                          "by systemd, for virtready-libvirt. Try --help.");
                return SERVE_USAGE;
        }

        (void) alarm(LIFETIME_SECONDS);

        r = connection_prepare();
        if (r < 0) {
                (void) log_error_errno(r, "Failed to prepare libvirt's library: %m");
                return SERVE_FAILED;
        }

        status = serve(STDIN_FILENO, finder.uri, find, &finder);
        virConnectClosep(&finder.connection);
        return (int) status;
}
