#!/usr/bin/env ruby
# frozen_string_literal: true

# A worker that counts its jobs, and serves its metrics: ruby jobs.rb PORT
require "metrion"

registry = Metrion.registry
registry.register_process

jobs = registry.counter("jobs", "Jobs by queue and outcome.", labels: %i[queue outcome], max_series: 1000)
waiting = registry.gauge("jobs_waiting", "Jobs in the queue.", labels: [:queue])
duration = registry.timer("job_duration", "Time that jobs took.", labels: [:queue], native: { factor: 1.1 })
registry.info("worker", "The worker.").set(version: "1.0", ruby: RUBY_VERSION)

server = registry.serve(port: Integer(ARGV.fetch(0, "9464")))
puts "http://127.0.0.1:#{server.port}/metrics"
$stdout.flush

queue = Array.new(10) { |number| number }
waiting.callback(labels: { queue: "mail" }) { queue.length }

until queue.empty?
  job = queue.shift
  duration.time(labels: { queue: "mail" }) do
    outcome = (job % 5).zero? ? "failed" : "done"
    jobs.increment(labels: { queue: "mail", outcome: outcome }, exemplar: { job: job })
  end
end

# Until whoever started it says that it is enough.
$stdin.read
server.stop
