# frozen_string_literal: true

module Metrion
  # A number that goes up and down.
  class Gauge < Metric
    # The updates of a gauge and of its series.
    module Updates
      include Reading

      # Sets it. Gauges of the mode :up_down are only added to.
      def set(value, labels: nil)
        target(labels).set(value)
        nil
      end

      # Adds `by`.
      def increment(by: 1, labels: nil)
        target(labels).add(by)
        nil
      end

      # Subtracts `by`.
      def decrement(by: 1, labels: nil)
        target(labels).add(-Convert.number(by, "the amount"))
        nil
      end

      # Counts what is in the block at this moment.
      def track(labels: nil)
        increment(labels: labels)
        begin
          yield
        ensure
          decrement(labels: labels)
        end
      end
    end
    include Updates

    # One series of a gauge.
    class Series < Metrion::Series
      include Updates
    end

    # Lets the block give the value of one series from now on, at every collection. When it raises or gives
    # nil, the series is left out of that collection.
    def callback(labels: nil, &block)
      raise Error.new("invalid_value", "there is no block") if block.nil?

      series = target(labels).core
      Metrion.crossing { @family.set_callback(series, ValueCallback.new(block)) }
      nil
    end
  end
end
