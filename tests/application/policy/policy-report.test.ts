import { match, ok } from 'node:assert/strict';
import { policyReport } from '../../../ts-core/application/policy/policy-report.js';
import { explainPolicy } from '../../../ts-core/domain/policy/explain-policy.js';
import { layerOf, mergePolicy } from '../../../ts-core/domain/policy/merge.js';
import { TPM_CC } from '../../../ts-core/domain/tpm20/codes.js';

describe('the report of policy', () => {
  const gpo = { guid: '{A}', name: '<script>alert(1)</script>', link: 'DC=x', isEnforced: true };
  const layers = [
    layerOf({ kind: 'policyFile', location: '/etc/tpmtbs/policy.d/50-local.json' }, { maxContexts: 6 }),
    layerOf({ kind: 'groupPolicy', location: `GPO "${gpo.name}"`, gpo }, { blockedCommands: [TPM_CC.Clear] }),
  ];
  const policy = mergePolicy(layers, 1);
  const html = policyReport({
    explanations: explainPolicy(policy, layers),
    problems: [{ source: { kind: 'policyFile', location: 'a&b.json' }, setting: undefined, message: 'is damaged' }],
    computer: 'pc1',
    time: new Date(Date.UTC(2026, 0, 1)),
  });

  it('shows settings, sources, GUIDs and problems', () => {
    match(html, /TPM policy of pc1/);
    match(html, /0x126/);
    match(html, /\{A\}/);
    match(html, /a&amp;b\.json: is damaged/);
    match(html, /2 of \d+ settings are set by a source/);
  });

  it('is self-contained, and escapes foreign text', () => {
    ok(!html.includes('<script'));
    match(html, /&lt;script&gt;/);
    ok(!/(?:src|href)=/.test(html));
  });
});
