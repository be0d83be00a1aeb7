# frozen_string_literal: true

module Metrion
  # A running HTTP server: see Registry#serve.
  class Server
    def initialize(server)
      @server = server
      warning = Metrion.crossing { server.warning }
      Kernel.warn("metrion: #{warning}") unless warning.nil?
    end

    # The port on which it listens.
    def port
      Metrion.crossing { @server.port }
    end

    # Sends the answers that are under way, 5 seconds at most, and frees the port. Again, it does nothing.
    def stop
      Metrion.crossing { @server.stop }
      nil
    end
  end
end
