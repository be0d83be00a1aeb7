# frozen_string_literal: true

# The families of a vector's collector.
module Collected
  module_function

  def family(given)
    own = VectorCase.fields(given, %w[type name series], %w[help unit label_names bounds quantiles states])
    made = Metrion::CollectedFamily.new(
      own["type"], own["name"], own["help"] || "", labels: own["label_names"] || [], unit: own["unit"] || "",
      bounds: numbers(own["bounds"]), quantiles: numbers(own["quantiles"]), states: own["states"] || []
    )
    own["series"].each { |series| add(made, series) }
    made
  end

  def add(family, given)
    own = VectorCase.fields(given, %w[row], %w[values native exemplars created timestamp])
    family.add(
      own["values"] || [], numbers(own["row"]),
      native: own.key?("native") ? native(own["native"]) : nil,
      exemplars: (own["exemplars"] || []).map { |exemplar| exemplar(exemplar) },
      created: optional(own["created"]), timestamp: optional(own["timestamp"])
    )
  end

  def exemplar((place, labels, value, time))
    [place, labels, Comparing.number(value), optional(time)]
  end

  def native(given)
    own = VectorCase.fields(given, %w[schema zero_threshold zero_count positive negative])
    side = ->(counts) { counts.to_h { |index, count| [index, Comparing.number(count)] } }
    Metrion::NativeHistogram.new(
      schema: own["schema"], zero_threshold: Comparing.number(own["zero_threshold"]),
      zero_count: Comparing.number(own["zero_count"]),
      positive: side.call(own["positive"]), negative: side.call(own["negative"])
    )
  end

  def numbers(written)
    (written || []).map { |number| Comparing.number(number) }
  end

  def optional(written)
    written.nil? ? nil : Comparing.number(written)
  end
end
