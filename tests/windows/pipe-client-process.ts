/** pipe-client-process.js NAME what: connects to a pipe as the broker's clients do, and then does `what`. */
import { connect } from 'node:net';
import { connectToPipe } from '../../ts-core/adapters/identity/pipe-client.js';
import { windowsAddon } from '../../ts-core/adapters/windows-addon.js';

const [name = '', what = 'hello'] = process.argv.slice(2);

switch (what) {
  case 'hello': {
    const socket = await connectToPipe(name, windowsAddon());
    socket.write('hello');
    socket.once('data', () => socket.end());
    socket.once('close', () => process.exit(0));
    break;
  }
  case 'killed': {
    const socket = await connectToPipe(name, windowsAddon());
    socket.write('hello', () => process.kill(process.pid, 'SIGKILL'));
    break;
  }
  case 'serve':
    try {
      new (windowsAddon().PipeListener)(name, 'D:P(A;;FA;;;WD)', () => {});
      console.log('serves');
    } catch (error) {
      console.log(error instanceof Error && 'code' in error ? error.code : error);
    }
    process.exit(0);
    break;
  case 'plain':
    connect(name)
      .on('connect', () => process.exit(0))
      .on('error', (error) => {
        console.log('code' in error ? error.code : error);
        process.exit(1);
      });
    break;
}
