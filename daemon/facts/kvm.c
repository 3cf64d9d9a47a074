/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The staged probe of KVM (Documentation/virt/kvm/api.rst). */

#include <errno.h>
#include <fcntl.h>
#include <linux/kvm.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sysmacros.h>

#include "../basic/deadline.h"
#include "kvm.h"
#include "owner.h"

/* drivers/char/misc.c: MISC_MAJOR; include/linux/miscdevice.h: KVM_MINOR. */
#define KVM_DEVICE_NUMBER makedev(10, 232)

#define GUEST_PAGE_SIZE 4096U

/* Where the guest's only page lies, and three pages that Intel CPUs without unrestricted guest mode need
 * (KVM_SET_TSS_ADDR); both anywhere below 4 GiB, not overlapping. */
#define GUEST_CODE_ADDRESS 0x1000U
#define GUEST_TSS_ADDRESS 0xfffbd000U

/* The guest's instruction: out 0, al. The host of a guest with a local APIC sees no HLT. */
static const uint8_t guest_code[] = { 0xe6, 0x00 };

/* The pins of an I/O APIC, which is what the routes of a split interrupt controller stand for. */
#define IOAPIC_PINS 24U

#define X86_RFLAGS_RESERVED 0x2

static unsigned check_extension(int kvm, int extension) {
        int r = ioctl(kvm, KVM_CHECK_EXTENSION, extension);

        return r > 0 ? (unsigned) r : 0;
}

static int fail(KvmFacts *kvm, KvmStage stage, int error) {
        kvm->stage = stage;
        kvm->error = error;
        return -1;
}

#if defined(__x86_64__) || defined(__i386__)

/* Real mode, code segment at 0, instruction pointer at the guest's code. */
static int set_initial_state(int vcpu) {
        struct kvm_sregs sregs;
        struct kvm_regs regs = { .rip = GUEST_CODE_ADDRESS, .rflags = X86_RFLAGS_RESERVED };

        if (ioctl(vcpu, KVM_GET_SREGS, &sregs) < 0)
                return -errno;

        sregs.cs.base = 0;
        sregs.cs.selector = 0;
        if (ioctl(vcpu, KVM_SET_SREGS, &sregs) < 0 || ioctl(vcpu, KVM_SET_REGS, &regs) < 0)
                return -errno;

        return 0;
}

static int run_until(int vcpu, const struct kvm_run *run, unsigned *ret_exit_reason) {
        _cleanup_(deadline_done) Deadline deadline = DEADLINE_NONE;
        int r;

        r = deadline_start(&deadline, KVM_PROBE_TIME_LIMIT_USEC);
        if (r < 0)
                return r;

        do
                r = ioctl(vcpu, KVM_RUN, 0);
        while (r < 0 && errno == EINTR && !deadline_passed(&deadline));
        if (r < 0)
                return errno == EINTR ? -ETIMEDOUT : -errno;

        *ret_exit_reason = run->exit_reason;
        return 0;
}

static int run_vcpu(int kvm, int vcpu, unsigned *ret_exit_reason) {
        int r, size;
        void *run;

        size = ioctl(kvm, KVM_GET_VCPU_MMAP_SIZE, 0);
        if (size < 0)
                return -errno;

        run = mmap(NULL, (size_t) size, PROT_READ | PROT_WRITE, MAP_SHARED, vcpu, 0);
        if (run == MAP_FAILED)
                return -errno;

        r = set_initial_state(vcpu);
        if (r >= 0)
                r = run_until(vcpu, run, ret_exit_reason);

        (void) munmap(run, (size_t) size);
        return r;
}

static int run_instruction(int kvm, int vm, int vcpu, unsigned *ret_exit_reason) {
        struct kvm_userspace_memory_region region = {
                .guest_phys_addr = GUEST_CODE_ADDRESS,
                .memory_size = GUEST_PAGE_SIZE,
        };
        void *page;
        int r;

        if (ioctl(vm, KVM_SET_TSS_ADDR, GUEST_TSS_ADDRESS) < 0)
                return -errno;

        page = mmap(NULL, GUEST_PAGE_SIZE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (page == MAP_FAILED)
                return -errno;
        memcpy(page, guest_code, sizeof(guest_code));

        region.userspace_addr = (uintptr_t) page;
        if (ioctl(vm, KVM_SET_USER_MEMORY_REGION, &region) < 0)
                r = -errno;
        else
                r = run_vcpu(kvm, vcpu, ret_exit_reason);

        (void) munmap(page, GUEST_PAGE_SIZE);
        return r;
}

static int probe_run(int kvm, int vm, int vcpu, KvmFacts *ret) {
        int r;

        r = run_instruction(kvm, vm, vcpu, &ret->exit_reason);
        if (r < 0)
                return fail(ret, KVM_STAGE_RUN, r);
        if (ret->exit_reason != KVM_EXIT_IO)
                return fail(ret, KVM_STAGE_RUN, 0);

        return 0;
}

/* A vCPU without a local APIC in the kernel makes KVM patch its own code when it comes and when it goes
 * (arch/x86/kvm/lapic.c: kvm_has_noapic_vcpu), which interrupts every CPU of the host. A VM that does not
 * get one is probed all the same. */
static void give_local_apic(int vm) {
        struct kvm_enable_cap split = { .cap = KVM_CAP_SPLIT_IRQCHIP, .args = { IOAPIC_PINS } };

        (void) ioctl(vm, KVM_ENABLE_CAP, &split);
}

#else

static void give_local_apic(int vm) {
        (void) vm;
}

/* Elsewhere a guest needs more than one instruction to stop; a created vCPU is the last stage. */
static int probe_run(int kvm, int vm, int vcpu, KvmFacts *ret) {
        (void) kvm, (void) vm, (void) vcpu, (void) ret;
        return 0;
}

#endif

/* Type 0 asks for 40 bits of guest-physical addresses on arm64, which not every CPU has
 * (Documentation/virt/kvm/api.rst, 4.2 KVM_CREATE_VM). */
static unsigned long vm_type(int kvm) {
#if defined(__aarch64__)
        unsigned bits = check_extension(kvm, KVM_CAP_ARM_VM_IPA_SIZE);

        return bits > 0 ? KVM_VM_TYPE_ARM_IPA_SIZE(bits) : 0;
#else
        (void) kvm;
        return 0;
#endif
}

/* A signal that arrives meanwhile, also one of the freezer, makes the creation fail. */
static int create_vm(int kvm) {
        int vm = -EBADF;

        for (unsigned attempt = 0; vm < 0 && attempt < 16; attempt++) {
                vm = ioctl(kvm, KVM_CREATE_VM, vm_type(kvm));
                if (vm < 0 && errno != EINTR)
                        break;
        }

        return vm < 0 ? -errno : vm;
}

static int probe_vm(int kvm, KvmFacts *ret) {
        _cleanup_close_ int vm = -EBADF, vcpu = -EBADF;

        vm = create_vm(kvm);
        if (vm < 0)
                return fail(ret, KVM_STAGE_CREATE_VM, vm);

        give_local_apic(vm);
        vcpu = ioctl(vm, KVM_CREATE_VCPU, 0);
        if (vcpu < 0)
                return fail(ret, KVM_STAGE_CREATE_VCPU, -errno);

        return probe_run(kvm, vm, vcpu, ret);
}

/* Something else may lie at the path, and opening a device has effects of that device's own. */
static int open_kvm(const Root *root) {
        _cleanup_close_ int path = -EBADF;
        struct stat st;
        int fd;

        path = root_open_path(root, "dev/kvm", &st);
        if (path < 0)
                return path;
        if (!S_ISCHR(st.st_mode) || st.st_rdev != KVM_DEVICE_NUMBER)
                return -ENODEV;

        fd = openat(root->fd, "dev/kvm", O_RDWR | O_CLOEXEC);
        return fd < 0 ? -errno : fd;
}

/* Linux 6.8; the headers of some distributions are older (include/uapi/linux/kvm.h). */
#ifndef KVM_CAP_VM_TYPES
#define KVM_CAP_VM_TYPES 235
#endif

/* Linux 6.16. */
#ifndef KVM_CAP_ARM_EL2
#define KVM_CAP_ARM_EL2 240
#endif

/* On x86 the capability says that the state of a guest with guests of its own can be saved and restored,
 * without which nesting is of little use; it is there even where nesting is turned off
 * (arch/x86/kvm/x86.c: kvm_vm_ioctl_check_extension()). The others depend on CPU, parameters and all
 * (arch/powerpc/kvm/powerpc.c, arch/arm64/kvm/arm.c). s390x has none. */
static Tristate check_nested(int kvm) {
#if defined(__x86_64__) || defined(__i386__)
        return tristate_from_result(check_extension(kvm, KVM_CAP_NESTED_STATE) > 0);
#elif defined(__powerpc64__)
        return tristate_from_result(check_extension(kvm, KVM_CAP_PPC_NESTED_HV) > 0);
#elif defined(__aarch64__)
        return tristate_from_result(check_extension(kvm, KVM_CAP_ARM_EL2) > 0);
#else
        (void) kvm;
        return TRISTATE_UNKNOWN;
#endif
}

static void read_capabilities(int kvm, KvmFacts *ret) {
        ret->limits = (KvmLimits){
                .recommended_vcpus = check_extension(kvm, KVM_CAP_NR_VCPUS),
                .max_vcpus = check_extension(kvm, KVM_CAP_MAX_VCPUS),
                .max_vcpu_id = check_extension(kvm, KVM_CAP_MAX_VCPU_ID),
                .memory_slots = check_extension(kvm, KVM_CAP_NR_MEMSLOTS),
        };

        ret->nested = check_nested(kvm);
#if defined(__x86_64__) || defined(__i386__)
        ret->vm_types = check_extension(kvm, KVM_CAP_VM_TYPES);
#elif defined(__powerpc64__)
        ret->subcore_threads = check_extension(kvm, KVM_CAP_PPC_SMT);
#endif
}

static int probe(const Root *root, KvmFacts *ret) {
        _cleanup_close_ int kvm = -EBADF;

        kvm = open_kvm(root);
        if (kvm < 0)
                return fail(ret, KVM_STAGE_OPEN, kvm);

        ret->api_version = ioctl(kvm, KVM_GET_API_VERSION, 0);
        if (ret->api_version < 0)
                return fail(ret, KVM_STAGE_API_VERSION, -errno);
        if (ret->api_version != KVM_API_VERSION_EXPECTED)
                return fail(ret, KVM_STAGE_API_VERSION, 0);

        read_capabilities(kvm, ret);
        return probe_vm(kvm, ret);
}

int kvm_facts_read(const Root *root, const DeviceFacts *device, KvmFacts *facts) {
        _cleanup_(accounts_done) Accounts accounts = { .root = root };
        KvmFacts kvm = { .nested = TRISTATE_UNKNOWN };
        int r;

        if (root->live && device->registered == TRISTATE_YES) {
                r = accounts_user_name(&accounts, geteuid(), &kvm.user, &kvm.user_in_etc);
                if (r < 0)
                        return r;

                if (probe(root, &kvm) >= 0)
                        kvm.stage = KVM_STAGE_DONE;
        }

        kvm_facts_done(facts);
        *facts = kvm;
        return 0;
}

bool kvm_opens_as_before(const Root *root, const DeviceFacts *device, const KvmFacts *facts) {
        _cleanup_close_ int kvm = -EBADF;

        if (!root->live || device->registered != TRISTATE_YES || facts->stage == KVM_STAGE_NONE)
                return false;

        kvm = open_kvm(root);
        return (kvm < 0 ? kvm : 0) == (facts->stage == KVM_STAGE_OPEN ? facts->error : 0);
}

void kvm_facts_done(KvmFacts *kvm) {
        free(kvm->user);
        *kvm = (KvmFacts){};
}
