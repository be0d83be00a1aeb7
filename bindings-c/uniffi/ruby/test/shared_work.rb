# frozen_string_literal: true

# What the processes of shared_test.rb do.
module SharedWork
  MODES = %i[last all liveall min livemin max livemax sum livesum mostrecent livemostrecent].freeze

  module_function

  def count(registry, rounds)
    jobs = registry.counter("jobs", labels: [:queue])
    in_flight = registry.gauge("in_flight", mode: :up_down)
    seconds = registry.timer("job")
    threads = Array.new(2) do |number|
      Thread.new do
        rounds.times do
          in_flight.track { seconds.observe(0.25) }
          jobs.increment(labels: { queue: number })
        end
      end
    end
    threads.each(&:join)
  end

  # A number in a gauge of each mode, and one in flight.
  def say(registry, number)
    MODES.each { |mode| registry.gauge("g_#{mode}", mode: mode).set(number) }
    registry.gauge("waiting", mode: :up_down).increment
  end
end
