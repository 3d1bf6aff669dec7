/** Tests the Grafana dashboard against the types that Grafana publishes for it, @grafana/schema. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { REPOSITORY } from '../support/daemon.js';
import { run } from '../support/run-program.js';

const DASHBOARD = join(REPOSITORY, 'packaging', 'grafana', 'tpmtbs.json');
const SCRATCH = join(REPOSITORY, 'build');

/** The panel types that the dashboard uses, with the module that describes their options. */
const PANELS = {
  stat: 'stat/panelcfg/x/StatPanelCfg_types.gen.d.ts',
  table: 'table/panelcfg/x/TablePanelCfg_types.gen.d.ts',
  timeseries: 'timeseries/panelcfg/x/TimeSeriesPanelCfg_types.gen.d.ts',
};

/** The type of the texts that T's values have. */
const TEXT_OF_T = '`$' + '{T}`';

type Panel = { type: keyof typeof PANELS; options: object; fieldConfig: { defaults: object }; targets: object[] };
type Dashboard = { panels: Panel[] } & Record<string, unknown>;

describe('the Grafana dashboard', function () {
  this.timeout(120_000);
  const dashboard = JSON.parse(readFileSync(DASHBOARD, 'utf8')) as Dashboard;

  it('matches the types of @grafana/schema, including panels and their options', async () => {
    assert.equal(await compilerErrors(dashboard), '');
  });

  it('would fail with a property that Grafana does not know, or a value of another type', async () => {
    const [panel] = dashboard.panels as [Panel];
    for (const wrong of [
      { ...dashboard, schemaVersion: 'new' },
      { ...dashboard, pannels: [] },
      { ...dashboard, panels: [{ ...panel, options: { colorMode: 'rainbow' } }] },
      { ...dashboard, panels: [{ ...panel, fieldConfig: { defaults: { unit: 1 } } }] },
    ] as unknown as Dashboard[]) {
      assert.match(await compilerErrors(wrong), /error TS/);
    }
  });
});

/** Has the TypeScript compiler compare the dashboard with the types, and returns what it reports. */
async function compilerErrors(dashboard: Dashboard): Promise<string> {
  mkdirSync(SCRATCH, { recursive: true });
  // Below the repository, where the compiler finds node_modules.
  const folder = mkdtempSync(join(SCRATCH, 'dashboard-'));
  const file = join(folder, 'dashboard.ts');
  try {
    writeFileSync(file, sourceOf(dashboard));
    const tsc = join(REPOSITORY, 'node_modules', 'typescript', 'bin', 'tsc');
    const options = ['--noEmit', '--strict', '--skipLibCheck', '--ignoreConfig', '--types', ''];
    const { stdout } = await run(process.execPath, [
      tsc,
      ...options,
      ...['--target', 'es2022', '--module', 'nodenext', '--moduleResolution', 'nodenext', file],
    ]);
    return stdout;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function sourceOf({ panels, ...rest }: Dashboard): string {
  const imports = Object.entries(PANELS).map(
    ([type, path]) => `import type * as ${type} from '@grafana/schema/dist/types/raw/composable/${path}';`,
  );
  const checks = panels.flatMap(({ options, ...panel }, index) => {
    const custom = 'custom' in panel.fieldConfig.defaults ? panel.fieldConfig.defaults.custom : {};
    return [
      `export const panel${index}: Plain<schema.Panel> = ${JSON.stringify(panel)};`,
      `export const options${index}: Partial<Plain<${panel.type}.Options>> = ${JSON.stringify(options)};`,
      ...(panel.type === 'stat'
        ? []
        : [`export const custom${index}: Partial<Plain<${panel.type}.FieldConfig>> = ${JSON.stringify(custom)};`]),
    ];
  });
  return [
    `import type * as schema from '@grafana/schema';`,
    ...imports,
    '/** JSON has the text of an enumeration, not the enumeration. */',
    `type Plain<T> = T extends string ? ${TEXT_OF_T} : T extends object ? { [K in keyof T]: Plain<T[K]> } : T;`,
    `export const dashboard: Plain<Omit<schema.Dashboard, 'panels'>> = ${JSON.stringify(rest)};`,
    ...checks,
    '',
  ].join('\n');
}
