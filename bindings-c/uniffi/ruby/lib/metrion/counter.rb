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
        amount = Convert.number(by, "the amount")
        if exemplar.nil?
          Metrion.crossing { series.add(amount) }
        else
          exemplar = Convert.labels(exemplar)
          Metrion.crossing { series.update_with_exemplar(amount, exemplar) }
        end
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
