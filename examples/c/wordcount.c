/* Counts the words of the lines that come in, by length, and serves what it counts while it does.
 *
 *     wordcount [port] < text
 *
 * It ends at the end of its input.
 */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <metrion.h>

/* What the program measures. */
struct metrics {
    metrion_registry registry;
    metrion_series lines;
    metrion_series line_bytes;
    metrion_series longest;
    /* By whether they are short, up to four letters. */
    metrion_series short_words, long_words;
};

/* Ends the program with a message when a call fails: only at the start, as recording does not. */
static void must(metrion_status status)
{
    if (status != METRION_STATUS_OK) {
        fprintf(stderr, "wordcount: %s [%s]\n", metrion_last_error(), metrion_status_code(status));
        exit(1);
    }
}

static struct metrics make_metrics(void)
{
    const metrion_text label = METRION_TEXT("length");
    const metrion_text short_ = METRION_TEXT("short"), long_ = METRION_TEXT("long");
    const double bounds[] = {0, 10, 20, 40, 80, 160};
    metrion_family_options words = {.name = METRION_TEXT("words_total"),
                                    .help = METRION_TEXT("Words that were counted."),
                                    .label_names = &label,
                                    .label_name_count = 1};
    metrion_histogram_options bytes = {.family = {.name = METRION_TEXT("line_bytes"),
                                                  .help = METRION_TEXT("Length of the lines.")},
                                       .buckets = bounds,
                                       .bucket_count = sizeof bounds / sizeof *bounds};
    struct metrics own;
    metrion_family family;
    must(metrion_registry_new(NULL, &own.registry));
    must(metrion_counter(own.registry, "lines_total", "Lines that were read.", &own.lines));
    must(metrion_gauge(own.registry, "longest_word", "Letters of the longest word.", &own.longest));
    must(metrion_counter_family(own.registry, &words, &family));
    must(metrion_labels(family, &short_, 1, &own.short_words));
    must(metrion_labels(family, &long_, 1, &own.long_words));
    must(metrion_family_free(family));
    must(metrion_histogram_family(own.registry, &bytes, &family));
    must(metrion_labels(family, NULL, 0, &own.line_bytes));
    must(metrion_family_free(family));
    return own;
}

static void count_line(const struct metrics *own, const char *line, size_t *longest)
{
    metrion_inc(own->lines);
    metrion_observe(own->line_bytes, (double)strcspn(line, "\n"));
    while (*line != '\0') {
        size_t letters = 0;
        while (*line != '\0' && !isalpha((unsigned char)*line))
            line++;
        while (isalpha((unsigned char)line[letters]))
            letters++;
        if (letters == 0)
            continue;
        metrion_inc(letters <= 4 ? own->short_words : own->long_words);
        if (letters > *longest) {
            *longest = letters;
            metrion_set(own->longest, (double)letters);
        }
        line += letters;
    }
}

int main(int count, char **arguments)
{
    struct metrics own = make_metrics();
    metrion_serve_options options = {0};
    metrion_server server;
    uint16_t port;
    size_t longest = 0;
    char line[4096];
    if (count > 1) {
        char *end;
        long number = strtol(arguments[1], &end, 10);
        if (*end != '\0' || number < 0 || number > UINT16_MAX) {
            fprintf(stderr, "usage: wordcount [port] < text\n");
            return 2;
        }
        options.port = (uint16_t)number;
    }
    must(metrion_serve(own.registry, &options, &server));
    must(metrion_server_port(server, &port));
    printf("http://127.0.0.1:%" PRIu16 "/metrics\n", port);
    fflush(stdout);

    while (fgets(line, sizeof line, stdin) != NULL)
        count_line(&own, line, &longest);

    must(metrion_server_free(server));
    must(metrion_series_free(own.lines));
    must(metrion_series_free(own.line_bytes));
    must(metrion_series_free(own.longest));
    must(metrion_series_free(own.short_words));
    must(metrion_series_free(own.long_words));
    must(metrion_registry_free(own.registry));
    return 0;
}
