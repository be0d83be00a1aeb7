# frozen_string_literal: true

module Metrion
  # A set of metrics that are exposed together. Most programs use the one of the process, Metrion.registry.
  #
  # Making a metric that is there already with the same description gives that one; with another description
  # it is the error `metric_exists`.
  #
  # All metrics take, beside their name and help:
  # - `labels`: the names of the labels that tell the series apart
  # - `namespace`, `subsystem`: what the name begins with; `unit`: what it ends with
  # - `constant_labels`: a hash of labels with one value for the whole metric
  # - `max_series`: at most that many series; what comes past it is counted in one overflow series
  # - `expire_after`: seconds after which a series that did not change is left out until it does
  class Registry
    # - `constant_labels`: a hash of labels that every metric gets
    # - `utf8_names`: whether names may be any text
    # - `self_metrics`: whether pages tell of the registry itself
    # - `max_entries`: how many metrics and series there is room for, 262,144 by default
    # - `clock`: a ManualClock, for tests
    # - `shared`: the path of a file in which any number of processes share the registry
    # - `fork`: what a child has of a registry without a file: :separate, a copy to go on with (the default), or
    #   :share, the registry itself
    # - `move_damaged_aside`: whether a shared file that is damaged, or of another version, is given another name,
    #   and a new one made; if not, it is an error
    def initialize(constant_labels: {}, utf8_names: false, self_metrics: false, max_entries: nil, clock: nil,
                   shared: nil, fork: nil, move_damaged_aside: false)
      options = Options.registry(
        constant_labels: constant_labels, utf8_names: utf8_names, self_metrics: self_metrics,
        max_entries: max_entries, shared: shared, fork: fork, move_damaged_aside: move_damaged_aside
      )
      @registry = Metrion.crossing do
        clock.nil? ? MetrionFfi::Registry.new(options) : MetrionFfi::Registry.with_clock(options, clock)
      end
    end

    # Not for users: Metrion.registry is the one of the process.
    def self.of_process
      made = allocate
      made.instance_variable_set(:@registry, Metrion.crossing { MetrionFfi::Registry.of_process })
      made
    end
    private_class_method :allocate

    # A number that only goes up.
    def counter(name, help = "", **options)
      options = Options.family(name, help, **options)
      Metrion.crossing { Counter.of(@registry.counter(options)) }
    end

    # A number that goes up and down. `mode` is :last, the last value that was set by whatever process, or :up_down,
    # only added to and subtracted from, for things in flight: what a process has in flight when it ends is dropped.
    # The others have a value for each process that shares the registry: :all is a series for each, with the label
    # `pid`; :min, :max, :sum and :mostrecent make one of them; :liveall, :livemin ... leave out processes that
    # have ended.
    def gauge(name, help = "", mode: :last, **options)
      mode = Convert.text(mode, "invalid_value", "the mode")
      options = Options.family(name, help, **options)
      Metrion.crossing { Gauge.of(@registry.gauge(options, mode)) }
    end

    # Counts by upper bounds (`buckets`, 0.005 to 10 by default), in native buckets (`native`, a hash of
    # `factor`, `schema`, `max_buckets`, `zero_threshold`, `max_zero_threshold`, `min_reset`), or both.
    def histogram(name, help = "", buckets: nil, native: nil, **options)
      make_histogram(name, help, buckets, native, options, timer: false)
    end

    # A histogram of durations in seconds, whose name ends with `_seconds`.
    def timer(name, help = "", buckets: nil, native: nil, **options)
      make_histogram(name, help, buckets, native, options, timer: true)
    end

    # Quantiles over the last `max_age` seconds (600), in `age_buckets` steps (5). `objectives` is a hash of
    # quantiles and the error that their rank may have: `{0.99 => 0.001}`; none is just a count and a sum.
    def summary(name, help = "", objectives: {}, max_age: nil, age_buckets: nil, **options)
      options = Options.summary(
        Options.family(name, help, **options),
        objectives: objectives, max_age: max_age, age_buckets: age_buckets
      )
      Metrion.crossing { Summary.of(@registry.summary(options)) }
    end

    # Text about the program.
    def info(name, help = "", **options)
      options = Options.family(name, help, **options)
      Metrion.crossing { Info.of(@registry.info(options)) }
    end

    # Which of 1 to 53 `states` hold; the first one does at the start.
    def state_set(name, help = "", states:, **options)
      states = Convert.list(states, "the states").map { |state| Convert.text(state, "invalid_value", "a state") }
      options = Options.family(name, help, **options)
      Metrion.crossing { StateSet.of(@registry.state_set(options, states)) }
    end

    # Takes a metric, or what `register` gave, out. A metric's name is free then; its handles show nowhere.
    def unregister(what)
      case what
      when Metric
        Metrion.crossing { @registry.unregister(what.send(:family)) }
      when MetrionFfi::Registration
        Metrion.crossing { @registry.unregister_collector(what) }
      else
        raise Error.new("invalid_value", "#{what.inspect} is in no registry")
      end
      nil
    end

    # Calls the block, or `collector.call`, at every collection, on whatever thread collects; it gives an array
    # of CollectedFamily. It is called once now, to find names that are taken.
    def register(collector = nil, &block)
      collector ||= block
      raise Error.new("invalid_value", "there is no collector") unless collector.respond_to?(:call)

      Metrion.crossing { @registry.register(CollectorCallback.new(collector)) }
    end

    # Adds memory, CPU time and open files of the process.
    def register_process(namespace: "")
      namespace = Convert.name(namespace, "the namespace")
      Metrion.crossing { @registry.register_process(namespace) }
    end

    # A Page in the `format` :text, :openmetrics, :protobuf or :json. `created` adds `_created` samples;
    # `escaping` is how names are written that are not classic (underscores, dots, values, allow-utf-8); with
    # `names` only families with one of these names are in it.
    def encode(format: :text, created: false, escaping: nil, names: [])
      options = MetrionFfi::EncodeOptions.new(
        created: created ? true : false,
        escaping: escaping.nil? ? nil : escaping.to_s,
        names: Convert.names(names, "the names")
      )
      format = Options.format(format)
      Metrion.crossing { Values.page(@registry.encode(format, options)) }
    end

    # The text format 0.0.4, as a String.
    def text
      encode.body.force_encoding(Encoding::UTF_8)
    end

    # The Page that an HTTP request asks for; `query` is what is behind the `?`.
    def scrape(accept: "", accept_encoding: "", query: "")
      Metrion.crossing do
        request = MetrionFfi::ScrapeRequest.new(
          accept: accept.to_s, accept_encoding: accept_encoding.to_s, query: query.to_s
        )
        Values.page(@registry.scrape(request))
      end
    end

    # Serves the registry over HTTP from a thread of the library, until the Server is stopped. Port 0 is any
    # free one. `tls` is a hash of files in PEM: `certificates`, `key`, and perhaps `client_authorities` and
    # `client_required`. After fork the child has no such thread. When another process serves this shared registry
    # already, that is a warning, once.
    def serve(port: 0, address: nil, path: nil, created: false, tls: nil)
      Metrion.crossing do
        options = MetrionFfi::ServeOptions.new(
          address: address, port: port, path: path, created: created ? true : false, tls: server_tls(tls)
        )
        Server.new(@registry.serve(options))
      end
    end

    # Sends the registry to a Pushgateway, and waits for the answer. `grouping` are labels of the group beside
    # `job`; with `add` metrics of other names stay that the group has.
    def push(url, job:, grouping: {}, add: false, user: nil, password: nil, timeout: nil)
      Metrion.crossing do
        @registry.push(
          Options.push(url, job, grouping, add: add, user: user, password: password, timeout: timeout)
        )
      end
      nil
    end

    private

    def make_histogram(name, help, buckets, native, options, timer:)
      options = Options.histogram(
        Options.family(name, help, **options), buckets: buckets, native: native, timer: timer
      )
      Metrion.crossing { Histogram.of(@registry.histogram(options)) }
    end

    def server_tls(files)
      return nil if files.nil?

      MetrionFfi::ServerTls.new(
        certificates: files.fetch(:certificates), key: files.fetch(:key),
        client_authorities: files[:client_authorities], client_required: files[:client_required] ? true : false
      )
    end
  end
end
