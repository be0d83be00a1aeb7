/* Bad input: a code and a message, never a crash. */
#include "check.h"

static metrion_family_options named(const char *name)
{
    metrion_family_options options = {0};
    options.name = metrion_string(name);
    return options;
}

static void test_codes(void)
{
    int status;
    CHECK(strcmp(metrion_status_code(METRION_STATUS_OK), "ok") == 0);
    CHECK(strcmp(metrion_status_code(METRION_STATUS_METRIC_EXISTS), "metric_exists") == 0);
    CHECK(strcmp(metrion_status_code(METRION_STATUS_NOT_FOUND), "not_found") == 0);
    CHECK(strcmp(metrion_status_code(METRION_STATUS_IO), "io") == 0);
    CHECK(strcmp(metrion_status_code(METRION_STATUS_INTERNAL), "internal") == 0);
    CHECK(strcmp(metrion_status_code(METRION_STATUS_DAMAGED), "damaged") == 0);
    CHECK(strcmp(metrion_status_code(METRION_STATUS_OTHER_VERSION), "other_version") == 0);
    for (status = METRION_STATUS_OTHER_VERSION + 1; status < 100; status++)
        CHECK(strcmp(metrion_status_code(status), "internal") == 0);
    CHECK(strcmp(metrion_status_code(-1), "internal") == 0);
}

static void test_null(void)
{
    const metrion_registry no_registry = {0};
    const metrion_family no_family = {0};
    const metrion_series no_series = {0};
    const metrion_server no_server = {0};
    const metrion_collector no_collector = {0};
    metrion_registry registry;
    metrion_family family;
    metrion_family_options options = named("x");
    metrion_series series;
    metrion_server server;
    metrion_reading reading;
    metrion_page page;
    uint8_t byte;
    size_t needed;
    uint16_t port;
    double value;

    FAILS(metrion_registry_new(NULL, NULL), "invalid_value");
    OK(metrion_registry_new(NULL, &registry));
    FAILS(metrion_counter_family(no_registry, &options, &family), "invalid_value");
    FAILS(metrion_counter_family(registry, NULL, &family), "invalid_value");
    FAILS(metrion_counter_family(registry, &options, NULL), "invalid_value");
    FAILS(metrion_counter(no_registry, "x", "", &series), "invalid_value");
    CHECK(series.handle.slot == NULL);
    FAILS(metrion_histogram_family(registry, NULL, &family), "invalid_value");
    FAILS(metrion_summary_family(registry, NULL, &family), "invalid_value");
    FAILS(metrion_state_set_family(registry, &options, NULL, 2, &family), "invalid_value");
    FAILS(metrion_labels(no_family, NULL, 0, &series), "invalid_value");
    FAILS(metrion_curry(no_family, NULL, 0, &family), "invalid_value");
    FAILS(metrion_remove(no_family, NULL, 0), "invalid_value");
    FAILS(metrion_clear(no_family), "invalid_value");
    FAILS(metrion_reset(no_family), "invalid_value");
    FAILS(metrion_inc(no_series), "invalid_value");
    FAILS(metrion_set(no_series, 1), "invalid_value");
    FAILS(metrion_observe(no_series, 1), "invalid_value");
    FAILS(metrion_value(no_series, &value), "invalid_value");
    FAILS(metrion_read(no_series, &reading), "invalid_value");
    OK(metrion_reading_free(&reading));
    OK(metrion_reading_free(NULL));
    FAILS(metrion_encode(no_registry, METRION_FORMAT_TEXT, NULL, &byte, 1, &needed), "invalid_value");
    FAILS(metrion_encode_page(registry, METRION_FORMAT_TEXT, NULL, NULL), "invalid_value");
    FAILS(metrion_encode_page(no_registry, METRION_FORMAT_TEXT, NULL, &page), "invalid_value");
    OK(metrion_page_free(&page));
    OK(metrion_page_free(NULL));
    FAILS(metrion_serve(no_registry, NULL, &server), "invalid_value");
    FAILS(metrion_server_port(no_server, &port), "invalid_value");
    FAILS(metrion_set_callback(no_family, no_series, NULL, NULL, NULL), "invalid_value");
    FAILS(metrion_register(registry, NULL, NULL, NULL, NULL), "invalid_value");
    FAILS(metrion_yield_family(NULL, NULL), "invalid_value");
    FAILS(metrion_yield_series(NULL, NULL), "invalid_value");
    FAILS(metrion_yield_exemplar(NULL, 0, NULL, 0, 0, NULL), "invalid_value");
    FAILS(metrion_check(METRION_FORMAT_TEXT, NULL, 1), "invalid_value");
    OK(metrion_registry_free(no_registry));
    OK(metrion_family_free(no_family));
    OK(metrion_series_free(no_series));
    OK(metrion_server_free(no_server));
    OK(metrion_collector_free(no_collector));
    OK(metrion_registry_free(registry));
}

static void test_text(void)
{
    const metrion_text broken = METRION_TEXT("caf\xe9");
    const metrion_label label = {METRION_TEXT("ok"), METRION_TEXT("\xc3\x28")};
    const metrion_label name = {METRION_TEXT("\xc3\x28"), METRION_TEXT("ok")};
    metrion_registry_options registry_options = {0};
    metrion_family_options options = named("x");
    metrion_registry registry;
    metrion_family family;
    OK(metrion_registry_new(NULL, &registry));
    options.help = broken;
    FAILS(metrion_counter_family(registry, &options, &family), "invalid_name");
    CHECK(strstr(metrion_last_error(), "the help is not UTF-8") != NULL);
    options = named("x");
    options.name = broken;
    FAILS(metrion_counter_family(registry, &options, &family), "invalid_name");
    options = named("x");
    options.constant_labels = &label;
    options.constant_label_count = 1;
    FAILS(metrion_counter_family(registry, &options, &family), "invalid_label_value");
    options.constant_labels = &name;
    FAILS(metrion_counter_family(registry, &options, &family), "invalid_name");
    registry_options.constant_labels = &label;
    registry_options.constant_label_count = 1;
    OK(metrion_registry_free(registry));
    FAILS(metrion_registry_new(&registry_options, &registry), "invalid_label_value");
    CHECK(registry.handle.slot == NULL);
}

/* What was freed is known to be, whatever has its place by now. */
static void test_use_after_free(void)
{
    metrion_registry registry, other;
    metrion_family family;
    metrion_family_options options = named("lost");
    metrion_series series, again[100];
    double value;
    size_t count;
    int i;
    OK(metrion_registry_new(NULL, &registry));
    OK(metrion_counter_family(registry, &options, &family));
    OK(metrion_labels(family, NULL, 0, &series));
    OK(metrion_inc(series));
    OK(metrion_registry_free(registry));
    FAILS(metrion_registry_free(registry), "not_found");
    FAILS(metrion_counter_family(registry, &options, &family), "not_found");
    CHECK(family.handle.slot == NULL);
    FAILS(metrion_encode(registry, METRION_FORMAT_TEXT, NULL, NULL, 0, &count), "not_found");
    FAILS(metrion_serve(registry, NULL, &(metrion_server){0}), "not_found");

    /* A series keeps what it needs. */
    OK(metrion_inc(series));
    OK(metrion_value(series, &value));
    CHECK(value == 2);
    OK(metrion_series_free(series));
    OK(metrion_registry_new(NULL, &other));
    for (i = 0; i < 100; i++)
        OK(metrion_counter(other, "found", "", &again[i]));
    OK(metrion_inc(again[0]));
    FAILS(metrion_inc(series), "not_found");
    FAILS(metrion_observe(series, 1), "not_found");
    FAILS(metrion_set(series, 1), "not_found");
    FAILS(metrion_value(series, &value), "not_found");
    FAILS(metrion_series_free(series), "not_found");
    OK(metrion_value(again[99], &value));
    CHECK(value == 1);
    for (i = 0; i < 100; i++)
        OK(metrion_series_free(again[i]));
    FAILS(metrion_series_free(again[5]), "not_found");
    OK(metrion_registry_free(other));
}

/* Many registries at once: more than a thread finds without a search, and more than its slabs last. */
static void test_many_registries(void)
{
    metrion_registry registries[20];
    metrion_series series[20];
    double value;
    int round, i;
    for (i = 0; i < 20; i++) {
        OK(metrion_registry_new(NULL, &registries[i]));
        OK(metrion_counter(registries[i], "n", "", &series[i]));
    }
    for (round = 0; round < 10; round++)
        for (i = 0; i < 20; i++)
            OK(metrion_add(series[i], i));
    for (i = 0; i < 20; i++) {
        OK(metrion_value(series[i], &value));
        CHECK(value == 10 * i);
        OK(metrion_registry_free(registries[i]));
        OK(metrion_series_free(series[i]));
    }
}

static void test_conflicts(void)
{
    const double bounds[] = {2, 1};
    const metrion_text reserved = METRION_TEXT("le");
    metrion_registry_options small = {0};
    metrion_histogram_options histogram = {0};
    metrion_family_options options = named("x");
    metrion_registry registry;
    metrion_family family;
    OK(metrion_registry_new(NULL, &registry));
    OK(metrion_counter_family(registry, &options, &family));
    OK(metrion_family_free(family));
    FAILS(metrion_gauge_family(registry, &options, 0, &family), "metric_exists");
    options = named("no-name");
    FAILS(metrion_counter_family(registry, &options, &family), "invalid_name");
    CHECK(strstr(metrion_last_error(), "no-name") != NULL);
    histogram.family = named("h");
    histogram.buckets = bounds;
    histogram.bucket_count = 2;
    FAILS(metrion_histogram_family(registry, &histogram, &family), "invalid_buckets");
    histogram.bucket_count = 1;
    histogram.family.label_names = &reserved;
    histogram.family.label_name_count = 1;
    FAILS(metrion_histogram_family(registry, &histogram, &family), "reserved_name");
    OK(metrion_registry_free(registry));

    small.max_entries = 2;
    OK(metrion_registry_new(&small, &registry));
    options = named("a");
    OK(metrion_counter_family(registry, &options, &family));
    OK(metrion_family_free(family));
    options = named("b");
    FAILS(metrion_counter_family(registry, &options, &family), "limit_reached");
    OK(metrion_registry_free(registry));
}

static void test_default_registry(void)
{
    metrion_registry one, two;
    metrion_series series, same;
    double value;
    OK(metrion_registry_default(&one));
    OK(metrion_registry_default(&two));
    OK(metrion_counter(one, "everywhere", "", &series));
    OK(metrion_registry_free(one));
    OK(metrion_counter(two, "everywhere", "", &same));
    OK(metrion_inc(series));
    OK(metrion_value(same, &value));
    CHECK(value == 1);
    OK(metrion_series_free(series));
    OK(metrion_series_free(same));
    OK(metrion_registry_free(two));
}

int main(void)
{
    CHECK(metrion_last_error()[0] == '\0');
    test_codes();
    test_null();
    test_text();
    test_use_after_free();
    test_many_registries();
    test_conflicts();
    test_default_registry();
    puts("errors passed");
    return 0;
}
