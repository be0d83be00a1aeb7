// Updates beside prometheus-cpp: bench FIGURES.json writes the rows that core/benches/table.py reads.
//
// Ours and theirs take turns in short rounds, so that both meet the same moments of the machine; a figure is
// the median of the rounds, a ratio that of the rounds' ratios. A round in which a thread had to wait for its
// processor, or did not meet the other one all the time, is tried again: on a busy machine two threads often
// run one after the other, and then nothing is contended.
#include <prometheus/counter.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <string>
#include <thread>
#include <time.h>
#include <vector>

#include "metrion.hpp"

namespace {

constexpr int ROUNDS = 21;
constexpr double ROUND_NS = 2e6;
constexpr int TRIES = 200;
constexpr double WHOLE_SHARE = 0.95;

// Runs a loop of so many updates.
using Loop = std::function<void(long)>;

double clock_ns(clockid_t clock) {
    timespec time;
    clock_gettime(clock, &time);
    return time.tv_sec * 1e9 + time.tv_nsec;
}

struct Sample {
    // Of one update, on average over the threads.
    double ns;
    // The least share of the time for which a thread had a processor while the others had theirs.
    double share;
};

Sample once(const Loop &loop, int threads, long updates) {
    std::atomic<int> ready{0};
    struct Span {
        double start, end, cpu;
    };
    std::vector<Span> each(threads);
    auto run = [&](int thread) {
        loop(updates / 50 + 1);
        ready++;
        while (ready < threads) {
        }
        const double start = clock_ns(CLOCK_MONOTONIC), cpu = clock_ns(CLOCK_THREAD_CPUTIME_ID);
        loop(updates);
        const double used = clock_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
        each[thread] = {start, clock_ns(CLOCK_MONOTONIC), used};
    };
    std::vector<std::thread> others;
    for (int thread = 1; thread < threads; thread++)
        others.emplace_back(run, thread);
    run(0);
    for (std::thread &other : others)
        other.join();
    double last_start = each[0].start, first_end = each[0].end;
    for (const Span &own : each) {
        last_start = std::max(last_start, own.start);
        first_end = std::min(first_end, own.end);
    }
    Sample all{0, 1};
    for (const Span &own : each) {
        const double wall = own.end - own.start;
        all.ns += wall / updates / threads;
        all.share = std::min({all.share, own.cpu / wall, (first_end - last_start) / wall});
    }
    return all;
}

// The first sample without a wait, or the one with the shortest.
double sample(const Loop &loop, int threads, long updates) {
    Sample best{0, -1};
    for (int attempt = 0; attempt < TRIES && best.share < WHOLE_SHARE; attempt++) {
        const Sample own = once(loop, threads, updates);
        if (own.share > best.share)
            best = own;
    }
    return best.ns;
}

long calibrated(const Loop &loop, int threads) {
    long updates = 1000;
    double ns = sample(loop, threads, updates) * updates;
    while (ns < ROUND_NS / 4) {
        updates *= 4;
        ns = sample(loop, threads, updates) * updates;
    }
    return static_cast<long>(updates * ROUND_NS / ns) + 1;
}

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

struct Case {
    const char *id;
    const char *title;
    int threads;
    // 0 is none.
    int goal;
    Loop ours;
    Loop theirs;
};

std::string row(const Case &own) {
    const long our_updates = calibrated(own.ours, own.threads), their_updates = calibrated(own.theirs, own.threads);
    std::vector<double> ours, theirs, ratios;
    for (int round = 0; round < ROUNDS; round++) {
        ours.push_back(sample(own.ours, own.threads, our_updates));
        theirs.push_back(sample(own.theirs, own.threads, their_updates));
        ratios.push_back(theirs.back() / ours.back());
    }
    const auto [lowest, highest] = std::minmax_element(ratios.begin(), ratios.end());
    std::printf("%-52s %8.2f ns, prometheus-cpp %8.2f ns, %6.1fx\n", own.title, median(ours), median(theirs),
                median(ratios));
    char text[1024];
    std::snprintf(text, sizeof text,
                  R"({"id": "%s", "title": "%s", "ours_ns": %.4g, "peer": "prometheus-cpp", "peer_version": "%s", )"
                  R"("peer_ns": %.4g, "ratio": %.4g, "ratio_min": %.4g, "ratio_max": %.4g, "goal": %s})",
                  own.id, own.title, median(ours), PROMETHEUS_CPP_VERSION, median(theirs), median(ratios), *lowest,
                  *highest, own.goal == 0 ? "null" : std::to_string(own.goal).c_str());
    return text;
}

// Hides from the compiler where a pointer points, so that it repeats what it could do once.
template <class T> T *opaque(T *pointer) {
    asm volatile("" : "+r"(pointer) : : "memory");
    return pointer;
}

} // namespace

int main(int count, char **arguments) {
    if (count != 2) {
        std::fputs("usage: bench FIGURES.json\n", stderr);
        return 2;
    }
    const std::vector<double> bounds{.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

    prometheus::Registry their_registry;
    auto &their_family = prometheus::BuildCounter().Name("requests").Register(their_registry);
    auto &their_counter = their_family.Add({{"method", "GET"}, {"path", "/x"}});
    auto &their_histogram = prometheus::BuildHistogram().Name("seconds").Register(their_registry).Add(
        {}, prometheus::Histogram::BucketBoundaries(bounds));

    metrion::Registry registry;
    auto family = registry.counter_family({"requests", "", {"method", "path"}});
    auto counter = family.labels({"GET", "/x"});
    auto histogram = registry.histogram("seconds", "");
    // Not the only series, as in any program.
    for (int i = 0; i < 16; i++) {
        their_family.Add({{"method", "GET"}, {"path", "/" + std::to_string(i)}});
        family.labels({"GET", std::string_view("/" + std::to_string(i))});
    }

    const Loop inc = [&](long updates) {
        auto *own = &counter;
        for (; updates > 0; updates--)
            opaque(own)->inc();
    };
    const Loop their_inc = [&](long updates) {
        auto *own = &their_counter;
        for (; updates > 0; updates--)
            opaque(own)->Increment();
    };
    const Loop labelled = [&](long updates) {
        for (; updates > 0; updates--)
            opaque(&family)->inc({"GET", "/x"});
    };
    const Loop their_labelled = [&](long updates) {
        for (; updates > 0; updates--)
            opaque(&their_family)->Add({{"method", "GET"}, {"path", "/x"}}).Increment();
    };
    const Loop observe = [&](long updates) {
        for (; updates > 0; updates--)
            opaque(&histogram)->observe(0.3);
    };
    const Loop their_observe = [&](long updates) {
        for (; updates > 0; updates--)
            opaque(&their_histogram)->Observe(0.3);
    };

    constexpr int MANY = 16;
    std::vector<metrion::Counter> counters;
    std::vector<prometheus::Counter *> their_counters;
    for (int i = 0; i < MANY; i++) {
        their_counters.push_back(&their_family.Add({{"method", "POST"}, {"path", std::to_string(i)}}));
        counters.push_back(family.labels({"POST", std::string_view(std::to_string(i))}));
    }
    const Loop in_turn = [&](long updates) {
        for (; updates > 0; updates--)
            opaque(&counters[updates % MANY])->inc();
    };
    const Loop their_in_turn = [&](long updates) {
        for (; updates > 0; updates--)
            opaque(their_counters[updates % MANY])->Increment();
    };

    const Case cases[] = {
        {"c_inc", "C++ counter inc, the same again and again, 1 thread", 1, 5, inc, their_inc},
        {"c_inc_contended", "C++ counter inc, the same again and again, 2 threads", 2, 25, inc, their_inc},
        {"c_in_turn", "C++ counter inc, 16 in turn, 1 thread", 1, 0, in_turn, their_in_turn},
        {"c_in_turn_contended", "C++ counter inc, 16 in turn, 2 threads", 2, 0, in_turn, their_in_turn},
        {"c_labelled", "C++ labelled inc, 1 thread", 1, 0, labelled, their_labelled},
        {"c_labelled_contended", "C++ labelled inc, 2 threads", 2, 0, labelled, their_labelled},
        {"c_observe", "C++ histogram observe, 1 thread", 1, 0, observe, their_observe},
        {"c_observe_contended", "C++ histogram observe, 2 threads", 2, 0, observe, their_observe},
    };
    std::string rows;
    for (const Case &own : cases)
        rows += (rows.empty() ? "" : ",\n") + row(own);
    FILE *file = std::fopen(arguments[1], "w");
    if (file == nullptr || std::fprintf(file, "{\"rows\": [\n%s\n]}\n", rows.c_str()) < 0 || std::fclose(file) != 0) {
        std::perror(arguments[1]);
        return 1;
    }
}
