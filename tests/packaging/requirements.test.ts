import assert from 'node:assert/strict';

interface Machine {
  hasProgram(name: string): boolean;
  hasLibrary(name: string): boolean;
  hasFile(place: string): boolean;
}
type WhatPackagingLacks = (machine: Machine) => string | undefined;

const { whatPackagingLacks } = (await import(new URL('../../../packaging/requirements.mjs', import.meta.url).href)) as {
  whatPackagingLacks: WhatPackagingLacks;
};

const COMPLETE: Machine = { hasProgram: () => true, hasLibrary: () => true, hasFile: () => true };

describe('packaging on a machine', () => {
  it('that has everything goes on', () => {
    assert.equal(whatPackagingLacks(COMPLETE), undefined);
  });

  it('that lacks programs or headers names all of their packages at once', () => {
    const message = whatPackagingLacks({
      ...COMPLETE,
      hasProgram: (name) => name !== 'cmake',
      hasLibrary: () => false,
    });
    assert.match(message ?? '', /apt-get install --no-install-recommends cmake libtss2-dev$/);
  });

  it('that built the module without the .NET SDK says what is missing for Windows PowerShell', () => {
    assert.match(
      whatPackagingLacks({ ...COMPLETE, hasFile: () => false }) ?? '',
      /net472.*only the \.NET SDK 10 builds/,
    );
  });
});
