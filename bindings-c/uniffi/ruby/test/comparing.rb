# frozen_string_literal: true

# What a vector expects, compared to the last bit.
module Comparing
  SPECIAL = { "NaN" => Float::NAN, "+Inf" => Float::INFINITY, "-Inf" => -Float::INFINITY, "-0" => -0.0 }.freeze
  CONTENT = { "json" => "json", "protobuf" => "messages", "text" => "lines", "openmetrics" => "lines" }.freeze

  def self.number(written)
    return SPECIAL.fetch(written) { raise VectorCase::Broken, "no number: #{written}" } if written.is_a?(String)
    raise VectorCase::Broken, "no number: #{written}" unless written.is_a?(Numeric)

    written.to_f
  end

  # JSON in which the integer -0 keeps its sign.
  def self.json(text)
    JSON.parse(text.gsub(/(?<=[:,\[ ])-0(?=[,\]}\s])/, "-0.0"))
  end

  private

  def number(written)
    Comparing.number(written)
  end

  def lines(written)
    written.map { |line| "#{line}\n" }.join
  end

  def check(found, expected)
    raise VectorCase::Broken, "found #{found.inspect}, expected #{expected.inspect}" unless found == expected
  end

  def bits(number)
    number.nan? ? :nan : [number].pack("G")
  end

  def expect_text(given)
    own = fields(given, %w[text], %w[filter])
    check(@registry.encode(names: own["filter"] || []).body.b, lines(own["text"]).b)
    check(@registry.text, lines(own["text"])) unless own.key?("filter")
  end

  def expect_page(given)
    content = CONTENT.fetch(given["format"])
    own = fields(given, ["format", content], %w[created escaping left_out])
    page = @registry.encode(format: own["format"], created: own["created"], escaping: own["escaping"])
    check(page.left_out, own["left_out"] || [])
    case content
    when "json" then check(as_bits(Comparing.json(page.body)), as_bits(own["json"]))
    when "messages" then check(page.body.b, own["messages"].map { |message| delimited([message].pack("H*")) }.join)
    else check(page.body.b, lines(own["lines"]).b)
    end
  end

  def as_bits(json)
    case json
    when Hash then json.transform_values { |value| as_bits(value) }
    when Array then json.map { |value| as_bits(value) }
    when Numeric then bits(json.to_f)
    else json
    end
  end

  def delimited(message)
    varint(message.bytesize) + message
  end

  # A length as protocol buffers write it.
  def varint(length)
    low = length & 0x7f
    length == low ? [low].pack("C") : [low | 0x80].pack("C") + varint(length >> 7)
  end

  def expect_values(given)
    fields(given, %w[values])["values"].each do |id, expected|
      compare(handle(id).value, expected)
    end
  end

  def compare(found, expected)
    case found
    when Float then check(bits(found), bits(number(expected)))
    when Metrion::HistogramValue then compare_histogram(found, expected)
    when Metrion::SummaryValue then compare_summary(found, expected)
    when Hash then check(found.to_a, expected)
    else check(found, expected)
    end
  end

  def compare_histogram(found, expected)
    own = fields(expected, %w[counts sum], %w[native])
    check(found.counts.map { |count| bits(count) }, own["counts"].map { |count| bits(number(count)) })
    check(bits(found.sum), bits(number(own["sum"])))
    check(found.native, own.key?("native") ? Collected.native(own["native"]) : nil)
  end

  def compare_summary(found, expected)
    own = fields(expected, %w[quantiles sum count])
    check(found.quantiles.length, own["quantiles"].length)
    found.quantiles.zip(own["quantiles"]) do |value, written|
      wanted = number(written)
      near = bits(value) == bits(wanted) || (value - wanted).abs <= 0.01 * wanted.abs
      raise VectorCase::Broken, "found #{value}, expected #{wanted}" unless near
    end
    check(bits(found.sum), bits(number(own["sum"])))
    check(bits(found.count), bits(number(own["count"])))
  end
end
