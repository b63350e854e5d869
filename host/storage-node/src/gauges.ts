/** Numbers that parts of a node show to operators, without knowing who asks for them. */

export interface Gauge {
  /** Without the prefix `dsm_node_`; a counter's ends in `_total`. */
  readonly name: string;
  readonly help: string;
  readonly type: 'gauge' | 'counter';
  readonly read: () => number;
}

/** Takes gauges of parts that come later than whoever shows them. */
export interface Gauges {
  readonly add: (...more: readonly Gauge[]) => void;
  readonly all: () => readonly Gauge[];
}

export function gauges(): Gauges {
  const known: Gauge[] = [];
  return {
    add: (...more) => {
      for (const gauge of more) {
        const isNamed = /^[a-z][a-z_]*$/.test(gauge.name);
        if (!isNamed || gauge.name.endsWith('_total') !== (gauge.type === 'counter')) {
          throw new RangeError(`${gauge.name} is no name of a ${gauge.type}`);
        }
        if (known.some(({ name }) => name === gauge.name)) {
          throw new RangeError(`${gauge.name} is there already`);
        }
        known.push(gauge);
      }
    },
    all: () => [...known],
  };
}
