# frozen_string_literal: true

module Metrion
  # What histograms and summaries share.
  module Observing
    include Reading

    # Observes how many seconds the block takes, also when it raises. Gives what the block gives.
    def time(labels: nil)
      series = target(labels)
      began = Process.clock_gettime(Process::CLOCK_MONOTONIC)
      begin
        yield
      ensure
        series.observe(Process.clock_gettime(Process::CLOCK_MONOTONIC) - began)
      end
    end
  end
  private_constant :Observing

  # Counts observations in buckets: classic ones, native ones, or both.
  class Histogram < Metric
    # The updates of a histogram and of its series.
    module Updates
      include Observing

      # Counts a value. `exemplar` is a hash of labels of this observation, such as a trace's id.
      def observe(value, labels: nil, exemplar: nil)
        series = target(labels)
        exemplar.nil? ? series.observe(value) : series.update_with_exemplar(value, exemplar)
        nil
      end
    end
    include Updates

    # One series of a histogram.
    class Series < Metrion::Series
      include Updates
    end
  end

  # Quantiles of the observations of the last minutes, their sum and their count.
  class Summary < Metric
    # The updates of a summary and of its series.
    module Updates
      include Observing

      # Counts a value.
      def observe(value, labels: nil)
        target(labels).observe(value)
        nil
      end
    end
    include Updates

    # One series of a summary.
    class Series < Metrion::Series
      include Updates
    end
  end
end
