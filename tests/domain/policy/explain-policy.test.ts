import { deepEqual, equal, match, ok } from 'node:assert/strict';
import fc from 'fast-check';
import { explainPolicy } from '../../../ts-core/domain/policy/explain-policy.js';
import { layerOf, mergePolicy, type PolicyLayer } from '../../../ts-core/domain/policy/merge.js';
import type { SettingSource } from '../../../ts-core/domain/policy/settings.js';

const file = (location: string): SettingSource => ({ kind: 'policyFile', location });
const gpo = (name: string, isEnforced = false): SettingSource => ({
  kind: 'groupPolicy',
  location: `GPO "${name}"`,
  gpo: { guid: '{1}', name, link: undefined, isEnforced },
});
const explained = (layers: readonly PolicyLayer[], name: string) => {
  const found = explainPolicy(mergePolicy(layers, 1), layers).find((one) => one.name === name);
  ok(found);
  return found;
};
const effects = (layers: readonly PolicyLayer[], name: string) =>
  explained(layers, name).statements.map(({ source, effect }) => `${source.location}: ${effect}`);

describe('the explanation of policy', () => {
  it('names every source of a setting, strongest first, and which one decides', () => {
    const layers = [
      layerOf(file('10-a.json'), { maxContexts: 5 }),
      layerOf(file('50-local.json'), { maxContexts: 6 }),
      layerOf(gpo('Base'), { maxContexts: 7 }),
    ];
    deepEqual(effects(layers, 'maxContexts'), [
      'GPO "Base": decides',
      '50-local.json: overridden',
      '10-a.json: overridden',
      'default: overridden',
    ]);
    match(explained(layers, 'maxContexts').statements[1]?.reason ?? '', /GPO "Base" is stronger/);
  });

  it('says that the default decides if no source mentions the setting', () => {
    const { statements } = explained([], 'maxContexts');
    deepEqual(
      statements.map(({ effect, reason }) => [effect, reason]),
      [['decides', 'No source sets it.']],
    );
  });

  it('says that an enforced link, or the order of links, decides between two GPOs', () => {
    const strict = (source: SettingSource) => layerOf(source, { maxContexts: 3 });
    const weak = layerOf(gpo('Base'), { maxContexts: 9 });
    match(explained([weak, strict(gpo('Strict'))], 'maxContexts').statements[0]?.reason ?? '', /applies last/);
    match(explained([weak, strict(gpo('Strict', true))], 'maxContexts').statements[0]?.reason ?? '', /enforced/);
  });

  it('shows a source that disables a setting', () => {
    const off = gpo('Off');
    const layers: PolicyLayer[] = [
      layerOf(file('50-local.json'), { maxContexts: 6 }),
      { values: {}, sources: {}, cleared: { maxContexts: off }, problems: [] },
    ];
    const { value, statements } = explained(layers, 'maxContexts');
    equal(value, 1200);
    deepEqual(statements[0], {
      source: off,
      value: undefined,
      effect: 'decides',
      reason: statements[0]?.reason,
    });
    match(statements[0]?.reason ?? '', /disables the setting/);
  });

  it('shows a source that disables a list', () => {
    const off = { values: {}, sources: {}, cleared: { blockedCommands: gpo('Off') }, problems: [] };
    const layers: PolicyLayer[] = [layerOf(file('50-local.json'), { blockedCommands: [1] }), off];
    deepEqual(effects(layers, 'blockedCommands'), [
      'GPO "Off": decides',
      '50-local.json: overridden',
      'default: overridden',
    ]);
  });

  it('describes each class list that is in force as a contribution', () => {
    const layers = [
      layerOf(file('10-a.json'), { allowedCommands: { standardUser: [1] } }),
      layerOf(file('20-b.json'), { allowedCommands: { administrator: [2] } }),
    ];
    deepEqual(effects(layers, 'allowedCommands'), [
      '20-b.json: decides',
      '10-a.json: contributes',
      'default: overridden',
    ]);
  });

  it('has exactly one deciding or several contributing sources, whatever the layers are', () => {
    const value = fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined });
    fc.assert(
      fc.property(fc.array(value, { maxLength: 6 }), (values) => {
        const layers = values.map((maxContexts, index) =>
          layerOf(file(`${index}.json`), maxContexts === undefined ? {} : { maxContexts }),
        );
        const { value: inForce, statements } = explained(layers, 'maxContexts');
        const deciding = statements.filter(({ effect }) => effect === 'decides');
        equal(deciding.length, 1);
        equal(deciding[0]?.value, inForce);
      }),
    );
  });
});

describe('the explanation of a list', () => {
  const pol = (location: string): SettingSource => ({ kind: 'registryPol', location });
  type Values = Parameters<typeof layerOf>[1];
  /** Explains one setting of two Registry.pol files, which together have the values in force, and of weaker layers. */
  const ofTwoFiles = (
    name: string,
    [first, second, inForce]: readonly [Values, Values, Values],
    weaker: readonly PolicyLayer[] = [],
  ) => {
    const layers = [...weaker, layerOf(pol('1.pol'), first), layerOf(pol('2.pol'), second)];
    const together = layerOf(pol('1.pol, 2.pol'), inForce);
    return explainPolicy(mergePolicy([together], 1), layers).find((one) => one.name === name)?.statements ?? [];
  };
  const grown = (first: readonly number[], second: readonly number[], inForce: readonly number[]) =>
    ofTwoFiles('blockedCommands', [
      { blockedCommands: first },
      { blockedCommands: second },
      { blockedCommands: inForce },
    ]).map(({ effect, reason }) => `${effect}: ${reason}`);
  const grownForUsers = (first: readonly number[], second: readonly number[], inForce: readonly number[]) =>
    ofTwoFiles('allowedCommands', [
      { allowedCommands: { standardUser: first } },
      { allowedCommands: { standardUser: second } },
      { allowedCommands: { standardUser: inForce } },
    ]).map(({ effect }) => effect);

  it('says that the entries of all Group Policy lists apply together', () => {
    const statements = grown([1, 9], [2], [1, 2]);
    for (const statement of statements.slice(0, 2))
      match(statement, /^contributes: The entries of all Group Policy lists apply together/);
    equal(statements.length, 3);
  });

  it('says that a source is overridden if none of its entries is in force', () => {
    const statements = grown([9], [2], [2]);
    match(statements[0] ?? '', /^contributes/);
    match(statements[1] ?? '', /^overridden/);
  });

  it('says the same of the list of a class, even if not all entries of a source are in force', () => {
    deepEqual(grownForUsers([1, 9], [2], [1, 2]), ['contributes', 'contributes', 'overridden']);
  });

  it('says that a source is overridden if none of its entries for any class is in force', () => {
    deepEqual(grownForUsers([9], [2], [2]), ['contributes', 'overridden', 'overridden']);
  });

  it('says that a weaker file is overridden, even if Group Policy lists contain its entries', () => {
    const weaker = [layerOf(file('a.json'), { blockedCommands: [1] })];
    const lists = [{ blockedCommands: [1] }, { blockedCommands: [2] }, { blockedCommands: [1, 2] }] as const;
    deepEqual(
      ofTwoFiles('blockedCommands', lists, weaker).map(({ source, effect }) => `${source.location}: ${effect}`),
      ['2.pol: contributes', '1.pol: contributes', 'a.json: overridden', 'default: overridden'],
    );
  });

  it('says that one source of a list decides, however long it is', () => {
    const layers = [layerOf(pol('1.pol'), { blockedCommands: [1, 2] })];
    deepEqual(effects(layers, 'blockedCommands'), ['1.pol: decides', 'default: overridden']);
  });

  it('says that a list in a file replaces the list of a weaker one', () => {
    const layers = [
      layerOf(file('a.json'), { blockedCommands: [1] }),
      layerOf(file('b.json'), { blockedCommands: [1] }),
    ];
    deepEqual(effects(layers, 'blockedCommands'), ['b.json: decides', 'a.json: overridden', 'default: overridden']);
  });

  it('says that each class of callers has its own list', () => {
    const layers = [
      layerOf(file('a.json'), { allowedCommands: { standardUser: [7] } }),
      layerOf(file('b.json'), { allowedCommands: { sandboxedApp: [8] } }),
      layerOf(file('c.json'), { allowedCommands: { standardUser: [7, 9], sandboxedApp: [] } }),
    ];
    deepEqual(effects(layers.slice(0, 2), 'allowedCommands'), [
      'b.json: decides',
      'a.json: contributes',
      'default: overridden',
    ]);
    deepEqual(effects(layers, 'allowedCommands').slice(0, 2), ['c.json: decides', 'b.json: overridden']);
  });

  it('explains why a source is the strongest', () => {
    const reasonOf = (...layers: readonly PolicyLayer[]) =>
      explained(layers, 'maxContexts').statements[0]?.reason ?? '';
    const five = (by: SettingSource) => layerOf(by, { maxContexts: 5 });
    match(reasonOf(five(file('a.json')), five(gpo('Base'))), /^It is the strongest source \(weakest first: defaults/);
    match(reasonOf(five(gpo('Base')), five(pol('1.pol'))), /^It is the strongest source \(weakest first: defaults/);
    match(reasonOf(five(gpo('A')), five(gpo('B'))), /^It is the strongest source: it applies last\.$/);
    const cleared = { values: {}, sources: {}, cleared: { maxContexts: gpo('Off') }, problems: [] };
    match(
      reasonOf(five(gpo('A')), cleared),
      /^It disables the setting, which then has its default: it applies last\.$/,
    );
  });
});
