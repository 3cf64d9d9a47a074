/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Somebody else's virtual machine: it is there until this process ends. Usage: hold-vm [COUNT] */

#include <fcntl.h>
#include <linux/kvm.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char *argv[]) {
        int n = argc > 1 ? atoi(argv[1]) : 1;
        int kvm = open("/dev/kvm", O_RDWR | O_CLOEXEC);

        if (kvm < 0) {
                perror("/dev/kvm");
                return EXIT_FAILURE;
        }

        for (int i = 0; i < n; i++)
                if (ioctl(kvm, KVM_CREATE_VM, 0) < 0) {
                        perror("KVM_CREATE_VM");
                        return EXIT_FAILURE;
                }

        puts("holding");
        fflush(stdout);
        pause();
        return EXIT_SUCCESS;
}
