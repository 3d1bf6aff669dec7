/**
 * Converts the figures of the metrics endpoint to OpenTelemetry's data model, under the same names and labels
 * (OpenTelemetry specification, "Prometheus and OpenMetrics Compatibility").
 */
import { type Attributes, type HrTime, ValueType } from '@opentelemetry/api';
import { type Resource, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AggregationTemporality,
  type CollectionResult,
  type DataPoint,
  DataPointType,
  type Histogram,
  type MetricData,
  type MetricProducer,
} from '@opentelemetry/sdk-metrics';
import type { MetricObjectWithValues, MetricValue } from 'prom-client';

export type MetricFamily = MetricObjectWithValues<MetricValue<string>>;

export interface MetricFamiliesParts {
  readonly collect: () => Promise<readonly MetricFamily[]>;
  readonly scope: { readonly name: string; readonly version: string };
  readonly startedAtMs: number;
  readonly nowMs: () => number;
}

/** Replaced by the resource of the reader that collects. */
const NO_RESOURCE: Resource = resourceFromAttributes({});

export class MetricFamilies implements MetricProducer {
  readonly #parts: MetricFamiliesParts;

  constructor(parts: MetricFamiliesParts) {
    this.#parts = parts;
  }

  async collect(): Promise<CollectionResult> {
    const { collect, scope, startedAtMs, nowMs } = this.#parts;
    const families = await collect();
    const times = { startTime: hrTime(startedAtMs), endTime: hrTime(nowMs()) };
    const metrics = families
      .map((family) => metricData(family, times))
      .filter(({ dataPoints }) => dataPoints.length > 0);
    return { resourceMetrics: { resource: NO_RESOURCE, scopeMetrics: [{ scope, metrics }] }, errors: [] };
  }
}

type Times = Pick<DataPoint<number>, 'startTime' | 'endTime'>;

function metricData(family: MetricFamily, times: Times): MetricData {
  const { name, help, type, values } = family;
  const common = {
    descriptor: { name, description: help, unit: unitOf(name), valueType: ValueType.DOUBLE },
    aggregationTemporality: AggregationTemporality.CUMULATIVE,
  };
  const points = (): DataPoint<number>[] =>
    values.map(({ value, labels }) => ({ ...times, attributes: attributesOf(labels), value }));
  switch (String(type)) {
    case 'counter':
      return { ...common, dataPointType: DataPointType.SUM, isMonotonic: true, dataPoints: points() };
    case 'gauge':
      return { ...common, dataPointType: DataPointType.GAUGE, dataPoints: points() };
    case 'histogram':
      return { ...common, dataPointType: DataPointType.HISTOGRAM, dataPoints: histogramPoints(family, times) };
    default:
      throw new Error(`The metric ${name} is a ${type}, which is not converted.`);
  }
}

/** Names end with the unit, as Prometheus' conventions say; the units are UCUM's. */
function unitOf(name: string): string {
  const bare = name.replace(/_total$/, '');
  if (bare.endsWith('_seconds')) return 's';
  return bare.endsWith('_bytes') ? 'By' : '1';
}

/** Prometheus lists a histogram as cumulative buckets, a sum and a count, which share the labels except `le`. */
function histogramPoints({ name, values }: MetricFamily, times: Times): DataPoint<Histogram>[] {
  const series = new Map<string, { attributes: Attributes; buckets: [number, number][]; sum: number; count: number }>();
  for (const each of values) {
    const { le, ...labels } = each.labels;
    const key = JSON.stringify(labels);
    const found = series.get(key) ?? { attributes: attributesOf(labels), buckets: [], sum: 0, count: 0 };
    series.set(key, found);
    const part = 'metricName' in each ? each.metricName : undefined;
    if (part === `${name}_sum`) found.sum = each.value;
    else if (part === `${name}_count`) found.count = each.value;
    else if (le !== undefined && le !== '+Inf') found.buckets.push([Number(le), each.value]);
  }
  return [...series.values()].map(({ attributes, buckets, sum, count }) => {
    buckets.sort(([left], [right]) => left - right);
    const boundaries = buckets.map(([boundary]) => boundary);
    const cumulative = [...buckets.map(([, upTo]) => upTo), count];
    const counts = cumulative.map((upTo, index) => upTo - (cumulative[index - 1] ?? 0));
    return { ...times, attributes, value: { buckets: { boundaries, counts }, sum, count } };
  });
}

function attributesOf(labels: MetricValue<string>['labels']): Attributes {
  return Object.fromEntries(Object.entries(labels).map(([name, value]) => [name, String(value)]));
}

function hrTime(epochMs: number): HrTime {
  const seconds = Math.trunc(epochMs / 1000);
  return [seconds, Math.round((epochMs - seconds * 1000) * 1e6)];
}
