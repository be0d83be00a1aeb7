/* Many threads, more of them than there are slabs, and forks: nothing is lost. */
#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

enum { THREADS = 40, WAVES = 3 };

/* Of updates in each thread; METRION_TEST_ROUNDS is another number, for slow tools. */
static int updates = 20000;

static metrion_series counter, gauge, last, histogram, at_exit, histogram_at_exit;
static pthread_key_t exit_key;
static metrion_family labelled;

static void *work(void *unused)
{
    const metrion_text values[] = {METRION_TEXT("a")};
    int i;
    for (i = 0; i < updates; i++) {
        OK(metrion_inc(counter));
        OK(metrion_add(gauge, 2));
        OK(metrion_sub(gauge, 1));
        OK(metrion_add(last, 1));
        OK(metrion_observe(histogram, i % 2 == 0 ? 0.5 : 3));
        if (i % 10 == 0)
            OK(metrion_family_add(labelled, values, 1, 1));
    }
    return unused;
}

/* Handles of its own, made and freed beside those of other threads. */
static void *churn(void *registry)
{
    const metrion_text values[] = {METRION_TEXT("b")};
    int i;
    for (i = 0; i < updates / 10; i++) {
        metrion_series series, same;
        OK(metrion_labels(labelled, values, 1, &series));
        OK(metrion_inc(series));
        OK(metrion_counter(*(metrion_registry *)registry, "n", "", &same));
        OK(metrion_remove(labelled, values, 1));
        OK(metrion_inc(series));
        OK(metrion_series_free(series));
        FAILS(metrion_inc(series), "not_found");
        OK(metrion_series_free(same));
    }
    return NULL;
}

/* Runs when a thread's own slabs are handed back already. */
static void record_at_exit(void *unused)
{
    int i;
    for (i = 0; i < 100; i++) {
        OK(metrion_add(gauge, 2));
        OK(metrion_add(gauge, -2));
        OK(metrion_inc(at_exit));
        OK(metrion_observe(histogram_at_exit, 0.5));
    }
    (void)unused;
}

static void *end_with_records(void *unused)
{
    OK(metrion_inc(at_exit));
    CHECK(pthread_setspecific(exit_key, &exit_key) == 0);
    return unused;
}

static double value(metrion_series series)
{
    double value;
    OK(metrion_value(series, &value));
    return value;
}

static void check_totals(double times)
{
    const metrion_text values[] = {METRION_TEXT("a")};
    metrion_reading reading;
    metrion_series series;
    CHECK(value(counter) == times * updates);
    CHECK(value(gauge) == times * updates);
    CHECK(value(last) == times * updates);
    OK(metrion_read(histogram, &reading));
    CHECK(reading.numbers[0] == times * updates / 2);
    CHECK(reading.numbers[1] == times * updates / 2);
    CHECK(reading.sum == times * updates / 2 * 3.5);
    OK(metrion_reading_free(&reading));
    OK(metrion_labels(labelled, values, 1, &series));
    CHECK(value(series) == times * updates / 10);
    OK(metrion_series_free(series));
}

static metrion_series shared;
static pthread_barrier_t meeting;

/* Whether this thread was the one that freed the handle. */
static void *free_shared(void *freed)
{
    pthread_barrier_wait(&meeting);
    *(int *)freed = metrion_series_free(shared) == METRION_STATUS_OK;
    return NULL;
}

static void test_two_frees_at_once(metrion_registry registry)
{
    int round, i;
    CHECK(pthread_barrier_init(&meeting, NULL, 2) == 0);
    for (round = 0; round < 200; round++) {
        pthread_t threads[2];
        int freed[2];
        OK(metrion_counter(registry, "shared", "", &shared));
        for (i = 0; i < 2; i++)
            CHECK(pthread_create(&threads[i], NULL, free_shared, &freed[i]) == 0);
        for (i = 0; i < 2; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
        CHECK(freed[0] + freed[1] == 1);
    }
    CHECK(pthread_barrier_destroy(&meeting) == 0);
}

static void test_exit_handlers(void)
{
    pthread_t threads[THREADS];
    metrion_reading reading;
    int i;
    CHECK(pthread_key_create(&exit_key, record_at_exit) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_create(&threads[i], NULL, end_with_records, NULL) == 0);
    for (i = 0; i < THREADS; i++)
        CHECK(pthread_join(threads[i], NULL) == 0);
    CHECK(value(at_exit) == THREADS * 101);
    OK(metrion_read(histogram_at_exit, &reading));
    CHECK(reading.sum == THREADS * 50);
    OK(metrion_reading_free(&reading));
}

/* A child counts on from what it inherited; the parent does not see it. */
static void test_fork(double times)
{
    int status;
    pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0) {
        pthread_t thread;
        work(NULL);
        CHECK(pthread_create(&thread, NULL, work, NULL) == 0);
        CHECK(pthread_join(thread, NULL) == 0);
        check_totals(times + 2);
        _exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_totals(times);
}

int main(void)
{
    const double bound = 1;
    const metrion_text name = METRION_TEXT("label");
    metrion_family_options options = {0};
    metrion_histogram_options histogram_options = {0};
    metrion_registry registry;
    metrion_family family;
    pthread_t threads[THREADS], churning[2];
    const char *rounds = getenv("METRION_TEST_ROUNDS");
    int wave, i;
    if (rounds != NULL)
        updates = atoi(rounds);
    CHECK(updates > 0 && updates % 20 == 0);
    OK(metrion_registry_new(NULL, &registry));
    OK(metrion_counter(registry, "counter", "", &counter));
    OK(metrion_counter(registry, "at_exit", "", &at_exit));
    OK(metrion_histogram(registry, "histogram_at_exit", "", &histogram_at_exit));
    OK(metrion_gauge(registry, "last", "", &last));
    options.name = metrion_string("gauge");
    OK(metrion_gauge_family(registry, &options, METRION_GAUGE_MODE_UP_DOWN, &family));
    OK(metrion_labels(family, NULL, 0, &gauge));
    OK(metrion_family_free(family));
    histogram_options.family.name = metrion_string("histogram");
    histogram_options.buckets = &bound;
    histogram_options.bucket_count = 1;
    OK(metrion_histogram_family(registry, &histogram_options, &family));
    OK(metrion_labels(family, NULL, 0, &histogram));
    OK(metrion_family_free(family));
    options.name = metrion_string("labelled");
    options.label_names = &name;
    options.label_name_count = 1;
    OK(metrion_counter_family(registry, &options, &labelled));

    for (wave = 0; wave < WAVES; wave++) {
        for (i = 0; i < 2; i++)
            CHECK(pthread_create(&churning[i], NULL, churn, &registry) == 0);
        for (i = 0; i < THREADS; i++)
            CHECK(pthread_create(&threads[i], NULL, work, NULL) == 0);
        for (i = 0; i < THREADS; i++)
            CHECK(pthread_join(threads[i], NULL) == 0);
        for (i = 0; i < 2; i++)
            CHECK(pthread_join(churning[i], NULL) == 0);
    }
    check_totals(WAVES * THREADS);
    test_two_frees_at_once(registry);
    test_exit_handlers();
    test_fork(WAVES * THREADS);
    OK(metrion_series_free(counter));
    OK(metrion_series_free(gauge));
    OK(metrion_series_free(last));
    OK(metrion_series_free(histogram));
    OK(metrion_series_free(at_exit));
    OK(metrion_series_free(histogram_at_exit));
    OK(metrion_family_free(labelled));
    OK(metrion_registry_free(registry));
    puts("threads passed");
    return 0;
}
