/** Counters in Prometheus' text format. Labels come from closed lists, so their number is bounded. */

import type { NodeAnswer, NodeRequest } from '@dsm/availability';
import type { Gauge } from './gauges.ts';
import type { NodeMetrics } from './node.ts';
import type { Outcome } from './reply.ts';

export interface Traffic {
  /** One request of HTTP, when it is over. */
  readonly request: (route: string, outcome: Outcome, seconds: number) => void;
  readonly bytesIn: (count: number) => void;
  readonly bytesOut: (count: number) => void;
  /** Frames of an exchange that were worked on. */
  readonly frames: (requests: readonly NodeRequest[], answers: readonly NodeAnswer[]) => void;
  readonly lines: () => readonly string[];
}

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

/** Upper bounds of the buckets, in seconds. */
const bounds: readonly number[] = [0.001, 0.005, 0.02, 0.1, 0.5, 2, 10];

interface Histogram {
  readonly counts: number[];
  sum: number;
}

export function traffic(): Traffic {
  const requests = new Map<string, number>();
  const durations = new Map<string, Histogram>();
  const frames = new Map<string, number>();
  let [bytesIn, bytesOut] = [0, 0];
  const addTo = (counts: Map<string, number>, labels: string): void => {
    counts.set(labels, (counts.get(labels) ?? 0) + 1);
  };
  return {
    request: (route, outcome, seconds) => {
      addTo(requests, `{route="${route}",outcome="${outcome}"}`);
      const known = durations.get(route);
      const histogram = known ?? {
        counts: Array.from({ length: bounds.length + 1 }, () => 0),
        sum: 0,
      };
      if (known === undefined) durations.set(route, histogram);
      const at = bounds.findIndex((bound) => seconds <= bound);
      histogram.counts[at < 0 ? bounds.length : at]! += 1;
      histogram.sum += seconds;
    },
    bytesIn: (count) => {
      bytesIn += count;
    },
    bytesOut: (count) => {
      bytesOut += count;
    },
    frames: (asked, answers) => {
      for (const [i, { type }] of asked.entries()) {
        addTo(frames, `{kind="${type}",outcome="${answers[i]!.type}"}`);
      }
    },
    lines: () => [
      ...counter('requests_total', 'Requests answered since the start.', requests),
      ...histogramLines(durations),
      ...counter('frames_total', 'Frames of exchanges answered since the start.', frames),
      ...counter('received_bytes_total', 'Bytes of bodies of requests.', new Map([['', bytesIn]])),
      ...counter('sent_bytes_total', 'Bytes of bodies of answers.', new Map([['', bytesOut]])),
    ],
  };
}

export function metricsText(
  metrics: NodeMetrics,
  seen: Traffic,
  gauges: readonly Gauge[] = [],
): string {
  const kept: readonly Gauge[] = [
    gauge('objects', 'Objects kept.', metrics.objects),
    gauge('slots', 'Slots written.', metrics.slots),
    gauge('used_bytes', 'Bytes used, as capacity counts them.', metrics.usedBytes),
    gauge('capacity_bytes', 'Bytes that may be used.', metrics.capacityBytes),
    {
      ...gauge(
        'slot_conflicts_total',
        'Writes since the start that showed a fork of their writer.',
        metrics.slotConflicts,
      ),
      type: 'counter',
    },
    ...gauges,
  ];
  const lines = kept.flatMap(({ name, help, type, read }) => [
    ...head(name, help, type),
    `dsm_node_${name} ${read()}`,
  ]);
  return `${[...lines, ...seen.lines()].join('\n')}\n`;
}

function gauge(name: string, help: string, value: number): Gauge {
  return { name, help, type: 'gauge', read: () => value };
}

function counter(name: string, help: string, counts: ReadonlyMap<string, number>): string[] {
  const rows = [...counts].map(([labels, count]) => `dsm_node_${name}${labels} ${count}`);
  return [...head(name, help, 'counter'), ...rows];
}

function head(name: string, help: string, type: string): readonly string[] {
  return [`# HELP dsm_node_${name} ${help}`, `# TYPE dsm_node_${name} ${type}`];
}

function histogramLines(durations: ReadonlyMap<string, Histogram>): string[] {
  const name = 'request_seconds';
  const rows = [...durations].flatMap(([route, { counts, sum }]) => {
    let below = 0;
    const buckets = counts.map((count, i) => {
      below += count;
      return `dsm_node_${name}_bucket{route="${route}",le="${bounds[i] ?? '+Inf'}"} ${below}`;
    });
    return [
      ...buckets,
      `dsm_node_${name}_sum{route="${route}"} ${sum}`,
      `dsm_node_${name}_count{route="${route}"} ${below}`,
    ];
  });
  return [...head(name, 'From the headers to the end of the answer.', 'histogram'), ...rows];
}
