# frozen_string_literal: true

require_relative "metrion/direct"
require_relative "metrion/metrion_ffi"
require_relative "metrion/waiting"
require_relative "metrion/error"
require_relative "metrion/convert"
require_relative "metrion/values"
require_relative "metrion/options"
require_relative "metrion/series"
require_relative "metrion/children"
require_relative "metrion/metric"
require_relative "metrion/counter"
require_relative "metrion/gauge"
require_relative "metrion/observing"
require_relative "metrion/info"
require_relative "metrion/state_set"
require_relative "metrion/collected_family"
require_relative "metrion/callbacks"
require_relative "metrion/server"
require_relative "metrion/registry"

# Metrics of a program: see Metrion::Registry.
module Metrion
  # A clock that shows what a test sets: `new(seconds)`, `set(seconds)`, `advance(seconds)`.
  ManualClock = MetrionFfi::ManualClock

  PROCESS_LOCK = Mutex.new
  private_constant :PROCESS_LOCK

  # The registry of the process, the same at every call. METRION_SHARED in the environment, the path of a file,
  # shares it with other processes.
  def self.registry
    PROCESS_LOCK.synchronize { @registry ||= Registry.of_process }
  end

  # Takes a group of metrics out of a Pushgateway. The arguments are those of Registry#push.
  def self.delete_pushed(url, job:, grouping: {}, user: nil, password: nil, timeout: nil)
    Metrion.crossing do
      MetrionFfi.delete_from_gateway(
        Options.push(url, job, grouping, add: false, user: user, password: password, timeout: timeout)
      )
    end
  end

  # Raises a Metrion::Error with the code `parse_error`, line and column when bytes are not an exposition
  # in the `format` :text or :openmetrics.
  def self.check_exposition(page, format: :text)
    Metrion.crossing { MetrionFfi.check_exposition(Options.format(format), page.b) }
  end
end
