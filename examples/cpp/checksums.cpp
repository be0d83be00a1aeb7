// Reads names of files, a line each, and tells their checksums: two threads work, and Prometheus can watch them.
//
//     checksums [PORT] < NAMES        the metrics are at http://127.0.0.1:PORT/metrics; 0 is any free port
#include <charconv>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <deque>
#include <fstream>
#include <iostream>
#include <mutex>
#include <thread>

#include <metrion.hpp>

namespace {

constexpr std::size_t MOST_WAITING = 1000;

// What the program counts. Each is made once; an update is an addition to the thread's own memory.
struct Metrics {
    // METRION_SHARED in the environment shares it with other programs.
    metrion::Registry registry = metrion::Registry::process();
    metrion::Family<metrion::Counter> files =
        registry.counter_family({"files_total", "Files that were asked for, by what became of them.", {"result"}});
    metrion::Counter ok = files.labels({"ok"}), missing = files.labels({"missing"});
    metrion::Counter bytes = registry.counter("file_bytes_total", "Bytes that were read.");
    metrion::Histogram sizes = registry
                                   .histogram_family({{"file_size_bytes", "Sizes of the files."},
                                                      std::vector<double>{10, 1000, 100000, 10000000},
                                                      std::nullopt})
                                   .labels({});
    metrion::Histogram durations = registry.histogram("file_duration_seconds", "Time that the files took.");
    metrion::Gauge waiting = registry.gauge("files_waiting", "Files that no thread has begun with.");
};

// Names on their way from one thread to others.
class Queue {
public:
    explicit Queue(Metrics &metrics) : metrics_(metrics) {}

    void push(std::string name) {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return names_.size() < MOST_WAITING; });
        names_.push_back(std::move(name));
        metrics_.waiting.set(static_cast<double>(names_.size()));
        changed_.notify_all();
    }

    // The next one; nothing after the end.
    std::optional<std::string> pop() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [&] { return closed_ || !names_.empty(); });
        if (names_.empty())
            return std::nullopt;
        std::string name = std::move(names_.front());
        names_.pop_front();
        metrics_.waiting.set(static_cast<double>(names_.size()));
        changed_.notify_all();
        return name;
    }

    void close() {
        std::lock_guard lock(mutex_);
        closed_ = true;
        changed_.notify_all();
    }

private:
    Metrics &metrics_;
    std::mutex mutex_;
    std::condition_variable changed_;
    std::deque<std::string> names_;
    bool closed_ = false;
};

// FNV-1a with 64 bits.
std::uint64_t add(std::uint64_t checksum, const char *data, std::streamsize length) {
    for (std::streamsize i = 0; i < length; i++)
        checksum = (checksum ^ static_cast<unsigned char>(data[i])) * 0x100000001b3;
    return checksum;
}

void read(const std::string &name, Metrics &metrics) {
    metrion::ScopedTimer timer(metrics.durations);
    std::ifstream file(name, std::ios::binary);
    if (!file) {
        timer.discard();
        metrics.missing.inc();
        return;
    }
    std::uint64_t checksum = 0xcbf29ce484222325;
    double size = 0;
    char buffer[65536];
    while (file.read(buffer, sizeof buffer), file.gcount() > 0) {
        checksum = add(checksum, buffer, file.gcount());
        size += static_cast<double>(file.gcount());
        metrics.bytes.add(static_cast<double>(file.gcount()));
    }
    metrics.sizes.observe(size);
    metrics.ok.inc();
    std::printf("%016llx  %s\n", static_cast<unsigned long long>(checksum), name.c_str());
}

void run(std::uint16_t port) {
    Metrics metrics;
    metrion::Server server = metrics.registry.serve({"127.0.0.1", port});
    std::printf("http://127.0.0.1:%d/metrics\n", server.port());
    std::fflush(stdout);

    Queue queue(metrics);
    auto work = [&] {
        while (std::optional<std::string> name = queue.pop())
            read(*name, metrics);
    };
    std::thread first(work), second(work);
    for (std::string name; std::getline(std::cin, name);)
        queue.push(std::move(name));
    queue.close();
    first.join();
    second.join();
}

} // namespace

int main(int count, char **arguments) {
    std::uint16_t port = 0;
    if (count > 1) {
        const std::string_view text = arguments[1];
        const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
        if (error != std::errc() || end != text.data() + text.size()) {
            std::fprintf(stderr, "usage: checksums [PORT] < NAMES\n");
            return 2;
        }
    }
    try {
        run(port);
        return 0;
    } catch (const metrion::Error &error) {
        std::fprintf(stderr, "%s: %s\n", error.code(), error.what());
        return 1;
    }
}
