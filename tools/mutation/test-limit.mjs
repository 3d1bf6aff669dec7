// A test that waits in vain for what a mutant does not do fails after this time. Without it, Stryker would have to
// replace the whole process.
export const mochaHooks = {
  beforeEach() {
    if (globalThis.__stryker__?.activeMutant !== undefined) this.currentTest.timeout(3000);
  },
};
