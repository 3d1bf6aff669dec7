// A test that waits in vain fails after this time. Without it, Stryker would have to replace the whole process.
export const mochaHooks = {
  beforeEach() {
    this.currentTest.timeout(3000);
  },
};
