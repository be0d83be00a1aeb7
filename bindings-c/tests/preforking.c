/* A server that forks its workers first, which all take requests from one socket: what they count is whole
 * whichever of them answers, also when one is killed and replaced. */
#define _GNU_SOURCE

#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

enum { WORKERS = 4, CLIENTS = 3, PATIENCE_SECONDS = 60 };

/* Of each client; METRION_TEST_ROUNDS is another number, for slow tools. */
static int rounds = 2000;

/* Whether METRION_TEST_COUNTS_ONLY is set: valgrind knows no second mapping of the same pages, which is where a process
 * has what it says of itself alone, and what it has in flight. */
static int counts_only;

/* What is asked of a worker, a byte. */
enum { ANSWER = 'a', HANG = 'h', SHOW = 's', END = 'e' };

/* The metrics of one registry; the parent makes them before it forks. */
typedef struct metrics {
    metrion_registry registry;
    metrion_series requests, seconds, in_flight, workers;
} metrics;

/* One that the children inherit, and one in a file. */
static metrics of_parent, of_file;

static struct sockaddr_in address;
static int listening;
static pid_t workers[WORKERS];

static metrics made(const metrion_registry_options *options)
{
    metrics own;
    OK(metrion_registry_new(options, &own.registry));
    OK(metrion_counter(own.registry, "requests", "", &own.requests));
    OK(metrion_histogram(own.registry, "request_seconds", "", &own.seconds));
    own.in_flight = gauge_of(own.registry, "in_flight", METRION_GAUGE_MODE_UP_DOWN);
    own.workers = gauge_of(own.registry, "workers", METRION_GAUGE_MODE_LIVE_SUM);
    return own;
}

static void free_metrics(metrics *own)
{
    OK(metrion_series_free(own->requests));
    OK(metrion_series_free(own->seconds));
    OK(metrion_series_free(own->in_flight));
    OK(metrion_series_free(own->workers));
    OK(metrion_registry_free(own->registry));
}

static void begin(metrics *own)
{
    OK(metrion_inc(own->in_flight));
    OK(metrion_inc(own->requests));
    OK(metrion_observe(own->seconds, 0.5));
}

static void send_all(int socket, const char *data, size_t length)
{
    while (length > 0) {
        const ssize_t sent = send(socket, data, length, MSG_NOSIGNAL);
        CHECK(sent > 0);
        data += sent;
        length -= (size_t)sent;
    }
}

static void send_page(int socket)
{
    metrion_page page;
    OK(metrion_encode_page(of_parent.registry, METRION_FORMAT_TEXT, NULL, &page));
    send_all(socket, (const char *)page.data, page.length);
    OK(metrion_page_free(&page));
}

static void work(void)
{
    /* When a check of the parent fails, nobody tells it to end. */
    CHECK(prctl(PR_SET_PDEATHSIG, SIGKILL) == 0);
    OK(metrion_set(of_parent.workers, 1));
    OK(metrion_set(of_file.workers, 1));
    for (;;) {
        const int client = accept(listening, NULL, NULL);
        char asked;
        CHECK(client >= 0 && read(client, &asked, 1) == 1);
        if (asked == END) {
            _exit(0);
        } else if (asked == SHOW) {
            send_page(client);
        } else {
            begin(&of_parent);
            begin(&of_file);
            if (asked == HANG) {
                const pid_t me = getpid();
                send_all(client, (const char *)&me, sizeof me);
                for (;;)
                    pause();
            }
            OK(metrion_sub(of_parent.in_flight, 1));
            OK(metrion_sub(of_file.in_flight, 1));
            send_all(client, "done", 4);
        }
        CHECK(close(client) == 0);
    }
}

static pid_t start_worker(void)
{
    const pid_t child = fork();
    CHECK(child >= 0);
    if (child == 0)
        work();
    return child;
}

/* Sends a request to whichever worker takes it; the answer, until the worker closes or `most` bytes came. */
static size_t ask(char what, char *answer, size_t most)
{
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t length = 0;
    ssize_t more;
    CHECK(server >= 0 && connect(server, (struct sockaddr *)&address, sizeof address) == 0);
    send_all(server, &what, 1);
    while (length < most && (more = read(server, answer + length, most - length)) > 0)
        length += (size_t)more;
    CHECK(close(server) == 0);
    return length;
}

static void *send_requests(void *unused)
{
    int i;
    for (i = 0; i < rounds; i++) {
        char answer[8];
        CHECK(ask(ANSWER, answer, sizeof answer) == 4);
    }
    return unused;
}

static double value(metrion_series series)
{
    double value;
    OK(metrion_value(series, &value));
    return value;
}

static void check_numbers(const metrics *own, double requests, double in_flight)
{
    metrion_reading reading;
    double observed = 0;
    size_t i;
    CHECK(value(own->requests) == requests);
    CHECK(value(own->in_flight) == in_flight);
    OK(metrion_read(own->seconds, &reading));
    for (i = 0; i < reading.number_count; i++)
        observed += reading.numbers[i];
    CHECK(observed == requests && reading.sum == requests / 2);
    OK(metrion_reading_free(&reading));
}

static void check_both(double requests, double in_flight)
{
    check_numbers(&of_parent, requests, in_flight);
    check_numbers(&of_file, requests, in_flight);
}

static int has_line(const char *page, const char *name, double number)
{
    char line[64];
    snprintf(line, sizeof line, "\n%s %g\n", name, number);
    return strstr(page, line) != NULL;
}

/* Waits until that many workers say that they are there. */
static void await_workers(double count)
{
    const time_t deadline = time(NULL) + PATIENCE_SECONDS;
    char page[4096];
    if (counts_only)
        return;
    do {
        size_t length;
        CHECK(time(NULL) < deadline);
        OK(metrion_encode(of_file.registry, METRION_FORMAT_TEXT, NULL, (uint8_t *)page, sizeof page - 1, &length));
        page[length] = '\0';
    } while (!has_line(page, "workers", count));
}

/* Kills a worker that has a request in flight, and starts another one. */
static void replace_one(void)
{
    pid_t hanging;
    int status, i;
    CHECK(ask(HANG, (char *)&hanging, sizeof hanging) == sizeof hanging);
    CHECK(counts_only || (value(of_parent.in_flight) >= 1 && value(of_file.in_flight) >= 1));
    CHECK(kill(hanging, SIGKILL) == 0);
    CHECK(waitpid(hanging, &status, 0) == hanging && WIFSIGNALED(status));
    await_workers(WORKERS - 1);
    for (i = 0; workers[i] != hanging; i++)
        CHECK(i < WORKERS - 1);
    workers[i] = start_worker();
    await_workers(WORKERS);
}

/* The page of an HTTP server. */
static void scrape(uint16_t port, char *page, size_t size)
{
    const char request[] = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    struct sockaddr_in own = address;
    const int server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    size_t length = 0;
    ssize_t more;
    own.sin_port = htons(port);
    CHECK(server >= 0 && connect(server, (struct sockaddr *)&own, sizeof own) == 0);
    send_all(server, request, sizeof request - 1);
    while ((more = read(server, page + length, size - 1 - length)) > 0)
        length += (size_t)more;
    page[length] = '\0';
    CHECK(close(server) == 0);
}

int main(void)
{
    const char *given = getenv("METRION_TEST_ROUNDS");
    char folder[] = "preforking-XXXXXX", path[64], page[8192];
    metrion_registry_options inherited = {0}, in_file = {0};
    metrion_server server;
    socklen_t size = sizeof address;
    pthread_t clients[CLIENTS];
    uint16_t port;
    double requests = 0;
    int i, status;
    if (given != NULL)
        rounds = atoi(given);
    counts_only = getenv("METRION_TEST_COUNTS_ONLY") != NULL;
    CHECK(rounds > 0 && mkdtemp(folder) != NULL);
    snprintf(path, sizeof path, "%s/registry", folder);
    inherited.fork = metrion_string("share");
    in_file.shared = metrion_string(path);
    of_parent = made(&inherited);
    of_file = made(&in_file);

    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    listening = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    CHECK(listening >= 0 && bind(listening, (struct sockaddr *)&address, sizeof address) == 0);
    CHECK(listen(listening, 64) == 0);
    CHECK(getsockname(listening, (struct sockaddr *)&address, &size) == 0);
    for (i = 0; i < WORKERS; i++)
        workers[i] = start_worker();
    OK(metrion_serve(of_parent.registry, NULL, &server));
    OK(metrion_server_port(server, &port));
    await_workers(WORKERS);

    send_requests(NULL);
    requests += rounds;
    check_both(requests, 0);
    replace_one();
    requests++;
    check_both(requests, 0);

    for (i = 0; i < CLIENTS; i++)
        CHECK(pthread_create(&clients[i], NULL, send_requests, NULL) == 0);
    replace_one();
    replace_one();
    for (i = 0; i < CLIENTS; i++)
        CHECK(pthread_join(clients[i], NULL) == 0);
    requests += CLIENTS * (double)rounds + 2;
    check_both(requests, 0);

    /* Any of them tells of all. */
    for (i = 0; i < 2 * WORKERS; i++) {
        page[ask(SHOW, page, sizeof page - 1)] = '\0';
        CHECK(has_line(page, "requests_total", requests) && has_line(page, "in_flight", 0));
        CHECK(counts_only || has_line(page, "workers", WORKERS));
    }
    scrape(port, page, sizeof page);
    CHECK(has_line(page, "requests_total", requests) && (counts_only || has_line(page, "workers", WORKERS)));

    for (i = 0; i < WORKERS; i++)
        ask(END, page, 1);
    for (i = 0; i < WORKERS; i++)
        CHECK(waitpid(workers[i], &status, 0) == workers[i] && WIFEXITED(status) && WEXITSTATUS(status) == 0);
    check_both(requests, 0);
    scrape(port, page, sizeof page);
    CHECK(has_line(page, "requests_total", requests) && !has_line(page, "workers", WORKERS));
    OK(metrion_server_free(server));
    free_metrics(&of_parent);
    free_metrics(&of_file);
    CHECK(close(listening) == 0 && unlink(path) == 0 && rmdir(folder) == 0);
    puts("preforking passed");
    return 0;
}
