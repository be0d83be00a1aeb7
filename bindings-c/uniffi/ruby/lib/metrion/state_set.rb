# frozen_string_literal: true

module Metrion
  # Which of some named states hold.
  class StateSet < Metric
    # The updates of a state set and of its series.
    module Updates
      include Reading

      # Makes this state hold and no other.
      def set(state, labels: nil)
        series = target(labels).core
        state = Convert.text(state, "invalid_value", "a state")
        Metrion.crossing { series.set_only(state) }
        nil
      end

      # Makes this state hold, whatever the others do.
      def enable(state, labels: nil)
        change(state, true, labels)
      end

      # Makes this state not hold, whatever the others do.
      def disable(state, labels: nil)
        change(state, false, labels)
      end

      private

      def change(state, holds, labels)
        series = target(labels).core
        state = Convert.text(state, "invalid_value", "a state")
        Metrion.crossing { series.set_state(state, holds) }
        nil
      end
    end
    include Updates

    # One series of a state set.
    class Series < Metrion::Series
      include Updates
    end
  end
end
