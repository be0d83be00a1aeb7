# frozen_string_literal: true

module Metrion
  # Text about the program, as labels with the value 1.
  class Info < Metric
    # The updates of an info and of its series.
    module Updates
      include Reading

      # Says this, and nothing of what it said before: `set(version: "1.2")`, or a hash.
      def set(info = nil, labels: nil, **named)
        series = target(labels).core
        info = Convert.labels(info.nil? ? named : info)
        Metrion.crossing { series.set_info(info) }
        nil
      end
    end
    include Updates

    # One series of an info.
    class Series < Metrion::Series
      include Updates
    end
  end
end
