/* Serves a counter over TLS until its input ends: serve CERTIFICATES KEY. It prints the port. */
#include "check.h"

int main(int count, char **arguments)
{
    metrion_registry registry;
    metrion_series series;
    metrion_server server;
    metrion_serve_options options = {0};
    uint16_t port;
    CHECK(count == 3);
    OK(metrion_registry_new(NULL, &registry));
    OK(metrion_counter(registry, "served", "", &series));
    options.tls_certificates = metrion_string(arguments[1]);
    options.tls_key = metrion_string(arguments[2]);
    OK(metrion_serve(registry, &options, &server));
    OK(metrion_server_port(server, &port));
    printf("%d\n", port);
    fflush(stdout);
    while (getchar() != EOF) {
    }
    OK(metrion_server_free(server));
    OK(metrion_series_free(series));
    OK(metrion_registry_free(registry));
    return 0;
}
