# frozen_string_literal: true

require "json"
require_relative "collected"
require_relative "comparing"

# Runs one conformance vector through the calls that programs make. core/conformance/README.md says what the
# fields mean; what is unknown here is an error.
class VectorCase
  Broken = Class.new(StandardError)

  FAMILY_FIELDS = {
    "help" => :help, "namespace" => :namespace, "subsystem" => :subsystem, "unit" => :unit,
    "label_names" => :labels, "constant_labels" => :constant_labels, "max_series" => :max_series,
    "expire_after" => :expire_after
  }.freeze
  OWN_FIELDS = {
    "counter" => [], "gauge" => %w[mode], "histogram" => %w[buckets native], "info" => [],
    "summary" => %w[objectives max_age age_buckets], "state_set" => %w[states]
  }.freeze
  NATIVE_FIELDS = %w[schema factor max_buckets zero_threshold max_zero_threshold min_reset].freeze

  include Comparing

  def self.run(written)
    own = fields(written, %w[description operations expect], %w[registry])
    expect = fields(own["expect"], [], %w[text pages values])
    raise Broken, "the case expects nothing" if expect.empty?

    new(own["registry"] || {}).run(own["operations"], expect)
  end

  # The fields of an object, all of which are known and none of the required ones missing.
  def self.fields(given, required, optional = [])
    unknown = given.keys - required - optional
    missing = required - given.keys
    raise Broken, "unknown #{unknown}, missing #{missing}" unless unknown.empty? && missing.empty?

    given
  end

  def initialize(setup)
    own = fields(setup, [], %w[utf8_names constant_labels max_entries])
    @clock = Metrion::ManualClock.new(1_700_000_000.0)
    @registry = Metrion::Registry.new(
      utf8_names: own["utf8_names"], constant_labels: own["constant_labels"] || {},
      max_entries: own["max_entries"], clock: @clock
    )
    @handles = {}
    @servers = {}
  end

  def run(operations, expect)
    operations.each { |step| apply(step) }
    expect_text("text" => expect["text"]) if expect.key?("text")
    (expect["pages"] || []).each { |page| expect_page(page) }
    expect_values("values" => expect["values"] || {})
  ensure
    @servers.each_value(&:stop)
  end

  private

  OPERATIONS = %w[
    create labels curry inc add dec set observe set_info set_state advance collect parse serve remove
    remove_matching clear reset unregister expect_text expect_page expect_values
  ].freeze

  def apply(step)
    rest = step.reject { |name, _| %w[op error].include?(name) }
    raise Broken, "unknown operation #{step["op"]}" unless OPERATIONS.include?(step["op"])

    begin
      send(step["op"], rest)
    rescue Metrion::Error => error
      raise Broken, "#{step}: #{error.code}: #{error.message}" unless error.code == step["error"]

      return
    end
    raise Broken, "#{step}: succeeded" if step.key?("error")
  end

  def fields(given, required, optional = [])
    self.class.fields(given, required, optional)
  end

  def handle(id)
    @handles.fetch(id) { raise Broken, "#{id} is not bound" }
  end

  def bind(id, handle)
    raise Broken, "#{id} is bound twice" if @handles.key?(id)

    @handles[id] = handle
  end

  def create(given)
    type = given["type"]
    raise Broken, "unknown type #{type}" unless OWN_FIELDS.key?(type)

    own = fields(given, %w[type id name], FAMILY_FIELDS.keys + OWN_FIELDS[type])
    options = FAMILY_FIELDS.filter_map { |name, option| [option, own[name]] if own.key?(name) }.to_h
    options[:expire_after] = number(options[:expire_after]) if options.key?(:expire_after)
    options[:mode] = own["mode"] if own.key?("mode")
    options[:buckets] = own["buckets"].map { |bound| number(bound) } if own.key?("buckets")
    options[:native] = native_options(own["native"]) if own.key?("native")
    options[:objectives] = own["objectives"].map { |pair| pair.map { |own| number(own) } } if own.key?("objectives")
    options[:max_age] = number(own["max_age"]) if own.key?("max_age")
    options[:age_buckets] = own["age_buckets"] if own.key?("age_buckets")
    options[:states] = own["states"] || [] if type == "state_set"
    help = options.delete(:help) || ""
    bind(own["id"], @registry.public_send(type, own["name"], help, **options))
  end

  def native_options(given)
    fields(given, [], NATIVE_FIELDS).to_h do |name, value|
      [name.to_sym, %w[schema max_buckets].include?(name) ? value : number(value)]
    end
  end

  def labels(given)
    own = fields(given, %w[family id], %w[values names])
    raise Broken, "one of values and names" unless own.key?("values") ^ own.key?("names")

    family = handle(own["family"])
    child = own.key?("values") ? family.labels(*own["values"]) : by_name(family, own["names"])
    bind(own["id"], child)
  end

  # By `labels:` of an update, too.
  def by_name(family, names)
    child = family.labels(**names.transform_keys(&:to_sym))
    return child if names.empty?

    value = family.value(labels: names)
    raise Broken, "labels: is another series" unless same_value?(value, child.value)
    child
  end

  def same_value?(one, other)
    Marshal.dump(one.is_a?(Struct) ? one.to_a.flatten : one) ==
      Marshal.dump(other.is_a?(Struct) ? other.to_a.flatten : other)
  end

  def curry(given)
    own = fields(given, %w[family id names])
    bind(own["id"], handle(own["family"]).curry(**own["names"].transform_keys(&:to_sym)))
  end

  def inc(given)
    handle(fields(given, %w[on])["on"]).increment
  end

  def add(given)
    own = fields(given, %w[on value], %w[exemplar])
    options = own.key?("exemplar") ? { exemplar: own["exemplar"] } : {}
    handle(own["on"]).increment(by: number(own["value"]), **options)
  end

  def dec(given)
    own = fields(given, %w[on value])
    handle(own["on"]).decrement(by: number(own["value"]))
  end

  def set(given)
    own = fields(given, %w[on value])
    handle(own["on"]).set(number(own["value"]))
  end

  def observe(given)
    own = fields(given, %w[on value], %w[exemplar])
    options = own.key?("exemplar") ? { exemplar: own["exemplar"] } : {}
    handle(own["on"]).observe(number(own["value"]), **options)
  end

  def set_info(given)
    own = fields(given, %w[on labels])
    handle(own["on"]).set(own["labels"])
  end

  def set_state(given)
    own = fields(given, %w[on state])
    handle(own["on"]).set(own["state"])
  end

  def advance(given)
    @clock.advance(number(fields(given, %w[seconds])["seconds"]))
  end

  def collect(given)
    families = fields(given, %w[families])["families"]
    @registry.register { families.map { |family| Collected.family(family) } }
  end

  def parse(given)
    own = fields(given, %w[format lines])
    Metrion.check_exposition(lines(own["lines"]), format: own["format"])
  end

  def serve(given)
    own = fields(given, %w[id], %w[host port_of])
    port = own.key?("port_of") ? @servers.fetch(own["port_of"]).port : 0
    @servers[own["id"]] = @registry.serve(port: port, address: own["host"])
  end

  def remove(given)
    own = fields(given, %w[family values])
    handle(own["family"]).remove(*own["values"])
  end

  def remove_matching(given)
    own = fields(given, %w[family names])
    handle(own["family"]).remove_matching(**own["names"].transform_keys(&:to_sym))
  end

  def clear(given)
    handle(fields(given, %w[family])["family"]).clear
  end

  def reset(given)
    handle(fields(given, %w[family])["family"]).reset
  end

  def unregister(given)
    @registry.unregister(handle(fields(given, %w[family])["family"]))
  end
end
