# frozen_string_literal: true

module Metrion
  # What a histogram reads: `counts` of each bucket alone, the one to infinity last, `sum`, and `native`,
  # a NativeHistogram if it has native buckets.
  HistogramValue = Struct.new(:counts, :sum, :native, keyword_init: true)

  # What a summary reads: the value of each objective (NaN when there is none), `sum` and `count`.
  SummaryValue = Struct.new(:quantiles, :sum, :count, keyword_init: true)

  # Native buckets: `positive` and `negative` are hashes of indices and counts of the buckets that are not
  # empty. The bucket `i` is above 2**((i - 1) * 2**-schema) and up to 2**(i * 2**-schema).
  NativeHistogram = Struct.new(
    :schema, :zero_threshold, :zero_count, :positive, :negative, keyword_init: true
  )

  # An encoded registry: the bytes, the values of the headers `Content-Type` and `Content-Encoding` (or nil),
  # and the codes of the errors why families were left out.
  Page = Struct.new(:body, :content_type, :content_encoding, :left_out, keyword_init: true)

  # Readings of the core as values of Ruby.
  module Values
    module_function

    def of(reading)
      if reading.number?
        reading.value
      elsif reading.histogram?
        HistogramValue.new(counts: reading.counts, sum: reading.sum, native: native(reading.native))
      elsif reading.summary?
        SummaryValue.new(quantiles: reading.quantiles, sum: reading.sum, count: reading.count)
      elsif reading.info?
        reading.labels.to_h { |label| [label.name, label.value] }
      else
        reading.states
      end
    end

    def native(own)
      return nil if own.nil?

      NativeHistogram.new(
        schema: own.schema,
        zero_threshold: own.zero_threshold,
        zero_count: own.zero_count,
        positive: own.positive.to_h { |bucket| [bucket.index, bucket.count] },
        negative: own.negative.to_h { |bucket| [bucket.index, bucket.count] }
      )
    end

    def page(own)
      Page.new(
        body: own.body,
        content_type: own.content_type,
        content_encoding: own.content_encoding,
        left_out: own.left_out
      )
    end
  end
  private_constant :Values
end
