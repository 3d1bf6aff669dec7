import assert from 'node:assert/strict';
import fc from 'fast-check';
import { CommandAreas } from '../../../ts-core/domain/tpm20/command-shape.js';

describe('handle and authorization areas of a TPM 2.0 command', () => {
  it('are read from any bytes without an exception, and never beyond the command', () => {
    const areas = new CommandAreas();
    fc.assert(
      fc.property(
        fc.uint8Array({ minLength: 10, maxLength: 80 }),
        fc.nat(7),
        fc.boolean(),
        (bytes, handles, sessions) => {
          bytes[0] = 0x80;
          bytes[1] = sessions ? 2 : 1;
          const fault = areas.read(bytes, handles);
          if (fault === 0) assert.ok(areas.parametersOffset <= bytes.length && areas.sessionCount <= 3);
        },
      ),
      { numRuns: 2000 },
    );
  });
});
