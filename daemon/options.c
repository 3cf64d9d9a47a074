/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Parses the command line with getopt_long(3). */

#include <errno.h>
#include <getopt.h>
#include <stdio.h>

#include "basic/log.h"
#include "config.h"
#include "module-loader.h"
#include "options.h"

static void print_help(void) {
        puts("virtreadyd [OPTION…]\n"
             "\n"
             "Says on D-Bus whether this machine can run virtual machines, and keeps it true.\n"
             "\n"
             "  -h --help         Show this help\n"
             "     --version      Show the version\n"
             "     --root=DIR     Read another machine's files under DIR, and probe nothing\n"
             "     --bus=ADDRESS  Serve on this message bus instead of the system bus\n"
             "     --modprobe-socket=PATH\n"
             "                    Have modules loaded by what listens here (default:\n"
             "                    " LOADER_SOCKET ")\n"
             "     --libvirt=URI  Ask libvirt about this connection instead of qemu:///system and\n"
             "                    lxc:///system, and whether or not its service runs\n"
             "     --libvirt-helper=PATH\n"
             "                    Ask libvirt with this program (default:\n"
             "                    " LIBVIRT_HELPER ")\n"
             "\n"
             "It is started by systemd; see virtreadyd(8). To query it, see virtreadyctl(1).");
}

/* ARGUMENT is the first one, or NULL. */
static int check(const Options *options, const char *argument) {
        if (isempty(options->root)) {
                log_error("--root needs a directory. Try --help.");
                return -EINVAL;
        }

        if (argument) {
                log_error("virtreadyd takes no arguments, but was given '%s'. Try --help.", argument);
                return -EINVAL;
        }

        return 0;
}

int options_parse(int argc, char *argv[], Options *ret) {
        enum {
                ARG_VERSION = 0x100,
                ARG_ROOT,
                ARG_BUS,
                ARG_MODPROBE_SOCKET,
                ARG_LIBVIRT,
                ARG_LIBVIRT_HELPER,
        };
        static const struct option options[] = {
                { "help", no_argument, NULL, 'h' },
                { "version", no_argument, NULL, ARG_VERSION },
                { "root", required_argument, NULL, ARG_ROOT },
                { "bus", required_argument, NULL, ARG_BUS },
                { "modprobe-socket", required_argument, NULL, ARG_MODPROBE_SOCKET },
                { "libvirt", required_argument, NULL, ARG_LIBVIRT },
                { "libvirt-helper", required_argument, NULL, ARG_LIBVIRT_HELPER },
                {},
        };
        Options parsed = { .root = "/", .modprobe_socket = LOADER_SOCKET, .libvirt_helper = LIBVIRT_HELPER };
        int c, r;

        while ((c = getopt_long(argc, argv, "h", options, NULL)) >= 0)
                switch (c) {
                case 'h':
                        print_help();
                        return 0;
                case ARG_VERSION:
                        puts("virtreadyd " PROJECT_VERSION);
                        return 0;
                case ARG_ROOT:
                        parsed.root = optarg;
                        break;
                case ARG_BUS:
                        parsed.bus_address = optarg;
                        break;
                case ARG_MODPROBE_SOCKET:
                        parsed.modprobe_socket = optarg;
                        break;
                case ARG_LIBVIRT:
                        parsed.libvirt_uri = optarg;
                        break;
                case ARG_LIBVIRT_HELPER:
                        parsed.libvirt_helper = optarg;
                        break;
                default:
                        /* getopt_long() has said what is wrong. */
                        return -EINVAL;
                }

        r = check(&parsed, optind < argc ? argv[optind] : NULL);
        if (r < 0)
                return r;

        *ret = parsed;
        return 1;
}
