/** Counters in Prometheus' text format. Labels come from closed lists, so their number is bounded. */

import type { NodeMetrics } from './node.ts';
import type { Outcome } from './reply.ts';

export interface RequestCounts {
  readonly count: (route: string, outcome: Outcome) => void;
  readonly lines: () => readonly string[];
}

export const metricsType = 'text/plain; version=0.0.4; charset=utf-8';

export function requestCounts(): RequestCounts {
  const countByLabels = new Map<string, number>();
  return {
    count: (route, outcome) => {
      const labels = `{route="${route}",outcome="${outcome}"}`;
      countByLabels.set(labels, (countByLabels.get(labels) ?? 0) + 1);
    },
    lines: () =>
      [...countByLabels].map(([labels, count]) => `dsm_node_requests_total${labels} ${count}`),
  };
}

export function metricsText(metrics: NodeMetrics, requests: RequestCounts): string {
  const lines = [
    ...gauge('dsm_node_objects', 'Objects kept.', metrics.objects),
    ...gauge('dsm_node_slots', 'Slots written.', metrics.slots),
    ...gauge('dsm_node_used_bytes', 'Bytes used, as capacity counts them.', metrics.usedBytes),
    ...gauge('dsm_node_capacity_bytes', 'Bytes that may be used.', metrics.capacityBytes),
    '# HELP dsm_node_slot_conflicts_total Writes since the start that showed a fork of their writer.',
    '# TYPE dsm_node_slot_conflicts_total counter',
    `dsm_node_slot_conflicts_total ${metrics.slotConflicts}`,
    '# HELP dsm_node_requests_total Requests answered since the start.',
    '# TYPE dsm_node_requests_total counter',
    ...requests.lines(),
  ];
  return `${lines.join('\n')}\n`;
}

function gauge(name: string, help: string, value: number): readonly string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} gauge`, `${name} ${value}`];
}
