import assert from 'node:assert/strict';
import { DataPointType, type Histogram as HistogramValue, type MetricData } from '@opentelemetry/sdk-metrics';
import { Counter, Gauge, Histogram, Registry, Summary } from 'prom-client';
import { MetricFamilies } from '../../../ts-core/adapters/telemetry/metric-families.js';

const STARTED_MS = Date.UTC(2026, 0, 1);

function setUp() {
  const registry = new Registry();
  const families = new MetricFamilies({
    collect: () => registry.getMetricsAsJSON(),
    scope: { name: 'tpmtbs', version: '1.2.3' },
    startedAtMs: STARTED_MS,
    nowMs: () => STARTED_MS + 1_500,
  });
  const collected = async (): Promise<readonly MetricData[]> => {
    const { resourceMetrics, errors } = await families.collect();
    assert.deepEqual(errors, []);
    return resourceMetrics.scopeMetrics.flatMap(({ metrics }) => metrics);
  };
  return { registry, collected };
}

describe('the metrics for a collector', () => {
  it('keep the names, labels and values of the metrics endpoint, with the unit from the name', async () => {
    const { registry, collected } = setUp();
    const registers = [registry];
    new Counter({ name: 'tbs_commands_total', help: 'Ended.', labelNames: ['code'], registers }).inc(
      { code: 'TPM2_Sign' },
      3,
    );
    new Gauge({ name: 'tbs_queue_wait_seconds', help: 'Wait.', registers }).set(0.25);
    new Gauge({ name: 'process_resident_memory_bytes', help: 'Memory.', registers }).set(4096);
    const [commands, wait, memory] = await collected();
    assert.deepEqual(commands?.descriptor, {
      name: 'tbs_commands_total',
      description: 'Ended.',
      unit: '1',
      valueType: 1,
    });
    assert.ok(commands.dataPointType === DataPointType.SUM && commands.isMonotonic);
    assert.deepEqual(commands.dataPoints, [
      {
        startTime: [STARTED_MS / 1000, 0],
        endTime: [STARTED_MS / 1000 + 1, 5e8],
        attributes: { code: 'TPM2_Sign' },
        value: 3,
      },
    ]);
    assert.deepEqual([wait?.dataPointType, wait?.descriptor.unit], [DataPointType.GAUGE, 's']);
    assert.equal(memory?.descriptor.unit, 'By');
  });

  it('count each bucket of a histogram by itself, for each series', async () => {
    const { registry, collected } = setUp();
    const durations = new Histogram({
      ...{ name: 'tbs_command_duration_seconds', help: 'Time.', labelNames: ['code'], buckets: [0.1, 1, 10] },
      registers: [registry],
    });
    for (const seconds of [0.05, 0.5, 0.6, 99]) durations.observe({ code: 'TPM2_Sign' }, seconds);
    durations.observe({ code: 'TPM2_Create' }, 2);
    const [histogram] = await collected();
    assert.ok(histogram?.dataPointType === DataPointType.HISTOGRAM);
    const values: Record<string, HistogramValue> = Object.fromEntries(
      histogram.dataPoints.map(({ attributes, value }) => [attributes.code, value]),
    );
    assert.deepEqual(values.TPM2_Sign, {
      buckets: { boundaries: [0.1, 1, 10], counts: [1, 2, 0, 1] },
      sum: 100.15,
      count: 4,
    });
    assert.deepEqual(values.TPM2_Create?.buckets.counts, [0, 0, 1, 0]);
  });

  it('leave out what has no values yet, and refuse a kind that would be converted wrongly', async () => {
    const { registry, collected } = setUp();
    new Counter({ name: 'tbs_commands_total', help: 'Ended.', labelNames: ['code'], registers: [registry] });
    assert.deepEqual(await collected(), []);
    new Summary({ name: 'tbs_summary', help: 'None of ours.', registers: [registry] });
    await assert.rejects(collected(), /tbs_summary is a summary/);
  });
});
