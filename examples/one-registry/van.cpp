// Takes orders from its standard input, a line each.
//
//     van PORT
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string>

#include <metrion.hpp>

int main(int count, char **arguments) {
    try {
        // The registry that the environment names, as in the other languages.
        metrion::Registry registry = metrion::Registry::process();
        metrion::Counter orders =
            registry.counter_family({"orders_total", "Orders, by the language of who took them.", {"taken_by"}})
                .labels({"c++"});
        metrion::Histogram seconds =
            registry
                .histogram_family({{"order_duration_seconds", "Time that an order took."},
                                   std::vector<double>{0.0001, 0.001, 0.01, 0.1, 1},
                                   std::nullopt})
                .labels({});
        const auto port = static_cast<std::uint16_t>(count > 1 ? std::atoi(arguments[1]) : 0);
        metrion::Server server = registry.serve({"127.0.0.1", port});
        for (std::string order; std::getline(std::cin, order);) {
            metrion::ScopedTimer timer(seconds);
            orders.inc();
        }
        return 0;
    } catch (const metrion::Error &error) {
        std::cerr << error.code() << ": " << error.what() << "\n";
        return 1;
    }
}
