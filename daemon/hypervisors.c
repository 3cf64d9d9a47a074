/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Tells each hypervisor what is known, and whether what it has answered may be wrong by that. */

#include <assert.h>
#include <errno.h>

#include "hypervisor-stamp.h"
#include "hypervisors.h"

static_assert(HYPERVISORS_MAX == _LIBVIRT_DRIVER_MAX, "There is room for each driver.");

struct Hypervisors {
        HypervisorContext context;
        uint64_t stamp; /* of what answers depend on */
        size_t n;
        Hypervisor *all[HYPERVISORS_MAX];
};

static void begin_queries(void *userdata) {
        Hypervisors *list = userdata;

        FOREACH_ARRAY(hypervisor, list->all, list->n)
                hypervisor_begin(*hypervisor);
}

void hypervisors_update(Hypervisors *list, const HypervisorsNews *news) {
        uint64_t fresh = hypervisor_stamp(news->facts, news->verdict);
        bool differs = list->context.news.facts && fresh != list->stamp;

        list->context.news = *news;
        list->stamp = fresh;
        FOREACH_ARRAY(hypervisor, list->all, list->n)
                hypervisor_update(*hypervisor, differs);
}

void hypervisors_recheck(Hypervisors *list) {
        FOREACH_ARRAY(hypervisor, list->all, list->n)
                hypervisor_recheck(*hypervisor);
}

bool hypervisors_can_ask(const Hypervisors *list) {
        return hypervisor_context_can_ask(&list->context);
}

Hypervisor *hypervisors_get(const Hypervisors *list, size_t n) {
        FOREACH_ARRAY(hypervisor, list->all, list->n)
                if (hypervisor_is_there(*hypervisor) && n-- == 0)
                        return *hypervisor;

        return NULL;
}

Hypervisor *hypervisors_find(const Hypervisors *list, const char *id) {
        FOREACH_ARRAY(hypervisor, list->all, list->n)
                if (hypervisor_is_there(*hypervisor) && streq(hypervisor_id(*hypervisor), id))
                        return *hypervisor;

        return NULL;
}

int hypervisors_describe(Hypervisors *list, Json *object) {
        FOREACH_ARRAY(hypervisor, list->all, list->n) {
                Json *view;
                int r;

                r = hypervisor_view(*hypervisor, &view);
                if (r >= 0 && view)
                        r = json_add(object, hypervisor_id(*hypervisor), view);
                if (r < 0)
                        return r;
        }

        return 0;
}

void hypervisors_pack(Hypervisors *list) {
        FOREACH_ARRAY(hypervisor, list->all, list->n)
                hypervisor_pack(*hypervisor);
}

static int add(Hypervisors *list, LibvirtDriver driver, const char *uri) {
        int r;

        r = hypervisor_new(&list->context, driver, uri, &list->all[list->n]);
        if (r >= 0)
                list->n++;

        return r;
}

static int add_all(Hypervisors *list) {
        int r = 0;

        if (list->context.options.uri)
                return add(list, LIBVIRT_DRIVER_QEMU, list->context.options.uri);

        for (LibvirtDriver driver = 0; driver < _LIBVIRT_DRIVER_MAX && r >= 0; driver++)
                r = add(list, driver, libvirt_driver_uri(driver));

        return r;
}

int hypervisors_new(sd_event *event, const HypervisorsOptions *options, const HypervisorsHandlers *handlers,
                    void *userdata, Hypervisors **ret) {
        _cleanup_(hypervisors_freep) Hypervisors *list = NULL;
        int r;

        list = malloc(sizeof(Hypervisors));
        if (!list)
                return -ENOMEM;
        *list = (Hypervisors){
                .context = {
                        .event = sd_event_ref(event),
                        .options = *options,
                        .handlers = *handlers,
                        .userdata = userdata,
                },
        };

        r = deferred_new(event, begin_queries, list, &list->context.queries);
        if (r < 0)
                return r;

        r = add_all(list);
        if (r < 0)
                return r;

        *ret = TAKE_PTR(list);
        return 0;
}

Hypervisors *hypervisors_free(Hypervisors *list) {
        if (!list)
                return NULL;

        FOREACH_ARRAY(hypervisor, list->all, list->n)
                (void) hypervisor_free(*hypervisor);
        (void) deferred_free(list->context.queries);
        sd_event_unref(list->context.event);
        free(list);
        return NULL;
}
