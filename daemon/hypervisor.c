/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides when to ask: when something has happened to a service, to KVM or to the programs, and only one
 * that runs, for connecting to one that sleeps would wake it. */

#include <errno.h>
#include <string.h>

#include "basic/clock.h"
#include "basic/log.h"
#include "hypervisor.h"
#include "last-answer.h"
#include "libvirt-query.h"
#include "packed-json.h"
#include "retry.h"

/* So long a caller of Refresh may wait beyond one query (libvirt-query.c). */
#define CALLERS_SPARE_USEC (5 * USEC_PER_SEC)

/* After its service has been started, be it by who has repaired it or because it had ended when it was
 * asked, a pause is no longer than so many of the first ones. */
#define PAUSE_AFTER_START 4U

/* Why one is to be asked; the later ones include those before. */
typedef enum Demand {
        DEMAND_NONE,
        DEMAND_EVENT,  /* its service has begun to run, or could not be reached: if that is some time ago */
        DEMAND_CHANGE, /* what it has told may be wrong: if its service runs */
        DEMAND_CALL,   /* somebody wants it, though that may wake its service */
} Demand;

struct Hypervisor {
        const HypervisorContext *context;
        LibvirtDriver driver;
        char id[HYPERVISOR_ID_MAX];
        const char *uri;

        LibvirtService service;
        bool without_service; /* whatever is known of that does not matter */
        bool has_driver;      /* libvirt has said that it is there */

        Demand demand;       /* what the next query is for */
        LibvirtQuery *query; /* under way */
        Demand begun_for;    /* what it is for */
        uint64_t begun_usec; /* CLOCK_MONOTONIC */
        uint64_t number;     /* of the query that was begun last */
        bool woken;          /* the service slept when it began: that it starts is our doing */
        bool outdated;       /* something else has happened to the service since then */

        Retry retry; /* after an answer that was none */
        LastAnswer answer;
        PackedJson view; /* not set: it is not there */
};

static void on_answer(Json *answer, void *userdata);

static uint64_t first_pause(const Hypervisor *hypervisor) {
        uint64_t usec = hypervisor->context->options.retry_usec;

        return usec > 0 ? usec : RETRY_FIRST_USEC;
}

static bool is_running(const Hypervisor *hypervisor) {
        return !hypervisor->without_service && hypervisor->service.state == LIBVIRT_SERVICE_RUNNING;
}

bool hypervisor_is_askable(const Hypervisor *hypervisor) {
        return hypervisor_context_can_ask(hypervisor->context) &&
               (hypervisor->without_service || is_running(hypervisor));
}

static void demand(Hypervisor *hypervisor, Demand demand) {
        if (hypervisor->demand < demand)
                hypervisor->demand = demand;
}

static bool is_due(const Hypervisor *hypervisor) {
        if (hypervisor->query)
                return false;

        switch (hypervisor->demand) {
        case DEMAND_NONE:
                return false;
        case DEMAND_EVENT:
                return hypervisor_is_askable(hypervisor) && retry_may_begin(&hypervisor->retry);
        case DEMAND_CHANGE:
                return hypervisor_is_askable(hypervisor);
        default:
                return true;
        }
}

static void on_retry(void *userdata) {
        Hypervisor *hypervisor = userdata;

        deferred_schedule(hypervisor->context->queries);
}

/* Has it asked as soon as that may be, or not any more. */
static void schedule(Hypervisor *hypervisor) {
        int r = 0;

        retry_stop(&hypervisor->retry);
        if (is_due(hypervisor))
                deferred_schedule(hypervisor->context->queries);
        else if (!hypervisor->query && hypervisor->demand == DEMAND_EVENT &&
                 hypervisor_is_askable(hypervisor))
                r = retry_wait(&hypervisor->retry, hypervisor->context->event, on_retry, hypervisor);
        if (r < 0)
                (void) log_warning_errno(r, "Failed to wait before libvirt is asked again, ignoring: %m");
}

/* Nobody listens, though its service runs, or it does not answer, or nonsense. */
static bool is_failure(const Hypervisor *hypervisor, HypervisorState state) {
        return state == HYPERVISOR_UNREACHABLE || state == HYPERVISOR_UNKNOWN ||
               (state == HYPERVISOR_STOPPED && is_running(hypervisor));
}

/* What fails during a pause does not make it longer, or anybody could. */
static void note_failure(Hypervisor *hypervisor) {
        if (retry_may_begin(&hypervisor->retry))
                retry_note_failure(&hypervisor->retry, first_pause(hypervisor));
        demand(hypervisor, DEMAND_EVENT);
}

/* What answers, even if that is a refusal, does not have to be spared. */
static void note_answer(Hypervisor *hypervisor, HypervisorState state) {
        if (is_failure(hypervisor, state))
                note_failure(hypervisor);
        else if (state != HYPERVISOR_STOPPED)
                retry_note_success(&hypervisor->retry);
}

static void begin_query(Hypervisor *hypervisor) {
        const HypervisorContext *context = hypervisor->context;
        LibvirtServiceState service = hypervisor->service.state;
        int r;

        hypervisor->begun_for = hypervisor->demand;
        hypervisor->demand = DEMAND_NONE;
        hypervisor->woken = !hypervisor->without_service &&
                            (service == LIBVIRT_SERVICE_DORMANT || service == LIBVIRT_SERVICE_FAILED);
        hypervisor->outdated = false;
        hypervisor->begun_usec = now_usec(CLOCK_MONOTONIC);
        hypervisor->number++;
        r = libvirt_query_new(context->event, context->options.helper, hypervisor->uri, on_answer,
                              hypervisor, &hypervisor->query);
        if (r < 0) {
                (void) log_warning_errno(r, "Failed to ask libvirt at %s: %m", hypervisor->uri);
                note_answer(hypervisor, HYPERVISOR_UNKNOWN);
                schedule(hypervisor);
                context->handlers.answered(hypervisor, hypervisor->number, context->userdata);
                return;
        }

        log_debug("Asking libvirt at %s.", hypervisor->uri);
}

void hypervisor_begin(Hypervisor *hypervisor) {
        if (is_due(hypervisor))
                begin_query(hypervisor);
}

static bool belongs_here(const Hypervisor *hypervisor, const Facts *facts) {
        return hypervisor->context->options.uri || hypervisor->has_driver ||
               hypervisor_is_shown(facts, hypervisor->driver);
}

static int make_view(Hypervisor *hypervisor, Json **ret) {
        const HypervisorsNews *news = &hypervisor->context->news;
        _cleanup_(json_object_putp) Json *answer = NULL;
        HypervisorParts parts = {
                .uri = hypervisor->uri,
                .service = hypervisor->without_service ? NULL : &hypervisor->service,
                .answer_is_current = last_answer_decides(&hypervisor->answer, is_running(hypervisor)),
                .answered_usec = hypervisor->answer.usec,
        };
        int r;

        r = packed_json_get(&hypervisor->answer.json, &answer);
        if (r < 0)
                return r;

        parts.answer = answer;
        return hypervisor_view_new(&parts, news->facts, news->verdict, ret);
}

static void update_view(Hypervisor *hypervisor) {
        const HypervisorContext *context = hypervisor->context;
        _cleanup_(json_object_putp) Json *old = NULL, *fresh = NULL;
        int r;

        if (!context->news.facts)
                return;

        r = packed_json_get(&hypervisor->view, &old);
        if (r >= 0 && belongs_here(hypervisor, context->news.facts))
                r = make_view(hypervisor, &fresh);
        if (r < 0) {
                (void) log_oom();
                return;
        }

        packed_json_set(&hypervisor->view, fresh);
        if (old || fresh)
                context->handlers.changed(hypervisor, old, fresh, context->userdata);
}

/* Those who have called during a query wait for the next one. For that there is no time any more after one
 * that was in vain for long, which says the same. */
static void settle_calls(Hypervisor *hypervisor, HypervisorState state) {
        if (hypervisor->demand == DEMAND_CALL && is_failure(hypervisor, state) &&
            now_usec(CLOCK_MONOTONIC) >= hypervisor->begun_usec + CALLERS_SPARE_USEC) {
                hypervisor->demand = DEMAND_NONE;
                hypervisor->number++;
        }
}

static void on_answer(Json *answer, void *userdata) {
        Hypervisor *hypervisor = userdata;
        const HypervisorContext *context = hypervisor->context;
        HypervisorState state = libvirt_answer_state(answer);

        log_debug("Asked libvirt at %s: %s.", hypervisor->uri, hypervisor_state_to_string(state));

        last_answer_set(&hypervisor->answer, answer, is_failure(hypervisor, state), !hypervisor->outdated);
        hypervisor->query = libvirt_query_free(hypervisor->query);
        if (state == HYPERVISOR_RUNNING)
                hypervisor->has_driver = true;
        else {
                /* Nothing has been woken that systemd could still announce. */
                hypervisor->woken = false;
                if (state == HYPERVISOR_NOT_INSTALLED)
                        hypervisor->has_driver = false;
        }
        if (hypervisor_is_askable(hypervisor))
                hypervisor->woken = false;

        settle_calls(hypervisor, state);
        note_answer(hypervisor, state);
        last_answer_settle(&hypervisor->answer, hypervisor->service.state);
        update_view(hypervisor);
        context->handlers.answered(hypervisor, hypervisor->number, context->userdata);
        schedule(hypervisor);
}

/* Returns whether the service has been started since it was last looked at; what starts because we have
 * connected to it does not count, until that has been seen to run. Of one that does not run something may
 * have been announced because it has been woken, and has ended again. */
static bool follow_service(Hypervisor *hypervisor) {
        const HypervisorsNews *news = &hypervisor->context->news;
        LibvirtService fresh = libvirt_service(news->facts, hypervisor->driver);
        bool differs = fresh.state != hypervisor->service.state || fresh.unit != hypervisor->service.unit,
             runs = fresh.state == LIBVIRT_SERVICE_RUNNING,
             announced = fresh.flavour && (news->announced & (UINT32_C(1) << fresh.flavour->service)),
             started = runs && (differs || announced),
             gone = !runs && (differs || (announced && !hypervisor->query));

        if (libvirt_service_is_at_rest(fresh.state))
                retry_note_success(&hypervisor->retry);
        if (started)
                retry_shorten(&hypervisor->retry, PAUSE_AFTER_START * first_pause(hypervisor));
        hypervisor->service = fresh;
        hypervisor->without_service = hypervisor->context->options.uri ||
                                      (news->systemd_is_absent && fresh.state == LIBVIRT_SERVICE_NOT_TOLD);
        if (hypervisor->without_service)
                return false;

        if (started && hypervisor->woken) {
                if (!hypervisor->query)
                        hypervisor->woken = false;
                return false;
        }
        if (gone)
                hypervisor->woken = false;
        if (gone || started) {
                hypervisor->answer.is_current = false;
                hypervisor->outdated = true;
        }

        return started;
}

/* It may not have connected yet, and would start the service again that has just ended; or that may have
 * ended because it was asked. */
static void abandon_query(Hypervisor *hypervisor) {
        const HypervisorContext *context = hypervisor->context;

        if (!libvirt_service_is_at_rest(hypervisor->service.state))
                note_failure(hypervisor);
        log_debug("libvirt at %s is not asked any more, for its service has ended.", hypervisor->uri);
        hypervisor->query = libvirt_query_free(hypervisor->query);
        context->handlers.answered(hypervisor, hypervisor->number, context->userdata);
}

void hypervisor_update(Hypervisor *hypervisor, bool outdated) {
        bool was_without = hypervisor->without_service, started = follow_service(hypervisor);

        if (hypervisor->query && hypervisor->begun_for < DEMAND_CALL && !hypervisor_is_askable(hypervisor))
                abandon_query(hypervisor);
        if (outdated && !hypervisor_is_askable(hypervisor) && !hypervisor->query)
                last_answer_drop(&hypervisor->answer);
        last_answer_settle(&hypervisor->answer, hypervisor->service.state);
        if (hypervisor->service.state == LIBVIRT_SERVICE_NOT_INSTALLED)
                hypervisor->has_driver = false;
        if (started || (hypervisor->without_service && !was_without))
                demand(hypervisor, DEMAND_EVENT);
        if (outdated)
                demand(hypervisor, DEMAND_CHANGE);
        schedule(hypervisor);

        update_view(hypervisor);
}

void hypervisor_recheck(Hypervisor *hypervisor) {
        if (!hypervisor_is_askable(hypervisor))
                return;

        demand(hypervisor, DEMAND_CHANGE);
        schedule(hypervisor);
}

uint64_t hypervisor_refresh(Hypervisor *hypervisor) {
        demand(hypervisor, DEMAND_CALL);
        schedule(hypervisor);
        return hypervisor->number + 1;
}

bool hypervisor_is_there(const Hypervisor *hypervisor) {
        return packed_json_is_set(&hypervisor->view);
}

const char *hypervisor_id(const Hypervisor *hypervisor) {
        return hypervisor->id;
}

const char *hypervisor_uri(const Hypervisor *hypervisor) {
        return hypervisor->uri;
}

void *hypervisor_userdata(const Hypervisor *hypervisor) {
        return hypervisor->context->userdata;
}

int hypervisor_view(Hypervisor *hypervisor, Json **ret) {
        return packed_json_get(&hypervisor->view, ret);
}

void hypervisor_pack(Hypervisor *hypervisor) {
        packed_json_pack(&hypervisor->answer.json);
        packed_json_pack(&hypervisor->view);
}

int hypervisor_new(const HypervisorContext *context, LibvirtDriver driver, const char *uri,
                   Hypervisor **ret) {
        Hypervisor *hypervisor = malloc(sizeof(Hypervisor));

        if (!hypervisor)
                return -ENOMEM;

        *hypervisor = (Hypervisor){ .context = context, .driver = driver, .uri = uri };
        (void) hypervisor_id_of_uri(uri, hypervisor->id);
        *ret = hypervisor;
        return 0;
}

Hypervisor *hypervisor_free(Hypervisor *hypervisor) {
        if (!hypervisor)
                return NULL;

        (void) libvirt_query_free(hypervisor->query);
        retry_stop(&hypervisor->retry);
        last_answer_drop(&hypervisor->answer);
        packed_json_set(&hypervisor->view, NULL);
        free(hypervisor);
        return NULL;
}
