// Answers Prometheus for all programs on this machine that share its registry, and for itself. They need no server,
// and what they counted stays when they end.
//
//     daemon FILE [PORT]        the metrics are at http://127.0.0.1:PORT/metrics; it ends with its input
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <iostream>
#include <limits>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include <metrion.hpp>

namespace {

// What the daemon itself measures, again and again: the space on the disk that the programs write to.
class Sampler {
public:
    Sampler(metrion::Registry &registry, std::string folder)
        : folder_(std::move(folder)),
          samples_(registry.counter("daemon_samples_total", "Times that the disk was looked at.")),
          free_(registry.gauge("disk_free_bytes", "Free space on the disk.")),
          thread_([this] { run(); }) {}

    ~Sampler() {
        {
            std::lock_guard lock(mutex_);
            ended_ = true;
        }
        changed_.notify_all();
        thread_.join();
    }

private:
    void run() {
        std::unique_lock lock(mutex_);
        do {
            std::error_code error;
            const auto space = std::filesystem::space(folder_, error);
            if (!error)
                free_.set(static_cast<double>(space.available));
            samples_.inc();
        } while (!changed_.wait_for(lock, std::chrono::seconds(1), [&] { return ended_; }));
    }

    std::string folder_;
    metrion::Counter samples_;
    metrion::Gauge free_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool ended_ = false;
    std::thread thread_; // the last one: it uses all others
};

void run(const std::string &file, std::uint16_t port) {
    metrion::RegistryOptions options;
    options.shared = file;
    // Nobody is there to remove a broken file by hand.
    options.move_damaged_aside = true;
    metrion::Registry registry(options);
    Sampler sampler(registry, ".");
    metrion::Server server = registry.serve({"127.0.0.1", port});
    std::printf("http://127.0.0.1:%d/metrics\n", server.port());
    std::fflush(stdout);
    std::cin.ignore(std::numeric_limits<std::streamsize>::max());
}

} // namespace

int main(int count, char **arguments) {
    std::uint16_t port = 0;
    const std::string_view text = count == 3 ? arguments[2] : "0";
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
    if (count < 2 || count > 3 || error != std::errc() || end != text.data() + text.size()) {
        std::fprintf(stderr, "usage: daemon FILE [PORT]\n");
        return 2;
    }
    try {
        run(arguments[1], port);
        return 0;
    } catch (const metrion::Error &error) {
        std::fprintf(stderr, "%s: %s\n", error.code(), error.what());
        return 1;
    }
}
