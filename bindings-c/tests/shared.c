/* Processes that share a registry: in a file, or as a parent with its children. */
#define _GNU_SOURCE

#include <fcntl.h>
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 3, PATHS = 10, HISTOGRAMS = 60 };

/* Of updates in each thread; METRION_TEST_ROUNDS is another number, for slow tools. */
static int rounds = 5000;

/* Whether METRION_TEST_COUNTS_ONLY is set: valgrind knows no second mapping of the same pages, which is where a process
 * has what it says of itself alone. */
static int counts_only;

static const char *program;

static metrion_registry opened(const char *path)
{
    metrion_registry_options options = {0};
    metrion_registry registry;
    options.shared = metrion_string(path);
    OK(metrion_registry_new(&options, &registry));
    return registry;
}

static metrion_registry inheritable(void)
{
    metrion_registry_options options = {0};
    metrion_registry registry;
    options.fork = metrion_string("share");
    OK(metrion_registry_new(&options, &registry));
    return registry;
}

/* What every process counts. */
typedef struct metrics {
    metrion_series jobs, last, in_flight;
    metrion_family requests;
    /* So many that the cells of some are on two pages. */
    metrion_series histograms[HISTOGRAMS];
} metrics;

static metrics metrics_of(metrion_registry registry)
{
    const metrion_text label = METRION_TEXT("path");
    metrion_family_options options = {0};
    metrics own;
    int i;
    OK(metrion_counter(registry, "jobs", "", &own.jobs));
    OK(metrion_gauge(registry, "last", "", &own.last));
    own.in_flight = gauge_of(registry, "in_flight", METRION_GAUGE_MODE_UP_DOWN);
    options.name = metrion_string("requests");
    options.label_names = &label;
    options.label_name_count = 1;
    OK(metrion_counter_family(registry, &options, &own.requests));
    for (i = 0; i < HISTOGRAMS; i++) {
        char name[32];
        snprintf(name, sizeof name, "seconds_%d", i);
        OK(metrion_histogram(registry, name, "", &own.histograms[i]));
    }
    return own;
}

static void free_metrics(metrics *own)
{
    int i;
    OK(metrion_series_free(own->jobs));
    OK(metrion_series_free(own->last));
    OK(metrion_series_free(own->in_flight));
    OK(metrion_family_free(own->requests));
    for (i = 0; i < HISTOGRAMS; i++)
        OK(metrion_series_free(own->histograms[i]));
}

static void *count_in_thread(void *metrics_of_process)
{
    const metrics *own = metrics_of_process;
    char path[] = "/0";
    metrion_text value = {path, 2};
    int i;
    for (i = 0; i < rounds; i++) {
        OK(metrion_inc(own->jobs));
        OK(metrion_add(own->last, 2));
        OK(metrion_inc(own->in_flight));
        path[1] = (char)('0' + i % PATHS);
        OK(metrion_family_add(own->requests, &value, 1, 1));
        OK(metrion_observe(own->histograms[i % HISTOGRAMS], 0.25));
        OK(metrion_sub(own->in_flight, 1));
    }
    return NULL;
}

/* What a process counts, in this thread and in others. */
static void count(metrics *own)
{
    pthread_t threads[THREADS - 1];
    int i;
    for (i = 0; i < THREADS - 1; i++)
        CHECK(pthread_create(&threads[i], NULL, count_in_thread, own) == 0);
    count_in_thread(own);
    for (i = 0; i < THREADS - 1; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
}

static double value(metrion_series series)
{
    double value;
    OK(metrion_value(series, &value));
    return value;
}

/* That a registry has what so many processes have counted. */
static void check_totals(metrion_registry registry, int processes)
{
    metrics own = metrics_of(registry);
    const double times = (double)processes * THREADS * rounds;
    double requests = 0, observed = 0, seconds = 0;
    int i;
    CHECK(value(own.jobs) == times);
    CHECK(value(own.last) == 2 * times);
    CHECK(value(own.in_flight) == 0);
    for (i = 0; i < PATHS; i++) {
        char path[] = "/0";
        const metrion_text value_of_label = {path, 2};
        metrion_series series;
        path[1] = (char)('0' + i);
        OK(metrion_labels(own.requests, &value_of_label, 1, &series));
        CHECK(value(series) == times / PATHS);
        requests += value(series);
        OK(metrion_series_free(series));
    }
    CHECK(requests == times);
    for (i = 0; i < HISTOGRAMS; i++) {
        metrion_reading reading;
        size_t bucket;
        OK(metrion_read(own.histograms[i], &reading));
        seconds += reading.sum;
        for (bucket = 0; bucket < reading.number_count; bucket++)
            observed += reading.numbers[bucket];
        OK(metrion_reading_free(&reading));
    }
    CHECK(observed == times && seconds == times / 4);
    free_metrics(&own);
}

/* The program once more, as a process of its own. */
static pid_t start(const char *what, const char *path, int input, int output)
{
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        if (input >= 0)
            dup2(input, STDIN_FILENO);
        if (output >= 0)
            dup2(output, STDOUT_FILENO);
        execl(program, program, what, path, (char *)NULL);
        _exit(127);
    }
    return child;
}

static void wait_for(pid_t child)
{
    int status;
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static char *page_of(metrion_registry registry)
{
    metrion_page page;
    char *text;
    OK(metrion_encode_page(registry, METRION_FORMAT_TEXT, NULL, &page));
    text = malloc(page.length + 1);
    CHECK(text != NULL);
    memcpy(text, page.data, page.length);
    text[page.length] = '\0';
    OK(metrion_page_free(&page));
    return text;
}

static int shows(metrion_registry registry, const char *line)
{
    char *page = page_of(registry);
    const int found = strstr(page, line) != NULL;
    if (!found)
        fprintf(stderr, "%s", page);
    free(page);
    return found;
}

/* Three programs count at once in one file; each has all of it, and so has one that comes later. */
static void test_programs(const char *path)
{
    metrion_registry registry = opened(path), later;
    metrics own;
    pid_t children[] = {start("count", path, -1, -1), start("count", path, -1, -1)};
    own = metrics_of(registry);
    count(&own);
    wait_for(children[0]);
    wait_for(children[1]);
    later = opened(path);
    CHECK(shows(later, "seconds_0_bucket{le=\"+Inf\"}"));
    check_totals(later, 3);
    check_totals(registry, 3);
    OK(metrion_registry_free(later));
    wait_for(start("count", path, -1, -1));
    check_totals(registry, 4);
    free_metrics(&own);
    OK(metrion_registry_free(registry));
}

/* A child goes on with the handles of its parent, in its first thread and in others. */
static void test_children(metrion_registry registry)
{
    metrics own = metrics_of(registry);
    pid_t children[2];
    int i;
    count(&own);
    for (i = 0; i < 2; i++) {
        children[i] = fork();
        CHECK(children[i] >= 0);
        if (children[i] == 0) {
            count(&own);
            _exit(0);
        }
    }
    count(&own);
    wait_for(children[0]);
    wait_for(children[1]);
    check_totals(registry, 4);
    free_metrics(&own);
    OK(metrion_registry_free(registry));
}

static const struct {
    int32_t mode;
    const char *name;
    /* The parent says 2, then a child says 7. */
    double with_child, after;
} MODES[] = {
    {METRION_GAUGE_MODE_LAST_VALUE, "g_last", 7, 7},
    {METRION_GAUGE_MODE_UP_DOWN, "g_up_down", 9, 2},
    {METRION_GAUGE_MODE_MIN, "g_min", 2, 2},
    {METRION_GAUGE_MODE_LIVE_MIN, "g_livemin", 2, 2},
    {METRION_GAUGE_MODE_MAX, "g_max", 7, 7},
    {METRION_GAUGE_MODE_LIVE_MAX, "g_livemax", 7, 2},
    {METRION_GAUGE_MODE_SUM, "g_sum", 9, 9},
    {METRION_GAUGE_MODE_LIVE_SUM, "g_livesum", 9, 2},
    {METRION_GAUGE_MODE_MOST_RECENT, "g_mostrecent", 7, 7},
    {METRION_GAUGE_MODE_LIVE_MOST_RECENT, "g_livemostrecent", 7, 2},
};
enum { MODE_COUNT = sizeof MODES / sizeof *MODES };

/* Says a number in a gauge of each mode: by `set` twice, or in an up-down one by `add`. */
static void say(metrion_registry registry, double number)
{
    size_t i;
    metrion_series each[] = {gauge_of(registry, "g_all", METRION_GAUGE_MODE_ALL),
                             gauge_of(registry, "g_liveall", METRION_GAUGE_MODE_LIVE_ALL)};
    for (i = 0; i < 2; i++) {
        OK(metrion_set(each[i], 1));
        OK(metrion_add(each[i], number - 1));
        CHECK(value(each[i]) == number);
        OK(metrion_series_free(each[i]));
    }
    for (i = 0; i < MODE_COUNT; i++) {
        metrion_series series = gauge_of(registry, MODES[i].name, MODES[i].mode);
        if (MODES[i].mode == METRION_GAUGE_MODE_UP_DOWN) {
            FAILS(metrion_set(series, number), "unsupported");
            OK(metrion_add(series, number));
        } else {
            OK(metrion_set(series, number - 1));
            OK(metrion_set(series, number));
        }
        OK(metrion_series_free(series));
    }
}

static void check_modes(metrion_registry registry, int with_child)
{
    size_t i;
    for (i = 0; i < MODE_COUNT; i++) {
        char line[64];
        const double expected = with_child ? MODES[i].with_child : MODES[i].after;
        snprintf(line, sizeof line, "\n%s %g\n", MODES[i].name, expected);
        CHECK(shows(registry, line));
    }
}

static void test_modes(const char *path)
{
    metrion_registry registry = opened(path);
    int input[2], output[2], i;
    char ready, line[64];
    pid_t child;
    say(registry, 2);
    CHECK(pipe2(input, O_CLOEXEC) == 0 && pipe2(output, O_CLOEXEC) == 0);
    child = start("say", path, input[0], output[1]);
    CHECK(close(input[0]) == 0 && close(output[1]) == 0);
    CHECK(read(output[0], &ready, 1) == 1);
    check_modes(registry, 1);
    for (i = 0; i < 2; i++) {
        snprintf(line, sizeof line, "\n%s{pid=\"%ld\"} 7\n", i == 0 ? "g_all" : "g_liveall", (long)child);
        CHECK(shows(registry, line));
        snprintf(line, sizeof line, "\n%s{pid=\"%ld\"} 2\n", i == 0 ? "g_all" : "g_liveall", (long)getpid());
        CHECK(shows(registry, line));
    }
    CHECK(close(input[1]) == 0);
    wait_for(child);
    check_modes(registry, 0);
    snprintf(line, sizeof line, "\ng_all{pid=\"%ld\"} 7\n", (long)child);
    CHECK(shows(registry, line));
    CHECK(close(output[0]) == 0);
    OK(metrion_registry_free(registry));
}

static void hear(void *user, const char *message)
{
    CHECK(strstr(message, "scrape only one") != NULL);
    ++*(int *)user;
}

/* A program that serves what another one serves already. */
static void serve_too(const char *path)
{
    metrion_registry registry = opened(path);
    metrion_server server;
    CHECK(dup2(STDOUT_FILENO, STDERR_FILENO) == STDERR_FILENO);
    OK(metrion_serve(registry, NULL, &server));
    OK(metrion_server_free(server));
    OK(metrion_registry_free(registry));
}

/* The second one that serves a registry gets a warning, once. */
static void test_second_server(const char *path)
{
    metrion_registry first = opened(path), second = opened(path);
    metrion_server servers[3];
    metrion_serve_options options = {0};
    int heard = 0, output[2], i;
    char line[256] = {0};
    size_t length = 0;
    ssize_t got;
    pid_t child;
    options.warn = hear;
    options.warn_user = &heard;
    OK(metrion_serve(first, &options, &servers[0]));
    CHECK(heard == 0);
    OK(metrion_serve(second, &options, &servers[1]));
    CHECK(heard == 1);
    OK(metrion_serve(second, &options, &servers[2]));
    CHECK(heard == 1);
    CHECK(pipe2(output, O_CLOEXEC) == 0);
    child = start("serve", path, -1, output[1]);
    CHECK(close(output[1]) == 0);
    while ((got = read(output[0], line + length, sizeof line - 1 - length)) > 0)
        length += (size_t)got;
    wait_for(child);
    CHECK(strncmp(line, "metrion: warning: another process", 33) == 0);
    CHECK(close(output[0]) == 0);
    for (i = 0; i < 3; i++)
        OK(metrion_server_free(servers[i]));
    OK(metrion_registry_free(first));
    OK(metrion_registry_free(second));
}

/* What another program removed is found anew. */
static void test_removal(const char *path)
{
    metrion_registry registry = opened(path);
    metrics own = metrics_of(registry);
    const metrion_text paths[] = {METRION_TEXT("/0")};
    metrion_series kept;
    OK(metrion_family_add(own.requests, paths, 1, 1));
    OK(metrion_labels(own.requests, paths, 1, &kept));
    wait_for(start("remove", path, -1, -1));
    OK(metrion_inc(kept));
    OK(metrion_family_add(own.requests, paths, 1, 5));
    CHECK(shows(registry, "\nrequests_total{path=\"/0\"} 5\n"));
    OK(metrion_series_free(kept));
    free_metrics(&own);
    OK(metrion_registry_free(registry));
}

static void test_default(const char *path)
{
    metrion_registry registry = opened(path);
    CHECK(setenv("METRION_SHARED", path, 1) == 0);
    wait_for(start("default", path, -1, -1));
    wait_for(start("default", path, -1, -1));
    CHECK(unsetenv("METRION_SHARED") == 0);
    CHECK(shows(registry, "\nby_default_total 2\n"));
    OK(metrion_registry_free(registry));
}

/* Overwrites a few bytes of a file. */
static void change(const char *path, off_t at, const char *bytes)
{
    const int file = open(path, O_WRONLY | O_CLOEXEC);
    CHECK(file >= 0);
    CHECK(pwrite(file, bytes, strlen(bytes), at) == (ssize_t)strlen(bytes));
    CHECK(close(file) == 0);
}

static void test_errors(const char *path)
{
    metrion_registry_options options = {0};
    metrion_registry registry;
    metrion_family_options named = {0};
    metrion_family family;
    char aside[128];
    options.fork = metrion_string("sometimes");
    FAILS(metrion_registry_new(&options, &registry), "invalid_value");
    CHECK(registry.handle.slot == NULL);
    options.fork = metrion_string("share");
    options.shared = metrion_string(path);
    FAILS(metrion_registry_new(&options, &registry), "invalid_value");
    options.fork = metrion_string(NULL);
    options.shared = metrion_string("\xff");
    FAILS(metrion_registry_new(&options, &registry), "invalid_value");
    options.shared = metrion_string("no/such/folder/registry");
    FAILS(metrion_registry_new(&options, &registry), "io");

    registry = opened(path);
    named.name = metrion_string("g");
    FAILS(metrion_gauge_family(registry, &named, METRION_GAUGE_MODE_LIVE_MOST_RECENT + 1, &family), "invalid_value");
    FAILS(metrion_gauge_family(registry, &named, -1, &family), "invalid_value");
    OK(metrion_registry_free(registry));

    /* The version is the second word, behind the magic one. */
    options.shared = metrion_string(path);
    change(path, 8, "\xff");
    FAILS(metrion_registry_new(&options, &registry), "other_version");
    change(path, 0, "nothing");
    FAILS(metrion_registry_new(&options, &registry), "damaged");
    CHECK(strstr(metrion_last_error(), path) != NULL);
    CHECK(metrion_registry_new(&options, &registry) == METRION_STATUS_DAMAGED);
    options.move_damaged_aside = true;
    OK(metrion_registry_new(&options, &registry));
    OK(metrion_registry_free(registry));
    snprintf(aside, sizeof aside, "%s.damaged-1", path);
    CHECK(unlink(aside) == 0);
}

/* What the program does as another process. */
static int child_of(const char *what, const char *path)
{
    metrion_registry registry;
    metrion_series series;
    metrics own;
    if (strcmp(what, "default") == 0) {
        OK(metrion_registry_default(&registry));
        OK(metrion_counter(registry, "by_default", "", &series));
        OK(metrion_inc(series));
        return 0;
    }
    if (strcmp(what, "serve") == 0) {
        serve_too(path);
        return 0;
    }
    registry = opened(path);
    if (strcmp(what, "say") == 0) {
        say(registry, 7);
        CHECK(write(STDOUT_FILENO, "\n", 1) == 1);
        while (getchar() != EOF) {
        }
        return 0;
    }
    own = metrics_of(registry);
    if (strcmp(what, "remove") == 0) {
        OK(metrion_clear(own.requests));
    } else {
        CHECK(strcmp(what, "count") == 0);
        count(&own);
    }
    free_metrics(&own);
    OK(metrion_registry_free(registry));
    return 0;
}

int main(int count, char **arguments)
{
    const char *given = getenv("METRION_TEST_ROUNDS");
    char folder[] = "shared-XXXXXX";
    char path[64];
    int number = 0;
    program = arguments[0];
    if (given != NULL)
        rounds = atoi(given);
    CHECK(rounds > 0 && rounds % PATHS == 0);
    counts_only = getenv("METRION_TEST_COUNTS_ONLY") != NULL;
    if (count == 3)
        return child_of(arguments[1], arguments[2]);
    CHECK(mkdtemp(folder) != NULL);
#define NEXT_FILE (snprintf(path, sizeof path, "%s/%d", folder, number++), path)
    test_programs(NEXT_FILE);
    test_children(opened(NEXT_FILE));
    test_children(inheritable());
    if (!counts_only) {
        test_modes(NEXT_FILE);
        test_second_server(NEXT_FILE);
    }
    test_removal(NEXT_FILE);
    test_default(NEXT_FILE);
    test_errors(NEXT_FILE);
    while (number > 0) {
        snprintf(path, sizeof path, "%s/%d", folder, --number);
        CHECK(unlink(path) == 0);
    }
    CHECK(rmdir(folder) == 0);
    puts("shared passed");
    return 0;
}
