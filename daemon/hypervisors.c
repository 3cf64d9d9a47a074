/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Decides when to ask: when something has happened to a service, to KVM or to the programs, and only one
 * that runs, for connecting to one that sleeps would wake it. */

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "basic/log.h"
#include "deferred.h"
#include "hypervisor-stamp.h"
#include "hypervisors.h"
#include "last-answer.h"
#include "libvirt-query.h"
#include "packed-json.h"
#include "retry.h"

static_assert(HYPERVISORS_MAX == _LIBVIRT_DRIVER_MAX, "There is room for each driver.");

struct Hypervisor {
        Hypervisors *list;
        LibvirtDriver driver;
        char id[HYPERVISOR_ID_MAX];
        const char *uri;

        LibvirtService service;
        bool without_service; /* whatever is known of that does not matter */
        bool has_driver;      /* libvirt has said that it is there */

        LibvirtQuery *query; /* under way */
        uint64_t number;     /* of the query that was begun last */
        bool wanted;         /* one more, if the service runs */
        bool forced;         /* or though it does not */
        bool may_wake;       /* somebody wants it though it may wake the service */
        bool woken;          /* the service slept when the query began: that it starts is our doing */
        bool outdated;       /* something else has happened to the service since then */

        Retry retry; /* after an answer that was none */
        bool urgent; /* and do not wait for that */

        LastAnswer answer;
        PackedJson view; /* not set: it is not there */
};

struct Hypervisors {
        sd_event *event;
        HypervisorsOptions options;
        HypervisorsHandlers handlers;
        void *userdata;
        Deferred *queries; /* begins those that are due */

        HypervisorsNews news;
        uint64_t stamp; /* of what answers depend on */

        size_t n;
        Hypervisor all[HYPERVISORS_MAX];
};

static void on_answer(Json *answer, void *userdata);

bool hypervisor_is_askable(const Hypervisor *hypervisor) {
        return hypervisors_can_ask(hypervisor->list) &&
               (hypervisor->without_service || hypervisor->service.state == LIBVIRT_SERVICE_RUNNING);
}

static bool is_wanted(const Hypervisor *hypervisor) {
        return !hypervisor->query && hypervisor->wanted && hypervisor_is_askable(hypervisor);
}

static bool is_due(const Hypervisor *hypervisor) {
        return (!hypervisor->query && hypervisor->forced) ||
               (is_wanted(hypervisor) && (hypervisor->urgent || retry_may_begin(&hypervisor->retry)));
}

static void on_retry(void *userdata) {
        Hypervisor *hypervisor = userdata;

        deferred_schedule(hypervisor->list->queries);
}

/* Has it asked as soon as that may be, or not any more. */
static void schedule(Hypervisor *hypervisor) {
        int r;

        retry_stop(&hypervisor->retry);
        if (is_due(hypervisor)) {
                deferred_schedule(hypervisor->list->queries);
                return;
        }

        r = is_wanted(hypervisor)
                    ? retry_wait(&hypervisor->retry, hypervisor->list->event, on_retry, hypervisor)
                    : 0;
        if (r < 0)
                (void) log_warning_errno(r, "Failed to wait before libvirt is asked again, ignoring: %m");
}

/* What answers, even if that is a refusal, does not have to be spared. */
static void note_answer(Hypervisor *hypervisor, HypervisorState state) {
        if (state == HYPERVISOR_UNREACHABLE || state == HYPERVISOR_UNKNOWN) {
                retry_note_failure(&hypervisor->retry, hypervisor->list->options.retry_usec);
                hypervisor->wanted = true;
        } else if (state != HYPERVISOR_STOPPED)
                retry_note_success(&hypervisor->retry);
}

static void begin_query(Hypervisor *hypervisor) {
        Hypervisors *list = hypervisor->list;
        int r;

        hypervisor->may_wake = hypervisor->forced;
        hypervisor->wanted = hypervisor->forced = hypervisor->urgent = false;
        hypervisor->woken = !hypervisor_is_askable(hypervisor);
        hypervisor->outdated = false;
        hypervisor->number++;
        r = libvirt_query_new(list->event, list->options.helper, hypervisor->uri, on_answer, hypervisor,
                              &hypervisor->query);
        if (r < 0) {
                (void) log_warning_errno(r, "Failed to ask libvirt at %s: %m", hypervisor->uri);
                note_answer(hypervisor, HYPERVISOR_UNKNOWN);
                schedule(hypervisor);
                list->handlers.answered(hypervisor, hypervisor->number, list->userdata);
                return;
        }

        log_debug("Asking libvirt at %s.", hypervisor->uri);
}

static void begin_queries(void *userdata) {
        Hypervisors *list = userdata;

        FOREACH_ARRAY(hypervisor, list->all, list->n)
                if (is_due(hypervisor))
                        begin_query(hypervisor);
}

static bool is_there(const Hypervisor *hypervisor, const Facts *facts) {
        return hypervisor->list->options.uri || hypervisor->has_driver ||
               hypervisor_is_shown(facts, hypervisor->driver);
}

static int make_view(Hypervisor *hypervisor, Json **ret) {
        const HypervisorsNews *news = &hypervisor->list->news;
        _cleanup_(json_object_putp) Json *answer = NULL;
        HypervisorParts parts = {
                .uri = hypervisor->uri,
                .service = hypervisor->without_service ? NULL : &hypervisor->service,
                .answer_is_current = hypervisor->answer.is_current,
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
        const Hypervisors *list = hypervisor->list;
        _cleanup_(json_object_putp) Json *old = NULL, *fresh = NULL;
        int r;

        if (!list->news.facts)
                return;

        r = packed_json_get(&hypervisor->view, &old);
        if (r >= 0 && is_there(hypervisor, list->news.facts))
                r = make_view(hypervisor, &fresh);
        if (r < 0) {
                (void) log_oom();
                return;
        }

        packed_json_set(&hypervisor->view, fresh);
        if (old || fresh)
                list->handlers.changed(hypervisor, old, fresh, list->userdata);
}

static void on_answer(Json *answer, void *userdata) {
        Hypervisor *hypervisor = userdata;
        const Hypervisors *list = hypervisor->list;
        HypervisorState state = libvirt_answer_state(answer);

        log_debug("Asked libvirt at %s: %s.", hypervisor->uri, hypervisor_state_to_string(state));

        last_answer_set(&hypervisor->answer, answer, !hypervisor->outdated);
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

        note_answer(hypervisor, state);
        last_answer_settle(&hypervisor->answer, hypervisor->service.state);
        update_view(hypervisor);
        list->handlers.answered(hypervisor, hypervisor->number, list->userdata);
        schedule(hypervisor);
}

/* Returns whether the service has been started since it was last looked at; what starts because we have
 * connected to it does not count, until that has been seen to run. */
static bool follow_service(Hypervisor *hypervisor, const HypervisorsNews *news) {
        LibvirtService fresh = libvirt_service(news->facts, hypervisor->driver);
        bool differs = fresh.state != hypervisor->service.state || fresh.unit != hypervisor->service.unit,
             runs = fresh.state == LIBVIRT_SERVICE_RUNNING,
             started = runs && (differs || (news->announced & (UINT32_C(1) << fresh.flavour->service)));

        if (libvirt_service_is_at_rest(fresh.state))
                retry_note_success(&hypervisor->retry);
        hypervisor->service = fresh;
        hypervisor->without_service = hypervisor->list->options.uri ||
                                      (news->systemd_is_absent && fresh.state == LIBVIRT_SERVICE_NOT_TOLD);
        if (hypervisor->without_service)
                return false;

        if (started && hypervisor->woken) {
                if (!hypervisor->query)
                        hypervisor->woken = false;
                return false;
        }
        /* While it is left alone after it could not be reached, that is what is known of it. */
        if (differs || (started && (hypervisor->query || retry_may_begin(&hypervisor->retry)))) {
                hypervisor->answer.is_current = false;
                hypervisor->outdated = true;
        }

        return started;
}

/* It may not have connected yet, and would start the service again that has just ended. */
static void abandon_query(Hypervisor *hypervisor) {
        const Hypervisors *list = hypervisor->list;

        log_debug("libvirt at %s is not asked any more, for its service has ended.", hypervisor->uri);
        hypervisor->query = libvirt_query_free(hypervisor->query);
        list->handlers.answered(hypervisor, hypervisor->number, list->userdata);
}

static void update(Hypervisor *hypervisor, const HypervisorsNews *news, bool outdated) {
        bool was_without = hypervisor->without_service, started = follow_service(hypervisor, news);

        if (hypervisor->query && !hypervisor->may_wake && !hypervisor_is_askable(hypervisor))
                abandon_query(hypervisor);
        if (outdated && !hypervisor_is_askable(hypervisor) && !hypervisor->query)
                last_answer_drop(&hypervisor->answer);
        last_answer_settle(&hypervisor->answer, hypervisor->service.state);
        if (hypervisor->service.state == LIBVIRT_SERVICE_NOT_INSTALLED)
                hypervisor->has_driver = false;
        if (started || outdated || (hypervisor->without_service && !was_without))
                hypervisor->wanted = true;
        hypervisor->urgent |= outdated;
        schedule(hypervisor);

        update_view(hypervisor);
}

void hypervisors_update(Hypervisors *list, const HypervisorsNews *news) {
        uint64_t fresh = hypervisor_stamp(news->facts, news->verdict);
        bool differs = list->news.facts && fresh != list->stamp;

        list->news = *news;
        list->stamp = fresh;
        FOREACH_ARRAY(hypervisor, list->all, list->n)
                update(hypervisor, news, differs);
}

void hypervisors_recheck(Hypervisors *list) {
        FOREACH_ARRAY(hypervisor, list->all, list->n)
                if (hypervisor_is_askable(hypervisor)) {
                        hypervisor->wanted = hypervisor->urgent = true;
                        schedule(hypervisor);
                }
}

bool hypervisors_can_ask(const Hypervisors *list) {
        return list->options.live || list->options.uri;
}

uint64_t hypervisor_refresh(Hypervisor *hypervisor) {
        if (hypervisor->query) {
                hypervisor->may_wake = true;
                return hypervisor->number;
        }

        hypervisor->forced = true;
        schedule(hypervisor);
        return hypervisor->number + 1;
}

Hypervisor *hypervisors_get(const Hypervisors *list, size_t n) {
        FOREACH_ARRAY(hypervisor, list->all, list->n)
                if (packed_json_is_set(&hypervisor->view) && n-- == 0)
                        return (Hypervisor *) hypervisor;

        return NULL;
}

Hypervisor *hypervisors_find(const Hypervisors *list, const char *id) {
        FOREACH_ARRAY(hypervisor, list->all, list->n)
                if (packed_json_is_set(&hypervisor->view) && streq(hypervisor->id, id))
                        return (Hypervisor *) hypervisor;

        return NULL;
}

const char *hypervisor_id(const Hypervisor *hypervisor) {
        return hypervisor->id;
}

const char *hypervisor_uri(const Hypervisor *hypervisor) {
        return hypervisor->uri;
}

void *hypervisor_userdata(const Hypervisor *hypervisor) {
        return hypervisor->list->userdata;
}

int hypervisor_view(Hypervisor *hypervisor, Json **ret) {
        return packed_json_get(&hypervisor->view, ret);
}

int hypervisors_describe(Hypervisors *list, Json *object) {
        FOREACH_ARRAY(hypervisor, list->all, list->n) {
                Json *view;
                int r;

                r = packed_json_get(&hypervisor->view, &view);
                if (r >= 0 && view)
                        r = json_add(object, hypervisor->id, view);
                if (r < 0)
                        return r;
        }

        return 0;
}

void hypervisors_pack(Hypervisors *list) {
        FOREACH_ARRAY(hypervisor, list->all, list->n) {
                packed_json_pack(&hypervisor->answer.json);
                packed_json_pack(&hypervisor->view);
        }
}

static void add(Hypervisors *list, LibvirtDriver driver, const char *uri) {
        Hypervisor *hypervisor = &list->all[list->n++];

        *hypervisor = (Hypervisor){ .list = list, .driver = driver, .uri = uri };
        (void) hypervisor_id_of_uri(uri, hypervisor->id);
}

int hypervisors_new(sd_event *event, const HypervisorsOptions *options, const HypervisorsHandlers *handlers,
                    void *userdata, Hypervisors **ret) {
        _cleanup_(hypervisors_freep) Hypervisors *list = NULL;
        int r;

        list = malloc(sizeof(Hypervisors));
        if (!list)
                return -ENOMEM;
        *list = (Hypervisors){
                .event = sd_event_ref(event),
                .options = *options,
                .handlers = *handlers,
                .userdata = userdata,
        };

        if (options->uri)
                add(list, LIBVIRT_DRIVER_QEMU, options->uri);
        else
                for (LibvirtDriver driver = 0; driver < _LIBVIRT_DRIVER_MAX; driver++)
                        add(list, driver, libvirt_driver_uri(driver));

        r = deferred_new(event, begin_queries, list, &list->queries);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(list);
        return 0;
}

Hypervisors *hypervisors_free(Hypervisors *list) {
        if (!list)
                return NULL;

        FOREACH_ARRAY(hypervisor, list->all, list->n) {
                (void) libvirt_query_free(hypervisor->query);
                retry_stop(&hypervisor->retry);
                last_answer_drop(&hypervisor->answer);
                packed_json_set(&hypervisor->view, NULL);
        }
        (void) deferred_free(list->queries);
        sd_event_unref(list->event);
        free(list);
        return NULL;
}
