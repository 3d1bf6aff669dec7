/** Tests the DSC resources: their manifests against the published schema, and their commands as DSC calls them. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { REPOSITORY, TestDaemon } from '../support/daemon.js';
import { NODE, TBS } from '../support/programs.js';
import { type Run, run } from '../support/run-program.js';

const FOLDER = join(REPOSITORY, 'packaging', 'dsc');

const Command = z.strictObject({
  executable: z.string(),
  args: z.array(z.string()),
  input: z.enum(['stdin', 'env']),
});
const returnKind = z.enum(['state', 'stateAndDiff']);

/**
 * The published contract of a command resource's manifest (https://aka.ms/dsc/schemas/v3/resource/manifest.json), as far as a
 * resource of this kind may use it.
 */
const Manifest = z.strictObject({
  $schema: z.string().regex(/^https:\/\/aka\.ms\/dsc\/schemas\/v3(\.\d+){0,2}\/(bundled\/)?resource\/manifest\.json$/),
  type: z.string().regex(/^\w+(\.\w+){0,3}\/\w+$/),
  version: z.string().regex(/^\d+\.\d+\.\d+$/),
  description: z.string(),
  tags: z.array(z.string().regex(/^\w+$/)),
  get: Command,
  set: Command.extend({ implementsPretest: z.boolean(), return: returnKind }),
  test: Command.extend({ return: returnKind }),
  export: Command,
  schema: z.strictObject({ command: Command.omit({ input: true }) }),
  exitCodes: z.record(z.string().regex(/^-?[0-9]+$/), z.string()),
});
type Manifest = z.infer<typeof Manifest>;
type Operation = 'get' | 'set' | 'test' | 'export';

function manifestOf(name: string): Manifest {
  return Manifest.parse(JSON.parse(readFileSync(join(FOLDER, `tpmtbs.${name}.dsc.resource.json`), 'utf8')));
}

describe('the DSC resources', function () {
  this.timeout(120_000);
  const policy = manifestOf('policy');
  const authLevel = manifestOf('auth-level');
  let daemon: TestDaemon;

  beforeEach(async () => {
    daemon = await TestDaemon.start();
  });
  afterEach(() => daemon?.[Symbol.asyncDispose]());

  /** Runs a command of a manifest with the instance on standard input, as DSC does. */
  function call(
    { executable, args }: { executable: string; args: readonly string[] },
    instance?: object,
  ): Promise<Run> {
    assert.equal(executable, 'tbs');
    return run(NODE, [TBS, ...args], {
      env: { TPMTBS_SOCKET: daemon.rpcSocket },
      input: instance === undefined ? '' : JSON.stringify(instance),
    });
  }

  /** Returns the JSON values that an operation prints, one a line; checks each state against the resource's schema. */
  async function answers(manifest: Manifest, operation: Operation, instance?: object): Promise<unknown[]> {
    const { code, stdout, stderr } = await call(manifest[operation], instance);
    assert.equal(code, 0, stderr);
    const values = stdout
      .trimEnd()
      .split('\n')
      .map((line): unknown => JSON.parse(line));
    const schema = JSON.parse((await call(manifest.schema.command)).stdout) as { properties: object };
    for (const name of Object.keys(values[0] as object)) assert.ok(name in schema.properties, name);
    return values;
  }

  it('have manifests in the published format, with each file name that DSC looks for', () => {
    const names = readdirSync(FOLDER);
    assert.deepEqual(names.sort(), ['tpmtbs.auth-level.dsc.resource.json', 'tpmtbs.policy.dsc.resource.json']);
    assert.deepEqual([policy.type, authLevel.type], ['TpmTbs/Policy', 'TpmTbs/AuthLevel']);
    const wrong = { ...policy, get: { ...policy.get, input: 'file' } };
    assert.equal(Manifest.safeParse(wrong).success, false);
  });

  it('describe their instances by a JSON Schema, without a broker', async () => {
    await daemon.stop();
    for (const manifest of [policy, authLevel]) {
      const { code, stdout } = await call(manifest.schema.command);
      assert.equal(code, 0);
      const schema = JSON.parse(stdout);
      assert.equal(schema.$schema, 'https://json-schema.org/draft/2020-12/schema');
      assert.equal(schema.type, 'object');
      assert.ok('_inDesiredState' in schema.properties);
    }
  });

  it('policy: get returns the requested settings, and export everything that is in force', async () => {
    const [state] = await answers(policy, 'get', { maxContexts: 1 });
    assert.deepEqual(state, { maxContexts: 1200 });
    const [all] = (await answers(policy, 'export')) as [Record<string, unknown>];
    assert.equal(all['standardUserAuthorizationFailureIndividualThreshold'], 4);
    assert.ok(Object.keys(all).length > 10);
  });

  it('policy: test reports what differs, set brings it into force, once', async () => {
    const desired = { maxContexts: 900, standardUserAuthorizationFailureIndividualThreshold: 4 };
    assert.deepEqual(await answers(policy, 'test', desired), [
      { maxContexts: 1200, standardUserAuthorizationFailureIndividualThreshold: 4, _inDesiredState: false },
      ['maxContexts'],
    ]);
    assert.deepEqual(await answers(policy, 'set', desired), [desired, ['maxContexts']]);
    assert.deepEqual(await answers(policy, 'set', desired), [desired, []]);
    assert.deepEqual(await answers(policy, 'test', desired), [{ ...desired, _inDesiredState: true }, []]);
  });

  it('policy: set fails, with an exit code of the manifest, if a stronger source holds a setting', async () => {
    await daemon.writePolicy('90-domain.json', { maxContexts: 700 });
    const client = await daemon.connect();
    await client.call('policy/refresh');
    client.close();
    const { code, stderr } = await call(policy.set, { maxContexts: 900 });
    assert.equal(code, 2);
    assert.ok('2' in policy.exitCodes);
    assert.match(stderr, /maxContexts is set by \S*90-domain\.json/);
  });

  it('auth level: get, test and set', async () => {
    assert.deepEqual((await answers(authLevel, 'test', { level: 'Full' }))[1], []);
    const [state, differing] = await answers(authLevel, 'test', { level: 'None' });
    assert.equal((state as { _inDesiredState: boolean })._inDesiredState, false);
    assert.deepEqual(differing, ['level']);
    const [after] = await answers(authLevel, 'set', { level: 'None' });
    assert.equal((after as { level: string }).level, 'None');
    assert.equal(((await answers(authLevel, 'get'))[0] as { level: string }).level, 'None');
  });

  it('report wrong input, and that the broker is not running, with exit codes of the manifest', async () => {
    for (const level of ['Most', 'toString', '4', 4]) {
      const badLevel = await call(authLevel.set, { level });
      assert.equal(badLevel.code, 64, badLevel.stderr);
    }
    assert.equal((await call(policy.set, [1])).code, 64);
    await daemon.stop();
    assert.equal((await call(policy.get)).code, 69);
    for (const code of ['64', '69']) assert.ok(code in policy.exitCodes && code in authLevel.exitCodes);
  });
});
