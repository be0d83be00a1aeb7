// Runs conformance vectors through the calls that JavaScript programs make: the same for every package.
// Nothing here is of Node alone, so that a browser runs it, too.

/**
 * What runs a vector with `library`: its classes, `ManualClock` and `checkExposition`, and, where there are
 * servers, `startHttpServer`. `assert` is Node's, or what has its functions.
 */
export function vectorRunner(library, assert) {
  const { Counter, Gauge, Histogram, Info, MetrionError, Registry, StateSet, Summary } = library;
  const { ManualClock, checkExposition, startHttpServer } = library;
  const text = (bytes) => new TextDecoder().decode(bytes);

  const TYPES = {
    counter: Counter,
    gauge: Gauge,
    histogram: Histogram,
    summary: Summary,
    info: Info,
    state_set: StateSet,
  };
  const SPECIAL = { NaN: NaN, '+Inf': Infinity, '-Inf': -Infinity, '-0': -0 };

  function number(written) {
    if (typeof written === 'string') {
      assert.ok(Object.hasOwn(SPECIAL, written), `no number: ${written}`);
      return SPECIAL[written];
    }
    assert.equal(typeof written, 'number');
    return written;
  }

  // Takes fields apart, and fails on one that it does not know or that is missing.
  function fields(given, required, optional = {}) {
    for (const name of required) {
      assert.ok(Object.hasOwn(given, name), `missing field ${name}`);
    }
    for (const name of Object.keys(given)) {
      assert.ok(required.includes(name) || Object.hasOwn(optional, name), `unknown field ${name}`);
    }
    return { ...optional, ...given };
  }

  class Run {
    constructor(options = {}, updates = 'cells', memory = {}) {
      const own = fields(options, [], { utf8_names: false, constant_labels: [], max_entries: undefined });
      this.clock = new ManualClock(1_700_000_000);
      this.registry = new Registry({
        utf8Names: own.utf8_names,
        constantLabels: own.constant_labels,
        maxEntries: own.max_entries,
        clock: this.clock,
        ...memory,
      });
      if (updates === 'calls') {
        const nowhere = this.registry.cells.own({ cell: -1 }, 1);
        this.registry.cells.own = () => nowhere;
        this.registry.cells.common = this.registry.cells.own;
      }
      this.handles = new Map();
      this.servers = new Map();
    }

    bind(id, handle) {
      assert.ok(!this.handles.has(id), `${id} is bound twice`);
      this.handles.set(id, handle);
    }

    handle(id) {
      assert.ok(this.handles.has(id), `${id} is not bound`);
      return this.handles.get(id);
    }
  }

  const KIND_FIELDS = {
    counter: [],
    gauge: ['mode'],
    histogram: ['buckets', 'native'],
    summary: ['objectives', 'max_age', 'age_buckets'],
    info: [],
    state_set: ['states'],
  };
  const NATIVE = {
    schema: 'schema',
    factor: 'factor',
    max_buckets: 'maxBuckets',
    zero_threshold: 'zeroThreshold',
    max_zero_threshold: 'maxZeroThreshold',
    min_reset: 'minResetSeconds',
  };

  function nativeOptions(written) {
    return Object.fromEntries(
      Object.entries(written).map(([name, value]) => {
        assert.ok(Object.hasOwn(NATIVE, name), `unknown field ${name}`);
        return [NATIVE[name], number(value)];
      }),
    );
  }

  const OPERATIONS = {
    create(run, given) {
      assert.ok(Object.hasOwn(TYPES, given.type), `unknown type ${given.type}`);
      const optional = {
        help: '',
        namespace: '',
        subsystem: '',
        unit: '',
        label_names: [],
        constant_labels: [],
        max_series: undefined,
        expire_after: undefined,
      };
      KIND_FIELDS[given.type].forEach((name) => {
        optional[name] = undefined;
      });
      const own = fields(given, ['type', 'id', 'name'], optional);
      const config = {
        name: own.name,
        help: own.help,
        namespace: own.namespace,
        subsystem: own.subsystem,
        unit: own.unit,
        labelNames: own.label_names,
        constantLabels: own.constant_labels,
        maxSeries: own.max_series,
        expireAfterSeconds: own.expire_after === undefined ? undefined : number(own.expire_after),
        registers: [run.registry],
      };
      if (own.mode !== undefined) config.mode = own.mode;
      if (own.buckets !== undefined) config.buckets = own.buckets.map(number);
      if (own.native !== undefined) config.native = nativeOptions(own.native);
      if (given.type === 'summary') {
        config.objectives = (own.objectives ?? []).map(([quantile, error]) => [number(quantile), number(error)]);
        config.maxAgeSeconds = own.max_age === undefined ? undefined : number(own.max_age);
        config.ageBuckets = own.age_buckets;
      }
      if (given.type === 'state_set') config.states = own.states ?? [];
      run.bind(own.id, new TYPES[given.type](config));
    },
    labels(run, given) {
      const own = fields(given, ['family', 'id'], { values: undefined, names: undefined });
      const family = run.handle(own.family);
      assert.ok((own.values === undefined) !== (own.names === undefined));
      if (own.values !== undefined) {
        run.bind(own.id, family.labels(...own.values));
        return;
      }
      run.bind(own.id, family.labels(own.names));
    },
    curry(run, given) {
      const own = fields(given, ['family', 'id', 'names']);
      run.bind(own.id, run.handle(own.family).curry(own.names));
    },
    inc(run, given) {
      run.handle(fields(given, ['on']).on).inc();
    },
    add(run, given) {
      const own = fields(given, ['on', 'value'], { exemplar: undefined });
      if (own.exemplar === undefined) {
        run.handle(own.on).inc(number(own.value));
      } else {
        child(run.handle(own.on)).inc(number(own.value), own.exemplar);
      }
    },
    dec(run, given) {
      const own = fields(given, ['on', 'value']);
      run.handle(own.on).dec(number(own.value));
    },
    set(run, given) {
      const own = fields(given, ['on', 'value']);
      run.handle(own.on).set(number(own.value));
    },
    observe(run, given) {
      const own = fields(given, ['on', 'value'], { exemplar: undefined });
      if (own.exemplar === undefined) {
        run.handle(own.on).observe(number(own.value));
      } else {
        child(run.handle(own.on)).observe(number(own.value), own.exemplar);
      }
    },
    set_info(run, given) {
      const own = fields(given, ['on', 'labels']);
      run.handle(own.on).info(own.labels);
    },
    set_state(run, given) {
      const own = fields(given, ['on', 'state']);
      run.handle(own.on).state(own.state);
    },
    advance(run, given) {
      run.clock.advance(number(fields(given, ['seconds']).seconds));
    },
    collect(run, given) {
      const families = fields(given, ['families']).families.map(collected);
      run.registry.registerCollector({ describe: () => families, collect: () => families });
    },
    parse(_run, given) {
      const own = fields(given, ['format', 'lines']);
      checkExposition(own.lines.map((line) => `${line}\n`).join(''), own.format);
    },
    async serve(run, given) {
      const own = fields(given, ['id'], { host: '127.0.0.1', port_of: undefined });
      const port = own.port_of === undefined ? 0 : run.servers.get(own.port_of).address().port;
      run.servers.set(own.id, await startHttpServer({ registry: run.registry, host: own.host, port }));
    },
    remove(run, given) {
      const own = fields(given, ['family', 'values']);
      run.handle(own.family).remove(...own.values);
    },
    remove_matching(run, given) {
      const own = fields(given, ['family', 'names']);
      run.handle(own.family).removeMatching(own.names);
    },
    clear(run, given) {
      run.handle(fields(given, ['family']).family).clear();
    },
    reset(run, given) {
      run.handle(fields(given, ['family']).family).reset();
    },
    unregister(run, given) {
      run.registry.unregister(run.handle(fields(given, ['family']).family));
    },
    async expect_text(run, given) {
      const own = fields(given, ['text'], { filter: [] });
      const { body } = await run.registry.encode({ names: own.filter });
      assert.equal(text(body), own.text.map((line) => `${line}\n`).join(''));
      if (own.filter.length === 0) {
        assert.equal(await run.registry.metrics(), text(body));
      }
    },
    async expect_page(run, given) {
      const own = fields(given, ['format'], {
        created: false,
        escaping: 'underscores',
        left_out: [],
        json: undefined,
        messages: undefined,
        lines: undefined,
      });
      const content = { json: 'json', protobuf: 'messages' }[own.format] ?? 'lines';
      const { format, created, escaping } = own;
      assert.deepEqual(
        ['json', 'messages', 'lines'].filter((name) => own[name] !== undefined),
        [content],
      );
      const page = await run.registry.encode({ format, created, escaping });
      assert.deepEqual(page.leftOut, own.left_out);
      if (content === 'json') {
        // The core writes no `-0` as 0: JSON.parse keeps it.
        assert.deepEqual(JSON.parse(text(page.body)), own.json);
      } else if (content === 'messages') {
        const messages = own.messages.map((message) => bytesOf(message));
        assert.deepEqual([...page.body], messages.flatMap((message) => [...varint(message.length), ...message]));
      } else {
        assert.equal(text(page.body), own.lines.map((line) => `${line}\n`).join(''));
      }
    },
    expect_values(run, given) {
      for (const [id, expected] of Object.entries(fields(given, ['values']).values)) {
        compare(child(run.handle(id)).value(), expected);
      }
    },
  };

  // A family without open labels stands for its one child.
  function child(handle) {
    return typeof handle.labels === 'function' ? handle.labels() : handle;
  }

  function same(found, expected) {
    assert.ok(Object.is(found, number(expected)), `${found} is not ${expected}`);
  }

  function compare(found, expected) {
    if (typeof found === 'number') {
      same(found, expected);
    } else if (Array.isArray(found)) {
      assert.deepEqual(found, expected);
    } else if (Object.hasOwn(found, 'quantiles')) {
      fields(expected, ['quantiles', 'sum', 'count']);
      assert.equal(found.quantiles.length, expected.quantiles.length);
      expected.quantiles.map(number).forEach((value, place) => {
        const own = found.quantiles[place];
        assert.ok(Object.is(own, value) || Math.abs(own - value) <= 0.01 * Math.abs(value), `${own} is not ${value}`);
      });
      same(found.sum, expected.sum);
      same(found.count, expected.count);
    } else if (Object.hasOwn(found, 'counts')) {
      fields(expected, ['counts', 'sum'], { native: undefined });
      assert.equal(found.counts.length, expected.counts.length);
      expected.counts.forEach((count, place) => same(found.counts[place], count));
      same(found.sum, expected.sum);
      assert.deepEqual(found.native ?? undefined, nativeBuckets(expected.native));
    } else {
      assert.deepEqual(found, Object.fromEntries(expected));
    }
  }

  function nativeBuckets(written) {
    if (written === undefined) {
      return undefined;
    }
    const own = fields(written, ['schema', 'zero_threshold', 'zero_count', 'positive', 'negative']);
    return {
      schema: own.schema,
      zeroThreshold: number(own.zero_threshold),
      zeroCount: number(own.zero_count),
      positive: own.positive.flatMap(([index, count]) => [index, number(count)]),
      negative: own.negative.flatMap(([index, count]) => [index, number(count)]),
    };
  }

  function varint(value) {
    const low = value & 0x7f;
    return value === low ? [low] : [low | 0x80, ...varint(value >> 7)];
  }

  function bytesOf(hex) {
    return hex.match(/../g)?.map((byte) => parseInt(byte, 16)) ?? [];
  }

  // A family of a vector, sample by sample.
  function collected(given) {
    const own = fields(given, ['type', 'name', 'series'], {
      help: '',
      unit: '',
      label_names: [],
      bounds: [],
      quantiles: [],
      states: [],
    });
    const type = { gauge_histogram: 'gaugehistogram', state_set: 'stateset' }[own.type] ?? own.type;
    const samples = own.series.flatMap((written) => {
      const series = fields(written, ['row'], {
        values: [],
        native: undefined,
        created: undefined,
        timestamp: undefined,
        exemplars: [],
      });
      const labels = own.label_names.map((name, place) => [name, series.values[place]]);
      const row = series.row.map(number);
      const timestamp = series.timestamp;
      const exemplars = new Map(
        series.exemplars.map(([place, pairs, value, at]) => [
          place,
          { labels: pairs, value: number(value), timestamp: at ?? undefined },
        ]),
      );
      const all = sampleRows(type, own, row).map(([suffix, extra, value], place) => ({
        name: own.name + suffix,
        labels: [...labels, ...extra],
        value,
        timestamp,
        exemplar: exemplars.get(place),
      }));
      if (series.native !== undefined) {
        const native = nativeBuckets(series.native);
        all.push({ name: own.name, labels, value: 0, timestamp, native, nativeSum: row.at(-1) });
      }
      if (series.created !== undefined) {
        all.push({ name: `${own.name}_created`, labels, value: series.created, timestamp });
      }
      return all;
    });
    return { name: own.name, type, help: own.help, unit: own.unit, samples };
  }

  // Suffix, further labels and value of each sample of a row.
  function sampleRows(type, own, row) {
    if (type === 'histogram' || type === 'gaugehistogram') {
      const counts = row.slice(0, -1);
      const bounds = [...own.bounds.map((bound) => String(number(bound))), '+Inf'];
      let total = 0;
      const buckets = counts.map((count, place) => ['_bucket', [['le', bounds[place]]], (total += count)]);
      const gauge = type === 'gaugehistogram' ? 'g' : '';
      return [...buckets, [`_${gauge}count`, [], total], [`_${gauge}sum`, [], row.at(-1)]];
    }
    if (type === 'summary') {
      const quantiles = own.quantiles.map((quantile, place) => ['', [['quantile', String(quantile)]], row[place]]);
      return [...quantiles, ['_sum', [], row.at(-2)], ['_count', [], row.at(-1)]];
    }
    if (type === 'stateset') {
      return own.states.map((state, place) => ['', [[own.name, state]], row[place]]);
    }
    return [[{ counter: '_total', info: '_info' }[type] ?? '', [], row[0]]];
  }

  /** `memory` says in further options of the registry where its numbers are. */
  async function runCase(given, updates, memory) {
    const own = fields(given, ['description', 'operations', 'expect'], { registry: {} });
    const expect = fields(own.expect, [], { text: undefined, pages: [], values: {} });
    assert.ok(Object.keys(own.expect).length > 0, 'the case expects nothing');
    const run = new Run(own.registry, updates, memory);
    try {
      for (const { op, error, ...rest } of own.operations) {
        assert.ok(Object.hasOwn(OPERATIONS, op), `unknown operation ${op}`);
        const operate = async () => OPERATIONS[op](run, rest);
        if (error === undefined) {
          await operate();
        } else {
          await assert.rejects(operate, (raised) => {
            assert.ok(raised instanceof MetrionError, String(raised));
            assert.equal(raised.code, error, raised.message);
            return true;
          });
        }
      }
      if (expect.text !== undefined) {
        await OPERATIONS.expect_text(run, { text: expect.text });
      }
      for (const page of expect.pages) {
        await OPERATIONS.expect_page(run, page);
      }
      OPERATIONS.expect_values(run, { values: expect.values });
    } finally {
      run.servers.forEach((server) => server.close());
    }
  }

  return { Run, OPERATIONS, runCase };
}
