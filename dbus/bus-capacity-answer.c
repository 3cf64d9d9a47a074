/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Counts, and puts the outcome into a dictionary. */

#include <errno.h>
#include <unistd.h>

#include "bus-append.h"
#include "bus-capacity-dictionary.h"
#include "bus-capacity-pages.h"
#include "bus-capacity-vcpus.h"
#include "bus-capacity.h"

#define SOURCE_CALL "the call"

static const char *ratio_source(CapacityResource id, const CapacityRequest *request) {
        const CapacityPreset *preset = request->preset;

        switch (id) {
        case CAPACITY_CPU:
                return request->given & CAPACITY_GIVEN_CPU_RATIO ? SOURCE_CALL : preset->cpu_source;
        case CAPACITY_MEMORY:
                return request->given & CAPACITY_GIVEN_MEMORY_RATIO ? SOURCE_CALL : preset->memory_source;
        case CAPACITY_DISK:
                return request->given & CAPACITY_GIVEN_DISK_RATIO ? SOURCE_CALL : preset->disk_source;
        default:
                return NULL;
        }
}

static const char *reserve_source(CapacityResource id, const CapacityEntry *entry,
                                  const CapacityRequest *request) {
        switch (id) {
        case CAPACITY_CPU:
                return request->given & CAPACITY_GIVEN_RESERVE_CPUS ? SOURCE_CALL
                                                                    : request->preset->reserve_cpus_source;
        case CAPACITY_MEMORY:
                if (entry->known && entry->reserved > request->policy.reserve_memory)
                        return "what the host uses now";
                return request->given & CAPACITY_GIVEN_RESERVE_MEMORY
                               ? SOURCE_CALL
                               : request->preset->reserve_memory_source;
        default:
                return NULL;
        }
}

static int append_known(sd_bus_message *reply, const CapacityEntry *entry) {
        const DictionaryNumber numbers[] = {
                { "total", entry->total },         { "reserved", entry->reserved }, { "used", entry->used },
                { "available", entry->available }, { "short_by", entry->short_by },
        };
        int r;

        if (!entry->known)
                return 0;

        r = dictionary_append_numbers(reply, numbers, ELEMENTSOF(numbers));
        if (r >= 0 && entry->guests != CAPACITY_UNLIMITED)
                r = dictionary_append_number(reply, "guests", entry->guests);
        return r;
}

static int append_entry(sd_bus_message *reply, CapacityResource id, const CapacityEntry *entry,
                        const CapacityRequest *request, const char *total_source) {
        int r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r >= 0)
                r = dictionary_append_text(reply, "unit", capacity_resource_unit(id));
        if (r >= 0)
                r = dictionary_append_flag(reply, "known", entry->known);
        if (r >= 0)
                r = append_known(reply, entry);
        if (r >= 0)
                r = dictionary_append_text(reply, "total_source", total_source);
        if (r >= 0)
                r = dictionary_append_number(reply, "per_guest", entry->per_guest);
        if (r >= 0)
                r = dictionary_append_number(reply, "overhead", entry->overhead);
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}", "ratio", "d", entry->ratio);
        if (r >= 0)
                r = dictionary_append_text(reply, "ratio_source", ratio_source(id, request));
        if (r >= 0)
                r = dictionary_append_text(reply, "reserve_source", reserve_source(id, entry, request));
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_resources(sd_bus_message *reply, const CapacityEstimate *estimate,
                            const CapacityRequest *request, const char *vcpus_source) {
        int r;

        r = dictionary_open_array(reply, "resources", "a{sa{sv}}");
        if (r < 0)
                return r;

        for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++) {
                if (!estimate->entries[id].applies)
                        continue;

                r = sd_bus_message_open_container(reply, SD_BUS_TYPE_DICT_ENTRY, "sa{sv}");
                if (r >= 0)
                        r = sd_bus_message_append(reply, "s", capacity_resource_to_string(id));
                if (r >= 0)
                        r = append_entry(reply, id, &estimate->entries[id], request,
                                         id == CAPACITY_VCPUS ? vcpus_source : NULL);
                if (r >= 0)
                        r = sd_bus_message_close_container(reply);
                if (r < 0)
                        return r;
        }

        return dictionary_close_array(reply);
}

static int append_node(sd_bus_message *reply, const CapacityNode *node, const CapacityEstimate *estimate,
                       const CapacityRequest *request) {
        const char *limiting[_CAPACITY_RESOURCE_MAX + 1] = {};
        CapacityNodeEstimate result;
        size_t n = 0;
        int r;

        capacity_estimate_node(node, &request->guest, &request->policy, estimate, &result);
        for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++)
                if (result.limiting[id])
                        limiting[n++] = capacity_resource_to_string(id);

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r >= 0)
                r = sd_bus_message_append(reply, "{sv}", "id", "u", (uint32_t) node->id);
        if (r >= 0)
                r = dictionary_append_amount(reply, "cpus", node->cpus);
        if (r >= 0)
                r = dictionary_append_amount(reply, "memory_bytes", node->memory_available);
        if (r >= 0 && request->guest.huge_page > 0 && node->huge_pages_free.known)
                r = dictionary_append_number(
                        reply, "huge_page_bytes",
                        multiply_saturated(node->huge_pages_free.value, request->guest.huge_page));
        if (r >= 0 && result.known)
                r = dictionary_append_number(reply, "guests", result.guests);
        if (r >= 0)
                r = dictionary_append_names(reply, "limiting", limiting);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

static int append_nodes(sd_bus_message *reply, const CapacityInputs *inputs,
                        const CapacityEstimate *estimate, const CapacityRequest *request) {
        int r;

        r = dictionary_open_array(reply, "nodes", "aa{sv}");
        if (r < 0)
                return r;

        for (size_t i = 0; i < inputs->facts->topology.n_nodes; i++) {
                CapacityNode node = capacity_node(inputs, i);

                r = append_node(reply, &node, estimate, request);
                if (r < 0)
                        return r;
        }

        return dictionary_close_array(reply);
}

static int append_overhead(sd_bus_message *reply, const GuestOverhead *overhead) {
        const DictionaryNumber parts[] = {
                { "page_tables", overhead->page_tables },
                { "emulator", overhead->emulator },
                { "vcpus", overhead->vcpus },
                { "io_thread", overhead->io_thread },
                { "video", overhead->video },
                { "firmware", overhead->firmware },
                { "launcher", overhead->launcher },
                { "total", overhead->total },
        };
        int r;

        r = dictionary_open_array(reply, "overhead", "a{sv}");
        if (r < 0)
                return r;

        r = dictionary_append_numbers(reply, parts, ELEMENTSOF(parts));
        if (r < 0)
                return r;

        r = dictionary_append_text(reply, "source", GUEST_OVERHEAD_SOURCE);
        if (r < 0)
                return r;

        return dictionary_close_array(reply);
}

static int append_guests(sd_bus_message *reply, const CapacityEstimate *estimate,
                         const CapacityRequest *request) {
        const char *limiting[_CAPACITY_RESOURCE_MAX + 1] = {}, *unknown[_CAPACITY_RESOURCE_MAX + 1] = {};
        size_t n_limiting = 0, n_unknown = 0;
        int r;

        for (CapacityResource id = 0; id < _CAPACITY_RESOURCE_MAX; id++) {
                const CapacityEntry *entry = &estimate->entries[id];

                if (entry->limiting)
                        limiting[n_limiting++] = capacity_resource_to_string(id);
                if (entry->applies && (!entry->known || entry->at_most))
                        unknown[n_unknown++] = capacity_resource_to_string(id);
        }

        r = estimate->known ? dictionary_append_number(reply, "guests", estimate->guests) : 0;
        if (r >= 0 && request->count > 0)
                r = sd_bus_message_append(reply, "{sv}", "count", "u", request->count);
        if (r >= 0 && request->count > 0 && estimate->known)
                r = dictionary_append_flag(reply, "fits", estimate->guests >= request->count);
        if (r >= 0)
                r = dictionary_append_names(reply, "limiting", limiting);
        if (r >= 0)
                r = dictionary_append_names(reply, "unknown", unknown);
        return r;
}

static int append_profile(sd_bus_message *reply, const Verdict *verdict, const char *id) {
        int r;

        FOREACH_ARRAY(result, verdict->profiles, verdict->n_profiles) {
                if (!streq(result->profile->id, id))
                        continue;

                r = dictionary_append_text(reply, "profile", id);
                if (r >= 0)
                        r = dictionary_append_text(reply, "profile_state",
                                                   profile_state_to_string(result->state));
                if (r >= 0)
                        r = dictionary_open(reply, "root_causes", "as");
                if (r >= 0)
                        r = bus_append_check_set(reply, &result->root_causes);
                return r < 0 ? r : dictionary_close(reply);
        }

        return 0;
}

/* The guest as it was understood. */
static int append_guest(sd_bus_message *reply, const CapacityGuest *guest) {
        int r;

        r = dictionary_open(reply, "guest", "a{sv}");
        if (r < 0)
                return r;

        r = sd_bus_message_append(reply, "a{sv}", 4, "vcpus", "u", (uint32_t) guest->vcpus, "memory_bytes",
                                  "t", guest->memory, "disk_bytes", "t", guest->disk, "huge_page_bytes", "t",
                                  guest->huge_page);
        return r < 0 ? r : dictionary_close(reply);
}

/* What is not known, by what it is about. */
static int append_details(sd_bus_message *reply, const CapacityKnown *known, const char *pages_detail) {
        const struct {
                const char *subject, *text;
        } details[] = {
                { "guests", known->guests_detail },
                { "disk", known->storage_detail },
                { "hugepages", pages_detail },
        };
        int r;

        r = dictionary_open_array(reply, "details", "a{ss}");
        if (r < 0)
                return r;

        FOREACH_ELEMENT(detail, details) {
                r = detail->text ? sd_bus_message_append(reply, "{ss}", detail->subject, detail->text) : 0;
                if (r < 0)
                        return r;
        }

        return dictionary_close_array(reply);
}

static int append_circumstances(sd_bus_message *reply, const CapacityKnown *known,
                                const CapacityInputs *inputs) {
        _cleanup_free_ char *pages_detail = NULL;
        const Usage *usage = known->usage;
        const uint64_t count = usage->guests.count;
        int r;

        r = dictionary_append_text(reply, "preset", known->request->preset->name);
        if (r >= 0)
                r = append_profile(reply, known->manager->verdict, known->request->profile);
        if (r >= 0)
                r = dictionary_append_flag(reply, "guests_known", usage->guests.known);
        if (r >= 0 && usage->guests.known)
                r = sd_bus_message_append(reply, "{sv}", "guests_running", "u",
                                          (uint32_t) (count > UINT32_MAX ? UINT32_MAX : count));
        if (r >= 0 && known->request->guest.disk > 0)
                r = dictionary_append_text(reply, "storage_path",
                                           usage->storage_path ? usage->storage_path
                                                               : known->request->storage);
        if (r >= 0)
                r = bus_capacity_explain_pages(inputs, &pages_detail);
        return r < 0 ? r : append_details(reply, known, pages_detail);
}

static int append_all(sd_bus_message *reply, const CapacityKnown *known, const CapacityInputs *inputs,
                      const char *vcpus_source) {
        const CapacityRequest *request = known->request;
        const CapacityMachine machine = capacity_machine(inputs);
        CapacityEstimate estimate;
        int r;

        r = capacity_estimate(&machine, &request->guest, &request->policy, &estimate);
        if (r < 0)
                return r;

        r = sd_bus_message_open_container(reply, SD_BUS_TYPE_ARRAY, "{sv}");
        if (r >= 0)
                r = append_guests(reply, &estimate, request);
        if (r >= 0)
                r = append_resources(reply, &estimate, request, vcpus_source);
        if (r >= 0)
                r = append_nodes(reply, inputs, &estimate, request);
        if (r >= 0)
                r = append_overhead(reply, &estimate.overhead);
        if (r >= 0)
                r = append_guest(reply, &request->guest);
        if (r >= 0)
                r = append_circumstances(reply, known, inputs);
        return r < 0 ? r : sd_bus_message_close_container(reply);
}

int bus_capacity_append(sd_bus_message *reply, const CapacityKnown *known) {
        _cleanup_(memory_facts_done) MemoryFacts memory = {};
        _cleanup_(headroom_facts_done) HeadroomFacts headroom = {};
        _cleanup_(json_object_putp) Json *view = NULL;
        _cleanup_free_ char *vcpus_source = NULL;
        const Facts *facts = &known->manager->facts;
        CapacityInputs inputs = {
                .facts = facts,
                .memory = &memory,
                .headroom = &headroom,
                .usage = known->usage,
                .vms_active = known->manager->vms.known ? known->manager->vms.active : 0,
                .page_bytes = (uint64_t) sysconf(_SC_PAGESIZE),
                .huge_page_bytes = known->request->guest.huge_page,
        };
        MachineVcpus vcpus;
        int r;

        r = current_memory_read(&memory, facts, known->manager->root);
        if (r < 0)
                return r;

        r = current_headroom_read(&headroom, facts, known->manager->root);
        if (r < 0)
                return r;

        r = bus_capacity_find_vcpus(known->manager, &view, &vcpus);
        if (r < 0)
                return r;

        r = bus_capacity_vcpus_source(facts, &vcpus, &vcpus_source);
        if (r < 0)
                return r;

        inputs.machine_vcpus = vcpus.max;
        return append_all(reply, known, &inputs, vcpus_source);
}
