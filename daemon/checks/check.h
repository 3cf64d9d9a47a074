/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a check is: a row of a table, with the reasons it can give and a pure function that picks one. */
#pragma once

#include <stddef.h>

#include "../basic/macro.h"
#include "../basic/string-table.h"
#include "../facts/facts.h"

/* Whether what the check is about holds. What follows from that is for a profile to say. */
typedef enum CheckState {
        CHECK_UNKNOWN, /* evidence is missing */
        CHECK_PASS,
        CHECK_FAIL,
        CHECK_BLOCKED,        /* does not hold because another check fails; no reason has this state */
        CHECK_NOT_APPLICABLE, /* has no meaning on this machine */
        _CHECK_STATE_MAX,
} CheckState;

/* How it is known. */
typedef enum Evidence {
        EVIDENCE_INFERRED, /* deduced from other facts, as everything in a snapshot is */
        EVIDENCE_OBSERVED, /* read from the running system */
        EVIDENCE_PROBED,   /* the thing itself was used */
        _EVIDENCE_MAX,
} Evidence;

/* What sort of act a remedy is. */
typedef enum RemedyKind {
        REMEDY_NONE,
        REMEDY_ADD_TO_GROUP,       /* argument: the group */
        REMEDY_BOOT_KERNEL,        /* argument: what kernel to start instead of the running one */
        REMEDY_CONFIGURATION_FILE, /* argument: the file to edit */
        REMEDY_CONTAINER_MANAGER,  /* argument: what the manager of this container must give it */
        REMEDY_ENABLE_UNIT,        /* argument: the unit of systemd */
        REMEDY_FIRMWARE_SETTING,   /* argument: the setting's usual names */
        REMEDY_INSTALL_PACKAGE,    /* argument: the package, by its name in this distribution */
        REMEDY_INSTALL_PROGRAM,    /* argument: the program, whose package is not known */
        REMEDY_KERNEL_PARAMETER,   /* argument: what to add to, or remove from, the command line */
        REMEDY_LOAD_MODULE,        /* argument: the module */
        REMEDY_LOG_IN_AGAIN,       /* argument: the group that counts from then on */
        REMEDY_MOUNT,              /* argument: what to mount */
        REMEDY_OUTER_HOST,         /* argument: what the host of this virtual machine must give it */
        REMEDY_READ_LOG,           /* argument: what to look for in the kernel's log */
        REMEDY_READ_UNIT_LOG,      /* argument: the unit of systemd that has logged */
        REMEDY_SET_PERMISSIONS,    /* argument: the file */
        REMEDY_START_UNIT,         /* argument: the unit of systemd */
        REMEDY_STOP_CONFLICT,      /* argument: the module that is in the way */
        REMEDY_SYSCTL,             /* argument: the setting, with the value it needs */
        REMEDY_UNMASK_UNIT,        /* argument: the unit of systemd */
        _REMEDY_KIND_MAX,
} RemedyKind;

/* A remedy whose argument names what is not known of this machine, such as the packages of a distribution,
 * is left out; if there is one before it, so are those after it. ACTION says what to do with the argument
 * where the kind leaves that open: "add" or "remove" a kernel parameter; elsewhere it is NULL. ARGUMENT and
 * COMMAND are templates like a reason's detail. COMMAND is a line to type, NULL where there is none; one
 * that is an argument as a whole, which is not known, is left out (finding_command()). PRIVILEGED commands
 * need root. SERVICE_COMMAND has virtreadyd do the same for whom polkit allows it; NULL where it cannot. */
typedef struct Remedy {
        RemedyKind kind;
        bool privileged;
        const char *action;
        const char *argument;
        const char *command;
        const char *service_command;
} Remedy;

/* The list of a reason's remedies, in its initializer: it ends with one of the kind REMEDY_NONE. */
#define REMEDIES(...)          \
        (const Remedy[]) {     \
                __VA_ARGS__, { \
                }              \
        }

/* Iterates over the remedies of a reason, which may have none. */
#define FOREACH_REMEDY(remedy, reason) \
        for (const Remedy *remedy = (reason)->remedies; remedy && remedy->kind != REMEDY_NONE; remedy++)

/* One way in which a check can come out. ID is stable: programs may rely on it. DETAIL is an English
 * sentence in which {name} stands for the value of the argument of that name, and what is in [brackets] is
 * left out unless all arguments in it are known. EXPLANATION, a DOC(), names no values: why this comes about
 * and what to do. Where the check fails, the checks that it needs can be the cause. NEEDS_MET says that this
 * reason shows only once all of them were there, so that none can be; CAUSE, that another check, which need
 * not be one of them, can be the cause, and nothing else. REMEDIES is a list of REMEDIES(), or NULL. */
typedef struct Reason {
        const char *id;
        CheckState state;
        bool needs_met;
        const char *detail;
        const char *explanation;
        const char *cause;
        const Remedy *remedies;
} Reason;

typedef struct Argument {
        const char *name;
        char *value;
} Argument;

#define CHECK_NEEDS_MAX 5U
#define FINDING_ARGUMENTS_MAX 8U

/* What judging one check yielded: a reason, and the values in its sentences. */
typedef struct Finding {
        const Reason *reason;
        Evidence evidence;
        bool live; /* it is about the running system, where virtreadyd can be asked to act */
        Argument arguments[FINDING_ARGUMENTS_MAX];
        size_t n_arguments;
        bool out_of_memory; /* an argument is missing; the finding must not be used */
} Finding;

typedef struct Check Check;

/* Judges facts: returns one of the reasons of CHECK, adds the arguments that its sentences name to FINDING,
 * and may raise or lower the evidence, which begins as OBSERVED on a live system and INFERRED on a snapshot.
 * It is pure: no I/O, no bus, no log, no state. */
typedef const Reason *(*CheckJudge)(const Facts *facts, const Check *check, Finding *finding);

struct Check {
        const char *id;    /* lower-case words, dots between them, such as "kvm.usable" */
        const char *title; /* what holds when the check passes */
        const char *description;
        const char *const *reads;      /* DOC_LIST(): the files and interfaces that the facts come from */
        const char *const *references; /* DOC_LIST(): addresses of the kernel's documents, specifications */
        const char *needs[CHECK_NEEDS_MAX + 1]; /* ids of the checks whose failure explains this one's */
        CheckJudge judge;
        int subject; /* which device, controller, … where one function judges several checks */
        const Reason *const *reasons; /* all that JUDGE can return, NULL-terminated */
};

/* The checks of one file. */
typedef struct CheckTable {
        const Check *checks;
        size_t n_checks;
} CheckTable;

/* A NULL-terminated list of strings in the initializer of a check. */
#define CHECK_LIST(...)           \
        (const char *const[]) {   \
                __VA_ARGS__, NULL \
        }

/* A text, and a list of texts, that only the documentation has. They stand beside what they are about, but
 * are NULL in the daemon and the client, which would hold them in memory for nobody: the checks are compiled
 * a second time, with CHECK_DOCUMENTATION, for the pages that docs/ makes of them. */
#ifdef CHECK_DOCUMENTATION
#define DOC(text) (text)
#define DOC_LIST(...) CHECK_LIST(__VA_ARGS__)
#else
#define DOC(text) NULL
#define DOC_LIST(...) NULL
#endif

#define CHECK_TABLE(array) \
        { .checks = (array), .n_checks = ELEMENTSOF(array) }

/* What judging begins with: no reason yet, and the evidence that the facts are. */
Finding finding_begin(const Facts *facts);

/* Adds an argument; VALUE is copied, NULL counts as "unknown". */
void finding_add(Finding *finding, const char *name, const char *value);
void finding_add_format(Finding *finding, const char *name, const char *format, ...) _printf_(3, 4);
void finding_add_unsigned(Finding *finding, const char *name, unsigned value);
void finding_add_error(Finding *finding, const char *name, int error);
void finding_done(Finding *finding);

/* Whether two findings say the same, and whether they say it with the same values. */
bool finding_equal(const Finding *a, const Finding *b);
bool finding_arguments_equal(const Finding *a, const Finding *b);

/* Whether the finding has a value for each name in a template, but for those in brackets. */
bool finding_knows(const Finding *finding, const char *template);

/* The command of a remedy of the finding's reason, as a template; "" where there is none to type. On the
 * running system it is the one for virtreadyd, if that may load the module that the remedy is about. */
const char *finding_command(const Finding *finding, const Remedy *remedy);

/* Whether that command, or what else the remedy asks for, needs root. */
bool finding_needs_root(const Finding *finding, const Remedy *remedy);

/* Expands a template of the finding's reason. Returns -ENOMEM or 0. */
int finding_expand(const Finding *finding, const char *template, char **ret);

DECLARE_STRING_TABLE(check_state, CheckState);
DECLARE_STRING_TABLE(evidence, Evidence);
DECLARE_STRING_TABLE(remedy_kind, RemedyKind);
