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
  it('names every source of a setting, strongest first, and the one that decides', () => {
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

  it('says that the default decides where no source says anything', () => {
    const { statements } = explained([], 'maxContexts');
    deepEqual(
      statements.map(({ effect, reason }) => [effect, reason]),
      [['decides', 'No source says anything about it.']],
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

  it('calls each class list that is in force a contribution', () => {
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

  it('has exactly one deciding or some contributing sources, whatever the layers say', () => {
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
