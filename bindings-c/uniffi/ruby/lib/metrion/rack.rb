# frozen_string_literal: true

require_relative "../metrion"

module Metrion
  # A Rack application that answers scrapes: `map("/metrics") { run Metrion::Rack.new }`.
  class Rack
    def initialize(registry = Metrion.registry)
      @registry = registry
    end

    def call(env)
      page = @registry.scrape(
        accept: env["HTTP_ACCEPT"], accept_encoding: env["HTTP_ACCEPT_ENCODING"], query: env["QUERY_STRING"]
      )
      headers = { "content-type" => page.content_type, "vary" => "accept, accept-encoding" }
      headers["content-encoding"] = page.content_encoding if page.content_encoding
      [200, headers, [page.body]]
    end
  end
end
