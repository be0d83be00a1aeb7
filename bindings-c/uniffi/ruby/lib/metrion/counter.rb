# frozen_string_literal: true

module Metrion
  # A number that only goes up.
  class Counter < Metric
    # The updates of a counter and of its series.
    module Updates
      include Reading

      # Adds `by`, which is not negative. `exemplar` is a hash of labels of this update, such as a trace's id.
      def increment(by: 1, labels: nil, exemplar: nil)
        series = target(labels)
        exemplar.nil? ? series.add(by) : series.update_with_exemplar(by, exemplar)
        nil
      end
    end
    include Updates

    # One series of a counter.
    class Series < Metrion::Series
      include Updates
    end
  end
end
