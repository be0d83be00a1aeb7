/* Every type, labels, removal, pages, callbacks and the server, from C. */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"

/* The page of a registry, as a string that the caller frees. */
static char *page(metrion_registry registry)
{
    size_t needed = 0;
    char *text;
    FAILS(metrion_encode(registry, METRION_FORMAT_TEXT, NULL, NULL, 0, &needed), "limit_reached");
    text = malloc(needed + 1);
    CHECK(text != NULL);
    OK(metrion_encode(registry, METRION_FORMAT_TEXT, NULL, (uint8_t *)text, needed, NULL));
    text[needed] = '\0';
    return text;
}

static void has(metrion_registry registry, const char *line)
{
    char *text = page(registry);
    if (strstr(text, line) == NULL) {
        fprintf(stderr, "no %s in\n%s", line, text);
        exit(1);
    }
    free(text);
}

static void has_not(metrion_registry registry, const char *line)
{
    char *text = page(registry);
    CHECK(strstr(text, line) == NULL);
    free(text);
}

static double value(metrion_series series)
{
    double value;
    OK(metrion_value(series, &value));
    return value;
}

static void test_counter(metrion_registry registry)
{
    metrion_series jobs, same;
    int i;
    OK(metrion_counter(registry, "jobs_total", "Jobs done.", &jobs));
    for (i = 0; i < 1000; i++)
        OK(metrion_inc(jobs));
    OK(metrion_add(jobs, 0.5));
    FAILS(metrion_add(jobs, -1), "invalid_value");
    FAILS(metrion_add(jobs, NAN), "invalid_value");
    FAILS(metrion_set(jobs, 1), "unsupported");
    FAILS(metrion_observe(jobs, 1), "unsupported");
    CHECK(value(jobs) == 1000.5);
    OK(metrion_counter(registry, "jobs_total", "Jobs done.", &same));
    OK(metrion_inc(same));
    CHECK(value(jobs) == 1001.5);
    has(registry, "# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total 1001.5\n");
    OK(metrion_series_free(jobs));
    OK(metrion_series_free(same));
}

static void test_gauges(metrion_registry registry)
{
    metrion_family_options options = {0};
    metrion_family family;
    metrion_series last, up_down;
    int i;
    OK(metrion_gauge(registry, "temperature", "", &last));
    OK(metrion_add(last, 2));
    OK(metrion_sub(last, 0.5));
    CHECK(value(last) == 1.5);
    OK(metrion_set(last, -3));
    OK(metrion_set(last, -4));
    CHECK(value(last) == -4);

    options.name = metrion_string("in_flight");
    OK(metrion_gauge_family(registry, &options, METRION_GAUGE_MODE_UP_DOWN, &family));
    OK(metrion_labels(family, NULL, 0, &up_down));
    for (i = 0; i < 10; i++) {
        OK(metrion_add(up_down, 3));
        OK(metrion_sub(up_down, 2));
    }
    CHECK(value(up_down) == 10);
    FAILS(metrion_set(up_down, 1), "unsupported");
    FAILS(metrion_gauge_family(registry, &options, 99, &family), "invalid_value");
    OK(metrion_series_free(last));
    OK(metrion_series_free(up_down));
}

static void test_histogram(metrion_registry registry)
{
    const double bounds[] = {1, 2, 5};
    metrion_histogram_options options = {0};
    metrion_family family;
    metrion_series series;
    metrion_reading reading;
    metrion_label trace = {METRION_TEXT("trace_id"), METRION_TEXT("ab12")};
    int i;
    options.family.name = metrion_string("size");
    options.buckets = bounds;
    options.bucket_count = 3;
    OK(metrion_histogram_family(registry, &options, &family));
    OK(metrion_labels(family, NULL, 0, &series));
    for (i = 0; i < 4; i++) {
        OK(metrion_observe(series, 0.5));
        OK(metrion_observe(series, 2));
        OK(metrion_observe(series, 100));
    }
    OK(metrion_observe(series, NAN));
    OK(metrion_observe_with_exemplar(series, 3, &trace, 1));
    OK(metrion_read(series, &reading));
    CHECK(reading.number_count == 4 && reading.native == NULL);
    CHECK(reading.numbers[0] == 4 && reading.numbers[1] == 4);
    CHECK(reading.numbers[2] == 1 && reading.numbers[3] == 4);
    CHECK(reading.sum == 413 && isnan(reading.value));
    OK(metrion_reading_free(&reading));
    OK(metrion_reading_free(&reading));
    FAILS(metrion_add(series, 1), "unsupported");
    OK(metrion_series_free(series));
    OK(metrion_family_free(family));
}

static void test_other_types(metrion_registry registry)
{
    metrion_family_options options = {0};
    metrion_summary_options summary = {0};
    const metrion_objective half = {0.5, 0.05};
    const metrion_text states[] = {METRION_TEXT("on"), METRION_TEXT("off")};
    metrion_label said = {METRION_TEXT("version"), METRION_TEXT("1.2")};
    metrion_family family;
    metrion_series series;
    metrion_reading reading;

    summary.family.name = metrion_string("wait");
    summary.objectives = &half;
    summary.objective_count = 1;
    OK(metrion_summary_family(registry, &summary, &family));
    OK(metrion_labels(family, NULL, 0, &series));
    OK(metrion_observe(series, 2));
    OK(metrion_read(series, &reading));
    CHECK(reading.count == 1 && reading.sum == 2 && fabs(reading.numbers[0] - 2) < 0.02);
    OK(metrion_reading_free(&reading));

    options.name = metrion_string("build");
    OK(metrion_info_family(registry, &options, &family));
    OK(metrion_labels(family, NULL, 0, &series));
    OK(metrion_set_info(series, &said, 1));
    has(registry, "build_info{version=\"1.2\"} 1\n");
    OK(metrion_read(series, &reading));
    CHECK(reading.label_count == 1 && reading.labels[0].value.length == 3);
    OK(metrion_reading_free(&reading));

    options.name = metrion_string("mode");
    OK(metrion_state_set_family(registry, &options, states, 2, &family));
    OK(metrion_labels(family, NULL, 0, &series));
    OK(metrion_set_state(series, metrion_string("off")));
    FAILS(metrion_set_state(series, metrion_string("broken")), "invalid_value");
    has(registry, "mode{mode=\"off\"} 1\n");
    OK(metrion_change_state(series, metrion_string("on"), true));
    OK(metrion_read(series, &reading));
    CHECK(reading.state_count == 2);
    OK(metrion_reading_free(&reading));
}

static void test_labels(metrion_registry registry)
{
    const metrion_text names[] = {METRION_TEXT("method"), METRION_TEXT("path")};
    const metrion_text get[] = {METRION_TEXT("GET"), METRION_TEXT("/\"\n")};
    const metrion_text post[] = {METRION_TEXT("POST"), METRION_TEXT("/b")};
    const metrion_label named[] = {{METRION_TEXT("path"), METRION_TEXT("/b")},
                                   {METRION_TEXT("method"), METRION_TEXT("POST")}};
    const metrion_text broken[] = {METRION_TEXT("\xff"), METRION_TEXT("/")};
    const size_t limit = 2;
    metrion_family_options options = {0};
    metrion_family family, view;
    metrion_series series, removed;
    size_t count;
    options.name = metrion_string("requests");
    options.label_names = names;
    options.label_name_count = 2;
    options.max_series = &limit;
    OK(metrion_counter_family(registry, &options, &family));
    OK(metrion_family_add(family, get, 2, 1));
    OK(metrion_labels_by_name(family, named, 2, &series));
    OK(metrion_inc(series));
    OK(metrion_inc(series));
    has(registry, "requests_total{method=\"GET\",path=\"/\\\"\\n\"} 1\n");
    has(registry, "requests_total{method=\"POST\",path=\"/b\"} 2\n");

    FAILS(metrion_labels(family, get, 1, &removed), "label_mismatch");
    FAILS(metrion_inc(removed), "invalid_value"); /* it is the null handle */
    FAILS(metrion_labels(family, broken, 2, &removed), "invalid_label_value");
    FAILS(metrion_labels(family, NULL, 2, &removed), "invalid_value");
    FAILS(metrion_family_add(family, get, 2, -1), "invalid_value");
    FAILS(metrion_family_observe(family, get, 2, 1), "unsupported");
    FAILS(metrion_family_set(family, get, 2, 1), "unsupported");

    OK(metrion_curry(family, &named[1], 1, &view));
    OK(metrion_family_add(view, &named[0].value, 1, 5));
    CHECK(value(series) == 7);

    /* A third one is the overflow series. */
    OK(metrion_family_add(family, (metrion_text[]){METRION_TEXT("PUT"), METRION_TEXT("/")}, 2, 1));
    has(registry, "requests_total{metrion_overflow=\"true\"} 1\n");
    OK(metrion_series_count(family, &count));
    CHECK(count == 2);

    OK(metrion_labels(family, post, 2, &removed));
    OK(metrion_remove(family, post, 2));
    OK(metrion_remove(family, post, 2));
    OK(metrion_inc(removed));
    has_not(registry, "POST");
    OK(metrion_remove_matching(family, &named[0], 1, &count));
    CHECK(count == 0);
    OK(metrion_reset(family));
    has(registry, "requests_total{method=\"GET\",path=\"/\\\"\\n\"} 0\n");
    OK(metrion_clear(family));
    has_not(registry, "GET");
    OK(metrion_series_free(series));
    OK(metrion_series_free(removed));
    OK(metrion_family_free(view));
    OK(metrion_unregister(registry, family));
    FAILS(metrion_unregister(registry, family), "not_found");
    OK(metrion_family_free(family));
}

static int released;

static bool answer(void *user, double *value)
{
    *value = *(double *)user;
    return *value >= 0;
}

static void release(void *user)
{
    *(double *)user = 0;
    released++;
}

static void test_callback(metrion_registry registry)
{
    static double number = 42;
    metrion_family_options options = {0};
    metrion_family family;
    metrion_series series;
    options.name = metrion_string("answer");
    OK(metrion_gauge_family(registry, &options, METRION_GAUGE_MODE_LAST_VALUE, &family));
    OK(metrion_labels(family, NULL, 0, &series));
    OK(metrion_set_callback(family, series, answer, &number, release));
    has(registry, "answer 42\n");
    number = -1;
    has_not(registry, "answer -1");
    CHECK(released == 0);
    OK(metrion_unregister(registry, family));
    OK(metrion_series_free(series));
    OK(metrion_family_free(family));
    CHECK(released == 1);
    /* A call that fails has released it, too. */
    FAILS(metrion_set_callback(family, series, answer, &number, release), "not_found");
    CHECK(released == 2);
}

/* The answer to one scrape. */
static void scrape(uint16_t port, char *answer, size_t room)
{
    const char request[] = "GET /metrics HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    struct sockaddr_in address = {0};
    size_t length = 0;
    ssize_t got;
    int socket_ = socket(AF_INET, SOCK_STREAM, 0);
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    CHECK(socket_ >= 0);
    CHECK(connect(socket_, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(write(socket_, request, sizeof request - 1) == (ssize_t)sizeof request - 1);
    while (length + 1 < room && (got = read(socket_, answer + length, room - length - 1)) > 0)
        length += (size_t)got;
    answer[length] = '\0';
    close(socket_);
}

static void test_server(metrion_registry registry)
{
    static char text[1 << 16];
    metrion_serve_options options = {0};
    metrion_server server, second;
    uint16_t port;
    OK(metrion_serve(registry, NULL, &server));
    OK(metrion_server_port(server, &port));
    scrape(port, text, sizeof text);
    CHECK(strstr(text, "200 OK") != NULL && strstr(text, "jobs_total 1001.5\n") != NULL);
    options.port = port;
    FAILS(metrion_serve(registry, &options, &second), "address_in_use");
    options.port = 0;
    options.tls_key = metrion_string("key.pem");
    FAILS(metrion_serve(registry, &options, &second), "invalid_value");
    options.tls_certificates = metrion_string("no/such/file.pem");
    FAILS(metrion_serve(registry, &options, &second), "io");
    OK(metrion_server_free(server));
    FAILS(metrion_server_port(server, &port), "not_found");
    OK(metrion_server_free(second)); /* the null handle */
}

static int32_t collect(void *user, metrion_families *families)
{
    const metrion_text room = METRION_TEXT("room");
    const metrion_text kitchen = METRION_TEXT("kitchen");
    const double degrees = 21.5;
    metrion_family_schema schema = {0};
    metrion_series_data series = {0};
    metrion_status status;
    if (*(int *)user)
        return METRION_STATUS_IO;
    schema.family_type = METRION_FAMILY_TYPE_GAUGE;
    schema.name = metrion_string("degrees");
    schema.label_names = &room;
    schema.label_name_count = 1;
    status = metrion_yield_family(families, &schema);
    if (status != METRION_STATUS_OK)
        return status;
    series.values = &kitchen;
    series.value_count = 1;
    series.row = &degrees;
    series.row_count = 1;
    return metrion_yield_series(families, &series);
}

static void test_collector(metrion_registry registry)
{
    int fails = 0;
    metrion_collector collector, second;
    OK(metrion_register(registry, collect, &fails, NULL, &collector));
    has(registry, "degrees{room=\"kitchen\"} 21.5\n");
    FAILS(metrion_register(registry, collect, &fails, NULL, &second), "metric_exists");
    fails = 1;
    has_not(registry, "degrees");
    fails = 0;
    OK(metrion_collector_free(collector));
    has_not(registry, "degrees");
    OK(metrion_register(registry, collect, &fails, NULL, &collector));
    OK(metrion_collector_free(collector));
}

static void test_formats(metrion_registry registry)
{
    metrion_page page;
    metrion_encode_options options = {0};
    size_t needed;
    OK(metrion_encode_page(registry, METRION_FORMAT_OPENMETRICS, NULL, &page));
    CHECK(page.length > 6 && memcmp(page.data + page.length - 6, "# EOF\n", 6) == 0);
    OK(metrion_check(METRION_FORMAT_OPENMETRICS, page.data, page.length));
    OK(metrion_page_free(&page));
    CHECK(page.data == NULL && page.length == 0);
    OK(metrion_page_free(&page));
    OK(metrion_encode_page(registry, METRION_FORMAT_JSON, NULL, &page));
    CHECK(page.data[0] == '{');
    OK(metrion_page_free(&page));
    OK(metrion_encode_page(registry, METRION_FORMAT_PROTOBUF, NULL, &page));
    CHECK(page.length > 0);
    OK(metrion_page_free(&page));
    FAILS(metrion_encode_page(registry, 4, NULL, &page), "unsupported");
    options.escaping = metrion_string("nothing");
    FAILS(metrion_encode_page(registry, METRION_FORMAT_TEXT, &options, &page), "unsupported");
    options.escaping = metrion_string("");
    options.names = (metrion_text[]){METRION_TEXT("jobs_total")};
    options.name_count = 1;
    OK(metrion_encode(registry, METRION_FORMAT_TEXT, &options, NULL, 0, &needed) ==
               METRION_STATUS_LIMIT_REACHED
           ? METRION_STATUS_OK
           : METRION_STATUS_INTERNAL);
    CHECK(needed == strlen("# HELP jobs_total Jobs done.\n# TYPE jobs_total counter\njobs_total 1001.5\n"));
    FAILS(metrion_check(METRION_FORMAT_TEXT, (const uint8_t *)"a b\n", 4), "parse_error");
    CHECK(strcmp(metrion_content_type(METRION_FORMAT_TEXT), "text/plain; version=0.0.4; charset=utf-8") == 0);
    CHECK(metrion_content_type(-1)[0] == '\0');
}

int main(void)
{
    metrion_registry registry;
    OK(metrion_registry_new(NULL, &registry));
    test_counter(registry);
    test_gauges(registry);
    test_histogram(registry);
    test_other_types(registry);
    test_labels(registry);
    test_callback(registry);
    test_server(registry);
    test_collector(registry);
    test_formats(registry);
    OK(metrion_registry_free(registry));
    puts("basics passed");
    return 0;
}
